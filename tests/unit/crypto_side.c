/* SPDX-License-Identifier: MIT */
#include "crypto_side.h"

#include <sys/mman.h>
#include <unistd.h>

struct tunic_crypto *crypto;

const struct tunic_packet_key side_keys[SIDE_KEYS] = {
    {.bytes = {1, 2, 3}, .serial = 1},
    {.bytes = {1, 2, 4}, .serial = 2},
    {.bytes = {[TUNIC_KEY_SIZE - 1] = 0xff}, .serial = 1U << 31},
};

int side_setup(void **state)
{
    struct tunic_error error;

    (void)state;
    return tunic_crypto_open(&crypto, &error);
}

int side_teardown(void **state)
{
    (void)state;
    tunic_crypto_close(crypto);
    return 0;
}

void side_fill(uint8_t *text, size_t length, uint64_t number)
{
    for (size_t i = 0; i < length; i++) {
        number = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        text[i] = (uint8_t)(number >> 56);
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written to through the message */
void side_seal(uint8_t *output, const struct tunic_packet_job *job)
{
    const struct tunic_message_text message = {
        .text = job->text, .length = job->length, .output = output};

    assert_int_equal(tunic_aead_seal(crypto, job->key->bytes, job->counter, &message), 0);
}

struct side_fence side_fence(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (size + page - 1) / page * page;
    uint8_t *memory =
        mmap(NULL, whole + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory, page, PROT_NONE), 0);
    assert_int_equal(mprotect(memory + page + whole, page, PROT_NONE), 0);
    return (struct side_fence){.begin = memory + page, .end = memory + page + whole};
}
