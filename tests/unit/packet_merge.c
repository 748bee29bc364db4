/* SPDX-License-Identifier: MIT */
/* What is merged and what is not; what is written of it is in packet_merge_take.c. */
#include "unit.h"

#include "packet_batch.h"
#include "packet_build.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { ALL = TUNIC_MERGE_TCP4 | TUNIC_MERGE_TCP6 | TUNIC_MERGE_UDP };

static struct batch *batch;
static uint8_t packet[RECIPE_MOST];

static int begin(void **state)
{
    (void)state;
    batch = batch_new(TUNIC_LAYER_IP, ALL);
    return 0;
}

/* Before each test: one that failed leaves its packets. */
static int empty(void **state)
{
    (void)state;
    batch_reset(batch);
    tunic_merge_prepare(&batch->merge, TUNIC_LAYER_IP, ALL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    batch_free(batch);
    return 0;
}

static void add(const struct recipe *recipe)
{
    size_t length = recipe_build(recipe, packet);

    assert_int_equal(batch_add(batch, packet, length), 0);
}

/* The numbers of packets in the groups, and that they come out as they were. */
static void check_groups(const size_t *counts, size_t count)
{
    assert_int_equal(batch->merge.group_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(batch->merge.groups[i].count, counts[i]);
    const char *wrong = batch_check(batch);
    if (wrong)
        fail_msg("%s", wrong);
    batch_reset(batch);
}

#define CHECK_GROUPS(...)                                                                          \
    do {                                                                                           \
        static const size_t counts[] = {__VA_ARGS__};                                              \
        check_groups(counts, TUNIC_COUNT(counts));                                                 \
    } while (0)

/* ---- what must be the same ------------------------------------------------------------- */

enum where { LINK, NETWORK, TRANSPORT };

static size_t offset_of(const struct recipe *recipe, enum where where)
{
    if (where == LINK)
        return 0;
    return where == NETWORK ? recipe_network(recipe) : recipe_transport(recipe);
}

/* Builds it with some bits turned around, and makes the checksums right again. */
static void add_changed(const struct recipe *recipe, enum where where, size_t offset, uint8_t bits)
{
    struct tunic_headers headers;
    size_t length = recipe_build(recipe, packet);

    packet[offset_of(recipe, where) + offset] ^= bits;
    assert_true(tunic_headers_read(&headers, recipe->layer, packet, length));
    plain_seal(&headers, packet);
    assert_int_equal(batch_add(batch, packet, length), 0);
}

/* Which packets a row is for. */
enum { V4 = 1, V6 = 2, TCP = 4, UDP = 8, TAP = 16 };

static const struct {
    const char *what;
    unsigned of; /* all of these must be */
    enum where where;
    uint8_t offset;
    uint8_t bits;
    bool merged_if_both; /* the first packet has it as well */
} rules[] = {
    {"nothing", 0, LINK, 0, 0, true},
    {"target MAC", TAP, LINK, 0, 2, true},
    {"source MAC", TAP, LINK, 11, 1, true},
    {"VLAN", TAP, LINK, 15, 1, true},
    {"VLAN priority", TAP, LINK, 14, 0x20, true},
    {"ToS", V4, NETWORK, 1, 0x10, true},
    {"ECN", V4, NETWORK, 1, 0x01, true},
    {"identification", V4, NETWORK, 5, 0x40, true},
    {"DF", V4, NETWORK, 6, 0x40, true},
    {"the reserved flag", V4, NETWORK, 6, 0x80, true},
    {"more fragments", V4, NETWORK, 6, 0x20, false},
    {"fragment offset", V4, NETWORK, 7, 0x01, false},
    {"TTL", V4, NETWORK, 8, 1, true},
    {"IPv4 source", V4, NETWORK, 12, 1, true},
    {"IPv4 target", V4, NETWORK, 19, 1, true},
    {"traffic class", V6, NETWORK, 0, 0x01, true},
    {"ECN of IPv6", V6, NETWORK, 1, 0x10, true},
    {"flow label", V6, NETWORK, 3, 1, true},
    {"hop limit", V6, NETWORK, 7, 1, true},
    {"IPv6 source", V6, NETWORK, 8, 1, true},
    {"IPv6 target", V6, NETWORK, 39, 1, true},
    {"source port", 0, TRANSPORT, 1, 1, true},
    {"target port", 0, TRANSPORT, 3, 1, true},
    {"sequence", TCP, TRANSPORT, 4, 0x80, true},
    {"acknowledgement", TCP, TRANSPORT, 11, 1, true},
    {"a reserved bit", TCP, TRANSPORT, 12, 1, true},
    {"FIN", TCP, TRANSPORT, 13, FIN, false},
    {"SYN", TCP, TRANSPORT, 13, SYN, false},
    {"RST", TCP, TRANSPORT, 13, RST, false},
    {"no ACK", TCP, TRANSPORT, 13, ACK, false},
    {"URG", TCP, TRANSPORT, 13, URG, false},
    {"ECE", TCP, TRANSPORT, 13, ECE, true},
    {"CWR", TCP, TRANSPORT, 13, CWR, false},
    {"window", TCP, TRANSPORT, 15, 1, true},
    {"urgent pointer", TCP, TRANSPORT, 19, 1, true},
    {"first option", TCP, TRANSPORT, 20, 1, true},
    {"last option", TCP, TRANSPORT, 31, 1, true},
};

/* The second packet has it, then both; a third, which follows the second, tells whether the group
 * was ended. */
static void check_rule(size_t rule, const struct recipe *first)
{
    struct recipe second = recipe_next(first);
    struct recipe third = recipe_next(&second);
    enum where where = rules[rule].where;
    uint8_t offset = rules[rule].offset;
    uint8_t bits = rules[rule].bits;
    size_t groups = bits == 0 ? 1 : 2;

    add(first);
    add_changed(&second, where, offset, bits);
    if (batch->merge.group_count != groups)
        fail_msg("%s in the second of IPv%d, protocol %d, layer %d", rules[rule].what,
                 first->version, first->protocol, (int)first->layer);
    assert_null(batch_check(batch));
    batch_reset(batch);

    add_changed(first, where, offset, bits);
    add_changed(&second, where, offset, bits);
    add_changed(&third, where, offset, bits);
    if (batch->merge.group_count != (rules[rule].merged_if_both ? 1 : 3))
        fail_msg("%s in all of IPv%d, protocol %d, layer %d", rules[rule].what, first->version,
                 first->protocol, (int)first->layer);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

static void test_rules(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 8; variant++) {
        bool tap = variant & 1;
        bool tcp = variant & 2;
        bool v4 = variant & 4;
        unsigned are = (tap ? TAP : 0U) | (tcp ? TCP : UDP) | (v4 ? V4 : V6);
        struct recipe first = recipe(tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP, v4 ? 4 : 6,
                                     tcp ? IPPROTO_TCP : IPPROTO_UDP);
        first.tags = tap;
        tunic_merge_prepare(&batch->merge, first.layer, ALL);
        for (size_t rule = 0; rule < TUNIC_COUNT(rules); rule++)
            if ((rules[rule].of & ~are) == 0)
                check_rule(rule, &first);
    }
}

/* ---- sizes ----------------------------------------------------------------------------- */

static void test_sizes(void **state)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(protocols); i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, 4, protocols[i]);
        add(&next);
        next = recipe_next(&next);
        add(&next);
        next = recipe_next(&next);
        next.payload = 99; /* joins, and is the last */
        add(&next);
        next = recipe_next(&next);
        add(&next);
        next = recipe_next(&next);
        next.payload = 100; /* more than the one before */
        add(&next);
        next = recipe_next(&next);
        next.payload = 0;
        add(&next);
        next = recipe_next(&next);
        next.payload = 100;
        add(&next);
        CHECK_GROUPS(3, 1, 1, 1, 1);
    }
}

static void test_most_bytes(void **state)
{
    (void)state;
    for (size_t above = 0; above <= 1; above++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, 6, IPPROTO_TCP);
        /* 72 bytes of headers: 63 payloads of 1,023 and one of 1,014 are 65,535. */
        next.payload = 1023;
        for (size_t i = 0; i < 63; i++, next = recipe_next(&next))
            add(&next);
        next.payload = (uint16_t)(1014 + above);
        add(&next);
        assert_int_equal(batch->merge.groups[0].length, above ? 64521 : 65535);
        if (above)
            CHECK_GROUPS(63, 1);
        else
            CHECK_GROUPS(64);
    }
}

static void test_most_segments(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);

    (void)state;
    for (size_t i = 0; i < 130; i++, next = recipe_next(&next))
        add(&next);
    CHECK_GROUPS(64, 64, 2);
    next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
    next.sequence = 0xffffff01; /* wraps around */
    for (size_t i = 0; i < 130; i++, next = recipe_next(&next))
        add(&next);
    CHECK_GROUPS(130);
}

static void test_padding(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_ETHERNET, 4, IPPROTO_UDP);
    struct recipe second = recipe_next(&first);
    struct recipe third = recipe_next(&second);

    (void)state;
    tunic_merge_prepare(&batch->merge, TUNIC_LAYER_ETHERNET, ALL);
    second.padding = 3;
    add(&first);
    add(&second);
    add(&third);
    CHECK_GROUPS(1, 1, 1);
}

/* ---- IPv4 identification --------------------------------------------------------------- */

static void test_identification(void **state)
{
    static const struct {
        uint16_t fragment;
        uint16_t numbers[3];
        bool merged;
    } cases[] = {
        {0, {7, 8, 9}, true},          {0, {65534, 65535, 0}, true}, {0, {7, 7, 7}, false},
        {0, {7, 6, 5}, false},         {0, {7, 9, 11}, false},       {DF, {7, 8, 9}, true},
        {DF, {65534, 65535, 0}, true}, {DF, {7, 7, 7}, true},        {DF, {0, 0, 0}, true},
        {DF, {7, 6, 5}, false},        {DF, {7, 9, 11}, false},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(cases); i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);
        next.fragment = cases[i].fragment;
        for (size_t n = 0; n < 3; n++) {
            next.identification = cases[i].numbers[n];
            add(&next);
        }
        if (cases[i].merged)
            CHECK_GROUPS(3);
        else
            CHECK_GROUPS(1, 1, 1);
    }
}

/* ---- packets that stay alone ----------------------------------------------------------- */

static void test_push(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);

    (void)state;
    for (size_t i = 0; i < 6; i++, next = recipe_next(&next)) {
        next.flags = i == 2 || i == 3 ? ACK | PSH : ACK;
        add(&next);
    }
    CHECK_GROUPS(3, 1, 2); /* a push ends what it joins, and what it begins */
}

static void test_options(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version += 2) {
        struct recipe next = recipe(TUNIC_LAYER_IP, version, IPPROTO_UDP);
        for (size_t i = 0; i < 6; i++, next = recipe_next(&next)) {
            next.extra = i == 2 || i == 3 ? 8 : 0;
            add(&next);
        }
        CHECK_GROUPS(2, 1, 1, 2);
    }
}

/* A fragment may be of any flow. */
static void test_fragment(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);
    struct recipe other = recipe(TUNIC_LAYER_IP, 6, IPPROTO_TCP);
    struct recipe fragment = next;

    (void)state;
    for (size_t i = 0; i < 4; i++, next = recipe_next(&next), other = recipe_next(&other)) {
        add(&next);
        add(&other);
        fragment.fragment = 100;
        if (i == 1)
            add(&fragment);
    }
    CHECK_GROUPS(2, 2, 1, 2, 2);
}

static void test_others_do_not_disturb(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);

    (void)state;
    for (size_t i = 0; i < 3; i++, next = recipe_next(&next)) {
        struct recipe other = next;
        other.protocol = IPPROTO_ICMP;
        add(&next);
        add(&other);
    }
    CHECK_GROUPS(3, 1, 1, 1);
}

static void test_no_checksum(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);

    (void)state;
    for (size_t i = 0; i < 4; i++, next = recipe_next(&next)) {
        size_t length = recipe_build(&next, packet);
        if (i == 1)
            memset(packet + 26, 0, 2);
        assert_int_equal(batch_add(batch, packet, length), 0);
    }
    CHECK_GROUPS(1, 1, 2);
}

static void test_kinds(void **state)
{
    static const struct {
        unsigned kinds;
        uint8_t version;
        uint8_t protocol;
    } cases[] = {
        {TUNIC_MERGE_TCP4, 4, IPPROTO_TCP},
        {TUNIC_MERGE_TCP6, 6, IPPROTO_TCP},
        {TUNIC_MERGE_UDP, 4, IPPROTO_UDP},
        {TUNIC_MERGE_UDP, 6, IPPROTO_UDP},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(cases); i++) {
        for (unsigned kinds = 0; kinds <= ALL; kinds++) {
            struct recipe first = recipe(TUNIC_LAYER_IP, cases[i].version, cases[i].protocol);
            struct recipe second = recipe_next(&first);
            tunic_merge_prepare(&batch->merge, TUNIC_LAYER_IP, kinds);
            add(&first);
            add(&second);
            if (kinds & cases[i].kinds)
                CHECK_GROUPS(2);
            else
                CHECK_GROUPS(1, 1);
        }
    }
}

/* ---- checksums ------------------------------------------------------------------------- */

/* Four packets, of which `broken` has one bit wrong at `offset`. */
static void add_broken(const struct recipe *first, size_t broken, size_t offset)
{
    struct recipe next = *first;

    for (size_t i = 0; i < 4; i++, next = recipe_next(&next)) {
        size_t length = recipe_build(&next, packet);
        if (i == broken)
            packet[offset] ^= 1;
        assert_int_equal(batch_add(batch, packet, length), 0);
    }
}

static void test_broken(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 4; variant++) {
        struct recipe first =
            recipe(TUNIC_LAYER_IP, variant & 1 ? 4 : 6, variant & 2 ? IPPROTO_TCP : IPPROTO_UDP);
        size_t end = recipe_headers(&first) + first.payload;
        for (size_t offset = recipe_headers(&first); offset < end; offset++) {
            add_broken(&first, 0, offset);
            CHECK_GROUPS(1, 3);
            add_broken(&first, 1, offset);
            CHECK_GROUPS(1, 1, 2);
            add_broken(&first, 3, offset);
            CHECK_GROUPS(3, 1);
        }
        if (first.version == 4) { /* the sum of the IPv4 header */
            add_broken(&first, 0, 11);
            CHECK_GROUPS(1, 3);
            add_broken(&first, 2, 11);
            CHECK_GROUPS(2, 1, 1);
        }
    }
}

/* ---- flows ----------------------------------------------------------------------------- */

static void test_interleaved(void **state)
{
    enum { FLOWS = 3 };
    struct recipe flows[FLOWS] = {
        recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP),
        recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP),
        recipe(TUNIC_LAYER_IP, 6, IPPROTO_UDP),
    };

    (void)state;
    flows[1].source++;
    for (size_t i = 0; i < 30; i++) {
        size_t flow = i * 7 / 5 % FLOWS;
        add(&flows[flow]);
        flows[flow] = recipe_next(&flows[flow]);
    }
    assert_int_equal(batch->merge.group_count, FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* The third continues the first: but the second came between them. */
static void test_gap(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 6, IPPROTO_TCP);
    struct recipe third = recipe_next(&first);
    struct recipe second = recipe_next(&third);
    struct recipe other = recipe(TUNIC_LAYER_IP, 6, IPPROTO_UDP);

    (void)state;
    for (unsigned variant = 0; variant < 2; variant++) {
        add(&first);
        add(&second);
        if (variant == 1) /* so that it is not the most recent group that is looked at */
            add(&other);
        add(&third);
        add(&second);
        if (variant == 1)
            CHECK_GROUPS(1, 1, 1, 2);
        else
            CHECK_GROUPS(1, 1, 2);
    }
}

/* More flows than there are entries: nothing is lost, and all stay in order. */
static void test_many_flows(void **state)
{
    enum { FLOWS = 2 * TUNIC_MERGE_FLOWS };

    (void)state;
    for (uint32_t i = 0; i < 3 * FLOWS; i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
        next.source = (uint16_t)(i % FLOWS * 5);
        next.sequence = i / FLOWS * 100;
        next.identification = (uint16_t)(i / FLOWS);
        add(&next);
    }
    assert_in_range(batch->merge.group_count, FLOWS, 3 * FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* So few that most of them find an entry for themselves. */
static void test_some_flows(void **state)
{
    enum { FLOWS = TUNIC_MERGE_FLOWS / 8, ROUNDS = 10 };

    (void)state;
    for (uint32_t i = 0; i < ROUNDS * FLOWS; i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, i & 1 ? 4 : 6, IPPROTO_UDP);
        next.host = (uint8_t)(i % FLOWS);
        next.identification = (uint16_t)(i / FLOWS);
        add(&next);
    }
    assert_in_range(batch->merge.group_count, FLOWS, 2 * FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* ---- batches --------------------------------------------------------------------------- */

static void test_full(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);

    (void)state;
    next.payload = 10;
    for (size_t i = 0; i < TUNIC_MERGE_PACKETS; i++, next = recipe_next(&next))
        add(&next);
    size_t length = recipe_build(&next, packet);
    assert_int_equal(batch_add(batch, packet, length), -ENOSPC);
    CHECK_GROUPS(TUNIC_MERGE_PACKETS);
    add(&next); /* there is room again, and nothing to join */
    CHECK_GROUPS(1);
}

static void test_refused(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
    size_t length = recipe_build(&first, packet);

    (void)state;
    assert_int_equal(batch_add(batch, packet, 0), -EBADMSG);
    assert_int_equal(batch_add(batch, packet, length - 1), -EBADMSG);
    assert_int_equal(tunic_merge_add(&batch->merge, packet, TUNIC_PACKET_MOST + 1), -EBADMSG);
    packet[0] = 0x55;
    assert_int_equal(batch_add(batch, packet, length), -EBADMSG);
    assert_int_equal(batch->merge.packet_count, 0);
    assert_int_equal(batch->merge.group_count, 0);
}

#define MERGE_TEST(function) cmocka_unit_test_setup(function, empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_rules),       MERGE_TEST(test_sizes),
        MERGE_TEST(test_most_bytes),  MERGE_TEST(test_most_segments),
        MERGE_TEST(test_padding),     MERGE_TEST(test_identification),
        MERGE_TEST(test_push),        MERGE_TEST(test_options),
        MERGE_TEST(test_fragment),    MERGE_TEST(test_others_do_not_disturb),
        MERGE_TEST(test_no_checksum), MERGE_TEST(test_kinds),
        MERGE_TEST(test_broken),      MERGE_TEST(test_interleaved),
        MERGE_TEST(test_gap),         MERGE_TEST(test_many_flows),
        MERGE_TEST(test_some_flows),  MERGE_TEST(test_full),
        MERGE_TEST(test_refused),
    };

    return cmocka_run_group_tests_name("merging", tests, begin, end);
}
