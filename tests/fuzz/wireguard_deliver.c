/* SPDX-License-Identifier: MIT */
#include "wireguard_near.h"

#include "fuzz.h"

/* ---- data ------------------------------------------------------------------------------ */

/* Whether this counter, of a message that is authentic, was not seen yet, as a reader of the paper
 * would say; of those in the window's last word nothing is said. */
static bool seems_new(const struct tunic_session *session, uint64_t counter)
{
    return counter >= session->replay.next && counter < TUNIC_REJECT_AFTER_MESSAGES;
}

/* None is taken twice. */
static void note_taken(struct near *near, uint64_t serial, uint64_t counter)
{
    for (size_t i = 0; i < near->taken_count; i++)
        fuzz_check(near->taken[i].serial != serial || near->taken[i].counter != counter);
    if (near->taken_count == NEAR_TAKEN)
        return;
    near->taken[near->taken_count].serial = serial;
    near->taken[near->taken_count++].counter = counter;
}

void near_finish(struct near *near)
{
    for (size_t i = 0; i < near->held_count; i++) {
        struct near_held *held = &near->held[i];
        const struct tunic_message_text text = {.text = held->job.text,
                                                .length = held->job.length + TUNIC_TAG_SIZE,
                                                .output = held->job.text};
        held->job.failed =
            tunic_aead_open(far_crypto, held->job.key->bytes, held->job.counter, &text) < 0;
        fuzz_check(!held->job.failed || !held->must);
        bool must = held->must && seems_new(held->session, held->job.counter);
        near->receiving = true;
        near->events = (struct near_events){0};
        bool taken = tunic_session_received(near->wireguard, held->session, &held->job, near->now);
        near->receiving = false;
        fuzz_check(taken ? held->may : !must);
        fuzz_check(near->events.authenticated == (taken ? 1U : 0U) && near->events.answered == 0);
        fuzz_check(taken || near->events.sent == 0);
        if (taken)
            note_taken(near, held->job.key->serial, held->job.counter);
    }
    near->held_count = 0;
}

/* `may`: it is authentic; `must`: and of a session that lives. */
static void deliver_data(struct near *near, const struct far_message *message, bool may, bool must)
{
    static uint8_t places[NEAR_HELD][FAR_MESSAGE];

    if (near->held_count == NEAR_HELD)
        near_finish(near);
    struct near_held *held = &near->held[near->held_count];
    uint8_t *bytes = places[near->held_count];
    memcpy(bytes, message->bytes, message->length);
    held->session =
        tunic_wireguard_receiving(near->wireguard, bytes, message->length, near->now, &held->job);
    if (!held->session)
        return;
    fuzz_check(near->now - held->session->born < TUNIC_REJECT_AFTER_TIME * TUNIC_SECOND);
    held->may = may;
    held->must = must;
    near->held_count++;
}

/* ---- any message ----------------------------------------------------------------------- */

/* By who knows the engine's public key. */
static bool is_signed(const struct near *near, const struct far_message *message)
{
    return message->length > TUNIC_MACS_SIZE &&
           tunic_cookie_mac1_valid(far_crypto, &near->wireguard->checker, message->bytes,
                                   message->length);
}

static void deliver_handshake(struct near *near, const struct far_message *message, bool may,
                              size_t port)
{
    const struct tunic_wireguard_source source = {
        .address = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}, .port = (uint16_t)port};
    unsigned type = tunic_wireguard_message_type(message->bytes, message->length);

    near_finish(near);
    may = may && is_signed(near, message);
    near->receiving = true;
    near->events = (struct near_events){0};
    tunic_wireguard_receive(near->wireguard, message->bytes, message->length, &source, near->now);
    near->receiving = false;
    const struct near_events *events = &near->events;
    fuzz_check(events->authenticated <= (may ? 1U : 0U));
    fuzz_check(events->sent + events->answered <= message->length);
    fuzz_check(events->answered == 0 || (events->authenticated == 0 && is_signed(near, message)));
    if (!events->authenticated)
        fuzz_check(events->sent == 0 && (events->answered == 0 || type == 1 || type == 2));
}

void near_deliver(struct near *near, const struct far_message *message,
                  const struct far_message *made, bool must, size_t port)
{
    bool same = message->length == made->length && memcmp(message->bytes, made->bytes, 4) == 0 &&
                memcmp(message->bytes + made->proven_from, made->bytes + made->proven_from,
                       made->proven_to - made->proven_from) == 0;
    size_t place = near->sent_count++ % NEAR_SENT;

    near->sent[place].message = *message;
    near->sent[place].message.authentic = made->authentic && same;
    near->sent[place].taken = false;
    if (tunic_wireguard_message_type(message->bytes, message->length) == TUNIC_MESSAGE_DATA) {
        deliver_data(near, message, made->authentic && same, must && same);
        return;
    }
    deliver_handshake(near, message, made->authentic && same, port);
    near->sent[place].taken = near->events.authenticated > 0;
}

void near_deliver_again(struct near *near, size_t place)
{
    struct near_sent *sent = &near->sent[place % NEAR_SENT];
    const struct far_message *message = &sent->message;

    if (tunic_wireguard_message_type(message->bytes, message->length) == TUNIC_MESSAGE_DATA) {
        deliver_data(near, message, message->authentic, false);
        return;
    }
    deliver_handshake(near, message, message->authentic && !sent->taken, place);
    sent->taken = sent->taken || near->events.authenticated > 0;
}
