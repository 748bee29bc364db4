/* SPDX-License-Identifier: MIT */
/* A control socket with a relay behind it that does nothing, and clients in this process: the loop
 * runs until all there is to do is done. */
#ifndef TUNIC_TESTS_CONTROL_SIDE_H
#define TUNIC_TESTS_CONTROL_SIDE_H

#include "unit.h"

#include "control/control.h"

#define HEX_A "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"

struct test {
    struct tunic_loop loop;
    struct tunic_error error;
    struct tunic_control *control;
    struct tunic_timer idle;
    struct tunic_control_user user;
    unsigned sets;
    int answer; /* of set */
    size_t peers;
    uint16_t port; /* of the last set */
    size_t set_peers;
};

/* What the wrapped functions do; as at the start of each test. */
struct control_side {
    uint32_t ranges_told; /* of each peer */
    uint32_t caller;      /* the uid of whoever connects; UINT32_MAX: his own */
    int accept_failure;   /* errno; 0: none */
    unsigned accepts;
    uint64_t ahead; /* of the real clock */
};
extern struct control_side side;

extern char folder[]; /* of the test's own */
extern char path[];   /* of the socket in it */

/* Of a group. */
int make_folder(void **state);
int remove_folder(void **state);
/* Of a test; its state is a struct test that is served at `path`. */
int set_up(void **state);
int tear_down(void **state);
#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

void settle(struct test *test);

int connect_to(const char *place);
void say(int client, const char *text);
void assert_hears(int client, const char *expected);
void assert_silent(int client);
/* The server has closed the connection; so does the client. */
void assert_left(int client);

#endif
