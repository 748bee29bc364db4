/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet_make.h"
#include "packet_question.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t broadcasts[][4] = {{192, 0, 2, 255}, {198, 51, 100, 255}};
const struct tunic_responder question_host = {
    .mac = {2, 1, 2, 3, 4, 5}, .broadcasts = broadcasts, .broadcast_count = 2};
const uint8_t question_asker[6] = {6, 7, 8, 9, 10, 11};

/* The data of an echo request. */
static const uint8_t *payload(void)
{
    static uint8_t bytes[MADE_MOST];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    return bytes;
}

size_t question_network(const struct question *question)
{
    return question->ethernet ? 14 + 4 * (size_t)question->tags : 0;
}

void question_seal(uint8_t *network, size_t length)
{
    bool old = network[0] >> 4 == 4;
    size_t header = old ? (network[0] & 15) * (size_t)4 : 40;
    uint16_t sum = old ? 0 : made_sum((uint32_t)(58 + length - 40), network + 8, 32);

    if (old) {
        made_put16(network + 10, 0);
        made_put16(network + 10, (uint16_t)~made_sum(0, network, header));
    }
    if (length < header + 4)
        return;
    made_put16(network + header + 2, 0);
    made_put16(network + header + 2, (uint16_t)~made_sum(sum, network + header, length - header));
}

static size_t write_arp(uint8_t *packet, size_t network)
{
    static const uint8_t arp[28] = {0,   1, 8, 0, 6, 4, 0, 1, 6, 7, 8,   9,  10,  11,
                                    192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 198, 51, 100, 254};

    memcpy(packet + network, arp, sizeof(arp));
    memset(packet, 0xFF, 6);
    return network + sizeof(arp);
}

/* A solicitation of 2001:db8::fe, with the asker's link address where there is room. */
static void make_solicitation(const struct question *question, uint8_t *packet)
{
    uint8_t *network = packet + question_network(question);
    uint8_t *message = network + 40;

    network[7] = 255;
    message[0] = 135;
    memcpy(message + 8, network + 24, 16);
    if (question->length >= 8) {
        message[24] = 1;
        message[25] = 1;
        memcpy(message + 26, question_asker, sizeof(question_asker));
    }
    if (question->kind == DIRECT)
        return;
    memset(network + 24, 0, 13);
    network[24] = 0xFF;
    network[25] = 2;
    network[35] = 1;
    network[36] = 0xFF;
    if (question->ethernet) {
        memset(packet, 0x33, 2);
        memset(packet + 2, 0xFF, 1);
        memcpy(packet + 3, network + 37, 3);
    }
}

size_t question_write(const struct question *question, uint8_t *packet)
{
    bool old = question->kind == ECHO4;
    size_t message = question->kind == ECHO4 || question->kind == ECHO6 ? 8 : 24;
    const struct recipe recipe = {
        .ethernet = question->ethernet,
        .tags = question->tags,
        .version = question->kind == ARP ? 0
                   : old                 ? 4
                                         : 6,
        .protocol = question->kind == ARP ? 0
                    : old                 ? IPPROTO_ICMP
                                          : IPPROTO_ICMPV6,
        .identification = 0x1234,
        .payload = payload(),
        .length = question->kind == ARP ? 0 : message + question->length,
    };
    size_t network = made_network(&recipe);
    size_t length = made_write(&recipe, packet);

    if (question->kind == ARP)
        return write_arp(packet, network);
    memset(packet + network + (old ? 20 : 40), 0, message);
    if (message == 24) {
        make_solicitation(question, packet);
    } else {
        packet[network + (old ? 20 : 40)] = old ? 8 : 128;
        made_put16(packet + network + (old ? 24 : 44), 0xBEAD); /* whose it is, and which */
        made_put16(packet + network + (old ? 26 : 46), 7);
    }
    return length;
}

size_t question_make(const struct question *question, uint8_t *packet)
{
    size_t length = question_write(question, packet);

    if (question->kind != ARP)
        question_seal(packet + question_network(question), length - question_network(question));
    return length;
}

enum tunic_layer question_layer(const struct question *question)
{
    return question->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

uint8_t *question_ask(enum tunic_layer layer, const uint8_t *packet, size_t length,
                      size_t *answered)
{
    uint8_t *exact = made_exact(packet, length);
    uint8_t *answer = malloc(length != 0 ? length : 1);

    assert_non_null(answer);
    *answered = tunic_responder_answer(&question_host, layer, exact, length, answer);
    assert_memory_equal(exact, packet, length);
    assert_true(*answered <= length);
    free(exact);
    return answer;
}

bool question_answered(enum tunic_layer layer, const uint8_t *packet, size_t length)
{
    size_t answered;

    free(question_ask(layer, packet, length, &answered));
    return answered != 0;
}
