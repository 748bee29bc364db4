/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A signal that is blocked waits until it is read from the descriptor. That
 * holds for an ignored one too, which Linux keeps while it is blocked: it is left out, or a program
 * started by nohup would end with its terminal.
 */
#include "event/event.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
           action.sa_handler == SIG_IGN;
}

/* The number of the next signal that has come; 0: none. */
static int next(const struct tunic_signals *signals)
{
    struct signalfd_siginfo information;

    if (read(signals->source.descriptor, &information, sizeof(information)) != sizeof(information))
        return 0;
    return (int)information.ssi_signo;
}

/* One a call: the owner may close us in it, and of others the loop tells again. */
static void ready(void *closure, uint32_t events)
{
    const struct tunic_signals *signals = closure;
    int number = next(signals);

    (void)events;
    if (number)
        signals->arrived(signals->closure, number);
}

int tunic_signals_open(struct tunic_signals *signals, struct tunic_loop *loop, const int *numbers,
                       void (*arrived)(void *closure, int signal_number), void *closure,
                       struct tunic_error *error)
{
    sigset_t taken;

    *signals = (struct tunic_signals){.arrived = arrived, .closure = closure};
    sigemptyset(&taken);
    for (; *numbers; numbers++)
        if (!is_ignored(*numbers))
            sigaddset(&taken, *numbers);
    int descriptor = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0)
        return tunic_error_system(error, errno, "cannot wait for signals");
    signals->source = (struct tunic_source){descriptor, ready, signals};
    int result = tunic_loop_add(loop, &signals->source, EPOLLIN, error);
    if (result < 0) {
        (void)close(descriptor);
        return result;
    }
    signals->loop = loop;
    (void)pthread_sigmask(SIG_BLOCK, &taken, &signals->blocked_before);
    return 0;
}

void tunic_signals_close(struct tunic_signals *signals)
{
    if (!signals->loop)
        return;
    /* A second SIGTERM, come while we were ending already, must not end us less cleanly. */
    while (next(signals))
        ;
    (void)pthread_sigmask(SIG_SETMASK, &signals->blocked_before, NULL);
    tunic_loop_remove(signals->loop, &signals->source);
    (void)close(signals->source.descriptor);
    signals->loop = NULL;
}
