/* SPDX-License-Identifier: MIT */
/*
 * hold: a process that has TUN/TAP interfaces open, for tests.
 *
 *   hold [-n NODE] [-f] NAME:FLAGS[:detached]...
 *
 * Opens the node once for each, does TUNSETIFF with FLAGS (hexadecimal), takes the queue out of
 * use where so asked, and prints "ready"; with -f a child holds the same descriptors. Then it
 * obeys lines from standard input, each answered with "done" or what went wrong:
 *
 *   carrier 0|1    of the first interface
 *   close          the descriptor opened last
 *   packet         sends an IPv4 packet of 20 bytes into the kernel (tun)
 *   frame          sends a broadcast frame of 60 bytes into the kernel (tap)
 *   drain          reads all packets that wait for it
 *   filter         lets only frames to an address that nobody has out of the kernel (tap)
 *
 * and ends with it, or by a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST = 512 };

static int descriptors[MOST];
static int count;

static int hold(const char *node, const char *word)
{
    struct ifreq request = {0};
    const char *colon = strchr(word, ':');
    char *end;

    if (!colon || colon - word >= IFNAMSIZ || count == MOST)
        return -EINVAL;
    memcpy(request.ifr_name, word, (size_t)(colon - word));
    request.ifr_flags = (short)strtoul(colon + 1, &end, 16);
    int descriptor = open(node, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    descriptors[count++] = descriptor;
    if (ioctl(descriptor, TUNSETIFF, &request) != 0)
        return -errno;
    if (strcmp(end, ":detached") == 0) {
        request = (struct ifreq){.ifr_flags = IFF_DETACH_QUEUE};
        return ioctl(descriptor, TUNSETQUEUE, &request) == 0 ? 0 : -errno;
    }
    return *end == '\0' ? 0 : -EINVAL;
}

static int send_bytes(const unsigned char *bytes, size_t length)
{
    return write(descriptors[0], bytes, length) == (ssize_t)length ? 0 : -errno;
}

static int drain(void)
{
    struct pollfd waiting = {.fd = descriptors[0], .events = POLLIN};
    unsigned char packet[2048];

    while (poll(&waiting, 1, 0) == 1)
        if (read(descriptors[0], packet, sizeof(packet)) < 0)
            return -errno;
    return 0;
}

static int filter(void)
{
    /* struct tun_filter: flags, a count, and as many MACs */
    static const unsigned short nobody[] = {0, 1, 2, 0, 0x900};

    return ioctl(descriptors[0], TUNSETTXFILTER, nobody) == 0 ? 0 : -errno;
}

static int obey(const char *line)
{
    static const unsigned char packet[20] = {0x45, 0, 0,  20, 0, 0, 0,  0, 64, 253,
                                             0,    0, 10, 9,  9, 9, 10, 9, 9,  1};
    static const unsigned char frame[60] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2,
                                            0,    0,    0,    0,    9,    0x88, 0xB5};
    int carrier = strcmp(line, "carrier 1\n") == 0;

    if (carrier || strcmp(line, "carrier 0\n") == 0)
        return ioctl(descriptors[0], TUNSETCARRIER, &carrier) == 0 ? 0 : -errno;
    if (strcmp(line, "close\n") == 0)
        return count > 0 && close(descriptors[--count]) == 0 ? 0 : -errno;
    if (strcmp(line, "drain\n") == 0)
        return drain();
    if (strcmp(line, "filter\n") == 0)
        return filter();
    if (strcmp(line, "packet\n") == 0)
        return send_bytes(packet, sizeof(packet));
    if (strcmp(line, "frame\n") == 0)
        return send_bytes(frame, sizeof(frame));
    return -EINVAL;
}

int main(int argc, char **argv)
{
    const char *node = "/dev/net/tun";
    int option;
    int split = 0;
    char line[64];

    while ((option = getopt(argc, argv, "n:f")) != -1) {
        if (option == 'n')
            node = optarg;
        else
            split = 1;
    }
    for (int i = optind; i < argc; i++) {
        int result = hold(node, argv[i]);
        if (result != 0) {
            (void)fprintf(stderr, "hold %s: %s\n", argv[i], strerror(-result));
            return 1;
        }
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (split && fork() == 0) {
        (void)pause();
        _exit(0);
    }
    (void)puts("ready");
    while (fgets(line, sizeof(line), stdin)) {
        int result = obey(line);
        (void)puts(result == 0 ? "done" : strerror(-result));
    }
    return 0;
}
