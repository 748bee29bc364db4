/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A socket's file gets the mode that the socket has when it is bound, and
 * nobody can connect before it listens: at no moment is it open to others, whatever the umask. Its
 * owner is changed through a descriptor of the file, so that nobody can put another one in its
 * place.
 */
#include "control/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 16, MODE = 0600, FOLDER_MODE = 0755, ATTEMPTS = 3 };

/* Fills `error` from errno. */
static int failed(struct tunic_error *error, const char *what, const char *path)
{
    char escaped[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 20];

    tunic_text_escape(escaped, sizeof(escaped), path);
    return tunic_error_system(error, errno, "cannot %s '%s'", what, escaped);
}

/* ---- folders --------------------------------------------------------------------------- */

static int make_folders(const char *path, struct tunic_error *error)
{
    char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = '\0';
        if (length > 0 && mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
            return failed(error, "make the folder", folder);
    }
    return 0;
}

/* ---- what is there already ------------------------------------------------------------- */

static int told(struct tunic_error *error, enum tunic_reason reason, const char *path,
                const char *what)
{
    char escaped[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 20];

    tunic_text_escape(escaped, sizeof(escaped), path);
    (void)tunic_error_set(error, reason, "cannot listen at '%s'", escaped);
    tunic_error_cause(error, "%s", what);
    return tunic_reason_errno(reason);
}

/* 0: somebody answers there. */
static int try_to_connect(const struct sockaddr_un *address)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = 0;

    if (descriptor < 0)
        return -errno;
    if (connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno != EAGAIN) /* so many wait there that there is no room */
        result = -errno;
    (void)close(descriptor);
    return result;
}

/* Removes a socket that nobody serves. */
static int make_way(const struct sockaddr_un *address, struct tunic_error *error)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : failed(error, "look at", path);
    if (!S_ISSOCK(status.st_mode))
        return told(error, TUNIC_EXISTS, path, "something else than a socket is there");
    switch (try_to_connect(address)) {
    case 0:
        return told(error, TUNIC_BUSY, path, "another process serves it");
    case -ECONNREFUSED:
    case -ENOENT:
        break;
    default:
        return failed(error, "connect to", path);
    }
    if (unlink(path) != 0 && errno != ENOENT)
        return failed(error, "replace", path);
    return 0;
}

/* ---- making it ------------------------------------------------------------------------- */

/* Another one may be there again after it was removed. */
static int bind_socket(int descriptor, const struct sockaddr_un *address, struct tunic_error *error)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        int result = make_way(address, error);
        if (result != 0)
            return result;
        if (bind(descriptor, (const struct sockaddr *)address, sizeof(*address)) == 0)
            return 0;
        if (errno != EADDRINUSE)
            break;
    }
    return failed(error, "make the socket", address->sun_path);
}

static int set_owner(const char *path, uint32_t owner, struct tunic_error *error)
{
    struct stat status;
    int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (file < 0)
        return failed(error, "open", path);
    int result = 0;
    if (fstat(file, &status) != 0 || !S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
        result = told(error, TUNIC_BUSY, path, "another process has taken its place");
    else if (fchownat(file, "", owner, (gid_t)-1, AT_EMPTY_PATH) != 0)
        result = failed(error, "set the owner of", path);
    (void)close(file);
    return result;
}

int tunic_control_socket_open(const struct sockaddr_un *address, uint32_t owner,
                              struct tunic_error *error)
{
    int result = make_folders(address->sun_path, error);
    int descriptor;

    if (result != 0)
        return result;
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || fchmod(descriptor, MODE) != 0)
        result = failed(error, "make the socket", address->sun_path);
    if (result == 0)
        result = bind_socket(descriptor, address, error);
    bool is_bound = result == 0;
    if (result == 0 && owner != UINT32_MAX && owner != geteuid())
        result = set_owner(address->sun_path, owner, error);
    if (result == 0 && listen(descriptor, BACKLOG) != 0)
        result = failed(error, "listen at", address->sun_path);
    if (result == 0)
        return descriptor;
    if (is_bound)
        (void)unlink(address->sun_path);
    if (descriptor >= 0)
        (void)close(descriptor);
    return result;
}
