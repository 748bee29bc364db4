/* SPDX-License-Identifier: MIT */
/*
 * What others send to an engine of WireGuard, and when. The bytes are steps (see enum step), each a
 * byte of which the upper half is flags, with what it needs behind it. A message is made as it
 * should be, by a far side that has the keys; then it is changed; then, mostly, its MACs are made
 * right again, so that what lies behind them is reached. A message that was changed where a tag
 * covers it, or that came before, may have no effect; one that was not must have its effect.
 */
#include "fuzz_input.h"
#include "wireguard_near.h"

enum step {
    WAIT,
    INITIATE,
    RESPOND,
    COOKIE,
    DATA,
    RAW,
    SEND,
    AGAIN,
    CHANGE,
    STEPS,
};
enum flag { /* of messages */
            FAR = 1,
            WRONG = 2,   /* a static key, a pre-shared key, a counter that is told */
            CHANGED = 4, /* behind it: how many (offset, bits to turn around) */
            UNSIGNED = 8,
};
enum change {
    PRESHARED,
    KEEPALIVE,
    KEY,
    PEER,
    COUNTER,
    CLOCK,
    LOAD,
    BEGIN,
};

static struct near near; /* large */

/* ---- messages ------------------------------------------------------------------------- */

/* Changes it as the input says, and makes its MACs right. */
static void change(struct fuzz_input *input, size_t flags, struct far *far,
                   struct far_message *message)
{
    size_t changes = flags & CHANGED ? fuzz_next(input) % 8 : 0;

    for (; changes > 0; changes--) {
        size_t offset = fuzz_next(input);
        message->bytes[offset % message->length] ^= (uint8_t)fuzz_next(input);
    }
    if (!(flags & UNSIGNED) && message->bytes[0] != TUNIC_MESSAGE_DATA &&
        message->bytes[0] != TUNIC_MESSAGE_COOKIE)
        far_sign(far, message, near.now);
}

/* ---- steps ----------------------------------------------------------------------------- */

static bool loaded(void)
{
    return near.now < near.wireguard->load.until ||
           near.wireguard->load.messages >= TUNIC_LOAD_MESSAGES;
}

static void initiate(struct fuzz_input *input, size_t flags)
{
    size_t number = flags & FAR;
    struct far *far = &near.fars[number];
    const struct tunic_wireguard_peer *peer = near.peers[number];
    uint8_t wrong[TUNIC_KEY_SIZE] = {0};
    uint8_t ephemeral[TUNIC_KEY_SIZE];
    struct far_message made;

    near_random(&near, ephemeral, sizeof(ephemeral));
    size_t index = fuzz_next(input);
    int8_t step = (int8_t)fuzz_next(input);
    if (flags & WRONG)
        memcpy(wrong, near.fars[!number].identity.public_key, TUNIC_KEY_SIZE);
    if ((flags & WRONG) && fuzz_next(input) & 1)
        (void)fuzz_take(input, wrong, sizeof(wrong));
    far_initiate(far, near.public_key, (uint32_t)index, flags & WRONG ? wrong : NULL, ephemeral,
                 step, &made);
    struct far_message message = made;
    change(input, flags, far, &message);
    far->handshake_index = tunic_get32(message.bytes + TUNIC_AT_SENDER); /* no tag covers it */
    near_finish(&near);
    bool right = made.authentic && peer && near.wireguard->has_identity && !loaded() &&
                 !(flags & (UNSIGNED | CHANGED)) && message.bytes[3] == 0 &&
                 memcmp(peer->public_key, near.public_key, TUNIC_KEY_SIZE) != 0;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE] = {0};
    for (unsigned i = 0; i < 8; i++)
        timestamp[i] = (uint8_t)(far->clock >> (56 - 8 * i));
    bool must = right && memcmp(timestamp, peer->taken_timestamp, sizeof(timestamp)) > 0 &&
                (peer->taken == 0 || near.now - peer->taken >= 20000000);
    near_deliver(&near, &message, &made, must, index);
    fuzz_check(!must || (near.events.authenticated == 1 && near.events.responses == 1));
}

static void respond(struct fuzz_input *input, size_t flags)
{
    struct far *far = &near.fars[flags & FAR];
    const struct tunic_wireguard_peer *peer = near.peers[flags & FAR];
    uint8_t preshared[TUNIC_KEY_SIZE];
    uint8_t ephemeral[TUNIC_KEY_SIZE];
    struct far_message made;

    near_random(&near, ephemeral, sizeof(ephemeral));
    memcpy(preshared, far->preshared, sizeof(preshared));
    size_t index = fuzz_next(input);
    if (flags & WRONG)
        preshared[0] ^= (uint8_t)fuzz_next(input);
    if (!far_respond(far, (uint32_t)index, ephemeral, preshared, &made))
        return;
    struct far_message message = made;
    change(input, flags, far, &message);
    far_session(far, 0)->index = tunic_get32(message.bytes + TUNIC_AT_SENDER);
    near_finish(&near);
    bool must = made.authentic && peer && peer->attempt && !loaded() &&
                !(flags & (UNSIGNED | CHANGED)) &&
                peer->attempt->indexed.index == tunic_get32(far->initiation + TUNIC_AT_SENDER);
    near_deliver(&near, &message, &made, must, index);
    fuzz_check(!must || (near.events.authenticated == 1 && peer->current->initiator));
}

static void give_cookie(struct fuzz_input *input, size_t flags)
{
    struct far *far = &near.fars[flags & FAR];
    struct far_message made;

    if (!far_give_cookie(far, &near.wireguard->user, near.now, &made))
        return;
    struct far_message message = made;
    made.authentic = false; /* it proves nothing of who is where */
    change(input, flags, far, &message);
    near_deliver(&near, &message, &made, false, 0);
}

static void send_data(struct fuzz_input *input, size_t flags)
{
    struct far *far = &near.fars[flags & FAR];
    struct far_session *session = far_session(far, fuzz_next(input));
    uint8_t text[FAR_TEXT] = {0};
    struct far_message made = {0};

    if (!session)
        return;
    uint64_t counter = session->counter;
    if (flags & WRONG)
        counter += (uint64_t)(int64_t)(int16_t)fuzz_number(input, 2)
                   << (fuzz_next(input) % 64); /* anywhere */
    if (counter >= session->counter)
        session->counter = counter + 1;
    size_t length = (fuzz_number(input, 2)) % (FAR_TEXT + 1);
    text[0] = (uint8_t)fuzz_next(input);
    far_seal(session, counter, text, length, &made);
    const struct tunic_indexed *indexed =
        tunic_table_index(&near.wireguard->table, session->near_index);
    const struct tunic_session *theirs =
        indexed && indexed->is_session ? (const struct tunic_session *)indexed : NULL;
    bool shared = theirs && memcmp(theirs->receive.bytes, session->send, TUNIC_KEY_SIZE) == 0;
    made.authentic = shared;
    struct far_message message = made;
    change(input, flags, far, &message);
    size_t held = near.held_count;
    bool must = shared && !(flags & CHANGED) && counter < TUNIC_REJECT_AFTER_MESSAGES &&
                near.now - theirs->born < TUNIC_REJECT_AFTER_TIME * TUNIC_SECOND;
    near_deliver(&near, &message, &made, must, 0);
    fuzz_check(!must || near.held_count > held || held == NEAR_HELD);
    if (!(flags & UNSIGNED))
        near_finish(&near);
}

static void send_raw(struct fuzz_input *input, size_t flags)
{
    struct far_message message = {0};
    const struct tunic_wireguard_peer *peer = near.peers[flags & FAR];
    size_t type = fuzz_next(input);

    message.length = fuzz_number(input, 2) % (FAR_MESSAGE + 1);
    (void)fuzz_take(input, message.bytes, message.length);
    if (flags & WRONG)
        tunic_put32(message.bytes, (uint32_t)type);
    if ((flags & CHANGED) && peer && peer->current)
        tunic_put32(message.bytes + TUNIC_AT_DATA_RECEIVER, peer->current->indexed.index);
    if (!(flags & UNSIGNED))
        far_sign(&near.fars[flags & FAR], &message, near.now);
    struct far_message made = message;
    near_deliver(&near, &message, &made, false, type);
}

/* ---- what is changed meanwhile --------------------------------------------------------- */

static void change_counter(struct tunic_wireguard_peer *peer, int8_t distance)
{
    uint64_t limit = distance & 1 ? TUNIC_REKEY_AFTER_MESSAGES : TUNIC_REJECT_AFTER_MESSAGES;
    uint64_t counter = limit - (uint8_t)distance / 2;

    if (peer && peer->current && peer->current->counter < counter)
        peer->current->counter = counter;
}

static void change_preshared(size_t number, size_t value)
{
    uint8_t key[TUNIC_KEY_SIZE] = {(uint8_t)value};

    if (!near.peers[number])
        return;
    tunic_wireguard_peer_set_preshared(near.peers[number], key);
    memcpy(near.fars[number].preshared, key, TUNIC_KEY_SIZE);
    memset(near.sent, 0, sizeof(near.sent)); /* a wrong response may be right now */
}

static void change_engine(struct fuzz_input *input, size_t flags)
{
    size_t number = flags & FAR;
    size_t value = fuzz_next(input);
    struct tunic_wireguard_peer *peer = near.peers[number];

    near_finish(&near);
    switch (flags >> 1) {
    case PRESHARED:
        change_preshared(number, value);
        break;
    case KEEPALIVE:
        if (peer)
            tunic_wireguard_peer_set_keepalive(near.wireguard, peer, (uint16_t)value, near.now);
        break;
    case KEY:
        near_set_key(&near, value % NEAR_KEYS);
        break;
    case PEER:
        if (near_toggle(&near, value % NEAR_PEERS))
            memset(near.sent, 0, sizeof(near.sent)); /* it remembers nothing */
        break;
    case COUNTER:
        change_counter(peer, (int8_t)value);
        break;
    case CLOCK:
        near.clock += (int64_t)(int8_t)value * 60;
        break;
    case LOAD:
        near.wireguard->load =
            (struct tunic_flood){.second = near.now, .messages = TUNIC_LOAD_MESSAGES};
        break;
    case BEGIN:
        if (near.peers[value % NEAR_PEERS])
            tunic_wireguard_peer_begin(near.wireguard, near.peers[value % NEAR_PEERS], near.now);
        break;
    default:
        break;
    }
}

static void run_step(struct fuzz_input *input)
{
    size_t head = fuzz_next(input);
    size_t flags = head >> 4;

    switch (head % 16) {
    case WAIT:
        near_finish(&near);
        /* From milliseconds to days. */
        near_wait(&near, fuzz_number(input, 1) * (UINT64_C(1000000) << 2 * (flags % 13)));
        break;
    case INITIATE:
        initiate(input, flags);
        break;
    case RESPOND:
        respond(input, flags);
        break;
    case COOKIE:
        give_cookie(input, flags);
        break;
    case DATA:
        send_data(input, flags);
        break;
    case RAW:
        send_raw(input, flags);
        break;
    case SEND:
        near_finish(&near);
        near_send(&near, flags % NEAR_PEERS, fuzz_number(input, 2) % (FAR_TEXT + 1));
        break;
    case AGAIN:
        if (flags & FAR)
            near_finish(&near);
        near_deliver_again(&near, fuzz_next(input));
        break;
    case CHANGE:
        change_engine(input, flags);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fuzz_input input = {bytes, length};

    near_open(&near);
    while (input.left > 0) {
        run_step(&input);
        near_check(&near);
    }
    near_finish(&near);
    near_check(&near);
    near_close(&near);
    return 0;
}
