/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A relay that dropped its privileges may open neither files nor sockets, and
 * may not wait for a name server either. So a child does it, which was told its names at the start
 * and shares nothing with its parent but a socket of messages: up goes the index of a name, down
 * come its addresses. The child reads what strangers send it, and may have been taken over: an
 * answer that was not asked for or is malformed ends it.
 *
 * It ends with its parent by the socket's end, and while it waits for a name server by
 * PR_SET_PDEATHSIG: whoever changes its user in `confine` sets that again, as the kernel forgets it
 * then. SIGTERM ends it too, but nothing else that is meant for the parent does, SIGUSR1 to all
 * that bear the program's name, say.
 */
#include "transport/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SOCKET = STDERR_FILENO + 1 };

struct start { /* the child's first message: it is confined, or could not be */
    int32_t result;
    struct tunic_error error;
};

struct answer {
    size_t index;
    struct tunic_addresses addresses;
};

/* ---- the child ------------------------------------------------------------------------- */

static void leave_parent(int socket)
{
    sigset_t blocked;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGTERM, SIG_DFL);
    sigfillset(&blocked);
    sigdelset(&blocked, SIGTERM);
    (void)pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    if (dup2(socket, CHILD_SOCKET) < 0)
        _exit(EXIT_FAILURE);
    closefrom(CHILD_SOCKET + 1);
}

static bool tell(const void *message, size_t length)
{
    return send(CHILD_SOCKET, message, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static void answer_all(const struct tunic_host *hosts, size_t count)
{
    struct answer answer;
    struct tunic_error ignored;

    while (recv(CHILD_SOCKET, &answer.index, sizeof(answer.index), 0) == sizeof(answer.index) &&
           answer.index < count) {
        (void)tunic_host_resolve(&hosts[answer.index], false, &answer.addresses, &ignored);
        if (!tell(&answer, sizeof(answer)))
            return;
    }
}

/* ---- the parent ------------------------------------------------------------------------ */

static void end_child(struct tunic_resolver *resolver)
{
    pid_t process = resolver->process;

    if (process == 0)
        return;
    resolver->process = 0;
    tunic_loop_remove(resolver->loop, &resolver->source);
    (void)close(resolver->source.descriptor);
    /* One that is gone without being waited for (SIGCHLD is ignored) may be another's number. */
    if (waitpid(process, NULL, WNOHANG) != 0)
        return;
    (void)kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool is_valid(const struct tunic_resolver *resolver, const struct answer *answer)
{
    const struct tunic_addresses *addresses = &answer->addresses;

    if (answer->index >= resolver->count || !resolver->asked[answer->index] ||
        addresses->count > TUNIC_COUNT(addresses->list))
        return false;
    for (size_t i = 0; i < addresses->count; i++) {
        sa_family_t family = addresses->list[i].any.sa_family;
        if (family != AF_INET && family != AF_INET6)
            return false;
    }
    return true;
}

static void ready(void *closure, uint32_t events)
{
    struct tunic_resolver *resolver = closure;
    struct answer answer;
    /* With MSG_TRUNC it is the message's length, not that of what fits. */
    ssize_t length =
        recv(resolver->source.descriptor, &answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC);

    (void)events;
    if (length < 0 && errno == EAGAIN)
        return;
    if (length != sizeof(answer) || !is_valid(resolver, &answer)) {
        end_child(resolver);
        return;
    }
    resolver->asked[answer.index] = false;
    resolver->found(resolver->closure, answer.index, &answer.addresses);
}

static int await_start(const struct tunic_resolver *resolver, struct tunic_error *error)
{
    struct start start;
    ssize_t length;

    do
        length = recv(resolver->source.descriptor, &start, sizeof(start), 0);
    while (length < 0 && errno == EINTR);
    if (length != sizeof(start)) {
        (void)tunic_error_set(error, TUNIC_FAILED, "cannot start looking names up");
        tunic_error_cause(error, "its process ended");
        return -ECHILD;
    }
    if (start.result < 0)
        *error = start.error;
    return start.result;
}

static int start_child(struct tunic_resolver *resolver, const struct tunic_host *hosts,
                       int (*confine)(void *closure, struct tunic_error *error), void *closure,
                       struct tunic_error *error)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return tunic_error_system(error, errno, "cannot make a pair of sockets");
    pid_t process = fork();
    if (process < 0) {
        int result = tunic_error_system(error, errno, "cannot start a process");
        (void)close(pair[0]);
        (void)close(pair[1]);
        return result;
    }
    if (process == 0) {
        struct start start = {0};
        (void)close(pair[0]);
        leave_parent(pair[1]);
        if (confine)
            start.result = confine(closure, &start.error);
        if (tell(&start, sizeof(start)) && start.result == 0)
            answer_all(hosts, resolver->count);
        _exit(EXIT_SUCCESS);
    }
    (void)close(pair[1]);
    resolver->process = process;
    resolver->source = (struct tunic_source){pair[0], ready, resolver};
    return 0;
}

int tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                        const struct tunic_host *hosts, size_t count,
                        int (*confine)(void *closure, struct tunic_error *error), void *closure,
                        struct tunic_error *error)
{
    resolver->loop = loop;
    resolver->process = 0;
    resolver->count = count;
    resolver->asked = calloc(count, sizeof(*resolver->asked));
    if (!resolver->asked)
        return tunic_error_memory(error);
    int result = start_child(resolver, hosts, confine, closure, error);
    if (result == 0)
        result = await_start(resolver, error);
    if (result == 0)
        result = tunic_loop_add(loop, &resolver->source, EPOLLIN, error);
    if (result < 0)
        tunic_resolver_close(resolver);
    return result;
}

void tunic_resolver_ask(struct tunic_resolver *resolver, size_t index)
{
    if (resolver->process == 0 || resolver->asked[index])
        return;
    resolver->asked[index] = send(resolver->source.descriptor, &index, sizeof(index),
                                  MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(index);
}

void tunic_resolver_close(struct tunic_resolver *resolver)
{
    end_child(resolver);
    free(resolver->asked);
    resolver->asked = NULL;
}
