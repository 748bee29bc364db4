/* SPDX-License-Identifier: MIT */
/*
 * ask: frames, as they are given, to whoever is at the other end of an interface.
 *
 *   ask INTERFACE FRAME…
 *
 * Sends each, which is in hexadecimal, and prints what comes in, until a frame comes that ends as
 * the last one did: that is not printed. So whatever was asked before has been answered by then,
 * or is never going to be.
 */
#include "traffic.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LARGEST = 65536, MARK = 8, PATIENCE = 10000, ALL = 3 /* ETH_P_ALL */ };
enum { IGNORE_OUTGOING = 23 /* PACKET_IGNORE_OUTGOING, which older headers lack */ };

static int open_packets(const char *name)
{
    struct ifreq request = {0};
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ALL)};
    int descriptor = checked(socket(AF_PACKET, SOCK_RAW, 0), "socket");

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    (void)checked(ioctl(descriptor, SIOCGIFINDEX, &request), name);
    address.sll_ifindex = request.ifr_ifindex;
    traffic_set(descriptor, SOL_PACKET, IGNORE_OUTGOING, 1);
    (void)checked(bind(descriptor, (const struct sockaddr *)&address, sizeof(address)), "bind");
    return descriptor;
}

static size_t read_frame(const char *text, uint8_t frame[LARGEST])
{
    size_t length = strlen(text) / 2;

    if (length < MARK || length > LARGEST || strlen(text) % 2 != 0)
        fatal("not a frame: %s", text);
    for (size_t i = 0; i < length; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        char *end;
        frame[i] = (uint8_t)strtoul(digits, &end, 16);
        if (*end != '\0')
            fatal("not hexadecimal: %s", text);
    }
    return length;
}

static void print_frame(const uint8_t *frame, size_t length)
{
    for (size_t i = 0; i < length; i++)
        (void)printf("%02x", frame[i]);
    (void)putchar('\n');
}

int main(int argc, char **argv)
{
    static uint8_t frame[LARGEST];
    uint8_t mark[MARK] = {0};

    if (argc < 3)
        fatal("usage: ask INTERFACE FRAME…");
    int descriptor = open_packets(argv[1]);
    struct pollfd source = {.fd = descriptor, .events = POLLIN};
    for (int i = 2; i < argc; i++) {
        size_t length = read_frame(argv[i], frame);
        (void)checked((int)send(descriptor, frame, length, 0), "send");
        memcpy(mark, frame + length - MARK, MARK);
    }
    while (checked(poll(&source, 1, PATIENCE), "poll") > 0) {
        ssize_t length = checked((int)recv(descriptor, frame, sizeof(frame), 0), "recv");
        if (length >= MARK && memcmp(frame + length - MARK, mark, MARK) == 0)
            return 0;
        print_frame(frame, (size_t)length);
    }
    fatal("no answer");
}
