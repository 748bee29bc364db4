/* SPDX-License-Identifier: MIT */
/*
 * newcomers: very many peers of a relay, who all come at once.
 *
 *   newcomers keys COUNT                        their public keys, the same in every run
 *   newcomers ADDRESS PORT PUBLIC-KEY COUNT     an initiation of each, to a relay with that key
 *
 * Each has an IPv4 address of its own, from 10.96.0.1 on, which this host must have, and does what
 * a peer does who is sent a cookie. Up to WINDOW wait at a time; whoever gets no answer tries
 * again, TRIES times. What is told at the end: how many were answered, in which time, and how many
 * cookies that took. The initiations are made beforehand, by the code under test.
 */
#include "../netns/traffic.h"
#include "control/control.h"
#include "wireguard/cookie.h"
#include "wireguard/engine.h"

#include <arpa/inet.h>
#include <poll.h>

enum { WINDOW = 128, TRIES = 5, PAUSE = 200 /* milliseconds */, MOST = 60000 };

struct newcomer {
    struct tunic_identity identity;
    struct tunic_cookie_maker maker;
    uint8_t message[TUNIC_INITIATION_SIZE];
    uint64_t sent; /* milliseconds */
    unsigned tries;
    bool done;
};

static void good(int result)
{
    if (result != 0)
        fatal("%s", strerror(-result));
}

static void make_identity(struct tunic_crypto *crypto, size_t index,
                          struct tunic_identity *identity)
{
    traffic_fill(index + 1, 0, identity->private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(identity->private_key);
    good(tunic_x25519_public(crypto, identity->private_key, identity->public_key));
}

static void print_keys(struct tunic_crypto *crypto, size_t count)
{
    struct tunic_identity identity;
    char text[TUNIC_KEY_TEXT];

    for (size_t i = 0; i < count; i++) {
        make_identity(crypto, i, &identity);
        tunic_key_text(identity.public_key, text);
        (void)puts(text);
    }
}

/* Its index on the wire is its own, plus one. */
static void prepare(struct tunic_crypto *crypto, struct newcomer *newcomer, size_t index,
                    const uint8_t *host)
{
    uint8_t shared[TUNIC_KEY_SIZE];
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE] = {0x40};
    struct tunic_handshake handshake = {0};

    make_identity(crypto, index, &newcomer->identity);
    good(tunic_x25519(crypto, newcomer->identity.private_key, host, shared));
    good(tunic_cookie_maker_begin(crypto, &newcomer->maker, host));
    good(tunic_handshake_begin(crypto, &handshake, tunic_wireguard_prologue, TUNIC_PROLOGUE_SIZE,
                               host));
    memcpy(handshake.remote_static, host, TUNIC_KEY_SIZE);
    traffic_fill(index + 1, TUNIC_KEY_SIZE, handshake.ephemeral.private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(handshake.ephemeral.private_key);
    tunic_put64(timestamp + 4, milliseconds()); /* later than any other of this run */
    tunic_put32(newcomer->message, TUNIC_MESSAGE_INITIATION);
    tunic_put32(newcomer->message + TUNIC_AT_SENDER, (uint32_t)index + 1);
    good(tunic_handshake_write_first(crypto, &handshake, &newcomer->identity, shared, timestamp,
                                     sizeof(timestamp), newcomer->message + TUNIC_AT_NOISE));
}

struct crowd {
    struct tunic_crypto *crypto;
    int descriptor;
    struct traffic_address to;
    struct newcomer *newcomers;
    size_t count;
    size_t begun; /* the first of them */
    size_t answered;
    size_t cookies;
    size_t lost;
};

/* Signed anew: there may be a cookie now. */
static void transmit(struct crowd *crowd, size_t index)
{
    struct newcomer *newcomer = &crowd->newcomers[index];
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {.header = {.cmsg_level = IPPROTO_IP,
                            .cmsg_type = IP_PKTINFO,
                            .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo))}};
    const struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(0x0a600001 + (uint32_t)index)};
    struct iovec piece = {newcomer->message, sizeof(newcomer->message)};
    const struct msghdr message = {.msg_name = &crowd->to.storage,
                                   .msg_namelen = crowd->to.length,
                                   .msg_iov = &piece,
                                   .msg_iovlen = 1,
                                   .msg_control = control.bytes,
                                   .msg_controllen = sizeof(control.bytes)};

    memcpy(CMSG_DATA(&control.header), &from, sizeof(from));
    newcomer->sent = milliseconds();
    good(tunic_cookie_sign(crowd->crypto, &newcomer->maker, newcomer->message,
                           sizeof(newcomer->message), newcomer->sent * 1000000));
    (void)checked((int)sendmsg(crowd->descriptor, &message, 0), "sendmsg");
}

/* A response, or a cookie, with which it is tried at once. */
static void take(struct crowd *crowd, const uint8_t *bytes, size_t length)
{
    unsigned type = tunic_wireguard_message_type(bytes, length);
    size_t index = 0;

    if (type == TUNIC_MESSAGE_RESPONSE)
        index = tunic_get32(bytes + TUNIC_AT_RESPONSE_RECEIVER);
    else if (type == TUNIC_MESSAGE_COOKIE)
        index = tunic_get32(bytes + TUNIC_AT_COOKIE_RECEIVER);
    if (index == 0 || index > crowd->begun || crowd->newcomers[index - 1].done)
        return;
    struct newcomer *newcomer = &crowd->newcomers[index - 1];
    if (type == TUNIC_MESSAGE_RESPONSE) {
        newcomer->done = true;
        crowd->answered++;
    } else if (tunic_cookie_take(crowd->crypto, &newcomer->maker, bytes,
                                 milliseconds() * 1000000) == 0) {
        crowd->cookies++;
        transmit(crowd, index - 1);
    }
}

static void receive(struct crowd *crowd)
{
    uint8_t bytes[2048];
    ssize_t length;

    while ((length = recv(crowd->descriptor, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0)
        take(crowd, bytes, (size_t)length);
}

static void try_again(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->begun; i++) {
        struct newcomer *newcomer = &crowd->newcomers[i];
        if (newcomer->done || milliseconds() - newcomer->sent < PAUSE)
            continue;
        if (++newcomer->tries < TRIES) {
            transmit(crowd, i);
            continue;
        }
        newcomer->done = true;
        crowd->lost++;
    }
}

static void come(struct crowd *crowd)
{
    uint64_t begin = milliseconds();

    while (crowd->answered + crowd->lost < crowd->count) {
        struct pollfd wait = {.fd = crowd->descriptor, .events = POLLIN};
        while (crowd->begun < crowd->count && crowd->begun - crowd->answered - crowd->lost < WINDOW)
            transmit(crowd, crowd->begun++);
        if (poll(&wait, 1, PAUSE / 4) == 0)
            try_again(crowd);
        receive(crowd);
    }
    (void)printf("%zu answered, %llu milliseconds, %zu cookies, %zu lost\n", crowd->answered,
                 (unsigned long long)(milliseconds() - begin), crowd->cookies, crowd->lost);
}

int main(int argc, char **argv)
{
    const struct sockaddr_in any = {.sin_family = AF_INET};
    struct crowd crowd = {0};
    struct tunic_error error;
    uint8_t host[TUNIC_KEY_SIZE];
    uint64_t count;

    if ((argc != 3 && argc != 5) || tunic_number_parse(argv[argc - 1], 1, MOST, &count) != 0)
        fatal("usage: newcomers keys COUNT, newcomers ADDRESS PORT PUBLIC-KEY COUNT");
    good(tunic_crypto_open(&crowd.crypto, &error));
    crowd.count = (size_t)count;
    if (argc == 3) {
        print_keys(crowd.crypto, crowd.count);
        tunic_crypto_close(crowd.crypto);
        return 0;
    }
    if (tunic_key_parse(argv[3], host, &error) != 0)
        fatal("%s", error.action);
    crowd.newcomers = calloc(crowd.count, sizeof(*crowd.newcomers));
    if (!crowd.newcomers)
        fatal("out of memory");
    for (size_t i = 0; i < crowd.count; i++)
        prepare(crowd.crypto, &crowd.newcomers[i], i, host);
    crowd.to = traffic_address(argv[1], argv[2]);
    crowd.descriptor = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    traffic_set(crowd.descriptor, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    (void)checked(bind(crowd.descriptor, (const struct sockaddr *)&any, sizeof(any)), "bind");
    come(&crowd);
    free(crowd.newcomers);
    tunic_crypto_close(crowd.crypto);
    return 0;
}
