/* SPDX-License-Identifier: MIT */
/*
 * simpletun: the other end of a simpletun tunnel, written from the facts of its wire format alone.
 *
 *   simpletun -i IF { -s | -c IPV4 } [-p PORT] [-u | -a]
 *
 * Every packet of the interface goes over one TCP connection as its length, two bytes big endian,
 * and its bytes. The server takes one client. As the original it blocks, sends the length by
 * itself, knows nothing of TCP_NODELAY and has room for 2,000 bytes; other than the original it
 * does not overflow it: a longer frame, or one without bytes, is told and ends it with 1. The other
 * end gone between frames: 0.
 */
#include "../netns/traffic.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROOM = 2000, PORT = 55555 };

static int open_interface(const char *name, short mode)
{
    struct ifreq request = {.ifr_flags = (short)(mode | IFF_NO_PI)};
    int descriptor = checked(open("/dev/net/tun", O_RDWR | O_CLOEXEC), "/dev/net/tun");

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    (void)checked(ioctl(descriptor, TUNSETIFF, &request), name);
    return descriptor;
}

static int open_connection(bool serves, const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const struct sockaddr *any = (const struct sockaddr *)&address;
    int descriptor = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

    if (!serves) {
        if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
            fatal("%s: no IPv4 address", host);
        (void)checked(connect(descriptor, any, sizeof(address)), "connect");
        return descriptor;
    }
    traffic_set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    (void)checked(bind(descriptor, any, sizeof(address)), "bind");
    (void)checked(listen(descriptor, 5), "listen");
    return checked(accept(descriptor, NULL, NULL), "accept");
}

static void put(int descriptor, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t done = (size_t)checked((int)write(descriptor, bytes, length), "write");

        bytes += done;
        length -= done;
    }
}

/* False: the other end was gone before the first byte. */
static bool get(int descriptor, uint8_t *bytes, size_t length)
{
    for (size_t had = 0; had < length;) {
        size_t part = (size_t)checked((int)read(descriptor, bytes + had, length - had), "read");

        if (part == 0 && had == 0)
            return false;
        if (part == 0)
            fatal("the connection ended inside a frame");
        had += part;
    }
    return true;
}

static void send_packet(int interface, int connection)
{
    uint8_t packet[ROOM];
    size_t length = (size_t)checked((int)read(interface, packet, sizeof(packet)), "interface");
    const uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};

    put(connection, prefix, sizeof(prefix));
    put(connection, packet, length);
}

/* False: the end. */
static bool receive_packet(int interface, int connection)
{
    uint8_t packet[ROOM];
    uint8_t prefix[2];

    if (!get(connection, prefix, sizeof(prefix)))
        return false;
    size_t length = (size_t)(prefix[0] << 8 | prefix[1]);
    if (length == 0 || length > sizeof(packet))
        fatal("a frame of %zu bytes, which simpletun cannot take", length);
    if (!get(connection, packet, length))
        fatal("the connection ended inside a frame");
    (void)checked((int)write(interface, packet, length), "interface");
    return true;
}

int main(int argc, char **argv)
{
    const char *name = NULL;
    const char *host = NULL;
    uint16_t port = PORT;
    short mode = IFF_TUN;
    bool serves = false;
    int option;

    while ((option = getopt(argc, argv, "i:sc:p:ua")) != -1) {
        if (option == 'i')
            name = optarg;
        else if (option == 's')
            serves = true;
        else if (option == 'c')
            host = optarg;
        else if (option == 'p')
            port = (uint16_t)strtoul(optarg, NULL, 10);
        else
            mode = option == 'a' ? IFF_TAP : IFF_TUN;
    }
    if (!name || serves == (host != NULL))
        fatal("usage: simpletun -i IF { -s | -c IPV4 } [-p PORT] [-u | -a]");
    int interface = open_interface(name, mode);
    int connection = open_connection(serves, host, port);
    struct pollfd sources[2] = {{.fd = interface, .events = POLLIN},
                                {.fd = connection, .events = POLLIN}};
    for (;;) {
        (void)checked(poll(sources, 2, -1), "poll");
        if (sources[0].revents != 0)
            send_packet(interface, connection);
        if (sources[1].revents != 0 && !receive_packet(interface, connection))
            return 0;
    }
}
