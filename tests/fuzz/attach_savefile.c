/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses the layer, the rest is a capture file to be replayed. Read a second time
 * it must say the same.
 */
#include "fuzz.h"

#include "attach/savefile.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct tunic_attach attach; /* large */
static struct tunic_savefile file;

/* What came of reading the file to its end. */
struct reading {
    size_t packets;
    size_t bytes;
    uint64_t sum;
    int result;
};

static void check_error(const struct tunic_error *error)
{
    fuzz_check(error->action[0] != '\0' && error->cause[0] != '\0' && error->reason != 0);
    for (const char *at = error->cause; *at != '\0'; at++)
        fuzz_check((unsigned char)*at >= ' ');
}

static void take(struct reading *reading, const struct tunic_filter *filter,
                 const struct tunic_saved *packet)
{
    reading->packets++;
    reading->bytes += packet->length;
    for (size_t i = 0; i < packet->length; i++)
        reading->sum = reading->sum * 31 + packet->bytes[i];
    reading->sum += tunic_filter_fits(filter, packet->bytes, packet->length);
    reading->sum += (uint64_t)packet->time.tv_sec ^ (uint64_t)packet->time.tv_nsec;
}

static struct reading read_all(int state, const struct tunic_filter *filter,
                               struct tunic_error *error)
{
    struct reading reading = {0};
    struct tunic_saved packet;

    while (state == TUNIC_SAVEFILE_READY) {
        state = tunic_savefile_next(&file, &packet, error);
        if (state == TUNIC_SAVEFILE_READY)
            take(&reading, filter, &packet);
    }
    fuzz_check(state == TUNIC_SAVEFILE_END || state < 0);
    if (state < 0)
        check_error(error);
    reading.result = state;
    return reading;
}

static void check_file(const char *path, const struct tunic_filter *filter)
{
    struct tunic_error error = {0};
    int state = tunic_savefile_open(&file, &attach, path, &error);
    struct reading first = read_all(state, filter, &error);

    tunic_savefile_rewind(&file);
    error = (struct tunic_error){0};
    struct reading second = read_all(tunic_savefile_begin(&file, &error), filter, &error);
    fuzz_check(first.packets == second.packets && first.bytes == second.bytes);
    fuzz_check(first.sum == second.sum && first.result == second.result);
    tunic_savefile_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct tunic_filter filters[2];
    static bool filtering;
    struct tunic_error error;
    char path[32];

    if (length == 0)
        return 0;
    attach.layer = bytes[0] & 1 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    attach.options.stop = -1;
    attach.queues[0].descriptor = -1;
    for (int i = 0; i < 2 && !filtering; i++)
        fuzz_check(tunic_filter_open(&filters[i], i ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP,
                                     "tcp[20] > 7 or ip6[44] > 7", &error) == 0);
    filtering = true;
    int memory = memfd_create("capture", MFD_CLOEXEC);
    fuzz_check(memory >= 0 && write(memory, bytes + 1, length - 1) == (ssize_t)length - 1);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
    check_file(path, &filters[attach.layer == TUNIC_LAYER_ETHERNET]);
    (void)close(memory);
    return 0;
}
