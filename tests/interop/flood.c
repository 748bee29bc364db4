/* SPDX-License-Identifier: MIT */
/*
 * flood: very many WireGuard initiations whose mac1 is right and whose contents are not.
 *
 *   flood ADDRESS PORT PUBLIC-KEY PORTS RATE
 *
 * Whoever knows a public key can send such: all that a receiver can do cheaply is to look at the
 * mac1, and to ask with a cookie whether the sender is where it says. They come from so many ports
 * of ours, each in its turn, so many a second (0: as fast as they go), until SIGTERM or SIGINT.
 * Then it prints how many were sent, how many cookies came, how many answers of another kind, and
 * the largest answer's bytes. The MACs are libcrypto's, so that nothing of the program under test
 * is in it.
 */
#include "../netns/traffic.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { KEY = 32, MAC = 16, INITIATION = 148, MACS = 32, COOKIE = 64, PORTS_MOST = 256 };

struct told {
    uint64_t sent;
    uint64_t cookies;
    uint64_t others;
    size_t largest;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    stopped = number;
}

static void good(int result)
{
    if (result != 1)
        fatal("libcrypto failed");
}

/* The key of mac1: the hash of a label and the receiver's public key. */
static void mac_key(const char *word, uint8_t key[KEY])
{
    static const char label[] = "mac1----";
    uint8_t text[sizeof(label) - 1 + KEY + 1]; /* decoding writes whole groups of three */

    if (strlen(word) != 44)
        fatal("%s: no key", word);
    memcpy(text, label, sizeof(label) - 1);
    if (EVP_DecodeBlock(text + sizeof(label) - 1, (const unsigned char *)word, 44) != KEY + 1)
        fatal("%s: no key", word);
    good(EVP_Digest(text, sizeof(text) - 1, key, NULL, EVP_blake2s256(), NULL));
}

static EVP_MAC_CTX *open_mac(void)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac);
    good(context != NULL);
    return context;
}

static void sign(EVP_MAC_CTX *mac, const uint8_t key[KEY], uint8_t message[INITIATION])
{
    size_t size = MAC;
    size_t length = 0;
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_END};

    good(EVP_MAC_init(mac, key, KEY, parameters));
    good(EVP_MAC_update(mac, message, INITIATION - MACS));
    good(EVP_MAC_final(mac, message + INITIATION - MACS, &length, MAC));
}

static void listen_to(int descriptor, struct told *told)
{
    uint8_t answer[2048];
    ssize_t length;

    while ((length = recv(descriptor, answer, sizeof(answer), MSG_DONTWAIT)) >= 0) {
        if (length == COOKIE && answer[0] == 3)
            told->cookies++;
        else
            told->others++;
        if ((size_t)length > told->largest)
            told->largest = (size_t)length;
    }
}

static void flood(const int *descriptors, size_t count, uint64_t rate, const uint8_t key[KEY],
                  struct told *told)
{
    EVP_MAC_CTX *mac = open_mac();
    uint8_t message[INITIATION] = {1}; /* mac2 stays zero: we have no cookie */
    uint64_t start = milliseconds();

    while (!stopped) {
        if (rate > 0 && told->sent > (milliseconds() - start) * rate / 1000) {
            (void)poll(NULL, 0, 1);
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            traffic_fill(1, told->sent * INITIATION, message + 4, INITIATION - MACS - 4);
            sign(mac, key, message);
            told->sent += send(descriptors[i], message, sizeof(message), 0) > 0;
            listen_to(descriptors[i], told);
        }
    }
    EVP_MAC_CTX_free(mac);
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = stop};
    int descriptors[PORTS_MOST];
    struct told told = {0};
    uint8_t key[KEY];

    if (argc != 6)
        fatal("usage: flood ADDRESS PORT PUBLIC-KEY PORTS RATE");
    struct traffic_address address = traffic_address(argv[1], argv[2]);
    size_t count = strtoul(argv[4], NULL, 10);
    if (count == 0 || count > PORTS_MOST)
        fatal("%zu ports", count);
    mac_key(argv[3], key);
    for (size_t i = 0; i < count; i++) {
        descriptors[i] = checked(socket(address.storage.ss_family, SOCK_DGRAM, 0), "socket");
        (void)checked(traffic_connect(descriptors[i], &address), "connect");
    }
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    flood(descriptors, count, strtoull(argv[5], NULL, 10), key, &told);
    (void)poll(NULL, 0, 200); /* the last answers are on their way */
    for (size_t i = 0; i < count; i++)
        listen_to(descriptors[i], &told);
    (void)printf("%llu sent, %llu cookies, %llu others, %zu largest\n",
                 (unsigned long long)told.sent, (unsigned long long)told.cookies,
                 (unsigned long long)told.others, told.largest);
    return 0;
}
