/* SPDX-License-Identifier: MIT */
/* Dumps, and the events that a monitor reads. */
#include "unit.h"

#include "netlink_fake.h"

#include <errno.h>
#include <string.h>

static _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];

struct taken {
    size_t count;
    size_t restarts;
    size_t stop_at; /* the object at which `result` is returned; 0: never */
    int result;
};

static int take(const struct nlmsghdr *message, void *closure)
{
    struct taken *taken = closure;

    assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
    return ++taken->count == taken->stop_at ? taken->result : 0;
}

static void restart(void *closure)
{
    struct taken *taken = closure;

    taken->count = 0;
    taken->restarts++;
}

static int dump(struct tunic_netlink *netlink, struct taken *taken, struct tunic_error *error)
{
    struct nlmsghdr *request = tunic_link_dump_request(buffer, "tun", false);

    memset(error, 0, sizeof(*error));
    return tunic_netlink_dump(netlink, request, take, restart, taken, error);
}

static void put_links(uint32_t sequence, uint16_t flags, size_t count)
{
    const struct ifinfomsg link = {.ifi_index = 1};

    fake_datagram(0);
    while (count-- > 0)
        fake_message(RTM_NEWLINK, NLM_F_MULTI | flags, sequence, &link, sizeof(link));
}

/* ---- dumps ----------------------------------------------------------------------------- */

static void test_dump(void **state)
{
    struct tunic_netlink netlink = fake_begin(7);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    put_links(7, NLM_F_DUMP_INTR, 5); /* the rest of a dump before this one */
    fake_done(7, 0, EINVAL, NULL);
    put_links(8, 0, 3);
    put_links(8, 0, 2);
    fake_done(8, 0, 0, NULL);
    assert_int_equal(dump(&netlink, &taken, &error), 0);
    assert_int_equal(taken.count, 5);
    assert_int_equal(taken.restarts, 0);
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake_request(&fake.sent[0], 0)->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(fake_request(&fake.sent[0], 0)->nlmsg_seq, 8);
    fake_end();
}

static void test_dump_refused(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    fake_datagram(0); /* at once */
    fake_answer(1, EOPNOTSUPP, "not this filter");
    assert_int_equal(dump(&netlink, &taken, &error), -EOPNOTSUPP);
    assert_string_equal(error.cause, "not this filter");
    assert_int_equal(fake.sent_count, 1);
    fake_end();

    netlink = fake_begin(0);
    put_links(1, 0, 2); /* in the middle of it */
    fake_datagram(0);
    fake_done(1, 0, EMSGSIZE, "too much");
    assert_int_equal(dump(&netlink, &taken, &error), -EMSGSIZE);
    assert_string_equal(error.cause, "too much");
    fake_end();

    netlink = fake_begin(0);
    fake.send_errors[0] = EPERM;
    assert_int_equal(dump(&netlink, &taken, &error), -EPERM);
    fake_end();
}

/* An NLMSG_DONE too short to hold an errno ends the dump all the same. */
static void test_dump_short_done(void **state)
{
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    for (size_t length = 0; length < sizeof(int); length++) {
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        fake_message(NLMSG_DONE, NLM_F_MULTI, 1, "\xFF\xFF\xFF", length);
        assert_int_equal(dump(&netlink, &taken, &error), 0);
        fake_end();
    }
    struct tunic_netlink netlink = fake_begin(0);
    fake_datagram(0);
    fake_done(1, 0, -EINVAL, NULL); /* positive: no errno */
    assert_int_equal(dump(&netlink, &taken, &error), -EBADMSG);
    fake_end();
}

/* The tables changed while they were read: read again, and only the last reading counts. */
static void test_dump_interrupted(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    put_links(1, 0, 3);
    put_links(1, NLM_F_DUMP_INTR, 1);
    fake_done(1, 0, 0, NULL);
    put_links(2, 0, 4);
    fake_done(2, NLM_F_DUMP_INTR, 0, NULL); /* only the end tells */
    fake_datagram(0);
    fake_done(3, 0, EINTR, NULL); /* or an errno does */
    put_links(4, 0, 2);
    fake_done(4, 0, 0, NULL);
    assert_int_equal(dump(&netlink, &taken, &error), 0);
    assert_int_equal(taken.restarts, 3);
    assert_int_equal(taken.count, 2);
    assert_int_equal(fake.sent_count, 4);
    assert_int_equal(fake_request(&fake.sent[3], 0)->nlmsg_seq, 4);
    fake_end();
}

static void test_dump_never_whole(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    for (uint32_t sequence = 1; sequence <= 8; sequence++) {
        put_links(sequence, NLM_F_DUMP_INTR, 1);
        fake_done(sequence, 0, 0, NULL);
    }
    assert_int_equal(dump(&netlink, &taken, &error), -EAGAIN);
    assert_int_equal(error.reason, TUNIC_FAILED);
    assert_int_equal(taken.restarts, 7);
    assert_string_equal(error.cause, "they changed during each of 8 attempts");
    fake_end();
}

/* Messages were lost. The dump still runs in the kernel, which refuses another one on the same
 * socket until it has been read to its end. */
static void test_dump_overrun(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    put_links(1, 0, 3);
    fake_receive_error(ENOBUFS);
    put_links(1, 0, 3);
    fake_receive_error(ENOBUFS);
    fake_datagram(0);
    fake_done(1, 0, 0, NULL);
    fake_receive_error(EAGAIN);
    put_links(2, 0, 2);
    fake_done(2, 0, 0, NULL);
    assert_int_equal(dump(&netlink, &taken, &error), 0);
    assert_int_equal(taken.restarts, 1);
    assert_int_equal(taken.count, 2);
    fake_end();
}

/* So it is with a dump that the caller has had enough of. */
static void test_dump_stopped(void **state)
{
    static const struct {
        int handled;
        int result;
    } rows[] = {{1, 0}, {-ENOMEM, -ENOMEM}};
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        struct tunic_netlink netlink = fake_begin(0);
        struct taken taken = {.stop_at = 2, .result = rows[i].handled};
        put_links(1, 0, 5);
        put_links(1, 0, 5);
        fake_done(1, 0, 0, NULL);
        assert_int_equal(dump(&netlink, &taken, &error), rows[i].result);
        assert_int_equal(taken.count, 2);
        assert_true(fake.last_flags & MSG_DONTWAIT);
        fake_end(); /* nothing is left to be read */
    }
}

/* ---- events ---------------------------------------------------------------------------- */

static int event(const struct nlmsghdr *message, void *closure)
{
    struct taken *taken = closure;

    (void)message;
    return ++taken->count == taken->stop_at ? taken->result : 0;
}

static void test_events(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct taken taken = {0};
    bool overrun = true;

    (void)state;
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), 0);
    assert_int_equal(taken.count, 0);
    assert_false(overrun);

    put_links(0, 0, 3);
    fake_datagram(77); /* another process */
    fake_message(RTM_NEWLINK, 0, 0, "", 0);
    put_links(0, 0, 2);
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), 0);
    assert_int_equal(taken.count, 5);
    assert_false(overrun);

    fake_receive_error(ENOBUFS); /* some were lost; those after it are read */
    put_links(0, 0, 1);
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), 0);
    assert_int_equal(taken.count, 6);
    assert_true(overrun);

    taken = (struct taken){.stop_at = 1, .result = 1};
    put_links(0, 0, 2);
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), 0);
    assert_int_equal(taken.count, 1);

    taken = (struct taken){.stop_at = 1, .result = -ENOMEM};
    put_links(0, 0, 2);
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), -ENOMEM);

    fake_receive_error(EBADF);
    assert_int_equal(tunic_monitor_read(&netlink, event, &taken, &overrun, &error), -EBADF);
    assert_string_equal(error.action, "cannot read the kernel's events");
    fake_end();
}

static void test_monitor_open(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;

    (void)state;
    fake.sockets = 0;
    assert_int_equal(tunic_monitor_open(&netlink, true, &error), 0);
    assert_int_equal(tunic_monitor_descriptor(&netlink), 1000);
    tunic_netlink_close(&netlink);
    fake.option_error = EPERM;
    fake.option_refused = NETLINK_ADD_MEMBERSHIP;
    assert_int_equal(tunic_monitor_open(&netlink, false, &error), -EPERM);
    assert_string_equal(error.action, "cannot follow the kernel's events");
    assert_int_equal(fake.sockets, 0);
    fake.open_error = EMFILE;
    assert_int_equal(tunic_monitor_open(&netlink, false, &error), -EMFILE);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_dump_refused),
        cmocka_unit_test(test_dump_short_done),
        cmocka_unit_test(test_dump_interrupted),
        cmocka_unit_test(test_dump_never_whole),
        cmocka_unit_test(test_dump_overrun),
        cmocka_unit_test(test_dump_stopped),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_monitor_open),
    };

    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
