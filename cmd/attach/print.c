/* SPDX-License-Identifier: MIT */
#include "attach/print.h"

#include <errno.h>
#include <stdio.h>

enum { ROW = 16 }; /* bytes of a line in hexadecimal */

struct printing {
    enum tunic_layer layer;
    const struct options *options;
    const struct stop *stop;
};

/* "\t0x0010:  6162 6364 …  abcd…" */
static void print_row(const uint8_t *bytes, size_t row, size_t length)
{
    char hex[ROW * 5 / 2 + 1];
    char text[ROW + 1];
    size_t at = 0;

    for (size_t i = 0; i < ROW; i++) {
        bool there = row + i < length;
        unsigned byte = there ? bytes[row + i] : 0;
        if (i % 2 == 0)
            hex[at++] = ' ';
        if (there)
            (void)snprintf(hex + at, 3, "%02x", byte);
        else
            (void)snprintf(hex + at, 3, "  ");
        at += 2;
        text[i] = '.';
        if (byte >= ' ' && byte <= '~')
            text[i] = (char)byte;
    }
    text[length - row < ROW ? length - row : ROW] = '\0';
    (void)printf("\t0x%04zx: %s  %s\n", row, hex, text);
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
    /* A signal has interrupted a write to a reader that takes nothing: the next would wait again.
     */
    for (size_t row = 0; printing->options->hex && row < packet->length && !ferror(stdout);
         row += ROW)
        print_row(packet->bytes, row, packet->length);
    return ferror(stdout) ? 1 : 0;
}

static int rest(void *closure, struct tunic_error *error)
{
    const struct printing *printing = closure;

    if (stop_flush(printing->stop))
        return 0;
    if (!ferror(stdout))
        return 1;
    int reason = errno;
    clearerr(stdout); /* it is told here */
    return tunic_error_system(error, reason, "cannot write the output");
}

int attach_print(struct tunic_attach *attach, const struct options *options,
                 const struct stop *stop, struct tunic_error *error)
{
    struct printing printing = {
        .layer = tunic_attach_layer(attach), .options = options, .stop = stop};
    const struct tunic_attach_user user = {.closure = &printing, .take = take, .rest = rest};

    tzset(); /* reads files, which it cannot once it runs */
    return tunic_attach_packets(attach, &user, error);
}
