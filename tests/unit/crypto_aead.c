/* SPDX-License-Identifier: MIT */
/* Single messages: RFC 8439 and the XChaCha draft, and what is forged. */
#include "unit.h"

#include "crypto/state.h"
#include "crypto_hex.h"

#include <errno.h>

static struct tunic_crypto *crypto;

/* RFC 8439, A.5: its nonce is a counter of ours. */
static const char rfc_key[] = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
static const char rfc_associated[] = "f33388860000000000004e91";
static const uint64_t rfc_counter = UINT64_C(0x0807060504030201);
static const char rfc_text[] =
    "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
    "replaced, or obsoleted by other documents at any time. It is inappropriate to use "
    "Internet-Drafts as reference material or to cite them other than as "
    "/\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
static const char rfc_sealed[] =
    "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26"
    "b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37"
    "c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cd"
    "e7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273"
    "f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0"
    "ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"
    "eead9d67890cbb22392336fea1851f38";

enum { RFC_LENGTH = sizeof(rfc_text) - 1, RFC_SEALED = RFC_LENGTH + TUNIC_TAG_SIZE };

static uint8_t key[TUNIC_KEY_SIZE];
static uint8_t associated[12];
static uint8_t sealed[RFC_SEALED];

static int setup(void **state)
{
    struct tunic_error error;

    (void)state;
    (void)hex_read(key, sizeof(key), rfc_key);
    (void)hex_read(associated, sizeof(associated), rfc_associated);
    (void)hex_read(sealed, sizeof(sealed), rfc_sealed);
    return tunic_crypto_open(&crypto, &error);
}

static int teardown(void **state)
{
    (void)state;
    tunic_crypto_close(crypto);
    return 0;
}

static struct tunic_message_text message(const void *text, size_t length, uint8_t *output)
{
    return (struct tunic_message_text){.associated = associated,
                                       .associated_length = sizeof(associated),
                                       .text = text,
                                       .length = length,
                                       .output = output};
}

static void test_rfc(void **state)
{
    uint8_t output[RFC_SEALED];
    struct tunic_message_text sealing = message(rfc_text, RFC_LENGTH, output);
    struct tunic_message_text opening = message(sealed, RFC_SEALED, output);

    (void)state;
    assert_int_equal(tunic_aead_seal(crypto, key, rfc_counter, &sealing), 0);
    assert_memory_equal(output, sealed, sizeof(sealed));
    assert_int_equal(tunic_aead_open(crypto, key, rfc_counter, &opening), 0);
    assert_memory_equal(output, rfc_text, RFC_LENGTH);
}

static void test_in_place(void **state)
{
    uint8_t text[RFC_SEALED] = {0};
    struct tunic_message_text sealing = message(text, RFC_LENGTH, text);
    struct tunic_message_text opening = message(text, RFC_SEALED, text);

    (void)state;
    memcpy(text, rfc_text, RFC_LENGTH);
    assert_int_equal(tunic_aead_seal(crypto, key, rfc_counter, &sealing), 0);
    assert_memory_equal(text, sealed, sizeof(sealed));
    assert_int_equal(tunic_aead_open(crypto, key, rfc_counter, &opening), 0);
    assert_memory_equal(text, rfc_text, RFC_LENGTH);
}

/* draft-irtf-cfrg-xchacha-03, 2.2.1 and A.3.1 */
static void test_long_nonce(void **state)
{
    static const char text[] =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    uint8_t output[sizeof(text) - 1 + TUNIC_TAG_SIZE];
    uint8_t nonce[TUNIC_XNONCE_SIZE];
    uint8_t long_key[TUNIC_KEY_SIZE];
    struct tunic_message_text sealing = {.text = (const uint8_t *)text,
                                         .length = sizeof(text) - 1,
                                         .associated_length = sizeof(associated),
                                         .output = output};
    struct tunic_message_text opening = {.text = output,
                                         .length = sizeof(output),
                                         .associated_length = sizeof(associated),
                                         .output = output};
    uint8_t header[sizeof(associated)];

    (void)state;
    (void)hex_read(nonce, sizeof(nonce), "000000090000004a0000000031415927");
    (void)hex_read(long_key, sizeof(long_key),
                   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    assert_int_equal(tunic_hchacha20(crypto, long_key, nonce, output), 0);
    hex_expect(output, "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");

    (void)hex_read(nonce, sizeof(nonce), "404142434445464748494a4b4c4d4e4f5051525354555657");
    (void)hex_read(long_key, sizeof(long_key),
                   "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    (void)hex_read(header, sizeof(header), "50515253c0c1c2c3c4c5c6c7");
    sealing.associated = header;
    opening.associated = header;
    assert_int_equal(tunic_xaead_seal(crypto, long_key, nonce, &sealing), 0);
    hex_expect(output, "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                       "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                       "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                       "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
    assert_int_equal(tunic_xaead_open(crypto, long_key, nonce, &opening), 0);
    assert_memory_equal(output, text, sizeof(text) - 1);
    output[0] ^= 1;
    assert_int_equal(tunic_xaead_open(crypto, long_key, nonce, &opening), -EBADMSG);
    assert_true(tunic_is_zero(output, sizeof(text) - 1));
}

/* ---- forged ---------------------------------------------------------------------------- */

static void expect_forged(const uint8_t *text, const uint8_t *used_key, uint64_t counter)
{
    uint8_t output[RFC_LENGTH];
    struct tunic_message_text opening = message(text, RFC_SEALED, output);

    memset(output, 0xff, sizeof(output));
    assert_int_equal(tunic_aead_open(crypto, used_key, counter, &opening), -EBADMSG);
    assert_true(tunic_is_zero(output, sizeof(output)));
}

static void test_every_bit_counts(void **state)
{
    uint8_t text[RFC_SEALED] = {0};
    uint8_t other[TUNIC_KEY_SIZE];

    (void)state;
    memcpy(text, sealed, sizeof(text));
    for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
        text[bit / 8] ^= (uint8_t)(1U << bit % 8);
        expect_forged(text, key, rfc_counter);
        text[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(associated); bit++) {
        associated[bit / 8] ^= (uint8_t)(1U << bit % 8);
        expect_forged(sealed, key, rfc_counter);
        associated[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 64; bit++)
        expect_forged(sealed, key, rfc_counter ^ UINT64_C(1) << bit);
    memcpy(other, key, sizeof(other));
    other[31] ^= 0x80;
    expect_forged(sealed, other, rfc_counter);
}

static void test_too_short(void **state)
{
    uint8_t output[1] = {0xff};

    (void)state;
    for (size_t length = 0; length < TUNIC_TAG_SIZE; length++) {
        struct tunic_message_text opening = message(sealed, length, output);
        assert_int_equal(tunic_aead_open(crypto, key, rfc_counter, &opening), -EBADMSG);
        assert_int_equal(tunic_xaead_open(crypto, key, sealed, &opening), -EBADMSG);
    }
    assert_int_equal(output[0], 0xff);
}

/* Nothing but a tag, with and without associated data. */
static void test_empty_text(void **state)
{
    uint8_t text[TUNIC_TAG_SIZE] = {0};

    (void)state;
    for (size_t length = 0; length <= sizeof(associated); length += sizeof(associated)) {
        struct tunic_message_text sealing = message(text, 0, text);
        struct tunic_message_text opening = message(text, sizeof(text), text);
        sealing.associated_length = length;
        opening.associated_length = length;
        assert_int_equal(tunic_aead_seal(crypto, key, 1, &sealing), 0);
        assert_int_equal(tunic_aead_open(crypto, key, 1, &opening), 0);
        assert_int_equal(tunic_aead_open(crypto, key, 2, &opening), -EBADMSG);
        text[0] ^= 1;
        assert_int_equal(tunic_aead_open(crypto, key, 1, &opening), -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc),        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_long_nonce), cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_too_short),  cmocka_unit_test(test_empty_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
