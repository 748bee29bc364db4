/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: a batch is cut into contiguous shares of about equal work. The caller hands
 * one to each worker that it wakes, does the first itself, and waits for as many as it woke. Each
 * worker sleeps on a semaphore of its own; one semaphore counts who is done. Nothing else is
 * shared: a worker's share is written before it is woken, and its jobs are read after it is done.
 */
#include "crypto/state.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

/* Below this much work, in the measure of weight(), waking a thread costs more than it brings. */
enum { SHARE_LEAST = 16384, PACKET_WEIGHT = 400 };

const struct tunic_cipher_provider *const tunic_cipher_providers[] = {
#ifdef TUNIC_IPSEC_MB
    &tunic_cipher_ipsec,
#endif
    &tunic_cipher_openssl};
const size_t tunic_cipher_provider_count = TUNIC_COUNT(tunic_cipher_providers);

typedef void cipher_action(struct tunic_cipher *, struct tunic_packet_job *, size_t);

struct worker {
    struct tunic_cipher_pool *pool;
    struct tunic_cipher *cipher;
    cipher_action *action; /* NULL: it is to end */
    struct tunic_packet_job *jobs;
    size_t count;
    sem_t wake;
    pthread_t thread;
};

struct tunic_cipher_pool {
    const struct tunic_cipher_provider *provider;
    sem_t done;
    unsigned ciphers;                          /* how many workers there are to be */
    unsigned threads;                          /* how many run, besides the caller's */
    struct worker workers[TUNIC_WORKERS_MOST]; /* the first is the caller */
};

/* ---- a batch --------------------------------------------------------------------------- */

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ; /* interrupted by a signal of the caller's */
}

static void *work(void *closure)
{
    struct worker *worker = closure;

    (void)sem_post(&worker->pool->done);
    for (;;) {
        wait_for(&worker->wake);
        if (worker->action == NULL)
            return NULL;
        worker->action(worker->cipher, worker->jobs, worker->count);
        (void)sem_post(&worker->pool->done);
    }
}

static uint64_t weight(const struct tunic_packet_job *job)
{
    return (uint64_t)job->length + PACKET_WEIGHT;
}

static uint64_t weight_of_all(const struct tunic_packet_job *jobs, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += weight(&jobs[i]);
    return sum;
}

static void spread(struct tunic_cipher_pool *pool, cipher_action *action,
                   struct tunic_packet_job *jobs, size_t count)
{
    struct worker *workers = pool->workers;
    uint64_t total = weight_of_all(jobs, count);
    unsigned shares = pool->threads + 1;
    uint64_t sum = 0;
    size_t next = 0;

    if (total / SHARE_LEAST < shares)
        shares = total < SHARE_LEAST ? 1 : (unsigned)(total / SHARE_LEAST);
    for (unsigned i = 0; i < shares; i++) {
        size_t first = next;
        while (next < count && sum < total * (i + 1) / shares)
            sum += weight(&jobs[next++]);
        workers[i].action = action;
        workers[i].jobs = jobs + first;
        workers[i].count = next - first;
        if (i > 0)
            (void)sem_post(&workers[i].wake);
    }
    action(workers[0].cipher, workers[0].jobs, workers[0].count);
    for (unsigned i = 1; i < shares; i++)
        wait_for(&pool->done);
}

static void run(struct tunic_cipher_pool *pool, cipher_action *action,
                struct tunic_packet_job *jobs, size_t count)
{
    if (pool->threads == 0)
        action(pool->workers[0].cipher, jobs, count);
    else
        spread(pool, action, jobs, count);
}

void tunic_cipher_pool_seal(struct tunic_cipher_pool *pool, struct tunic_packet_job *jobs,
                            size_t count)
{
    run(pool, pool->provider->seal, jobs, count);
}

void tunic_cipher_pool_unseal(struct tunic_cipher_pool *pool, struct tunic_packet_job *jobs,
                              size_t count)
{
    run(pool, pool->provider->unseal, jobs, count);
}

const char *tunic_cipher_pool_provider(const struct tunic_cipher_pool *pool)
{
    return pool->provider->name;
}

/* ---- opening and closing --------------------------------------------------------------- */

/* What is prepared at first use may need what a sandbox forbids later. */
static void rehearse(const struct tunic_cipher_provider *provider, struct tunic_cipher *cipher)
{
    const struct tunic_packet_key key = {.serial = UINT64_MAX};
    uint8_t text[TUNIC_TAG_SIZE + 1] = {0};
    struct tunic_packet_job job = {.key = &key, .text = text, .length = 1};

    provider->seal(cipher, &job, 1);
    provider->unseal(cipher, &job, 1);
}

/* The caller's cipher, of the best provider that works here. */
static int choose(struct tunic_cipher_pool *pool, struct tunic_crypto *crypto)
{
    int result = -EOPNOTSUPP;

    for (size_t i = 0; result == -EOPNOTSUPP && i < tunic_cipher_provider_count; i++) {
        pool->provider = tunic_cipher_providers[i];
        result = pool->provider->open(&pool->workers[0].cipher, crypto);
    }
    return result;
}

static int open_ciphers(struct tunic_cipher_pool *pool, struct tunic_crypto *crypto,
                        unsigned workers)
{
    int result = choose(pool, crypto);

    while (result == 0) {
        rehearse(pool->provider, pool->workers[pool->ciphers].cipher);
        if (++pool->ciphers == workers)
            break;
        result = pool->provider->open(&pool->workers[pool->ciphers].cipher, crypto);
    }
    return result;
}

static int fail(unsigned workers, int result, struct tunic_error *error)
{
    return tunic_error_system(error, -result, "cannot encrypt on %u threads", workers);
}

int tunic_cipher_pool_open(struct tunic_cipher_pool **pool, struct tunic_crypto *crypto,
                           unsigned workers, struct tunic_error *error)
{
    *pool = NULL;
    if (workers < 1 || workers > TUNIC_WORKERS_MOST) {
        int result = tunic_error_set(error, TUNIC_USAGE, "cannot encrypt on %u threads", workers);
        tunic_error_cause(error, "1 to %d are possible", TUNIC_WORKERS_MOST);
        return result;
    }
    struct tunic_cipher_pool *opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        return tunic_error_memory(error);
    (void)sem_init(&opened->done, 0, 0);
    int result = open_ciphers(opened, crypto, workers);
    if (result == 0) {
        *pool = opened;
        return 0;
    }
    tunic_cipher_pool_close(opened);
    return fail(workers, result, error);
}

/* All signals are the caller's. What a thread does at its beginning may be forbidden soon, so that
 * it has to be past that. */
int tunic_cipher_pool_start(struct tunic_cipher_pool *pool, struct tunic_error *error)
{
    sigset_t all;
    sigset_t before;
    int failed = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 1; failed == 0 && i < pool->ciphers; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        (void)sem_init(&worker->wake, 0, 0);
        failed = pthread_create(&worker->thread, NULL, work, worker);
        if (failed == 0)
            pool->threads++;
        else
            (void)sem_destroy(&worker->wake);
    }
    for (unsigned i = 0; i < pool->threads; i++)
        wait_for(&pool->done);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? 0 : fail(pool->ciphers, -failed, error);
}

void tunic_cipher_pool_close(struct tunic_cipher_pool *pool)
{
    if (pool == NULL)
        return;
    for (unsigned i = 1; i <= pool->threads; i++) {
        struct worker *worker = &pool->workers[i];
        worker->action = NULL;
        (void)sem_post(&worker->wake);
        (void)pthread_join(worker->thread, NULL);
        (void)sem_destroy(&worker->wake);
    }
    for (unsigned i = 0; i < pool->ciphers; i++)
        pool->provider->close(pool->workers[i].cipher);
    (void)sem_destroy(&pool->done);
    free(pool);
}
