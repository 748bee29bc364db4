/* SPDX-License-Identifier: MIT */
/* Several workers do what one does, and end as they should. */
#include "crypto_side.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS = 500, ROOM = 1600 };

static uint8_t (*texts)[ROOM];
static uint8_t (*sealed)[ROOM];
static struct tunic_packet_job jobs[PACKETS];

static unsigned posts;
static unsigned threads_left;

int __real_sem_post(sem_t *semaphore);
int __wrap_sem_post(sem_t *semaphore);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *closure);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *closure);

int __wrap_sem_post(sem_t *semaphore)
{
    (void)__atomic_add_fetch(&posts, 1, __ATOMIC_RELAXED);
    return __real_sem_post(semaphore);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *closure)
{
    if (threads_left == 0)
        return EAGAIN;
    threads_left--;
    return __real_pthread_create(thread, attributes, body, closure);
}

static int setup(void **state)
{
    texts = malloc(sizeof(*texts) * PACKETS);
    sealed = malloc(sizeof(*sealed) * PACKETS);
    return texts == NULL || sealed == NULL ? -1 : side_setup(state);
}

static int teardown(void **state)
{
    free(texts);
    free(sealed);
    return side_teardown(state);
}

static struct tunic_cipher_pool *open_pool(unsigned workers)
{
    struct tunic_cipher_pool *pool;
    struct tunic_error error;

    threads_left = TUNIC_WORKERS_MOST;
    assert_int_equal(tunic_cipher_pool_open(&pool, crypto, workers, &error), 0);
    assert_int_equal(threads_left, TUNIC_WORKERS_MOST);
    assert_int_equal(tunic_cipher_pool_start(pool, &error), 0);
    assert_int_equal(threads_left, TUNIC_WORKERS_MOST - workers + 1);
    posts = 0;
    return pool;
}

/* Of all sizes, a few of them much longer than the rest. */
static uint32_t length_of(size_t number)
{
    return number % 50 < 5 ? 1500 : (uint32_t)(number * 7 % 200);
}

static void make_jobs(void)
{
    for (size_t i = 0; i < PACKETS; i++) {
        jobs[i] = (struct tunic_packet_job){.key = &side_keys[i / 3 % SIDE_KEYS],
                                            .counter = i,
                                            .text = texts[i],
                                            .length = length_of(i)};
        side_fill(texts[i], jobs[i].length, i);
        side_seal(sealed[i], &jobs[i]);
    }
}

static bool is_forged(size_t number)
{
    return number % 37 == 5;
}

/* Sealed, damaged here and there, and opened. */
static void expect_batch(struct tunic_cipher_pool *pool, size_t count)
{
    uint8_t original[ROOM];

    make_jobs();
    tunic_cipher_pool_seal(pool, jobs, count);
    for (size_t i = 0; i < count; i++) {
        assert_false(jobs[i].failed);
        assert_memory_equal(texts[i], sealed[i], jobs[i].length + TUNIC_TAG_SIZE);
        texts[i][0] ^= is_forged(i);
    }
    tunic_cipher_pool_unseal(pool, jobs, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(jobs[i].failed, is_forged(i));
        side_fill(original, jobs[i].length, i);
        if (is_forged(i))
            assert_true(tunic_is_zero(texts[i], jobs[i].length));
        else
            assert_memory_equal(texts[i], original, jobs[i].length);
    }
    for (size_t i = count; i < PACKETS; i++) { /* none of it was touched */
        side_fill(original, jobs[i].length, i);
        assert_memory_equal(texts[i], original, jobs[i].length);
    }
}

static void test_any_number_of_workers(void **state)
{
    static const unsigned numbers[] = {1, 2, 3, 7, 16};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(numbers); i++) {
        struct tunic_cipher_pool *pool = open_pool(numbers[i]);
        for (unsigned round = 0; round < 3; round++)
            expect_batch(pool, PACKETS);
        for (size_t count = 0; count < 100; count += 9)
            expect_batch(pool, count);
        tunic_cipher_pool_close(pool);
    }
}

static void test_most_workers(void **state)
{
    struct tunic_cipher_pool *pool = open_pool(TUNIC_WORKERS_MOST);

    (void)state;
    expect_batch(pool, PACKETS);
    tunic_cipher_pool_close(pool);
}

static void test_best_provider(void **state)
{
    struct tunic_cipher_pool *pool = open_pool(1);
    struct tunic_cipher *cipher;
    size_t best = 0;

    (void)state;
    while (tunic_cipher_providers[best]->open(&cipher, crypto) != 0)
        best++;
    tunic_cipher_providers[best]->close(cipher);
    assert_string_equal(tunic_cipher_pool_provider(pool), tunic_cipher_providers[best]->name);
    tunic_cipher_pool_close(pool);
}

/* ---- who does it ----------------------------------------------------------------------- */

/* How many threads a batch of so many long packets woke: each is posted to, and posts. */
static unsigned woken(struct tunic_cipher_pool *pool, size_t count)
{
    posts = 0;
    for (size_t i = 0; i < count; i++)
        jobs[i].length = 1500;
    tunic_cipher_pool_seal(pool, jobs, count);
    return posts / 2;
}

static void test_small_batches_wake_nobody(void **state)
{
    struct tunic_cipher_pool *pool = open_pool(4);

    (void)state;
    make_jobs();
    assert_int_equal(woken(pool, 0), 0);
    assert_int_equal(woken(pool, 1), 0);
    assert_int_equal(woken(pool, 10), 0);
    assert_int_equal(woken(pool, 20), 1);
    assert_int_equal(woken(pool, PACKETS), 3);
    assert_int_equal(woken(pool, 1), 0);
    tunic_cipher_pool_close(pool);
}

static void test_one_worker_is_the_caller(void **state)
{
    struct tunic_cipher_pool *pool = open_pool(1);

    (void)state;
    make_jobs();
    assert_int_equal(woken(pool, PACKETS), 0);
    tunic_cipher_pool_close(pool);
}

/* A signal of the process that the caller keeps waiting must find no other thread to end in. */
static void test_signals_are_the_callers(void **state)
{
    struct tunic_cipher_pool *pool;
    const struct timespec none = {0};
    sigset_t signals;
    sigset_t before;
    sigset_t after;

    (void)state;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGUSR2);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &signals, &before), 0);
    pool = open_pool(3);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    assert_int_equal(sigismember(&after, SIGUSR2), 0);

    assert_int_equal(pthread_sigmask(SIG_BLOCK, &signals, NULL), 0);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    expect_batch(pool, PACKETS);
    assert_int_equal(sigtimedwait(&signals, NULL, &none), SIGUSR2);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    tunic_cipher_pool_close(pool);
}

/* ---- failures -------------------------------------------------------------------------- */

static void test_wrong_numbers(void **state)
{
    struct tunic_cipher_pool *pool;
    struct tunic_error error;

    (void)state;
    threads_left = 2 * TUNIC_WORKERS_MOST;
    assert_int_equal(tunic_cipher_pool_open(&pool, crypto, 0, &error), -EINVAL);
    assert_int_equal(error.reason, TUNIC_USAGE);
    assert_null(pool);
    assert_int_equal(tunic_cipher_pool_open(&pool, crypto, TUNIC_WORKERS_MOST + 1, &error),
                     -EINVAL);
    assert_string_equal(error.action, "cannot encrypt on 65 threads");
    assert_null(pool);
    tunic_cipher_pool_close(NULL);
}

static void test_no_more_threads(void **state)
{
    struct tunic_cipher_pool *pool;
    struct tunic_error error;

    (void)state;
    for (unsigned number = 0; number < 3; number++) {
        threads_left = number;
        assert_int_equal(tunic_cipher_pool_open(&pool, crypto, 4, &error), 0);
        assert_int_equal(tunic_cipher_pool_start(pool, &error), -EAGAIN);
        assert_string_equal(error.action, "cannot encrypt on 4 threads");
        tunic_cipher_pool_close(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_workers),
        cmocka_unit_test(test_most_workers),
        cmocka_unit_test(test_best_provider),
        cmocka_unit_test(test_small_batches_wake_nobody),
        cmocka_unit_test(test_one_worker_is_the_caller),
        cmocka_unit_test(test_signals_are_the_callers),
        cmocka_unit_test(test_wrong_numbers),
        cmocka_unit_test(test_no_more_threads),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
