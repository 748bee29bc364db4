/* SPDX-License-Identifier: MIT */
/*
 * given: tells which descriptors it was started with, for tests.
 *
 *   given [DESCRIPTOR]
 *
 * Prints a line for each that is open but the standard ones: its number, the interface that it is
 * attached to, or "-", the flags of that (hexadecimal), and "blocking" or "nonblocking". With an
 * argument it then reads a packet from that one and prints "packet LENGTH".
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST = 1024 };

static void tell(int descriptor)
{
    struct ifreq request = {0};
    int flags = fcntl(descriptor, F_GETFL);

    if (flags < 0)
        return;
    if (ioctl(descriptor, TUNGETIFF, &request) != 0)
        (void)strcpy(request.ifr_name, "-");
    (void)printf("%d %s %x %s\n", descriptor, request.ifr_name,
                 (unsigned)(unsigned short)request.ifr_flags,
                 flags & O_NONBLOCK ? "nonblocking" : "blocking");
}

int main(int argc, char **argv)
{
    unsigned char packet[65536];

    for (int descriptor = STDERR_FILENO + 1; descriptor < MOST; descriptor++)
        tell(descriptor);
    (void)fflush(stdout);
    if (argc < 2)
        return 0;
    ssize_t length = read((int)strtol(argv[1], NULL, 10), packet, sizeof(packet));
    (void)printf("packet %zd\n", length);
    return length > 0 ? 0 : 1;
}
