/* SPDX-License-Identifier: MIT */
#include "relay_guard_side.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct guard_side guard_a;
struct guard_side guard_b;
struct guard_clocks guard_clocks;
uint8_t guard_random[16];
static size_t drawn;
static bool interrupted;

/* ---- the kernel ------------------------------------------------------------------------ */

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
ssize_t __real_getrandom(void *bytes, size_t length, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    uint64_t time = clock == CLOCK_BOOTTIME   ? guard_clocks.boot
                    : clock == CLOCK_REALTIME ? guard_clocks.wall
                                              : guard_clocks.monotonic;

    *now = (struct timespec){.tv_sec = (time_t)(time / TUNIC_SECOND),
                             .tv_nsec = (long)(time % TUNIC_SECOND)};
    return 0;
}

/* A few bytes at a time, and now and then none. */
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags)
{
    interrupted = !interrupted;
    if (interrupted) {
        errno = EINTR;
        return -1;
    }
    ssize_t got = __real_getrandom(bytes, length < 5 ? length : 5, flags);
    for (ssize_t i = 0; i < got && drawn < sizeof(guard_random); i++)
        guard_random[drawn++] = ((const uint8_t *)bytes)[i];
    return got;
}

/* ---- a transport ----------------------------------------------------------------------- */

static struct guard_side *side_of(const struct tunic_transport *transport)
{
    return transport == &guard_a.transport ? &guard_a : &guard_b;
}

static void transmit(struct guard_side *side, const struct tunic_message *run, const uint8_t *bytes,
                     size_t length)
{
    assert_true(side->sent_count < GUARD_SENT && length <= GUARD_BYTES);
    struct guard_message *message = &side->sent[side->sent_count++];
    memcpy(message->bytes, bytes, length);
    message->length = length;
    message->traffic_class = run->traffic_class;
    message->to = run->to.remote;
}

static void send_all(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    static uint8_t bytes[1 << 17];

    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct tunic_message *run = &outbox->messages[i];
        size_t length = 0;

        for (size_t k = 0; k < run->pieces; k++) {
            const struct iovec *piece = &outbox->pieces[run->first + k];
            assert_true(length + piece->iov_len <= sizeof(bytes));
            memcpy(bytes + length, piece->iov_base, piece->iov_len);
            length += piece->iov_len;
        }
        for (size_t at = 0; at < length; at += run->size)
            transmit(side_of(transport), run, bytes + at,
                     length - at < run->size ? length - at : run->size);
    }
    tunic_outbox_clear(outbox);
}

static size_t room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    (void)transport;
    return to && to->remote.any.sa_family == AF_INET6 ? GUARD_ROOM6 : 1472;
}

static uint16_t port(const struct tunic_transport *transport)
{
    (void)transport;
    return TUNIC_RELAY_PORT;
}

static const struct tunic_transport_operations operations = {
    .name = "array", .send = send_all, .room = room, .port = port};

static void warn(void *closure, const struct tunic_error *warning)
{
    (void)closure;
    (void)warning;
    fail();
}

static const struct tunic_relay_user user = {.warn = warn};

/* ---- opening --------------------------------------------------------------------------- */

static void public_key_of(const uint8_t private_key[TUNIC_KEY_SIZE],
                          uint8_t public_key[TUNIC_KEY_SIZE])
{
    struct tunic_crypto *crypto;
    struct tunic_error error;

    assert_int_equal(tunic_crypto_open(&crypto, &error), 0);
    assert_int_equal(tunic_x25519_public(crypto, private_key, public_key), 0);
    tunic_crypto_close(crypto);
}

/* The keys are small numbers: who is who is easily seen. */
static void add_peer(struct guard_side *side, uint8_t number, const char *endpoint)
{
    const uint8_t private_key[TUNIC_KEY_SIZE] = {[5] = number};
    const struct tunic_allowed_ip inet = {.length = 32, .address = {10, 0, 0, number}};
    const struct tunic_allowed_ip inet6 = {
        .inet6 = true, .length = 128, .address = {0xfd, [15] = number}};
    uint8_t public_key[TUNIC_KEY_SIZE];
    struct tunic_error error;

    public_key_of(private_key, public_key);
    struct tunic_peer_settings *peer = tunic_settings_add_peer(&side->options.settings, public_key);
    assert_non_null(peer);
    assert_int_equal(tunic_peer_settings_allow(peer, &inet), 0);
    assert_int_equal(tunic_peer_settings_allow(peer, &inet6), 0);
    assert_int_equal(tunic_host_parse(endpoint, &peer->endpoint, &error), 0);
    peer->has_endpoint = true;
}

static void prepare(struct guard_side *side, uint8_t number)
{
    struct tunic_error error;
    int ends[2];

    memset(side, 0, sizeof(*side));
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    side->device = ends[1];
    side->options = (struct tunic_relay_options){
        .protocol = TUNIC_RELAY_UDP, .has_keys = true, .no_control = true, .no_mss = true};
    side->options.settings.has_private_key = true;
    side->options.settings.private_key[5] = number;
    side->transport = (struct tunic_transport){.operations = &operations,
                                               .form = {.most_run = 64, .most_length = 65507}};
    side->address.remote.inet =
        (struct sockaddr_in){.sin_family = AF_INET,
                             .sin_port = htons(TUNIC_RELAY_PORT),
                             .sin_addr.s_addr = htonl(UINT32_C(0xc0000200) + number)};
    struct tunic_relay *relay = &side->relay;
    relay->options = &side->options;
    relay->user = &user;
    relay->queue = (struct tunic_queue){.descriptor = ends[0]};
    relay->layer = TUNIC_LAYER_IP;
    relay->transport = &side->transport;
    relay->outbound.outbox.form = side->transport.form;
    relay->limit = GUARD_LIMIT;
    relay->mtu = GUARD_LIMIT;
    assert_int_equal(tunic_loop_open(&relay->loop, &error), 0);
    assert_int_equal(tunic_timer_add(&relay->loop, &relay->refresh, &error), 0);
    tunic_inbound_open(relay);
}

static void start(struct guard_side *side)
{
    struct tunic_relay *relay = &side->relay;
    struct tunic_error error;

    assert_int_equal(tunic_guard_open(&relay->codec, relay, &error), 0);
    assert_int_equal(relay->codec->operations->find(relay->codec, &error), 0);
    assert_int_equal(relay->codec->operations->start(relay->codec, &error), 0);
}

int guard_begin(void **state)
{
    (void)state;
    guard_clocks = (struct guard_clocks){.boot = 5000 * TUNIC_SECOND,
                                         .monotonic = 3000 * TUNIC_SECOND,
                                         .wall = 1700000000 * TUNIC_SECOND};
    drawn = 0;
    prepare(&guard_a, 1);
    add_peer(&guard_a, 2, "192.0.2.2:51820");
    start(&guard_a);
    prepare(&guard_b, 2);
    add_peer(&guard_b, 1, "192.0.2.1:51820");
    add_peer(&guard_b, 3, "[2001:db8::3]:51820");
    start(&guard_b);
    return 0;
}

static void finish(struct guard_side *side)
{
    struct tunic_relay *relay = &side->relay;

    tunic_timer_remove(&relay->loop, &guard_of(side)->timer);
    relay->codec->operations->stop(relay->codec);
    tunic_timer_remove(&relay->loop, &relay->refresh);
    tunic_loop_close(&relay->loop);
    (void)close(relay->queue.descriptor);
    (void)close(side->device);
}

int guard_end(void **state)
{
    (void)state;
    finish(&guard_a);
    finish(&guard_b);
    return 0;
}

struct tunic_remote *guard_remote(struct guard_side *side)
{
    return tunic_wireguard_peer_owner(tunic_wireguard_peer_next(guard_of(side)->wireguard, NULL));
}

/* ---- packets --------------------------------------------------------------------------- */

void guard_make(uint8_t *packet, size_t length, uint8_t source, uint8_t target)
{
    const uint8_t header[20] = {0x45,
                                0,
                                (uint8_t)(length >> 8),
                                (uint8_t)length,
                                0,
                                0,
                                0,
                                0,
                                64,
                                253,
                                0,
                                0,
                                10,
                                0,
                                0,
                                source,
                                10,
                                0,
                                0,
                                target};

    for (size_t i = 0; i < length; i++)
        packet[i] = (uint8_t)(i * 7);
    memcpy(packet, header, sizeof(header));
    uint16_t sum = (uint16_t)~tunic_checksum_fold(tunic_checksum_add(0, packet, sizeof(header)));
    memcpy(packet + 10, &sum, sizeof(sum));
}

void guard_seal(struct guard_side *side, const uint8_t *packet, size_t length,
                uint8_t traffic_class)
{
    uint8_t copy[TUNIC_PACKET_MOST];
    struct tunic_packet sealed = {
        .head = copy, .head_length = (uint16_t)length, .traffic_class = traffic_class};

    memcpy(copy, packet, length);
    side->relay.codec->operations->seal(side->relay.codec, &sealed, 1);
    (void)tunic_outbound_flush(&side->relay);
}

void guard_seal_text(struct guard_side *side, const uint8_t *text, size_t length)
{
    struct tunic_guard *guard = guard_of(side);
    struct guard_message *message = &side->sent[side->sent_count++];
    struct tunic_packet_job job;
    struct tunic_session *session =
        tunic_wireguard_sending(guard->wireguard, guard_remote(side)->peer, guard_clocks.boot);

    assert_non_null(session);
    memcpy(message->bytes + TUNIC_DATA_HEADER, text, length);
    message->length = tunic_session_seal(session, message->bytes, length, length, &job);
    tunic_cipher_pool_seal(guard->pool, &job, 1);
}

static void deliver(struct guard_side *side, const struct tunic_endpoint *from,
                    uint8_t traffic_class)
{
    struct guard_side *sender = side == &guard_a ? &guard_b : &guard_a;

    assert_true(sender->sent_count > 0);
    struct guard_message *message = &sender->sent[--sender->sent_count];
    struct tunic_arrival arrival = {.data = message->bytes,
                                    .length = (uint32_t)message->length,
                                    .size = (uint16_t)message->length,
                                    .traffic_class = traffic_class,
                                    .from = from};
    side->relay.codec->operations->open(side->relay.codec, &arrival, 1);
    tunic_inbound_flush(&side->relay);
}

void guard_deliver(struct guard_side *side, const struct tunic_endpoint *from)
{
    deliver(side, from, 0);
}

void guard_deliver_class(struct guard_side *side, uint8_t traffic_class)
{
    deliver(side, &(side == &guard_a ? &guard_b : &guard_a)->address, traffic_class);
}

size_t guard_read(struct guard_side *side, uint8_t packet[GUARD_BYTES])
{
    ssize_t got = read(side->device, packet, GUARD_BYTES);

    return got < 0 ? 0 : (size_t)got;
}

void guard_wait(struct guard_side *side, uint64_t nanoseconds)
{
    struct tunic_guard *guard = guard_of(side);

    guard_clocks.boot += nanoseconds;
    guard_clocks.monotonic += nanoseconds;
    guard_clocks.wall += nanoseconds;
    guard->timer.fire(guard->timer.closure);
}

void guard_connect(size_t length)
{
    uint8_t packet[GUARD_BYTES];

    guard_make(packet, length, 1, 2);
    guard_seal(&guard_a, packet, length, 0);
    assert_int_equal(guard_a.sent_count, 1);
    guard_deliver(&guard_b, &guard_a.address);
    assert_int_equal(guard_b.sent_count, 1);
    guard_deliver(&guard_a, &guard_b.address);
    assert_int_equal(guard_a.sent_count, 1);
    guard_deliver(&guard_b, &guard_a.address);
    uint8_t got[GUARD_BYTES];
    assert_int_equal(guard_read(&guard_b, got), length);
    assert_memory_equal(got, packet, length);
}
