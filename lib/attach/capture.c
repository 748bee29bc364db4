/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A record that is cut off makes the file useless to some readers. So it is
 * known up to where the file is whole, and where a write fails it is cut there; of a pipe nothing
 * can be taken back.
 */
#include "attach/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_HEADER = 16 }; /* bytes before each packet in the file */

struct capture {
    pcap_t *form;
    pcap_dumper_t *dumper;
    int descriptor;
    bool file;   /* it can be cut */
    off_t whole; /* where its last whole record ends, but for those that may still be held back */
    size_t held_count;
    size_t held[TUNIC_ATTACH_BURST]; /* bytes of each of them */
};

/* Whatever of it is open. */
static void close_capture(struct capture *capture)
{
    if (capture->dumper)
        pcap_dump_close(capture->dumper);
    if (capture->form)
        pcap_close(capture->form);
}

static int refuse(const char *path, int errno_value, struct tunic_error *error)
{
    char quoted[128];

    tunic_text_escape(quoted, sizeof(quoted), strcmp(path, "-") == 0 ? "standard output" : path);
    return tunic_error_system(error, errno_value, "cannot write to %s", quoted);
}

/* Behind the last record that lies in it whole. */
static void cut(struct capture *capture)
{
    struct stat status;

    if (fstat(capture->descriptor, &status) != 0)
        return;
    for (size_t i = 0; i < capture->held_count; i++) {
        if (capture->whole + (off_t)capture->held[i] > status.st_size)
            break;
        capture->whole += (off_t)capture->held[i];
    }
    (void)!ftruncate(capture->descriptor, capture->whole);
}

/* A write failed, and what was still to be written is given up. Returns a negative errno; 1: its
 * reader is gone. */
static int give_up(struct capture *capture, const char *path, int reason, struct tunic_error *error)
{
    __fpurge(pcap_dump_file(capture->dumper));
    if (capture->file)
        cut(capture);
    if (reason == EPIPE || reason == EINTR) /* stopped while its reader takes nothing */
        return 1;
    return refuse(path, reason, error);
}

/* Writes out what the library holds. The same returns, and 0. */
static int flush(struct capture *capture, const char *path, struct tunic_error *error)
{
    if (pcap_dump_flush(capture->dumper) != 0)
        return give_up(capture, path, errno, error);
    if (capture->file)
        capture->whole = lseek(capture->descriptor, 0, SEEK_CUR);
    capture->held_count = 0;
    return 0;
}

/* 1: it is stopped before a pipe's other end was opened. */
static int open_file(const char *path, FILE **file, struct tunic_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    int descriptor = standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                              : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (descriptor < 0)
        return errno == EINTR ? 1 : refuse(path, errno, error);
    if (isatty(descriptor)) {
        (void)close(descriptor);
        (void)tunic_error_set(error, TUNIC_USAGE, "a terminal takes no pcap file");
        tunic_error_hint(error, "'write FILE', or '| wireshark -k -i -' behind it");
        return -EINVAL;
    }
    *file = fdopen(descriptor, "w");
    if (*file)
        return 0;
    int reason = errno;
    (void)close(descriptor);
    return refuse(path, reason, error);
}

/* Where the next byte will lie. */
static off_t file_end(int descriptor, const struct stat *status)
{
    bool append = ((unsigned)fcntl(descriptor, F_GETFL) & O_APPEND) != 0;

    return append ? status->st_size : lseek(descriptor, 0, SEEK_CUR);
}

static int open_capture(struct capture *capture, const struct tunic_attach *attach,
                        const char *path, struct tunic_error *error)
{
    struct stat status;
    FILE *file = NULL;
    int result = open_file(path, &file, error);

    if (!file)
        return result;
    capture->descriptor = fileno(file);
    capture->file = fstat(capture->descriptor, &status) == 0 && S_ISREG(status.st_mode);
    if (capture->file)
        capture->whole = file_end(capture->descriptor, &status);
    capture->form = pcap_open_dead(tunic_attach_datalink(attach->layer), TUNIC_PACKET_MOST);
    if (capture->form)
        capture->dumper = pcap_dump_fopen(capture->form, file);
    if (!capture->dumper) {
        (void)fclose(file);
        return tunic_error_memory(error);
    }
    return flush(capture, path, error);
}

/* ---- packets --------------------------------------------------------------------------- */

struct writing {
    struct capture capture;
    const char *path;
};

static int take(void *closure, const struct tunic_attach_packet *packet, struct tunic_error *error)
{
    struct writing *writing = closure;
    struct capture *capture = &writing->capture;
    const struct pcap_pkthdr header = {
        .ts = {.tv_sec = packet->time.tv_sec, .tv_usec = packet->time.tv_nsec / 1000},
        .caplen = (bpf_u_int32)packet->length,
        .len = (bpf_u_int32)packet->length,
    };

    capture->held[capture->held_count++] = RECORD_HEADER + packet->length;
    pcap_dump((u_char *)capture->dumper, &header, packet->bytes);
    if (ferror(pcap_dump_file(capture->dumper)))
        return give_up(capture, writing->path, errno, error);
    /* A file may wait for the end of a burst, a reader may not. */
    return capture->file ? 0 : flush(capture, writing->path, error);
}

static int rest(void *closure, struct tunic_error *error)
{
    struct writing *writing = closure;

    return flush(&writing->capture, writing->path, error);
}

int tunic_attach_write(struct tunic_attach *attach, const char *path, struct tunic_error *error)
{
    struct writing writing = {.path = path};
    const struct tunic_attach_user user = {.closure = &writing, .take = take, .rest = rest};
    int result = open_capture(&writing.capture, attach, path, error);

    if (result == 0)
        result = tunic_attach_packets(attach, &user, error);
    close_capture(&writing.capture);
    return result < 0 ? result : 0;
}
