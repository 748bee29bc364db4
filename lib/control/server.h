/* SPDX-License-Identifier: MIT */
/* Private to lib/control: what the socket and those who speak on it share. */
#ifndef TUNIC_CONTROL_SERVER_H
#define TUNIC_CONTROL_SERVER_H

#include "control/control.h"

#include <sys/un.h>

/* ---- socket.c -------------------------------------------------------------------------- */

/* Makes the folders that `path` lacks and the socket there, bound and listening, and tells it by
 * its descriptor. What nobody serves is removed before. Returns it, or a negative errno. */
int tunic_control_socket_open(const struct sockaddr_un *address, uint32_t owner,
                              struct tunic_error *error);

/* ---- client.c -------------------------------------------------------------------------- */

enum { TUNIC_CONTROL_INPUT = 4096 }; /* also the longest line, its newline included */

enum tunic_client_state {
    TUNIC_CLIENT_BEGINS, /* "get=1" or "set=1" is expected */
    TUNIC_CLIENT_GETS,
    TUNIC_CLIENT_SETS,
};

struct tunic_client {
    struct tunic_source source; /* descriptor -1: nobody */
    struct tunic_control *control;
    uint64_t heard; /* when something came last */
    enum tunic_client_state state;
    int failure;    /* of this request: the first */
    bool leaves;    /* once it has its answer */
    size_t request; /* bytes of it so far */
    struct tunic_settings settings;
    struct tunic_text answer;
    size_t sent;  /* of the answer */
    size_t first; /* bytes of the input that are not worked on yet */
    size_t end;
    char input[TUNIC_CONTROL_INPUT];
};

struct tunic_control {
    struct tunic_loop *loop;
    struct tunic_control_user user;
    struct tunic_source listener;
    struct tunic_timer pause; /* until somebody is accepted again */
    uint32_t owner;
    uint32_t founder; /* whoever opened it */
    struct sockaddr_un address;
    uint64_t device; /* of the socket's file, and its number: it may be another's by now */
    uint64_t inode;
    struct tunic_client clients[TUNIC_CONTROL_CLIENTS];
};

/* Serves a connection. It is closed where that cannot be. */
void tunic_client_begin(struct tunic_client *client, int descriptor);
/* Wipes what it said and was told. Also of nobody. */
void tunic_client_end(struct tunic_client *client);

#endif
