/* SPDX-License-Identifier: MIT */
/* How much is merged, and what stays alone. */
#include "packet_merging.h"

#include <netinet/in.h>
#include <string.h>

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

/* Even where the sum is right without. */
static void remove_checksum(size_t length)
{
    memset(packet + 26, 0, 4); /* and the first word of the payload */
    uint16_t sum =
        plain_sum(plain_pseudo(packet, IPPROTO_UDP, length - 20), packet + 20, length - 20);
    packet[28] = (uint8_t)(~sum >> 8);
    packet[29] = (uint8_t)~sum;
}

static void test_no_checksum(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_UDP);

    (void)state;
    for (size_t i = 0; i < 4; i++, next = recipe_next(&next)) {
        size_t length = recipe_build(&next, packet);
        if (i == 1)
            remove_checksum(length);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGING_TEST(test_sizes),
        MERGING_TEST(test_most_bytes),
        MERGING_TEST(test_most_segments),
        MERGING_TEST(test_padding),
        MERGING_TEST(test_identification),
        MERGING_TEST(test_push),
        MERGING_TEST(test_options),
        MERGING_TEST(test_fragment),
        MERGING_TEST(test_others_do_not_disturb),
        MERGING_TEST(test_no_checksum),
        MERGING_TEST(test_kinds),
        MERGING_TEST(test_broken),
    };

    return cmocka_run_group_tests_name("merging", tests, merging_begin, merging_end);
}
