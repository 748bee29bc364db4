/* SPDX-License-Identifier: MIT */
#include "attach/print.h"

#include <stdio.h>

enum { ROW = 16 }; /* bytes of a line in hexadecimal */

struct printing {
    enum tunic_layer layer;
    const struct options *options;
    const struct stop *stop;
};

static void print_hex(const uint8_t *bytes, size_t length)
{
    for (size_t row = 0; row < length; row += ROW) {
        (void)printf("\t0x%04zx: ", row);
        for (size_t i = row; i < row + ROW; i++) {
            const char *blank = i % 2 == 0 ? " " : "";
            if (i < length)
                (void)printf("%s%02x", blank, bytes[i]);
            else
                (void)printf("%s  ", blank);
        }
        (void)fputs("  ", stdout);
        for (size_t i = row; i < row + ROW && i < length; i++)
            (void)putchar(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
        (void)putchar('\n');
    }
}

static int take(void *closure, const struct tunic_attach_packet *packet, struct tunic_error *error)
{
    const struct printing *printing = closure;
    char text[TUNIC_DECODE_TEXT];
    struct tm local = {0};

    (void)error;
    (void)localtime_r(&packet->time.tv_sec, &local);
    tunic_decode(printing->layer, printing->options->details, packet->bytes, packet->length, text);
    (void)printf("%02d:%02d:%02d.%06ld %s\n", local.tm_hour, local.tm_min, local.tm_sec,
                 packet->time.tv_nsec / 1000, text);
    if (printing->options->hex)
        print_hex(packet->bytes, packet->length);
    return 0;
}

static int rest(void *closure, struct tunic_error *error)
{
    const struct printing *printing = closure;

    (void)error;
    return stop_flush(printing->stop) ? 0 : 1;
}

int attach_print(struct tunic_attach *attach, const struct options *options,
                 const struct stop *stop, struct tunic_error *error)
{
    struct printing printing = {
        .layer = tunic_attach_layer(attach), .options = options, .stop = stop};
    const struct tunic_attach_user user = {.closure = &printing, .take = take, .rest = rest};

    return tunic_attach_packets(attach, &user, error);
}
