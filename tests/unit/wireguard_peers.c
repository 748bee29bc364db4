/* SPDX-License-Identifier: MIT */
/* Very many peers: finding them, their indices, and which has something to do next. */
#include "unit.h"

#include "wireguard_side.h"

#include <errno.h>
#include <stdlib.h>

enum { PEERS = 3000 };

static bool out_of_memory;
static unsigned allocations;
static unsigned failing; /* the allocation that fails */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return out_of_memory && ++allocations == failing ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return out_of_memory && ++allocations == failing ? NULL : __real_realloc(memory, size);
}

static struct side_network network;
static struct tunic_wireguard *wireguard;
static struct tunic_wireguard_peer *peers[PEERS];
static uint8_t keys[PEERS][TUNIC_KEY_SIZE];
static struct side_link link;

static int begin(void **state)
{
    (void)state;
    side_open(&network, 5);
    wireguard = network.nodes[0].wireguard;
    link = (struct side_link){.node = &network.nodes[0]};
    for (unsigned i = 0; i < PEERS; i++)
        for (unsigned k = 0; k < TUNIC_KEY_SIZE; k++)
            keys[i][k] = (uint8_t)(side_random(&network) >> 56);
    return 0;
}

static int end(void **state)
{
    (void)state;
    out_of_memory = false;
    side_close(&network);
    return 0;
}

static void add(unsigned which)
{
    assert_int_equal(tunic_wireguard_peer_add(wireguard, keys[which], &link, &peers[which]), 0);
}

/* Each is due no later than the two below it, and knows where it is. */
static void heap_is_whole(void)
{
    const struct tunic_heap *schedule = &wireguard->schedule;

    for (size_t i = 0; i < schedule->count; i++) {
        const struct tunic_heap_item *item = schedule->items[i];
        const struct tunic_wireguard_peer *peer = (const struct tunic_wireguard_peer *)item;
        assert_int_equal(item->position, i + 1);
        assert_true(item->due <= tunic_timers_next(&peer->timers));
        if (i > 0)
            assert_true(schedule->items[(i - 1) / 2]->due <= item->due);
    }
}

static void known(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEERS; i++)
        add(i);
    for (unsigned i = 0; i < PEERS; i++)
        assert_ptr_equal(tunic_wireguard_peer_find(wireguard, keys[i]), peers[i]);
    /* Idle ones cost nothing. */
    assert_int_equal(wireguard->schedule.count, 0);
    for (unsigned i = 0; i < PEERS; i += 2)
        tunic_wireguard_peer_remove(wireguard, peers[i]);
    assert_int_equal(tunic_wireguard_peer_count(wireguard), PEERS / 2);
    for (unsigned i = 0; i < PEERS; i++)
        assert_ptr_equal(tunic_wireguard_peer_find(wireguard, keys[i]), i % 2 ? peers[i] : NULL);
    const struct tunic_wireguard_peer *peer = NULL;
    for (unsigned i = 1; i < PEERS; i += 2) {
        peer = tunic_wireguard_peer_next(wireguard, peer);
        assert_ptr_equal(peer, peers[i]);
    }
    assert_null(tunic_wireguard_peer_next(wireguard, peer));
}

/* The table grows while there are handshakes in it. */
static void indices(void **state)
{
    enum { SOME = 500 };

    (void)state;
    unit_long();
    for (unsigned i = 0; i < SOME; i++) {
        add(i);
        tunic_wireguard_peer_begin(wireguard, peers[i], network.now + i);
        heap_is_whole();
    }
    for (unsigned i = 0; i < SOME; i++) {
        uint32_t index = peers[i]->attempt->indexed.index;
        assert_int_not_equal(index, 0);
        assert_ptr_equal(tunic_table_index(&wireguard->table, index), &peers[i]->attempt->indexed);
        tunic_wireguard_peer_remove(wireguard, peers[i]);
        assert_null(tunic_table_index(&wireguard->table, index));
        heap_is_whole();
    }
    assert_null(tunic_table_index(&wireguard->table, 0));
}

static void few_numbers(void *closure, void *bytes, size_t length)
{
    static const uint32_t numbers[] = {0, 5, 0, 5, 5, 6};
    unsigned *next = closure;

    assert_int_equal(length, sizeof(numbers[0]));
    memcpy(bytes, &numbers[(*next)++], length);
}

/* Not 0, and none twice. */
static void chosen(void **state)
{
    unsigned next = 0;
    const struct tunic_wireguard_user user = {.closure = &next, .random = few_numbers};
    struct tunic_indexed entries[2] = {0};
    struct tunic_table table = {0};

    (void)state;
    assert_null(tunic_table_index(&table, 5));
    assert_int_equal(tunic_table_reserve(&table, 1), 0);
    tunic_table_add_index(&table, &entries[0], &user);
    tunic_table_add_index(&table, &entries[1], &user);
    assert_int_equal(entries[0].index, 5);
    assert_int_equal(entries[1].index, 6);
    assert_int_equal(next, 6);
    tunic_table_remove_index(&table, &entries[0]);
    assert_null(tunic_table_index(&table, 5));
    assert_ptr_equal(tunic_table_index(&table, 6), &entries[1]);
    tunic_table_remove_index(&table, &entries[0]); /* again: nothing */
    tunic_table_close(&table);
}

/* Whatever order they become due in, they are served in time, some in each tick. */
static void many_due(void **state)
{
    enum { SOME = 300 };
    unsigned ticks = 0;

    (void)state;
    unit_long();
    for (unsigned i = 0; i < SOME; i++) {
        add(i);
        tunic_wireguard_peer_set_keepalive(
            wireguard, peers[i], (uint16_t)(1 + side_random(&network) % 1000), network.now);
    }
    heap_is_whole();
    assert_int_equal(tunic_wireguard_due(wireguard), network.now);
    for (; tunic_wireguard_due(wireguard) <= network.now; ticks++) {
        unsigned before = link.sent[TUNIC_MESSAGE_INITIATION];
        tunic_wireguard_tick(wireguard, network.now);
        assert_true(link.sent[TUNIC_MESSAGE_INITIATION] - before <= TUNIC_TICK_PEERS);
        heap_is_whole();
    }
    assert_int_equal(ticks, (SOME + TUNIC_TICK_PEERS - 1) / TUNIC_TICK_PEERS);
    assert_int_equal(link.sent[TUNIC_MESSAGE_INITIATION], SOME);
    for (unsigned i = 0; i < 2000; i++) {
        network.now += SIDE_SECOND / 10;
        tunic_wireguard_tick(wireguard, network.now);
        heap_is_whole();
        unsigned which = (unsigned)(side_random(&network) % SOME);
        tunic_wireguard_peer_set_keepalive(wireguard, peers[which],
                                           (uint16_t)(side_random(&network) % 1000), network.now);
        heap_is_whole();
    }
}

/* Each allocation fails in turn: as if nothing had been asked. */
static void no_memory(void **state)
{
    struct tunic_wireguard_peer *peer = NULL;
    unsigned done = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        for (failing = 1;; failing++) {
            allocations = 0;
            out_of_memory = true;
            int result = tunic_wireguard_peer_add(wireguard, keys[i], NULL, &peer);
            out_of_memory = false;
            if (result == 0)
                break;
            assert_int_equal(result, -ENOMEM);
            assert_int_equal(tunic_wireguard_peer_count(wireguard), i);
            assert_null(tunic_wireguard_peer_find(wireguard, keys[i]));
            done++;
        }
    }
    assert_true(done >= 40 + 6);
}

static void sizes(void **state)
{
    (void)state;
    /* What a peer and a session may cost. */
    assert_in_range(sizeof(struct tunic_wireguard_peer), 1, 512);
    assert_in_range(sizeof(struct tunic_session), 1, 1280);
    assert_in_range(sizeof(struct tunic_attempt), 1, 256);
    print_message("peer %zu, session %zu, handshake %zu bytes\n",
                  sizeof(struct tunic_wireguard_peer), sizeof(struct tunic_session),
                  sizeof(struct tunic_attempt));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known, begin, end),
        cmocka_unit_test_setup_teardown(indices, begin, end),
        cmocka_unit_test(chosen),
        cmocka_unit_test_setup_teardown(many_due, begin, end),
        cmocka_unit_test_setup_teardown(no_memory, begin, end),
        cmocka_unit_test(sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
