/* SPDX-License-Identifier: MIT */
/* The device that a fuzzed relay writes to: writev(2) of RELAY_DEVICE. */
#ifndef TUNIC_TESTS_RELAY_DEVICE_H
#define TUNIC_TESTS_RELAY_DEVICE_H

#include "device/device.h"

enum { RELAY_DEVICE = 1000 };

struct relay_device {
    struct tunic_queue queue; /* what its packets look like */
    uint8_t failing;          /* every so manieth write, by this error; 0: none */
    int error;
    /* What it was given: packets, those that super-packets stand for. */
    uint64_t writes;
    uint64_t packets;
    uint64_t bytes;
    uint64_t doubtful; /* those that went alone with a wrong checksum */
    uint64_t taken;    /* without those that failed */
    uint64_t taken_bytes;
};
extern struct relay_device relay_device;

/* Whether it may be given this packet; where its IP header is, and of which version: 0 of a frame
 * that is something else. */
bool relay_device_takes(const uint8_t *packet, size_t length, size_t *network, unsigned *version);
/* Whether the checksum of an IPv4 header, of TCP or of UDP is wrong (or not there). */
bool relay_device_doubts(const uint8_t *ip, size_t length);

#endif
