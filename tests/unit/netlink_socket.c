/* SPDX-License-Identifier: MIT */
/* One request and its answer, and the opening of sockets. */
#include "unit.h"

#include "netlink_fake.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <string.h>

static _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];

static struct nlmsghdr *request(void)
{
    return tunic_request_begin(buffer, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
}

/* Counts, and returns what the test wants. */
struct taken {
    size_t count;
    int result;
};

static int take(const struct nlmsghdr *message, void *closure)
{
    struct taken *taken = closure;

    assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
    taken->count++;
    return taken->result;
}

static void put_link(uint32_t sequence)
{
    const struct ifinfomsg link = {.ifi_index = 1};

    fake_message(RTM_NEWLINK, 0, sequence, &link, sizeof(link));
}

/* ---- what is sent ---------------------------------------------------------------------- */

static void test_request_is_sent(void **state)
{
    struct tunic_netlink netlink = fake_begin(41);
    struct tunic_error error;

    (void)state;
    memset(buffer, 0xA5, sizeof(buffer));
    struct nlmsghdr *message = request();
    assert_int_equal(message->nlmsg_len, sizeof(*message) + sizeof(struct ifinfomsg));
    for (size_t i = 0; i < sizeof(struct ifinfomsg); i++)
        assert_int_equal(((uint8_t *)mnl_nlmsg_get_payload(message))[i], 0);
    fake_datagram(0);
    fake_answer(42, 0, NULL);
    assert_int_equal(tunic_netlink_request(&netlink, message, NULL, NULL, &error), 0);
    const struct nlmsghdr *sent = fake_request(&fake.sent[0], 0);
    assert_int_equal(sent->nlmsg_seq, 42);
    assert_int_equal(sent->nlmsg_pid, netlink.port);
    assert_int_equal(sent->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
    assert_int_equal(sent->nlmsg_type, RTM_GETLINK);
    fake_end();
}

static void test_object_is_taken(void **state)
{
    struct tunic_netlink netlink = fake_begin(UINT32_MAX); /* sequence numbers wrap */
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    fake_datagram(0);
    put_link(0);
    put_link(0); /* not asked for: one is enough */
    assert_int_equal(tunic_netlink_request(&netlink, request(), take, &taken, &error), 0);
    assert_int_equal(taken.count, 1);
    assert_int_equal(fake_request(&fake.sent[0], 0)->nlmsg_flags, NLM_F_REQUEST);
    fake_end();

    netlink = fake_begin(0);
    taken = (struct taken){.result = -ENOMEM};
    fake_datagram(0);
    put_link(1);
    assert_int_equal(tunic_netlink_request(&netlink, request(), take, &taken, &error), -ENOMEM);
    fake_end();
}

/* ---- refusals -------------------------------------------------------------------------- */

/* Success without an object would leave whoever asked with nothing, unknowingly. */
static void test_object_is_missing(void **state)
{
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        if (i == 0)
            fake_answer(1, 0, NULL);
        else
            fake_done(1, 0, 0, NULL);
        assert_int_equal(tunic_netlink_request(&netlink, request(), take, &taken, &error),
                         -EBADMSG);
        assert_string_equal(error.action, "cannot read the kernel's answer");
        assert_int_equal(taken.count, 0);
        fake_end();
    }
}

static void test_refused(void **state)
{
    static const struct {
        int errno_value;
        const char *text;
        enum tunic_reason reason;
        const char *cause;
    } rows[] = {
        {ENODEV, NULL, TUNIC_ABSENT, "No such device"},
        {EPERM, "", TUNIC_DENIED, "Operation not permitted"},
        {EINVAL, "MTU less than device minimum", TUNIC_FAILED, "MTU less than device minimum"},
        {EBUSY, "bad\x1B[0m text", TUNIC_BUSY, "bad\\x1b[0m text"},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        fake_answer(1, rows[i].errno_value, rows[i].text);
        assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error),
                         -rows[i].errno_value);
        assert_int_equal(error.reason, rows[i].reason);
        assert_string_equal(error.cause, rows[i].cause);
        fake_end();
    }
}

/* Without NETLINK_CAP_ACK the answer repeats the request, and the text stands behind it. */
static void test_text_behind_the_request(void **state)
{
    struct {
        struct nlmsgerr error;
        /* cppcheck-suppress unusedStructMember */
        uint8_t request[22 + 2]; /* its rest, padded */
        struct nlattr head;
        char text[4];
    } payload = {.error = {.error = -EINVAL}};
    struct tunic_error error;

    (void)state;
    payload.error.msg.nlmsg_len = sizeof(struct nlmsghdr) + 22;
    payload.head = (struct nlattr){sizeof(payload.head) + 4, NLMSGERR_ATTR_MSG};
    memcpy(payload.text, "why", 4);
    struct tunic_netlink netlink = fake_begin(0);
    fake_datagram(0);
    fake_message(NLMSG_ERROR, NLM_F_ACK_TLVS, 1, &payload, sizeof(payload));
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EINVAL);
    assert_string_equal(error.cause, "why");
    fake_end();

    /* Lengths of that request that lie: no text then, and nothing worse. */
    static const uint32_t lies[] = {0, 1, 17, 45, 100, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF};
    for (size_t i = 0; i < TUNIC_COUNT(lies); i++) {
        payload.error.msg.nlmsg_len = lies[i];
        netlink = fake_begin(0);
        fake_datagram(0);
        fake_message(NLMSG_ERROR, NLM_F_ACK_TLVS, 1, &payload, sizeof(payload));
        assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EINVAL);
        assert_string_equal(error.cause, "Invalid argument");
        fake_end();
    }
    /* Attributes that are there without the flag that says so are part of something else. */
    payload.error.msg.nlmsg_len = sizeof(struct nlmsghdr) + 22;
    netlink = fake_begin(0);
    fake_datagram(0);
    fake_message(NLMSG_ERROR, 0, 1, &payload, sizeof(payload));
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EINVAL);
    assert_string_equal(error.cause, "Invalid argument");
    fake_end();
}

/* What no kernel says is a failure: it must not be taken for success. */
static void test_nonsense(void **state)
{
    static const int values[] = {EINVAL, INT_MAX, INT_MIN};
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(values); i++) {
        const struct nlmsgerr answer = {.error = values[i]};
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        fake_message(NLMSG_ERROR, NLM_F_CAPPED, 1, &answer, sizeof(answer));
        assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EBADMSG);
        fake_end();
    }
    for (size_t length = 0; length < sizeof(struct nlmsgerr); length++) {
        const struct nlmsgerr answer = {0}; /* cut off before it can acknowledge anything */
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        fake_message(NLMSG_ERROR, 0, 1, &answer, length);
        assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EBADMSG);
        fake_end();
    }
}

/* ---- what does not count --------------------------------------------------------------- */

static void test_others_are_ignored(void **state)
{
    struct tunic_netlink netlink = fake_begin(7);
    struct tunic_error error;
    struct taken taken = {0};

    (void)state;
    fake_datagram(0);
    fake_answer(7, EPERM, NULL); /* to the request before this one */
    fake_answer(9, EPERM, NULL); /* to one that was not sent yet */
    fake_message(NLMSG_NOOP, 0, 8, "", 0);
    fake_datagram(1234); /* another process */
    fake_answer(8, EPERM, NULL);
    fake_datagram(1234);
    put_link(8);
    fake_datagram(1234); /* one that does not even fit */
    fake_answer(8, 0, NULL);
    fake_truncated();
    fake_datagram(0); /* an empty one */
    fake_datagram(0);
    put_link(8);
    assert_int_equal(tunic_netlink_request(&netlink, request(), take, &taken, &error), 0);
    assert_int_equal(taken.count, 1);
    fake_end();
}

/* A message that is longer than its datagram, or shorter than itself, is none; nor is anything
 * behind it, which cannot be found. */
static void test_lying_message_length(void **state)
{
    static const uint32_t lengths[] = {0, 15, 37, 4096, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(lengths); i++) {
        struct {
            struct nlmsghdr header;
            struct nlmsgerr answer;
        } liar = {{.nlmsg_len = lengths[i], .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = 1}, {0}};
        struct tunic_netlink netlink = fake_begin(0);
        fake_datagram(0);
        fake_bytes(&liar, sizeof(liar));
        fake_datagram(0);
        fake_bytes(&liar, sizeof(liar.header) - 1);
        fake_datagram(0);
        fake_answer(1, EPERM, NULL);
        assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EPERM);
        fake_end();
    }
}

/* ---- faults of the socket -------------------------------------------------------------- */

static void test_interrupted(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;

    (void)state;
    fake.send_errors[0] = fake.send_errors[1] = EINTR;
    fake_receive_error(EINTR);
    fake_receive_error(EINTR);
    fake_datagram(0);
    fake_answer(1, 0, NULL);
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), 0);
    assert_int_equal(fake.sent_count, 1);
    fake_end();
}

static void test_socket_fails(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;

    (void)state;
    fake.send_errors[0] = ENOBUFS;
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -ENOBUFS);
    assert_int_equal(error.reason, TUNIC_FAILED);
    fake_end();

    netlink = fake_begin(0);
    fake_receive_error(ENOBUFS);
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -ENOBUFS);
    fake_end();

    netlink = fake_begin(0);
    fake_datagram(0);
    fake_answer(1, 0, NULL);
    fake_truncated();
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -EMSGSIZE);
    fake_end();

    netlink = fake_begin(0);
    fake_datagram(0);
    fake_message(NLMSG_OVERRUN, 0, 1, "", 0);
    assert_int_equal(tunic_netlink_request(&netlink, request(), NULL, NULL, &error), -ENOBUFS);
    fake_end();
}

static int run_short(const struct nlmsghdr *message, void *closure)
{
    (void)message;
    (void)closure;
    return -ENOMEM;
}

/* What we cannot take the kernel has not refused. */
static void test_answer_cannot_be_taken(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;

    (void)state;
    fake_datagram(0);
    put_link(1);
    assert_int_equal(tunic_netlink_request(&netlink, request(), run_short, NULL, &error), -ENOMEM);
    assert_string_equal(error.action, "cannot read the kernel's answer");
    fake_datagram(0);
    fake_answer(2, EPERM, NULL);
    assert_int_equal(tunic_netlink_request(&netlink, request(), run_short, NULL, &error), -EPERM);
    assert_string_equal(error.action, "the kernel refused the request");
    fake_end();
}

/* What was looked for is told, whoever asks. */
static void test_link_is_refused(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;
    struct tunic_link link;

    (void)state;
    fake_datagram(0);
    fake_answer(1, ENODEV, NULL);
    assert_int_equal(tunic_link_get(&netlink, "tun0", 0, false, &link, &error), -ENODEV);
    assert_string_equal(error.action, "cannot read the interface");
    assert_int_equal(error.reason, TUNIC_ABSENT);
    fake_end();
}

static void test_open(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_error error;

    (void)state;
    fake.sockets = 0;
    assert_int_equal(tunic_netlink_open(&netlink, &error), 0);
    assert_int_equal(netlink.port, 4242);
    assert_int_equal(fake.sockets, 1);
    tunic_netlink_close(&netlink);
    tunic_netlink_close(&netlink); /* again: no harm */
    assert_int_equal(fake.sockets, 0);

    fake.option_error = ENOPROTOOPT; /* an old kernel */
    assert_int_equal(tunic_netlink_open(&netlink, &error), 0);
    tunic_netlink_close(&netlink);

    fake.bind_error = EADDRINUSE;
    assert_int_equal(tunic_netlink_open(&netlink, &error), -EADDRINUSE);
    assert_string_equal(error.action, "cannot bind a netlink socket");
    assert_int_equal(fake.sockets, 0);

    fake.open_error = EMFILE;
    assert_int_equal(tunic_netlink_open(&netlink, &error), -EMFILE);
    assert_string_equal(error.action, "cannot open a netlink socket");
    tunic_netlink_close(&netlink); /* of what was never open */
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_sent),
        cmocka_unit_test(test_object_is_taken),
        cmocka_unit_test(test_object_is_missing),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_text_behind_the_request),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_others_are_ignored),
        cmocka_unit_test(test_lying_message_length),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_socket_fails),
        cmocka_unit_test(test_answer_cannot_be_taken),
        cmocka_unit_test(test_link_is_refused),
        cmocka_unit_test(test_open),
    };

    return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
