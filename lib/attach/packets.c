/* SPDX-License-Identifier: MIT */
#include "attach/engine.h"

#include <errno.h>
#include <sys/epoll.h>

struct reading {
    struct tunic_attach *attach;
    const struct tunic_attach_user *user;
    struct tunic_source source;
};

/* Takes what waits, up to a burst of it. The same returns as of `take`; `*taken`: any at all. */
static int take_burst(struct tunic_attach *attach, const struct tunic_attach_user *user,
                      bool *taken)
{
    int result = 0;

    for (unsigned i = 0; i < TUNIC_ATTACH_BURST && result == 0; i++) {
        struct tunic_attach_packet packet = {.bytes = attach->packet};
        packet.length = tunic_attach_next(attach);
        if (packet.length == 0)
            break;
        (void)clock_gettime(CLOCK_REALTIME, &packet.time);
        result = user->take(user->closure, &packet, attach->error);
        if (result < 0)
            break;
        *taken = true;
        if (tunic_attach_counted(attach, packet.length))
            result = 1;
    }
    return result;
}

/* What was taken goes where it goes before the end of it all, whose result may be otherwise then.
 */
static void ready(void *closure, uint32_t events)
{
    struct reading *reading = closure;
    struct tunic_attach *attach = reading->attach;
    const struct tunic_attach_user *user = reading->user;
    bool taken = false;
    int result = take_burst(attach, user, &taken);

    (void)events;
    if (result >= 0 && taken && user->rest) {
        int rested = user->rest(user->closure, attach->error);
        result = rested != 0 ? rested : result;
    }
    if (result != 0)
        tunic_loop_stop(&attach->loop, result < 0 ? result : 0);
}

int tunic_attach_packets(struct tunic_attach *attach, const struct tunic_attach_user *user,
                         struct tunic_error *error)
{
    struct reading reading = {.attach = attach, .user = user};

    reading.source = (struct tunic_source){
        .descriptor = attach->queues[0].descriptor, .ready = ready, .closure = &reading};
    int result = tunic_loop_add(&attach->loop, &reading.source, EPOLLIN, error);
    if (result != 0)
        return result;
    result = tunic_attach_run(attach, error);
    tunic_loop_remove(&attach->loop, &reading.source);
    return result;
}
