/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "compat/compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_WORDS = 512 }; /* of one line, the NULL included */

bool compat_ip_matches(const char *word, const char *keyword)
{
    size_t length = strlen(word);

    return length > 0 && strncmp(word, keyword, length) == 0;
}

int compat_ip_tuntap_usage(void)
{
    (void)fputs("Usage: ip tuntap { add | del | show | list | lst | help } [ dev PHYS_DEV ]\n"
                "       [ mode { tun | tap } ] [ user USER ] [ group GROUP ]\n"
                "       [ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ] [ name NAME ]\n"
                "\n"
                "Where: USER  := { STRING | NUMBER }\n"
                "       GROUP := { STRING | NUMBER }\n",
                stderr);
    return COMPAT_IP_LEAVE;
}

int compat_ip_usage(void)
{
    (void)fputs(
        "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
        "       ip [ -force ] -batch filename\n"
        "where  OBJECT := { address | addrlabel | amt | fou | help | ila | ioam | l2tp |\n"
        "                   link | macsec | maddress | monitor | mptcp | mroute | mrule |\n"
        "                   neighbor | neighbour | netconf | netns | nexthop | ntable |\n"
        "                   ntbl | route | rule | sr | tap | tcpmetrics |\n"
        "                   token | tunnel | tuntap | vrf | xfrm }\n"
        "       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |\n"
        "                    -h[uman-readable] | -iec | -j[son] | -p[retty] |\n"
        "                    -f[amily] { inet | inet6 | mpls | bridge | link } |\n"
        "                    -4 | -6 | -M | -B | -0 |\n"
        "                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |\n"
        "                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |\n"
        "                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |\n"
        "                    -c[olor]}\n",
        stderr);
    return COMPAT_IP_LEAVE;
}

static int run(const struct compat_ip_options *options, char **words)
{
    const char *verb = words[0];

    if (verb == NULL)
        return compat_ip_show(options);
    if (compat_ip_matches(verb, "add"))
        return compat_ip_add(words + 1);
    if (compat_ip_matches(verb, "delete"))
        return compat_ip_delete(words + 1);
    if (compat_ip_matches(verb, "show") || compat_ip_matches(verb, "lst") ||
        compat_ip_matches(verb, "list"))
        return compat_ip_show(options); /* all of them, whatever follows */
    if (compat_ip_matches(verb, "help"))
        return compat_ip_tuntap_usage();
    (void)fprintf(stderr, "Command \"%s\" is unknown, try \"ip tuntap help\".\n", verb);
    return COMPAT_IP_LEAVE;
}

/* ---- batches --------------------------------------------------------------------------- */

struct batch {
    FILE *file;
    unsigned long number; /* of the line read last */
    struct tunic_text line;
};

/* Reads a line with those that continue it, without comments. */
static bool read_line(struct batch *batch)
{
    char *piece = NULL;
    size_t size = 0;
    bool continues = false;

    tunic_text_clear(&batch->line);
    do {
        if (getline(&piece, &size, batch->file) < 0) {
            if (continues)
                (void)fprintf(stderr, "Missing continuation line\n");
            free(piece);
            return false;
        }
        batch->number++;
        piece[strcspn(piece, "#")] = '\0';
        size_t length = strlen(piece);
        continues = length >= 2 && strcmp(piece + length - 2, "\\\n") == 0;
        tunic_text_add_bytes(&batch->line, piece, continues ? length - 2 : length);
    } while (continues);
    free(piece);
    return !batch->line.failed;
}

/* Cuts a line into words, a quoted one ending at the same quote. Negative where it is wrong. */
static int split(char *line, char *words[BATCH_WORDS])
{
    static const char blanks[] = " \t\r\n";
    int count = 0;

    for (char *rest = line + strspn(line, blanks); *rest != '\0'; rest += strspn(rest, blanks)) {
        if (count == BATCH_WORDS - 1) {
            (void)fprintf(stderr, "Too many arguments to command\n");
            return -1;
        }
        char *end;
        if (*rest == '\'' || *rest == '"') {
            words[count++] = rest + 1;
            end = strchr(rest + 1, *rest);
            if (end == NULL) {
                (void)fprintf(stderr, "Unterminated quoted string\n");
                return -1;
            }
        } else {
            words[count++] = rest;
            end = rest + strcspn(rest, blanks);
        }
        rest = *end == '\0' ? end : end + 1;
        *end = '\0';
    }
    words[count] = NULL;
    return count;
}

/* A line begins with the object; ip takes `tu` for tunnel, and of the others we have none. */
static int run_line(const struct compat_ip_options *options, char **words)
{
    const char *object = words[0];

    if (compat_ip_matches(object, "help"))
        return compat_ip_usage();
    if (!compat_ip_matches(object, "tunnel") &&
        (compat_ip_matches(object, "tuntap") || compat_ip_matches(object, "tap")))
        return run(options, words + 1);
    (void)fprintf(stderr, "Object \"%s\" is unknown, try \"ip help\".\n", object);
    return COMPAT_IP_FAILED;
}

static int run_lines(const struct compat_ip_options *options, struct batch *batch)
{
    char *words[BATCH_WORDS];
    int code = COMPAT_IP_OK;

    while (read_line(batch)) {
        int count = split(batch->line.text, words);
        if (count < 0)
            return COMPAT_IP_FAILED;
        if (count == 0)
            continue;
        int result = run_line(options, words);
        if (result == COMPAT_IP_LEAVE)
            return result;
        if (result == COMPAT_IP_OK)
            continue;
        (void)fprintf(stderr, "Command failed %s:%lu\n", options->batch, batch->number);
        code = COMPAT_IP_FAILED;
        if (!options->force)
            break;
    }
    return code;
}

static int run_batch(const struct compat_ip_options *options)
{
    struct batch batch = {.file = stdin};
    bool named = strcmp(options->batch, "-") != 0;

    if (named)
        batch.file = fopen(options->batch, "re");
    if (batch.file == NULL) {
        (void)fprintf(stderr, "Cannot open file \"%s\" for reading: %s\n", options->batch,
                      strerror(errno));
        return COMPAT_IP_FAILED;
    }
    int code = run_lines(options, &batch);
    tunic_text_free(&batch.line);
    if (named)
        (void)fclose(batch.file);
    return code;
}

int tunic_compat_ip_tuntap(int argc, char **argv)
{
    struct compat_ip_options options = {0};
    char **words = argv + (argc > 0);
    bool done = false;
    int code = compat_ip_options_parse(&options, &words, &done);

    if (code != COMPAT_IP_OK || done)
        return code;
    return options.batch != NULL ? run_batch(&options) : run(&options, words);
}
