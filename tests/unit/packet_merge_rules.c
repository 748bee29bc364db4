/* SPDX-License-Identifier: MIT */
/* What packets must have in common to be merged. */
#include "packet_merging.h"

#include <netinet/in.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGING_TEST(test_rules),
    };

    return cmocka_run_group_tests_name("rules of merging", tests, merging_begin, merging_end);
}
