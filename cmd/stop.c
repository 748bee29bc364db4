/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The descriptor is an epoll set of two: a counter that the signals' handler
 * raises, and standard output, of which nothing is asked, so that only its end is told. (A file
 * cannot be in such a set, and has no reader either.)
 *
 * Handlers, rather than blocked signals and a signalfd, since a write to a reader that has stopped
 * reading must be interrupted.
 */
#include "stop.h"

#include "command.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int signals[STOP_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t signalled = -1; /* the counter, for the handler */

static void handle(int signal_number)
{
    int kept = errno;
    uint64_t one = 1;

    (void)signal_number;
    (void)!write(signalled, &one, sizeof(one));
    errno = kept;
}

/* A signal that is ignored, as by nohup or for a shell's job in the background, stays so. */
static void take_signal(int signal_number, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = handle};

    if (sigaction(signal_number, NULL, before) == 0 && before->sa_handler != SIG_IGN)
        (void)sigaction(signal_number, &action, NULL);
}

int stop_open(struct stop *stop, bool output, struct tunic_error *error)
{
    struct epoll_event readable = {.events = EPOLLIN};
    struct epoll_event nothing = {0};

    *stop = (struct stop){.descriptor = epoll_create1(EPOLL_CLOEXEC),
                          .signalled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (stop->descriptor < 0 || stop->signalled < 0 ||
        epoll_ctl(stop->descriptor, EPOLL_CTL_ADD, stop->signalled, &readable) != 0) {
        int result = tunic_error_system(error, errno, "cannot wait for signals");
        if (stop->descriptor >= 0)
            (void)close(stop->descriptor);
        if (stop->signalled >= 0)
            (void)close(stop->signalled);
        return result;
    }
    if (output)
        (void)epoll_ctl(stop->descriptor, EPOLL_CTL_ADD, STDOUT_FILENO, &nothing);
    signalled = stop->signalled;
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        take_signal(signals[i], &stop->before[i]);
    return 0;
}

void stop_close(struct stop *stop)
{
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        (void)sigaction(signals[i], &stop->before[i], NULL);
    signalled = -1;
    (void)close(stop->signalled);
    (void)close(stop->descriptor);
}

static bool drop_output(void)
{
    __fpurge(stdout);
    clearerr(stdout);
    return false;
}

bool stop_flush(const struct stop *stop)
{
    struct pollfd waits[] = {
        {.fd = STDOUT_FILENO, .events = POLLOUT},
        {.fd = stop->descriptor, .events = POLLIN},
    };

    while (poll(waits, TUNIC_COUNT(waits), -1) < 0)
        if (errno != EINTR)
            return false;
    if (waits[0].revents == 0) /* stopped, and the reader takes no more */
        return drop_output();
    if (tunic_flush_output())
        return waits[1].revents == 0;
    if (errno == EPIPE || errno == EINTR)
        return drop_output();
    return false; /* a full disk: told at the end */
}
