/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. No call ever waits for a stream, or two such programs whose pipes are full
 * would wait for each other: what comes is read and given to the kernel whatever becomes of what
 * goes. While standard output takes nothing, the interface is not read. What is too much then is
 * dropped where its senders expect that, in the kernel's queue, and nothing is here.
 *
 * O_NONBLOCK belongs to what a descriptor refers to, which others may have, too: it is taken back
 * at the end. What both descriptors had is known before either is changed, since both may be one.
 *
 * A file cannot be waited on, and need not: an event that nobody clears stands for it.
 *
 * The other end is gone when standard input ends or standard output takes nothing any more. All
 * that came until then is given to the kernel. Where it was standard input, what is to go still
 * goes: it may be half of the stream that was closed.
 */
#include "attach/engine.h"
#include "attach/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LAST_READS = 64, /* of one who takes nothing, and may go on sending */
};

struct stdio {
    struct tunic_attach *attach;
    struct tunic_source device;
    struct tunic_source input;
    struct tunic_source output;
    bool input_ended;
    bool output_lost;
    bool full;       /* standard output took less than all: the interface is not read */
    uint64_t taken;  /* packets of the interface */
    unsigned waited; /* packets that it was given since it was read */
    struct tunic_frames_in in;
    struct tunic_frames_out out;
};

static bool is_over(const struct stdio *stdio)
{
    return stdio->attach->loop.stopped;
}

static void fail(struct stdio *stdio, int reason, const char *what)
{
    tunic_attach_fail(stdio->attach, tunic_error_system(stdio->attach->error, reason, "%s", what));
}

/* ---- what goes ------------------------------------------------------------------------- */

static void set_full(struct stdio *stdio, bool full)
{
    struct tunic_loop *loop = &stdio->attach->loop;

    if (full == stdio->full)
        return;
    stdio->full = full;
    tunic_loop_change(loop, &stdio->device, full ? TUNIC_QUEUE_UNREAD : EPOLLIN);
    tunic_loop_change(loop, &stdio->output, full ? EPOLLOUT : 0);
}

/* Returns how much it took, or a negative errno. */
static ssize_t write_some(struct stdio *stdio, struct iovec bytes)
{
    ssize_t written = bytes.iov_len > 0 ? write(STDOUT_FILENO, bytes.iov_base, bytes.iov_len) : 0;
    size_t length;

    if (written < 0)
        return -errno;
    tunic_frames_went(&stdio->out, (size_t)written);
    while ((length = tunic_frames_next(&stdio->out)) > 0)
        tunic_attach_took(stdio->attach, length);
    return written;
}

static void write_frames(struct stdio *stdio)
{
    ssize_t result = write_some(stdio, tunic_frames_waiting(&stdio->out));

    if (result == -EPIPE || result == -ECONNRESET)
        stdio->output_lost = true;
    else if (result < 0 && result != -EAGAIN && result != -EINTR)
        fail(stdio, (int)-result, "cannot write to standard output");
    set_full(stdio, stdio->out.filled > 0);
}

static bool wants_more(const struct stdio *stdio)
{
    uint64_t count = stdio->attach->options.count;

    return tunic_frames_fit(&stdio->out) && (count == 0 || stdio->taken < count);
}

/* As many packets as others can wait for, written at once. */
static void read_device(struct stdio *stdio)
{
    struct tunic_attach *attach = stdio->attach;

    stdio->waited = 0;
    if (stdio->full || stdio->output_lost || stdio->input_ended)
        return;
    for (unsigned i = 0; i < TUNIC_ATTACH_BURST && wants_more(stdio); i++) {
        size_t length = tunic_attach_next(attach);
        if (length == 0)
            break;
        if (length > TUNIC_PACKET_MOST) { /* no frame can hold it */
            attach->counters.unfit++;
            continue;
        }
        tunic_frames_add(&stdio->out, attach->packet, length);
        stdio->taken++;
    }
    write_frames(stdio);
}

/* ---- what comes ------------------------------------------------------------------------ */

/* What the kernel answers must not overflow its queue before all is given. */
static bool give(void *closure, const uint8_t *packet, size_t length)
{
    struct stdio *stdio = closure;

    if (!tunic_attach_give(stdio->attach, packet, length))
        return false;
    if (++stdio->waited == TUNIC_ATTACH_BURST)
        read_device(stdio);
    return !is_over(stdio);
}

static void refuse_frame(struct stdio *stdio)
{
    struct tunic_error *error = stdio->attach->error;

    (void)tunic_error_set(error, TUNIC_FAILED, "what came on standard input is no frame");
    tunic_error_hint(error, "nothing but 'tunic attach NAME stdio', or what speaks as it does, may "
                            "print there: no greeting of a login shell");
    tunic_attach_fail(stdio->attach, -EPROTO);
}

/* False: there is no more for now. */
static bool read_input(struct stdio *stdio)
{
    size_t room;
    uint8_t *place = tunic_frames_room(&stdio->in, &room);
    ssize_t got = read(STDIN_FILENO, place, room);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got < 0 && errno != ECONNRESET) {
        fail(stdio, errno, "cannot read standard input");
        return false;
    }
    if (got <= 0) {
        stdio->input_ended = true;
        return false;
    }
    if (tunic_frames_came(&stdio->in, (size_t)got, give, stdio) != 0 && !is_over(stdio))
        refuse_frame(stdio);
    return !is_over(stdio);
}

/* ---- the other end --------------------------------------------------------------------- */

static void end_inside(struct stdio *stdio, const char *stream)
{
    (void)tunic_error_set(stdio->attach->error, TUNIC_FAILED, "%s ended inside a frame", stream);
    tunic_error_cause(stdio->attach->error, "the other end is gone");
    tunic_attach_fail(stdio->attach, -EPROTO);
}

/* After whatever happened: ends, where the other end is gone. */
static void settle(struct stdio *stdio)
{
    for (unsigned i = 0; i < LAST_READS && stdio->output_lost && !stdio->input_ended; i++)
        if (!read_input(stdio))
            break;
    if (stdio->input_ended) {
        tunic_loop_remove(&stdio->attach->loop, &stdio->input);
        tunic_loop_change(&stdio->attach->loop, &stdio->device, TUNIC_QUEUE_UNREAD);
    }
    if (is_over(stdio) || !(stdio->output_lost || stdio->input_ended))
        return;
    if (stdio->output_lost && tunic_frames_rest(&stdio->out).iov_len > 0)
        end_inside(stdio, "standard output");
    else if (stdio->in.held > 0)
        end_inside(stdio, "standard input");
    else if (stdio->output_lost || !stdio->full)
        tunic_attach_fail(stdio->attach, 0);
}

/* ---- sources --------------------------------------------------------------------------- */

static void device_ready(void *closure, uint32_t events)
{
    struct stdio *stdio = closure;

    if (events & EPOLLERR) /* told even where it is not read */
        tunic_attach_deleted(stdio->attach);
    else
        read_device(stdio);
    settle(stdio);
}

static void input_ready(void *closure, uint32_t events)
{
    (void)events;
    (void)read_input(closure);
    settle(closure);
}

static void output_ready(void *closure, uint32_t events)
{
    struct stdio *stdio = closure;

    if (events & (EPOLLERR | EPOLLHUP))
        stdio->output_lost = true;
    else
        write_frames(stdio);
    settle(stdio);
}

static int add_stream(struct stdio *stdio, struct tunic_source *source, uint32_t events,
                      struct tunic_error *error)
{
    struct tunic_loop *loop = &stdio->attach->loop;
    int result = tunic_loop_add(loop, source, events, error);

    if (result != -EPERM)
        return result;
    int always = eventfd(1, EFD_CLOEXEC);
    if (always < 0)
        return tunic_error_system(error, errno, "cannot make an event");
    source->descriptor = always;
    return tunic_loop_add(loop, source, events, error);
}

static void remove_stream(struct stdio *stdio, struct tunic_source *source, int descriptor)
{
    tunic_loop_remove(&stdio->attach->loop, source);
    if (source->descriptor != descriptor)
        (void)close(source->descriptor);
}

static int run(struct stdio *stdio, struct tunic_error *error)
{
    struct tunic_loop *loop = &stdio->attach->loop;

    stdio->device = (struct tunic_source){stdio->attach->queues[0].descriptor, device_ready, stdio};
    stdio->input = (struct tunic_source){STDIN_FILENO, input_ready, stdio};
    stdio->output = (struct tunic_source){STDOUT_FILENO, output_ready, stdio};
    int result = tunic_loop_add(loop, &stdio->device, EPOLLIN, error);
    if (result == 0)
        result = add_stream(stdio, &stdio->input, EPOLLIN, error);
    if (result == 0)
        result = add_stream(stdio, &stdio->output, 0, error);
    if (result == 0)
        result = tunic_attach_run(stdio->attach, error);
    if (!stdio->output_lost) /* whoever reads on does so from a frame's beginning */
        (void)write_some(stdio, tunic_frames_rest(&stdio->out));
    tunic_loop_remove(loop, &stdio->device);
    remove_stream(stdio, &stdio->input, STDIN_FILENO);
    remove_stream(stdio, &stdio->output, STDOUT_FILENO);
    return result;
}

/* ---- descriptors ----------------------------------------------------------------------- */

struct flags {
    int input;
    int output;
};

/* One of ours is close-on-exec, as nothing that was there before us can be. */
static int find_flags(int descriptor, const char *name, int *flags, struct tunic_error *error)
{
    int own = fcntl(descriptor, F_GETFD);

    *flags = fcntl(descriptor, F_GETFL);
    if (own >= 0 && !(own & FD_CLOEXEC) && *flags >= 0)
        return 0;
    return tunic_error_system(error, EBADF, "cannot use %s", name);
}

static void put_back(int descriptor, int flags)
{
    int now = fcntl(descriptor, F_GETFL);

    if (!(flags & O_NONBLOCK) && now >= 0)
        (void)fcntl(descriptor, F_SETFL, now & ~O_NONBLOCK);
}

static void put_back_both(const struct flags *flags)
{
    put_back(STDIN_FILENO, flags->input);
    put_back(STDOUT_FILENO, flags->output);
}

static int take_both(struct flags *flags, struct tunic_error *error)
{
    int result = find_flags(STDIN_FILENO, "standard input", &flags->input, error);

    if (result == 0)
        result = find_flags(STDOUT_FILENO, "standard output", &flags->output, error);
    if (result != 0)
        return result;
    if (isatty(STDIN_FILENO) || isatty(STDOUT_FILENO)) {
        (void)tunic_error_set(error, TUNIC_USAGE, "a terminal is no other end");
        tunic_error_hint(error, "socat EXEC:'tunic attach NAME stdio' "
                                "EXEC:'ssh HOST tunic attach NAME stdio'");
        return -EINVAL;
    }
    if (fcntl(STDIN_FILENO, F_SETFL, flags->input | O_NONBLOCK) == 0 &&
        fcntl(STDOUT_FILENO, F_SETFL, flags->output | O_NONBLOCK) == 0)
        return 0;
    result = tunic_error_system(error, errno, "cannot use its streams without waiting");
    put_back_both(flags);
    return result;
}

int tunic_attach_stdio(struct tunic_attach *attach, struct tunic_error *error)
{
    struct flags flags;
    int result = take_both(&flags, error);

    if (result != 0)
        return result;
    struct stdio *stdio = calloc(1, sizeof(*stdio));
    if (stdio) {
        stdio->attach = attach;
        result = run(stdio, error);
        free(stdio);
    } else {
        result = tunic_error_memory(error);
    }
    put_back_both(&flags);
    return result;
}
