/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. libpcap reads a stream of the C library, and that stream reads here: before
 * each read it waits until there is something, or until the action should end. So a pipe whose
 * writer takes its time holds nobody up, not even where a signal comes just before the read: the
 * stream fails, what was half read is forgotten, and the loop finds out who it is that waits.
 */
#include "attach/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RAW_ELSEWHERE = 14 }; /* DLT_RAW of other systems, some of whose files have just that */

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static void name_file(const char *path, char *text, size_t size)
{
    char escaped[200];

    tunic_text_escape(escaped, sizeof(escaped), path);
    (void)snprintf(text, size, is_standard(path) ? "standard input" : "'%s'", escaped);
}

static int refuse(const char *path, int errno_value, struct tunic_error *error)
{
    char name[208];

    name_file(path, name, sizeof(name));
    return tunic_error_system(error, errno_value, "cannot read %s", name);
}

/* ---- the stream ------------------------------------------------------------------------ */

static bool wait_for_input(struct tunic_savefile *file)
{
    struct pollfd waits[] = {
        {.fd = file->descriptor, .events = POLLIN},
        {.fd = file->attach->options.stop, .events = POLLIN},
        {.fd = file->attach->queues[0].descriptor, .events = (short)TUNIC_QUEUE_UNREAD},
    };

    while (poll(waits, TUNIC_COUNT(waits), -1) < 0)
        if (errno != EINTR && errno != EAGAIN)
            return true; /* the read tells why */
    file->later = waits[1].revents != 0 || waits[2].revents != 0;
    return !file->later;
}

static ssize_t read_stream(void *closure, char *bytes, size_t room)
{
    struct tunic_savefile *file = closure;
    ssize_t got;

    do {
        if (!wait_for_input(file))
            return -1;
        got = read(file->descriptor, bytes, room);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        file->failure = errno;
    file->begun |= got > 0;
    return got;
}

/* ---- opening --------------------------------------------------------------------------- */

/* A pipe with a name has perhaps no writer yet: that is waited for as what he writes is. */
static int open_descriptor(struct tunic_savefile *file, struct tunic_error *error)
{
    bool standard = is_standard(file->path);

    if (standard && isatty(STDIN_FILENO)) {
        (void)tunic_error_set(error, TUNIC_USAGE, "a terminal gives no pcap file");
        tunic_error_hint(error, "'replay FILE', or 'tcpdump -w - |' before it");
        return -EINVAL;
    }
    file->descriptor = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                : open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    file->is_open = file->descriptor >= 0;
    return file->is_open ? 0 : refuse(file->path, errno, error);
}

/* What the library says of a file that it does not understand, or not to its end. */
static int explain(const struct tunic_savefile *file, const char *words, struct tunic_error *error)
{
    char cause[sizeof(error->cause)];
    char name[208];

    if (file->later)
        return TUNIC_SAVEFILE_LATER;
    if (file->failure != 0)
        return refuse(file->path, file->failure, error);
    name_file(file->path, name, sizeof(name));
    int result = tunic_error_set(error, TUNIC_FAILED, "cannot read %s", name);
    tunic_text_escape(cause, sizeof(cause), words);
    tunic_error_cause(error, "%s", file->begun ? cause : "it is empty");
    if (!file->reader && file->begun)
        tunic_error_hint(error, "pcap and pcapng files are taken, as 'tcpdump -w' makes them");
    return result;
}

static bool fits(enum tunic_layer layer, int datalink)
{
    if (layer == TUNIC_LAYER_ETHERNET)
        return datalink == DLT_EN10MB;
    return datalink == DLT_RAW || datalink == RAW_ELSEWHERE || datalink == DLT_IPV4 ||
           datalink == DLT_IPV6;
}

static int check_datalink(const struct tunic_savefile *file, struct tunic_error *error)
{
    bool tap = file->attach->layer == TUNIC_LAYER_ETHERNET;
    int datalink = pcap_datalink(file->reader);
    const char *kind = pcap_datalink_val_to_name(datalink);
    char name[208];

    if (fits(file->attach->layer, datalink))
        return 0;
    name_file(file->path, name, sizeof(name));
    int result = tunic_error_set(error, TUNIC_FAILED, "cannot replay %s", name);
    const char *takes = tap ? "a tap takes Ethernet frames" : "a tun takes IP packets";
    if (fits(TUNIC_LAYER_ETHERNET, datalink)) {
        tunic_error_cause(error, "it has Ethernet frames, and %s", takes);
        tunic_error_hint(error, "a tap takes them; 'editcap -C 14 -T rawip' makes IP packets of "
                                "those without a VLAN tag");
    } else if (fits(TUNIC_LAYER_IP, datalink)) {
        tunic_error_cause(error, "it has IP packets, and %s", takes);
        tunic_error_hint(error, "a tun takes them");
    } else {
        tunic_error_cause(error, "it has packets of type %s (%d), and %s", kind ? kind : "unknown",
                          datalink, takes);
        if (datalink == DLT_LINUX_SLL || datalink == DLT_LINUX_SLL2)
            tunic_error_hint(error, "'tcpdump -i' of one interface, and not of 'any', keeps what "
                                    "it takes");
    }
    return result;
}

int tunic_savefile_begin(struct tunic_savefile *file, struct tunic_error *error)
{
    const cookie_io_functions_t functions = {.read = read_stream};
    char words[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = fopencookie(file, "r", functions);

    if (!stream)
        return tunic_error_memory(error);
    (void)setvbuf(stream, file->buffer, _IOFBF, sizeof(file->buffer));
    file->begun = false;
    file->reader =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
    if (!file->reader) {
        (void)fclose(stream);
        return explain(file, words, error);
    }
    int result = check_datalink(file, error);
    return result == 0 ? TUNIC_SAVEFILE_READY : result;
}

int tunic_savefile_open(struct tunic_savefile *file, const struct tunic_attach *attach,
                        const char *path, struct tunic_error *error)
{
    *file = (struct tunic_savefile){.attach = attach, .path = path};
    int result = open_descriptor(file, error);

    return result == 0 ? tunic_savefile_begin(file, error) : result;
}

static void end_reading(struct tunic_savefile *file)
{
    if (file->reader)
        pcap_close(file->reader);
    file->reader = NULL;
}

void tunic_savefile_rewind(struct tunic_savefile *file)
{
    end_reading(file);
    (void)lseek(file->descriptor, 0, SEEK_SET); /* a pipe goes on with what comes next */
}

void tunic_savefile_close(struct tunic_savefile *file)
{
    end_reading(file);
    if (file->is_open)
        (void)close(file->descriptor);
    file->is_open = false;
}

/* ---- packets --------------------------------------------------------------------------- */

int tunic_savefile_next(struct tunic_savefile *file, struct tunic_saved *packet,
                        struct tunic_error *error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result = pcap_next_ex(file->reader, &header, &bytes);

    if (result == PCAP_ERROR_BREAK)
        return TUNIC_SAVEFILE_END;
    if (result != 1)
        return explain(file, pcap_geterr(file->reader), error);
    *packet =
        (struct tunic_saved){.time = {.tv_sec = header->ts.tv_sec, .tv_nsec = header->ts.tv_usec},
                             .bytes = bytes,
                             .length = header->caplen,
                             .cut = header->caplen < header->len};
    return TUNIC_SAVEFILE_READY;
}
