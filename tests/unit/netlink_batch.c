/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "netlink_fake.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that runs out -------------------------------------------------------------- */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static int memory_left = -1; /* so many more are granted; -1: all */

void *__wrap_realloc(void *memory, size_t size)
{
    if (memory_left == 0)
        return NULL;
    if (memory_left > 0)
        memory_left--;
    return __real_realloc(memory, size);
}

/* ---- helpers --------------------------------------------------------------------------- */

struct refused {
    size_t count;
    size_t index[8];
    int errno_value[8];
    char label[8][96];
    char text[8][64];
};

static void refuse(void *closure, size_t index, const char *label, int errno_value,
                   const char *text)
{
    struct refused *refused = closure;

    assert_true(refused->count < 8);
    refused->index[refused->count] = index;
    refused->errno_value[refused->count] = errno_value;
    (void)snprintf(refused->label[refused->count], 96, "%s", label);
    (void)snprintf(refused->text[refused->count], 64, "%s", text);
    refused->count++;
}

/* Adds requests, each with a payload of `length` bytes behind its header. */
static void fill(struct tunic_batch *batch, size_t count, size_t length)
{
    char label[32];
    uint8_t payload[TUNIC_REQUEST_SIZE] = {0};

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(label, sizeof(label), "request %zu", batch->count);
        struct nlmsghdr *request =
            tunic_batch_add(batch, RTM_SETLINK, 0, sizeof(struct ifinfomsg), label);
        assert_non_null(request);
        if (length > 0)
            mnl_attr_put(request, IFLA_IFALIAS, length, payload);
    }
}

static int deliver(struct tunic_batch *batch, struct tunic_netlink *netlink,
                   struct refused *refused, struct tunic_error *error)
{
    *refused = (struct refused){0};
    return tunic_batch_send(batch, netlink, refuse, refused, error);
}

/* ---- what is sent ---------------------------------------------------------------------- */

static void test_chunks(void **state)
{
    static const size_t sizes[] = {100, 100, 50};
    struct tunic_netlink netlink = fake_begin(10);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;
    uint32_t sequence = 10;

    (void)state;
    fill(&batch, 250, 5); /* not a multiple of 4: padded */
    static const uint32_t last[] = {110, 210, 260};
    for (size_t i = 0; i < TUNIC_COUNT(last); i++) {
        fake_datagram(0);
        fake_answer(last[i], 0, NULL);
    }
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(refused.count, 0);
    assert_int_equal(fake.sent_count, TUNIC_COUNT(sizes));
    for (size_t chunk = 0; chunk < TUNIC_COUNT(sizes); chunk++) {
        assert_int_equal(fake_requests(&fake.sent[chunk]), sizes[chunk]);
        for (size_t i = 0; i < sizes[chunk]; i++) {
            const struct nlmsghdr *request = fake_request(&fake.sent[chunk], i);
            assert_int_equal(request->nlmsg_seq, ++sequence);
            assert_int_equal(request->nlmsg_pid, netlink.port);
            assert_int_equal(request->nlmsg_flags & NLM_F_ACK,
                             i + 1 == sizes[chunk] ? NLM_F_ACK : 0);
        }
    }
    tunic_batch_free(&batch);
    fake_end();
}

/* Large requests, of 16 + 16 + 4 + 900 bytes: as many as fit 32 KiB. */
static void test_chunks_of_bytes(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 80, 900);
    static const uint32_t last[] = {35, 70, 80};
    for (size_t i = 0; i < TUNIC_COUNT(last); i++) {
        fake_datagram(0);
        fake_answer(last[i], 0, NULL);
    }
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(fake.sent_count, 3);
    assert_int_equal(fake.sent[0].length, 35 * 936);
    assert_true(fake.sent[0].length <= 32768);
    assert_int_equal(fake.sent[2].length, 10 * 936);
    tunic_batch_free(&batch);
    fake_end();
}

static void test_empty(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(fake.sent_count, 0);
    tunic_batch_free(&batch);
    tunic_batch_free(&batch);
    fake_end();
}

static void test_clear(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 2, 4);
    fake_datagram(0);
    fake_answer(2, EPERM, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(fake_requests(&fake.sent[0]), 2);
    assert_int_equal(refused.count, 1);
    assert_string_equal(refused.label[0], "request 1");

    tunic_batch_free(&batch);
    fill(&batch, 1, 0);
    fake_datagram(0);
    fake_answer(3, 0, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(fake_requests(&fake.sent[1]), 1);
    tunic_batch_free(&batch);
    fake_end();
}

/* ---- what is answered ------------------------------------------------------------------ */

static void test_refusals(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 150, 0);
    fake_datagram(0);
    fake_answer(3, EINVAL, "no such thing");
    fake_answer(50, EPERM, NULL);
    fake_datagram(0);
    fake_answer(100, EBUSY, NULL); /* the last one's refusal is the answer to the chunk */
    fake_datagram(0);
    fake_answer(101, EEXIST, NULL);
    fake_answer(150, 0, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(refused.count, 4);
    static const struct {
        size_t index;
        int errno_value;
        const char *label;
        const char *text;
    } rows[] = {
        {2, EINVAL, "request 2", "no such thing"},
        {49, EPERM, "request 49", ""},
        {99, EBUSY, "request 99", ""},
        {100, EEXIST, "request 100", ""},
    };
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        assert_int_equal(refused.index[i], rows[i].index);
        assert_int_equal(refused.errno_value[i], rows[i].errno_value);
        assert_string_equal(refused.label[i], rows[i].label);
        assert_string_equal(refused.text[i], rows[i].text);
    }
    tunic_batch_free(&batch);
    fake_end();
}

static void test_others_are_ignored(void **state)
{
    struct tunic_netlink netlink = fake_begin(5);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 2, 0);
    fake_datagram(0);
    fake_answer(5, EPERM, NULL); /* before the batch */
    fake_answer(8, EPERM, NULL); /* after it */
    fake_answer(5, 0, NULL);
    fake_datagram(99); /* another process */
    fake_answer(6, EPERM, NULL);
    fake_answer(7, 0, NULL);
    fake_receive_error(EINTR);
    fake_datagram(0);
    fake_answer(7, 0, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(refused.count, 0);
    tunic_batch_free(&batch);
    fake_end();
}

/* A refusal cut short, or one that says success with a sign: a refusal all the same. */
static void test_short_refusal(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 2, 0);
    fake_datagram(0);
    fake_message(NLMSG_ERROR, 0, 1, "\0\0\0\0", 4);
    fake_answer(2, -ENODEV, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_int_equal(refused.count, 2);
    assert_int_equal(refused.errno_value[0], EBADMSG);
    assert_int_equal(refused.errno_value[1], EBADMSG);
    tunic_batch_free(&batch);
    fake_end();
}

static void test_socket_fails(void **state)
{
    static const int errors[] = {ENOBUFS, EBADF};
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    fill(&batch, 3, 0);
    for (size_t i = 0; i < TUNIC_COUNT(errors); i++) {
        struct tunic_netlink netlink = fake_begin(0);
        fake_receive_error(errors[i]);
        assert_int_equal(deliver(&batch, &netlink, &refused, &error), -errors[i]);
        fake_end();

        netlink = fake_begin(0);
        fake.send_errors[0] = EINTR;
        fake.send_errors[1] = errors[i];
        assert_int_equal(deliver(&batch, &netlink, &refused, &error), -errors[i]);
        assert_string_equal(error.action, "cannot send to the kernel");
        fake_end();
    }
    struct tunic_netlink netlink = fake_begin(0);
    fake_datagram(0);
    fake_message(NLMSG_OVERRUN, 0, 2, "", 0); /* answers were lost: not success */
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), -ENOBUFS);
    fake_end();
    tunic_batch_free(&batch);
}

static void test_memory_runs_out(void **state)
{
    struct tunic_error error;
    struct refused refused;

    (void)state;
    for (int granted = 0; granted < 2; granted++) {
        struct tunic_netlink netlink = fake_begin(0);
        struct tunic_batch batch = {0};
        memory_left = granted; /* the items, then the bytes */
        assert_null(tunic_batch_add(&batch, RTM_SETLINK, 0, sizeof(struct ifinfomsg), "x"));
        memory_left = -1;
        /* Half a batch must not be sent, even where there is memory again. */
        assert_null(tunic_batch_add(&batch, RTM_SETLINK, 0, sizeof(struct ifinfomsg), "x"));
        assert_int_equal(deliver(&batch, &netlink, &refused, &error), -ENOMEM);
        assert_int_equal(fake.sent_count, 0);
        tunic_batch_free(&batch);
        fake_end();
    }
}

static void test_labels_are_escaped(void **state)
{
    struct tunic_netlink netlink = fake_begin(0);
    struct tunic_batch batch = {0};
    struct tunic_error error;
    struct refused refused;

    (void)state;
    assert_non_null(tunic_batch_add(&batch, RTM_SETLINK, 0, sizeof(struct ifinfomsg), "a\n"));
    fake_datagram(0);
    fake_answer(1, EPERM, NULL);
    assert_int_equal(deliver(&batch, &netlink, &refused, &error), 0);
    assert_string_equal(refused.label[0], "a\\x0a");
    tunic_batch_free(&batch);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks),          cmocka_unit_test(test_chunks_of_bytes),
        cmocka_unit_test(test_empty),           cmocka_unit_test(test_clear),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_others_are_ignored),
        cmocka_unit_test(test_short_refusal),   cmocka_unit_test(test_socket_fails),
        cmocka_unit_test(test_memory_runs_out), cmocka_unit_test(test_labels_are_escaped),
    };

    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
