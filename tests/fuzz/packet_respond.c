/* SPDX-License-Identifier: MIT */
/* The first byte tells the layer, and whether checksums are made right before it is asked; then
 * comes the packet. */
#include "fuzz.h"

#include "packet/packet.h"

#include <netinet/in.h>
#include <string.h>

enum { ETHERNET = 1, SEAL = 2 };

static const uint8_t broadcasts[][4] = {{10, 1, 0, 255}, {10, 1, 255, 255}};
static const struct tunic_responder host = {
    .mac = {2, 1, 2, 3, 4, 5}, .broadcasts = broadcasts, .broadcast_count = 2};

static uint16_t load16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Byte by byte, and not by what is tested. */
static uint16_t sum_of(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & UINT16_MAX) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static uint16_t sum_of_message(const struct tunic_headers *headers, const uint8_t *packet)
{
    size_t length = (size_t)headers->end - headers->transport;
    uint32_t sum = 0;

    if (headers->version == 6)
        sum = sum_of(IPPROTO_ICMPV6 + (uint32_t)length, packet + headers->network + 8, 32);
    return sum_of(sum, packet + headers->transport, length);
}

static void write_sum(uint8_t *field, uint16_t sum)
{
    field[0] = (uint8_t) ~(sum >> 8);
    field[1] = (uint8_t)~sum;
}

/* Makes the checksums right: no input would come past them by chance. */
static void seal(enum tunic_layer layer, uint8_t *packet, size_t length)
{
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, layer, packet, length) || headers.version == 0)
        return;
    uint8_t *network = packet + headers.network;
    uint8_t *message = packet + headers.transport;
    if (headers.version == 4) {
        memset(network + 10, 0, 2);
        write_sum(network + 10, sum_of(0, network, (size_t)headers.transport - headers.network));
    }
    if (headers.end - headers.transport < 4)
        return;
    memset(message + 2, 0, 2);
    write_sum(message + 2, sum_of_message(&headers, packet));
}

/* Whether it goes to one host, and from this one, whatever was asked. */
static void check_answer(enum tunic_layer layer, const uint8_t *answer, size_t length)
{
    struct tunic_headers headers;

    fuzz_check(tunic_headers_read(&headers, layer, answer, length));
    const uint8_t *network = answer + headers.network;
    if (layer == TUNIC_LAYER_ETHERNET)
        fuzz_check((answer[0] & 1) == 0 && memcmp(answer + 6, host.mac, 6) == 0);
    if (headers.version == 0) {
        fuzz_check(length == headers.network + 28U && load16(network - 2) == 0x0806);
        fuzz_check(load16(network + 6) == 2 && memcmp(network + 8, host.mac, 6) == 0);
        fuzz_check(memcmp(network + 18, answer, 6) == 0);
        return;
    }
    fuzz_check(headers.end == length && !headers.fragment && !headers.options);
    fuzz_check(sum_of_message(&headers, answer) == UINT16_MAX);
    uint8_t type = answer[headers.transport];
    if (headers.version == 4) {
        fuzz_check(sum_of(0, network, 20) == UINT16_MAX && type == 0);
        fuzz_check(network[16] < 224 && network[12] < 224);
    } else {
        fuzz_check(type == 129 || (type == 136 && network[7] == 255));
        fuzz_check(network[8] != 0xFF && network[24] != 0xFF);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    enum tunic_layer layer = (bytes[0] & ETHERNET) != 0 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    length--;
    uint8_t *packet = malloc(length);
    uint8_t *answer = malloc(length);
    fuzz_check(packet && answer);
    memcpy(packet, bytes + 1, length);
    if ((bytes[0] & SEAL) != 0)
        seal(layer, packet, length);
    size_t answered = tunic_responder_answer(&host, layer, packet, length, answer);
    fuzz_check(answered <= length);
    if (answered != 0) {
        uint8_t *exact = malloc(answered);
        fuzz_check(exact != NULL);
        memcpy(exact, answer, answered);
        check_answer(layer, exact, answered);
        fuzz_check(tunic_responder_answer(&host, layer, exact, answered, answer) == 0);
        free(exact);
    }
    free(answer);
    free(packet);
    return 0;
}
