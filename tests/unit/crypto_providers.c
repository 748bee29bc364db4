/* SPDX-License-Identifier: MIT */
/* Every provider seals and opens packets as the functions for single messages do, which the RFCs
 * vouch for, and so does each what any other sealed. */
#include "crypto_side.h"

#include <errno.h>
#include <string.h>

enum { MOST = 4 };

static struct {
    const struct tunic_cipher_provider *provider;
    struct tunic_cipher *cipher;
} here[MOST];
static size_t present;
static struct side_fence fence;
static uint8_t plain[SIDE_LONGEST];
static uint8_t expected[SIDE_LONGEST + TUNIC_TAG_SIZE];

static int setup(void **state)
{
    if (side_setup(state) != 0 || tunic_cipher_provider_count > MOST)
        return -1;
    fence = side_fence(SIDE_LONGEST + TUNIC_TAG_SIZE);
    for (size_t i = 0; i < tunic_cipher_provider_count; i++) {
        const struct tunic_cipher_provider *provider = tunic_cipher_providers[i];
        int result = provider->open(&here[present].cipher, crypto);
        if (result == 0)
            here[present++].provider = provider;
        else if (result != -EOPNOTSUPP)
            return -1;
        print_message("%s: %s\n", provider->name, result == 0 ? "tried" : "not on this processor");
    }
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < present; i++)
        here[i].provider->close(here[i].cipher);
    return side_teardown(state);
}

static void seal(size_t provider, struct tunic_packet_job *jobs, size_t count)
{
    here[provider].provider->seal(here[provider].cipher, jobs, count);
}

static void unseal(size_t provider, struct tunic_packet_job *jobs, size_t count)
{
    here[provider].provider->unseal(here[provider].cipher, jobs, count);
}

/* The one that is there on every machine. */
static void test_last_works_everywhere(void **state)
{
    (void)state;
    assert_true(present >= 1);
    assert_string_equal(here[present - 1].provider->name, "openssl");
    assert_ptr_equal(here[present - 1].provider,
                     tunic_cipher_providers[tunic_cipher_provider_count - 1]);
}

/* ---- lengths --------------------------------------------------------------------------- */

static void expect_length(uint32_t length, bool at_end)
{
    size_t sealed = (size_t)length + TUNIC_TAG_SIZE;
    uint8_t *place = at_end ? fence.end - sealed : fence.begin;
    struct tunic_packet_job job = {.key = &side_keys[length % SIDE_KEYS],
                                   .counter = (uint64_t)length << 33 | 7,
                                   .text = plain,
                                   .length = length};

    side_seal(expected, &job);
    job.text = place;
    for (size_t i = 0; i < present; i++) {
        memcpy(place, plain, length);
        job.failed = true;
        seal(i, &job, 1);
        assert_false(job.failed);
        assert_memory_equal(place, expected, sealed);
        for (size_t k = 0; k < present; k++) {
            memcpy(place, expected, sealed);
            job.failed = true;
            unseal(k, &job, 1);
            assert_false(job.failed);
            assert_memory_equal(place, plain, length);
        }
    }
}

static void test_lengths(void **state)
{
    static const uint32_t more[] = {4095, 4096, 8999, 9000, 16384, 32767, 65519, SIDE_LONGEST};

    (void)state;
    side_fill(plain, sizeof(plain), 1);
    for (uint32_t length = 0; length <= 2100; length++)
        expect_length(length, length % 2 == 0);
    for (uint32_t length = 0; length <= 300; length++)
        expect_length(length, length % 2 == 1);
    for (size_t i = 0; i < TUNIC_COUNT(more); i++) {
        expect_length(more[i], true);
        expect_length(more[i], false);
    }
}

/* Each byte of the counter is in the nonce. */
static void test_counters(void **state)
{
    uint8_t text[100 + TUNIC_TAG_SIZE];

    (void)state;
    for (size_t i = 0; i < present; i++)
        for (unsigned bit = 0; bit < 64; bit++) {
            struct tunic_packet_job job = {
                .key = &side_keys[0], .counter = UINT64_C(1) << bit, .text = text, .length = 100};
            side_fill(text, 100, bit);
            side_seal(expected, &job);
            seal(i, &job, 1);
            assert_memory_equal(text, expected, sizeof(text));
        }
}

/* ---- batches --------------------------------------------------------------------------- */

enum { BATCH = 24, ROOM = 1500 };

static uint8_t texts[BATCH][ROOM];
static uint8_t sealed_texts[BATCH][ROOM];
static struct tunic_packet_job jobs[BATCH];

/* Packets under keys that change, some of them twice in a row. */
static void make_batch(void)
{
    for (size_t i = 0; i < BATCH; i++) {
        jobs[i] = (struct tunic_packet_job){.key = &side_keys[i / 2 * i % SIDE_KEYS],
                                            .counter = i * i,
                                            .text = texts[i],
                                            .length = (uint32_t)(i * 61)};
        side_fill(texts[i], jobs[i].length, i);
        side_seal(sealed_texts[i], &jobs[i]);
    }
}

static void expect_opened(size_t number)
{
    uint8_t original[ROOM];

    side_fill(original, jobs[number].length, number);
    assert_false(jobs[number].failed);
    assert_memory_equal(texts[number], original, jobs[number].length);
}

static void test_alternating_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < present; i++)
        for (unsigned round = 0; round < 2; round++) {
            make_batch();
            seal(i, jobs, BATCH);
            for (size_t k = 0; k < BATCH; k++) {
                assert_false(jobs[k].failed);
                assert_memory_equal(texts[k], sealed_texts[k], jobs[k].length + TUNIC_TAG_SIZE);
            }
            unseal(i, jobs, BATCH);
            for (size_t k = 0; k < BATCH; k++)
                expect_opened(k);
        }
}

/* A key is known by its serial alone, so that another at the same place is another. */
static void test_key_at_the_same_place(void **state)
{
    struct tunic_packet_key key = side_keys[0];
    uint8_t text[64 + TUNIC_TAG_SIZE] = {0};
    struct tunic_packet_job job = {.key = &key, .text = text, .length = 64};

    (void)state;
    for (size_t i = 0; i < present; i++)
        for (uint64_t serial = 10; serial < 14; serial++) {
            key.serial = serial;
            key.bytes[5] = (uint8_t)serial;
            side_seal(expected, &job);
            seal(i, &job, 1);
            assert_memory_equal(text, expected, sizeof(text));
            unseal(i, &job, 1);
            assert_false(job.failed);
        }
}

/* ---- forged ---------------------------------------------------------------------------- */

/* Only that one packet fails, and nothing of it is left. */
static void expect_one_forged(size_t provider, size_t forged)
{
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(texts[i], sealed_texts[i], jobs[i].length + TUNIC_TAG_SIZE);
        jobs[i].failed = i != forged;
    }
    texts[forged][jobs[forged].length + forged % TUNIC_TAG_SIZE] ^= 0x10;
    unseal(provider, jobs, BATCH);
    for (size_t i = 0; i < BATCH; i++)
        if (i != forged)
            expect_opened(i);
    assert_true(jobs[forged].failed);
    assert_true(tunic_is_zero(texts[forged], jobs[forged].length));
}

static void test_one_forged(void **state)
{
    (void)state;
    make_batch();
    for (size_t provider = 0; provider < present; provider++)
        for (size_t forged = 0; forged < BATCH; forged++)
            expect_one_forged(provider, forged);
}

static void expect_forged(size_t provider, const struct tunic_packet_job *job)
{
    struct tunic_packet_job tried = *job;

    unseal(provider, &tried, 1);
    assert_true(tried.failed);
    assert_true(tunic_is_zero(tried.text, tried.length));
}

static void test_every_bit_counts(void **state)
{
    enum { LENGTH = 70 };
    uint8_t text[LENGTH + TUNIC_TAG_SIZE];
    uint8_t original[LENGTH] = {0};
    struct tunic_packet_job job = {
        .key = &side_keys[0], .counter = 5, .text = original, .length = LENGTH};

    (void)state;
    side_fill(original, LENGTH, 3);
    side_seal(expected, &job);
    job.text = text;
    for (size_t provider = 0; provider < present; provider++) {
        for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
            memcpy(text, expected, sizeof(text));
            text[bit / 8] ^= (uint8_t)(1U << bit % 8);
            expect_forged(provider, &job);
        }
        for (unsigned bit = 0; bit < 64; bit++) {
            struct tunic_packet_job other = job;
            memcpy(text, expected, sizeof(text));
            other.counter ^= UINT64_C(1) << bit;
            expect_forged(provider, &other);
        }
        for (uint32_t length = 0; length < LENGTH; length++) {
            struct tunic_packet_job shorter = job;
            memcpy(text, expected, sizeof(text));
            shorter.length = length;
            expect_forged(provider, &shorter);
        }
        struct tunic_packet_job other = job;
        memcpy(text, expected, sizeof(text));
        other.key = &side_keys[1];
        expect_forged(provider, &other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_works_everywhere),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_alternating_keys),
        cmocka_unit_test(test_key_at_the_same_place),
        cmocka_unit_test(test_one_forged),
        cmocka_unit_test(test_every_bit_counts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
