/* SPDX-License-Identifier: MIT */
/*
 * wireguard: what the protocol costs, without a network: wireguard.sh builds and runs it.
 *
 *   wireguard [PEERS=10000]
 *
 * Two engines speak with each other in this thread. One of them, the host, has PEERS peers with
 * RANGES ranges each; the other one, the guest, is one of them after the other, by taking its key.
 * Times are those of the processor, medians of MEASURE_REPEATS where something is repeated; the
 * clock of the engines is told, so that no limit of the protocol is met.
 *
 * Factors: of one X25519 for what is made of such; of copying a packet's bytes for packets.
 */
#include "end.h"
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RANGES = 4, /* of each peer: /32 in a /24, /128 in a /64 */
    BURST = 64,
    BURSTS = 200,
    LOOKUPS = 1 << 16,
    PACKET = 1420,
    PADDED = 1424,
    MESSAGE = PADDED + TUNIC_DATA_OVERHEAD,
};

struct lookup {
    uint8_t packet[40];
    struct tunic_wireguard_peer *peer;
};

struct bench {
    struct tunic_crypto *crypto;
    struct end host;
    struct end guest;
    struct tunic_wireguard_peer *guests_peer;
    uint64_t now;
    uint8_t host_public[TUNIC_KEY_SIZE];
    uint8_t (*keys)[TUNIC_KEY_SIZE]; /* private, of the peers */
    struct tunic_wireguard_peer **peers;
    size_t peer_count;
    struct lookup *lookups;
    const struct tunic_cipher_provider *provider;
    struct tunic_cipher *cipher;
    struct tunic_session *sessions[BURST];
    struct tunic_packet_job jobs[BURST];
    uint8_t messages[BURST][MESSAGE + 16];
    double x25519; /* nanoseconds */
    double copy;
};

/* ---- peers ----------------------------------------------------------------------------- */

static void add_range(struct bench *bench, size_t index, bool inet6, uint8_t length)
{
    struct tunic_allowed_ip range = {.inet6 = inet6, .length = length};
    unsigned at = inet6 ? 5 : 0; /* 10.X.Y.1, or fd00:0:0XX:YY00:… */

    range.address[0] = inet6 ? 0xfd : 10;
    range.address[at + 1] = (uint8_t)(index >> 8);
    range.address[at + 2] = (uint8_t)index;
    if (length == 32 || length == 128)
        range.address[inet6 ? 15 : 3] = 1;
    require(tunic_wireguard_allow(bench->host.wireguard, bench->peers[index], &range) == 0,
            "no memory");
}

static void add_peers(struct bench *bench)
{
    uint8_t public_key[TUNIC_KEY_SIZE];
    double before = measure_resident();
    double time = 0;

    for (size_t i = 0; i < bench->peer_count; i++) {
        require(tunic_x25519_public(bench->crypto, bench->keys[i], public_key) == 0, "no key");
        double begin = measure_clock();
        require(tunic_wireguard_peer_add(bench->host.wireguard, public_key, NULL,
                                         &bench->peers[i]) == 0,
                "a peer cannot be added");
        add_range(bench, i, false, 24);
        add_range(bench, i, false, 32);
        add_range(bench, i, true, 64);
        add_range(bench, i, true, 128);
        time += measure_clock() - begin;
    }
    double count = (double)bench->peer_count;
    measure_row("adding a peer with its ranges", time / count, bench->x25519, "X25519");
    (void)printf("%-44s %9.0f bytes\n", "memory of a peer", (measure_resident() - before) / count);
}

static void open_bench(struct bench *bench, size_t peers)
{
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];

    require(tunic_crypto_open(&bench->crypto, &error) == 0, "%s", error.action);
    end_open(&bench->host, bench->crypto, 1);
    end_open(&bench->guest, bench->crypto, 2);
    bench->now = UINT64_C(1000000000);
    bench->peer_count = peers;
    bench->keys = calloc(peers, sizeof(*bench->keys));
    bench->peers = calloc(peers, sizeof(struct tunic_wireguard_peer *));
    bench->lookups = calloc(LOOKUPS, sizeof(*bench->lookups));
    require(bench->keys && bench->peers && bench->lookups, "no memory");
    for (size_t i = 0; i < peers; i++) {
        end_random(&bench->guest, bench->keys[i], TUNIC_KEY_SIZE);
        bench->peers[i] = NULL; /* touched: not to be counted later */
    }
    end_random(&bench->host, key, sizeof(key));
    require(tunic_wireguard_set_private_key(bench->host.wireguard, key, bench->now, NULL, NULL) ==
                0,
            "no key");
    memcpy(bench->host_public, tunic_wireguard_public_key(bench->host.wireguard), TUNIC_KEY_SIZE);
}

/* ---- units ----------------------------------------------------------------------------- */

static void exchange(void *closure)
{
    struct bench *bench = closure;
    uint8_t shared[TUNIC_KEY_SIZE];

    for (size_t i = 0; i < BURST; i++)
        require(tunic_x25519(bench->crypto, bench->keys[i % bench->peer_count], bench->host_public,
                             shared) == 0,
                "X25519 failed");
}

static void copy(void *closure)
{
    struct bench *bench = closure;

    for (size_t k = 0; k < BURSTS; k++) {
        for (size_t i = 0; i + 1 < BURST; i++)
            memcpy(bench->messages[i], bench->messages[i + 1], PACKET);
        __asm__ volatile("" : : "r"(bench->messages) : "memory"); /* else most are left out */
    }
}

/* ---- lookups --------------------------------------------------------------------------- */

static void look_up(void *closure)
{
    struct bench *bench = closure;

    for (size_t i = 0; i < LOOKUPS; i++)
        bench->lookups[i].peer = tunic_wireguard_route(
            bench->host.wireguard, bench->lookups[i].packet, sizeof(bench->lookups[i].packet));
}

/* Of destinations of so many peers, in no order: in the smaller range of the peer, or beside it. */
static void lookups(struct bench *bench, bool inet6, size_t peers)
{
    char what[64];

    for (size_t i = 0; i < LOOKUPS; i++) {
        uint8_t *packet = bench->lookups[i].packet;
        size_t index = end_dice(&bench->host.dice) % peers;
        uint8_t *address = packet + (inet6 ? 24 : 16);
        uint8_t host = (uint8_t)(1 + (i & 1));
        memset(packet, 0, sizeof(bench->lookups[i].packet));
        packet[0] = inet6 ? 0x60 : 0x45;
        address[0] = inet6 ? 0xfd : 10;
        address[inet6 ? 6 : 1] = (uint8_t)(index >> 8);
        address[inet6 ? 7 : 2] = (uint8_t)index;
        address[inet6 ? 15 : 3] = host;
    }
    look_up(bench);
    for (size_t i = 0; i < LOOKUPS; i++)
        require(bench->lookups[i].peer != NULL, "nobody has an address");
    (void)snprintf(what, sizeof(what), "whose packet, IPv%d, of %zu in use", inet6 ? 6 : 4, peers);
    measure_row(what, measure(look_up, bench, LOOKUPS), bench->copy, "a copy");
}

/* ---- handshakes ------------------------------------------------------------------------ */

static double deliver(struct bench *bench, struct end *to, const struct end *from, size_t index)
{
    const struct tunic_wireguard_source source = {.address = {[10] = 0xff,
                                                              [11] = 0xff,
                                                              [12] = 10,
                                                              [13] = (uint8_t)(index >> 8),
                                                              [14] = (uint8_t)index,
                                                              [15] = 1},
                                                  .port = 51820};
    double begin = measure_clock();

    to->posted = 0;
    tunic_wireguard_receive(to->wireguard, from->post, from->posted, &source, bench->now);
    return measure_clock() - begin;
}

/* The keepalive that confirms a session. */
static void confirm(struct bench *bench)
{
    struct end *guest = &bench->guest;
    struct tunic_packet_job job;
    struct tunic_session *session = tunic_wireguard_receiving(bench->host.wireguard, guest->post,
                                                              guest->posted, bench->now, &job);

    require(session != NULL, "a handshake failed");
    bench->provider->unseal(bench->cipher, &job, 1);
    require(tunic_session_received(bench->host.wireguard, session, &job, bench->now),
            "a session is not confirmed");
}

static void handshakes(struct bench *bench)
{
    double before = measure_resident();
    double count = (double)bench->peer_count;
    double initiator = 0;
    double responder = 0;

    require(tunic_wireguard_peer_add(bench->guest.wireguard, bench->host_public, NULL,
                                     &bench->guests_peer) == 0,
            "a peer cannot be added");
    for (size_t i = 0; i < bench->peer_count; i++) {
        bench->now += 10000000; /* slow enough not to be load */
        require(tunic_wireguard_set_private_key(bench->guest.wireguard, bench->keys[i], bench->now,
                                                NULL, NULL) == 0,
                "no key");
        double begin = measure_clock();
        tunic_wireguard_peer_begin(bench->guest.wireguard, bench->guests_peer, bench->now);
        initiator += measure_clock() - begin;
        responder += deliver(bench, &bench->host, &bench->guest, i);
        initiator += deliver(bench, &bench->guest, &bench->host, i);
        confirm(bench);
    }
    measure_row("a handshake, who begins", initiator / count, bench->x25519, "X25519");
    measure_row("a handshake, who answers", responder / count, bench->x25519, "X25519");
    (void)printf("%-44s %9.0f bytes\n", "more memory of a peer with a session",
                 (measure_resident() - before) / count);
}

/* ---- packets --------------------------------------------------------------------------- */

static void seal_burst(struct bench *bench)
{
    struct tunic_wireguard *wireguard = bench->guest.wireguard;
    struct tunic_session *session =
        tunic_wireguard_sending(wireguard, bench->guests_peer, bench->now);

    require(session != NULL, "no session");
    for (size_t i = 0; i < BURST; i++)
        require(tunic_session_seal(session, bench->messages[i], PACKET, PADDED, &bench->jobs[i]) ==
                    MESSAGE,
                "a packet is not sealed");
    bench->provider->seal(bench->cipher, bench->jobs, BURST);
    tunic_session_sent(wireguard, session, (uint64_t)BURST * MESSAGE, bench->now);
}

static void open_burst(struct bench *bench)
{
    struct tunic_wireguard *wireguard = bench->host.wireguard;

    for (size_t i = 0; i < BURST; i++) {
        bench->sessions[i] = tunic_wireguard_receiving(wireguard, bench->messages[i], MESSAGE,
                                                       bench->now, &bench->jobs[i]);
        require(bench->sessions[i] != NULL, "no session");
    }
    bench->provider->unseal(bench->cipher, bench->jobs, BURST);
    for (size_t i = 0; i < BURST; i++)
        require(tunic_session_received(wireguard, bench->sessions[i], &bench->jobs[i], bench->now),
                "a packet is refused");
}

static void packets(struct bench *bench)
{
    double sealing[MEASURE_REPEATS];
    double opening[MEASURE_REPEATS];
    char what[64];

    for (size_t i = 0; i < MEASURE_REPEATS; i++) {
        sealing[i] = opening[i] = 0;
        for (size_t k = 0; k < BURSTS; k++) {
            double begin = measure_clock();
            seal_burst(bench);
            double middle = measure_clock();
            open_burst(bench);
            sealing[i] += (middle - begin) / BURST / BURSTS;
            opening[i] += (measure_clock() - middle) / BURST / BURSTS;
        }
    }
    (void)snprintf(what, sizeof(what), "a packet sealed, %s", bench->provider->name);
    measure_row(what, measure_median(sealing), bench->copy, "a copy");
    (void)snprintf(what, sizeof(what), "a packet opened, %s", bench->provider->name);
    measure_row(what, measure_median(opening), bench->copy, "a copy");
}

static bool take_provider(struct bench *bench, size_t index)
{
    bench->provider = tunic_cipher_providers[index];
    return bench->provider->open(&bench->cipher, bench->crypto) == 0;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    uint64_t peers = 10000;

    require(argc < 2 || tunic_number_parse(argv[1], 1, 65536, &peers) == 0,
            "usage: wireguard [PEERS], 1 to 65536");
    open_bench(&bench, (size_t)peers);
    bench.x25519 = measure(exchange, &bench, BURST);
    bench.copy = measure(copy, &bench, (size_t)BURSTS * (BURST - 1));
    (void)printf("%zu peers, %d ranges each, packets of %d bytes\n", bench.peer_count, RANGES,
                 PACKET);
    measure_row("X25519", bench.x25519, 0, "");
    measure_row("a packet copied", bench.copy, 0, "");
    add_peers(&bench);
    for (int family = 0; family < 2; family++) {
        lookups(&bench, family, 1);
        lookups(&bench, family, bench.peer_count);
    }
    require(take_provider(&bench, tunic_cipher_provider_count - 1), "libcrypto does not work");
    handshakes(&bench);
    bench.provider->close(bench.cipher);
    for (size_t i = 0; i < tunic_cipher_provider_count; i++) {
        if (!take_provider(&bench, i))
            continue;
        packets(&bench);
        bench.provider->close(bench.cipher);
    }
    tunic_wireguard_close(bench.guest.wireguard);
    tunic_wireguard_close(bench.host.wireguard);
    tunic_crypto_close(bench.crypto);
    free(bench.lookups);
    free(bench.peers);
    free(bench.keys);
    return 0;
}
