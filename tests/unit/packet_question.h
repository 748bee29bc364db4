/* SPDX-License-Identifier: MIT */
/* Requests to a host that has every address, and asking it. */
#ifndef TUNIC_TESTS_PACKET_QUESTION_H
#define TUNIC_TESTS_PACKET_QUESTION_H

#include "packet/packet.h"

enum question_kind {
    ECHO4,
    ECHO6,
    ARP,
    GROUP, /* neighbour solicitations, to many or to one */
    DIRECT,
};

struct question {
    enum question_kind kind;
    bool ethernet;
    uint8_t tags;
    size_t length; /* of an echo request's data, of a solicitation's options */
};

/* 02:01:02:03:04:05, which is where all that is made goes to; 192.0.2.255 and 198.51.100.255 are
 * broadcast addresses. */
extern const struct tunic_responder question_host;
extern const uint8_t question_asker[6];

/* From 192.0.2.1 to 198.51.100.254, from 2001:db8::1 to 2001:db8::fe. Without its sums, which
 * question_seal puts in: IPv4's, and that of the message. Returns its length. */
size_t question_write(const struct question *question, uint8_t *packet);
void question_seal(uint8_t *network, size_t length);
size_t question_make(const struct question *question, uint8_t *packet);

size_t question_network(const struct question *question);
enum tunic_layer question_layer(const struct question *question);

/* Asks in memory of exactly the sizes, the answer's too. The caller frees the answer. */
uint8_t *question_ask(enum tunic_layer layer, const uint8_t *packet, size_t length,
                      size_t *answered);
bool question_answered(enum tunic_layer layer, const uint8_t *packet, size_t length);

#endif
