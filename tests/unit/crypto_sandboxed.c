/* SPDX-License-Identifier: MIT */
/* Everything that was opened works where the relay works: under its filter, which kills whoever
 * opens a file or starts a thread. */
#include "crypto_side.h"

#include "sandbox/steps.h"
#include "sandbox_child.h"

#include <string.h>
#include <sys/prctl.h>

enum { PACKETS = 64, ROOM = 1500 };

static const uint8_t key[TUNIC_KEY_SIZE] = {8, 1};

static bool single_messages(void)
{
    uint8_t text[100 + TUNIC_TAG_SIZE] = {1};
    const struct tunic_message_text sealing = {
        .associated = key, .associated_length = 5, .text = text, .length = 100, .output = text};
    const struct tunic_message_text opening = {.associated = key,
                                               .associated_length = 5,
                                               .text = text,
                                               .length = sizeof(text),
                                               .output = text};

    return tunic_aead_seal(crypto, key, 1, &sealing) == 0 &&
           tunic_xaead_seal(crypto, key, key, &sealing) == 0 &&
           tunic_xaead_open(crypto, key, key, &opening) == 0 &&
           tunic_aead_open(crypto, key, 2, &opening) != 0;
}

static bool primitives(void)
{
    uint8_t results[TUNIC_DERIVED_MOST][TUNIC_KEY_SIZE] = {{0}};
    uint8_t *const wanted[] = {results[0], results[1], results[2]};
    const struct iovec piece = {.iov_base = results, .iov_len = sizeof(results)};

    return tunic_x25519_public(crypto, key, results[0]) == 0 &&
           tunic_x25519(crypto, key, results[0], results[1]) == 0 &&
           tunic_x25519(crypto, key, results[2], results[1]) != 0 && /* all-zero */
           tunic_blake2s(crypto, results[2], &piece, 1) == 0 &&
           tunic_blake2s_mac(crypto, results[1], key, sizeof(key), &piece, 1) == 0 &&
           tunic_derive(crypto, key, results, sizeof(results), wanted, 3) == 0;
}

static bool packets(struct tunic_cipher_pool *pool)
{
    static uint8_t texts[PACKETS][ROOM + TUNIC_TAG_SIZE];
    struct tunic_packet_job jobs[PACKETS];
    bool right = true;

    for (size_t i = 0; i < PACKETS; i++)
        jobs[i] = (struct tunic_packet_job){
            .key = &side_keys[i % SIDE_KEYS], .counter = i, .text = texts[i], .length = ROOM};
    tunic_cipher_pool_seal(pool, jobs, PACKETS);
    texts[1][0] ^= 1;
    tunic_cipher_pool_unseal(pool, jobs, PACKETS);
    for (size_t i = 0; i < PACKETS; i++)
        right = right && jobs[i].failed == (i == 1);
    return right;
}

static int body(const void *closure)
{
    const struct tunic_sandbox sandbox = {
        .role = TUNIC_SANDBOX_RELAY, .user = TUNIC_SANDBOX_KEEP, .group = TUNIC_SANDBOX_KEEP};
    const unsigned *workers = closure;
    struct tunic_cipher_pool *pool;
    struct tunic_error error;

    if (tunic_crypto_open(&crypto, &error) != 0 ||
        tunic_cipher_pool_open(&pool, crypto, *workers, &error) != 0 ||
        tunic_cipher_pool_start(pool, &error) != 0)
        return 1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0 ||
        tunic_sandbox_filter_calls(&sandbox, &error) != 0)
        return CHILD_SKIPPED;
    if (!primitives() || !single_messages() || !packets(pool))
        return 2;
    tunic_cipher_pool_close(pool);
    tunic_crypto_close(crypto);
    return 0;
}

/* The thread sanitizer's own thread asks for the time in a way that is forbidden. */
static bool makes_calls_of_its_own(void)
{
#ifdef __SANITIZE_THREAD__
    return true;
#else
    return child_under_valgrind();
#endif
}

static void test_works_under_the_filter(void **state)
{
    (void)state;
    if (makes_calls_of_its_own()) {
        print_message("the instrument makes calls that the filter forbids\n");
        skip();
    }
    for (unsigned workers = 1; workers <= 3; workers++) {
        const char *end = child_run(body, &workers);
        if (strcmp(end, "exit 77") == 0) {
            print_message("no filter can be had here\n");
            skip();
        }
        assert_string_equal(end, "exit 0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_works_under_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
