/* SPDX-License-Identifier: MIT */
#include "control/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- who comes ------------------------------------------------------------------------- */

/* The file's mode says the same, unless somebody has changed it. */
static bool is_admitted(const struct tunic_control *control, int descriptor)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == 0 || peer.uid == control->founder || peer.uid == control->owner;
}

/* A free place, or that of whoever has been silent longest: somebody who only stays must not keep
 * others out. */
static struct tunic_client *find_place(struct tunic_control *control)
{
    struct tunic_client *place = &control->clients[0];

    for (size_t i = 0; i < TUNIC_CONTROL_CLIENTS; i++) {
        if (control->clients[i].source.descriptor < 0)
            return &control->clients[i];
        if (control->clients[i].heard < place->heard)
            place = &control->clients[i];
    }
    tunic_client_end(place);
    return place;
}

/* One at a time: whoever else waits keeps the listener ready. */
static void accept_ready(void *closure, uint32_t events)
{
    struct tunic_control *control = closure;
    int descriptor =
        accept4(control->listener.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (descriptor >= 0 && is_admitted(control, descriptor)) {
        tunic_client_begin(find_place(control), descriptor);
    } else if (descriptor >= 0) {
        (void)close(descriptor);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        tunic_loop_change(control->loop, &control->listener, 0);
        tunic_timer_set(control->loop, &control->pause, tunic_clock_now() + TUNIC_SECOND);
    }
}

static void go_on(void *closure)
{
    struct tunic_control *control = closure;

    tunic_loop_change(control->loop, &control->listener, EPOLLIN);
}

/* ---- beginning and end ----------------------------------------------------------------- */

static int set_address(struct sockaddr_un *address, const char *path, struct tunic_error *error)
{
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof(address->sun_path)) {
        (void)tunic_error_set(error, TUNIC_USAGE, "no path of a socket");
        tunic_error_hint(error, "1 to %zu bytes", sizeof(address->sun_path) - 1);
        return tunic_reason_errno(TUNIC_USAGE);
    }
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

static int serve(struct tunic_control *control, struct tunic_error *error)
{
    struct stat status;
    int descriptor = tunic_control_socket_open(&control->address, control->owner, error);

    if (descriptor < 0)
        return descriptor;
    control->listener = (struct tunic_source){descriptor, accept_ready, control};
    if (lstat(control->address.sun_path, &status) == 0) {
        control->device = status.st_dev;
        control->inode = status.st_ino;
    }
    return tunic_loop_add(control->loop, &control->listener, EPOLLIN, error);
}

int tunic_control_open(struct tunic_control **control, struct tunic_loop *loop, const char *path,
                       uint32_t owner, const struct tunic_control_user *user,
                       struct tunic_error *error)
{
    struct tunic_control *made = calloc(1, sizeof(*made));

    if (!made)
        return tunic_error_memory(error);
    made->loop = loop;
    made->user = *user;
    made->owner = owner;
    made->founder = geteuid();
    made->listener.descriptor = -1;
    made->pause = (struct tunic_timer){.fire = go_on, .closure = made};
    for (size_t i = 0; i < TUNIC_CONTROL_CLIENTS; i++) {
        made->clients[i].control = made;
        made->clients[i].source.descriptor = -1;
    }
    int result = set_address(&made->address, path, error);
    if (result == 0)
        result = tunic_timer_add(loop, &made->pause, error);
    if (result != 0) {
        free(made);
        return result;
    }
    result = serve(made, error);
    if (result != 0) {
        tunic_control_close(made, true);
        return result;
    }
    *control = made;
    return 0;
}

static void remove_file(const struct tunic_control *control)
{
    struct stat status;

    if (lstat(control->address.sun_path, &status) == 0 && status.st_dev == control->device &&
        status.st_ino == control->inode)
        (void)unlink(control->address.sun_path);
}

void tunic_control_close(struct tunic_control *control, bool remove)
{
    if (!control)
        return;
    for (size_t i = 0; i < TUNIC_CONTROL_CLIENTS; i++)
        tunic_client_end(&control->clients[i]);
    if (control->listener.descriptor >= 0) {
        tunic_loop_remove(control->loop, &control->listener);
        (void)close(control->listener.descriptor);
        if (remove)
            remove_file(control);
    }
    tunic_timer_remove(control->loop, &control->pause);
    free(control);
}
