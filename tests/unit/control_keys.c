/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t __real_read(int descriptor, void *bytes, size_t length);
ssize_t __wrap_read(int descriptor, void *bytes, size_t length);

static int read_failure; /* errno of the next read; 0: none */
static size_t read_most = SIZE_MAX;

ssize_t __wrap_read(int descriptor, void *bytes, size_t length)
{
    if (read_failure) {
        errno = read_failure;
        read_failure = 0;
        return -1;
    }
    return __real_read(descriptor, bytes, length < read_most ? length : read_most);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* RFC 7748, 6.1: Alice's private key. */
static const uint8_t key_bytes[TUNIC_KEY_SIZE] = {
    0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
    0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
static const char key_base64[] = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
static const char key_hex[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";

static void test_base64(void **state)
{
    uint8_t key[TUNIC_KEY_SIZE];
    char text[TUNIC_KEY_TEXT];
    struct tunic_error error;

    (void)state;
    tunic_key_text(key_bytes, text);
    assert_string_equal(text, key_base64);
    assert_int_equal(tunic_key_parse(key_base64, key, &error), 0);
    assert_memory_equal(key, key_bytes, sizeof(key));
}

static void test_base64_refused(void **state)
{
    static const char *const words[] = {
        "",
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",   /* no '=' */
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCoA",  /* another digit instead */
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo==", /* too long */
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo= ",
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp=", /* bits left over */
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCq=",
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC==", /* a byte less */
        "=wdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJ-_sXf7pR25LCo=", /* of the other alphabet */
        "dwdtCnMYpX08FsFyUbJm\nd9ML4frwJkqsXf7pR25LCo=",
        key_hex,
    };
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(words); i++) {
        assert_int_equal(tunic_key_parse(words[i], key, &error), -EINVAL);
        assert_int_equal(error.reason, TUNIC_USAGE);
        assert_string_equal(error.action, "not a key");
        assert_null(strstr(error.hint, "dwdt")); /* no secret is told */
    }
}

/* Every byte in every place, beside the alphabets as everybody writes them. */
static void test_digits(void **state)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char hex[] = "0123456789abcdefABCDEF";
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];
    char word[TUNIC_KEY_HEX];

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        const char *digit = strchr(base64, byte);
        memcpy(word, key_base64, sizeof(key_base64));
        word[0] = (char)byte;
        assert_int_equal(tunic_key_parse(word, key, &error), digit ? 0 : -EINVAL);
        if (digit)
            assert_int_equal(key[0], (digit - base64) << 2 | 3); /* the w behind it is 48 */
        else
            assert_true(tunic_is_zero(key, sizeof(key)));

        digit = strchr(hex, byte);
        memcpy(word, key_hex, sizeof(key_hex));
        word[1] = (char)byte;
        assert_int_equal(tunic_key_parse_hex(word, key), digit != NULL);
        if (digit)
            assert_int_equal(key[0], 0x70 + (digit - hex) - (digit - hex > 15 ? 6 : 0));
        else
            assert_true(tunic_is_zero(key, sizeof(key)));
    }
}

static void test_hex(void **state)
{
    uint8_t key[TUNIC_KEY_SIZE];
    char text[TUNIC_KEY_HEX];

    (void)state;
    tunic_key_hex(key_bytes, text);
    assert_string_equal(text, key_hex);
    assert_true(tunic_key_parse_hex(key_hex, key));
    assert_memory_equal(key, key_bytes, sizeof(key));
    assert_false(tunic_key_parse_hex(key_hex + 1, key));
    assert_false(tunic_key_parse_hex("", key));
}

/* Both ways, for keys in which every digit comes in every place. */
static void test_and_back(void **state)
{
    struct tunic_error error;

    (void)state;
    for (unsigned seed = 0; seed < 256; seed++) {
        uint8_t key[TUNIC_KEY_SIZE];
        uint8_t again[TUNIC_KEY_SIZE];
        char base64[TUNIC_KEY_TEXT];
        char hex[TUNIC_KEY_HEX];
        for (unsigned i = 0; i < sizeof(key); i++)
            key[i] = (uint8_t)(seed + i * 37);
        tunic_key_text(key, base64);
        assert_int_equal(strlen(base64), TUNIC_KEY_TEXT - 1);
        assert_int_equal(tunic_key_parse(base64, again, &error), 0);
        assert_memory_equal(key, again, sizeof(key));
        tunic_key_hex(key, hex);
        assert_true(tunic_key_parse_hex(hex, again));
        assert_memory_equal(key, again, sizeof(key));
    }
}

/* ---- files ------------------------------------------------------------------------------ */

static char folder[] = "/tmp/tunic-keys.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void write_file(const char *name, const char *text, size_t length, mode_t mode)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, length), length);
    assert_int_equal(fchmod(descriptor, mode), 0);
    assert_int_equal(close(descriptor), 0);
}

static void test_file(void **state)
{
    static const char *const behind[] = {"", "\n", "\r\n", " \t\n\n"};
    uint8_t key[TUNIC_KEY_SIZE];
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(behind); i++) {
        char text[64];
        int length = snprintf(text, sizeof(text), "%s%s", key_base64, behind[i]);
        write_file("key", text, (size_t)length, 0600);
        read_most = i == 1 ? 7 : SIZE_MAX;
        read_failure = i == 2 ? EINTR : 0;
        memset(key, 0, sizeof(key));
        assert_int_equal(tunic_key_read("key", key, &error), 0);
        assert_memory_equal(key, key_bytes, sizeof(key));
    }
    read_most = SIZE_MAX;
    assert_int_equal(unlink("key"), 0);
}

static void test_file_of_others(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0601, 0644, 0666};
    uint8_t key[TUNIC_KEY_SIZE];
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(modes); i++) {
        write_file("it's a key", key_base64, strlen(key_base64), modes[i]);
        assert_int_equal(tunic_key_read("it's a key", key, &error), -EPERM);
        assert_int_equal(error.reason, TUNIC_DENIED);
        assert_string_equal(error.hint, "chmod 600 'it'\\''s a key'");
    }
    assert_int_equal(chmod("it's a key", 0400), 0);
    assert_int_equal(tunic_key_read("it's a key", key, &error), 0);
    assert_int_equal(unlink("it's a key"), 0);
    write_file("-key\n", key_base64, strlen(key_base64), 0644);
    assert_int_equal(tunic_key_read("-key\n", key, &error), -EPERM);
    assert_string_equal(error.hint, "chmod 600 keeps them out"); /* no command that lies */
    assert_null(strchr(error.action, '\n'));
    assert_int_equal(rename("-key\n", "-key"), 0);
    assert_int_equal(tunic_key_read("-key", key, &error), -EPERM);
    assert_string_equal(error.hint, "chmod 600 -- '-key'");
    assert_int_equal(unlink("-key"), 0);
}

static void test_file_refused(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } contents[] = {
        {"", 0},
        {"\n", 1},
        {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=x", 45},
        {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\nx", 46},
        {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\0x", 46},
        {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\0", 45},
        {" dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=", 45},
    };
    uint8_t key[TUNIC_KEY_SIZE];
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(contents); i++) {
        write_file("key", contents[i].text, contents[i].length, 0600);
        assert_int_equal(tunic_key_read("key", key, &error), -EINVAL);
        assert_string_equal(error.action, "no key in 'key'");
    }
    read_failure = EIO;
    assert_int_equal(tunic_key_read("key", key, &error), -EIO);
    assert_string_equal(error.action, "cannot read 'key'");
    assert_int_equal(unlink("key"), 0);
    assert_int_equal(tunic_key_read("key", key, &error), -ENOENT);
    assert_int_equal(tunic_key_read(".", key, &error), -EISDIR);
    assert_int_equal(tunic_key_read("/dev/zero", key, &error), -EFBIG);
}

/* What `<(command)` of a shell is, and what stands before '|'. */
static void test_pipe(void **state)
{
    uint8_t key[TUNIC_KEY_SIZE];
    struct tunic_error error;
    char path[64];
    int ends[2];
    int input = dup(STDIN_FILENO);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], key_base64, strlen(key_base64)), strlen(key_base64));
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    assert_int_equal(tunic_key_read(path, key, &error), 0);
    assert_memory_equal(key, key_bytes, sizeof(key));
    assert_int_equal(close(ends[0]), 0);

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], key_base64, strlen(key_base64)), strlen(key_base64));
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    memset(key, 0, sizeof(key));
    assert_int_equal(tunic_key_read("-", key, &error), 0);
    assert_memory_equal(key, key_bytes, sizeof(key));
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* not ours to close */
    assert_int_equal(close(ends[0]), 0);
    assert_true(input < 0 || dup2(input, STDIN_FILENO) == STDIN_FILENO);
    (void)close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),         cmocka_unit_test(test_base64_refused),
        cmocka_unit_test(test_digits),         cmocka_unit_test(test_hex),
        cmocka_unit_test(test_and_back),       cmocka_unit_test(test_file),
        cmocka_unit_test(test_file_of_others), cmocka_unit_test(test_file_refused),
        cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
