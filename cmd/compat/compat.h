/* SPDX-License-Identifier: MIT */
/*
 * The personalities: what the program is when it is started under the name of a tool that it
 * replaces. Each returns the exit code of the tool that it stands for, and prints what that one
 * prints, byte for byte; what a script could see of a tool's mistakes is kept.
 *
 *   tunctl.c            tunctl of uml-utilities, with -n and -p of tunctl 1.5
 *   ip_tuntap.c         `ip [OPTIONS] tuntap` of iproute2 6.1, as `ip-tuntap [OPTIONS]`
 *   ip_tuntap_options.c ip's own options, as far as they say anything here
 *   ip_tuntap_change.c  its add and delete
 *   ip_tuntap_show.c    its show
 */
#ifndef TUNIC_COMPAT_H
#define TUNIC_COMPAT_H

#include <stdbool.h>

int tunic_compat_tunctl(int argc, char **argv);
int tunic_compat_ip_tuntap(int argc, char **argv);

/* ---- between the files of ip-tuntap ---------------------------------------------------- */

/* ip leaves the whole program, a batch too, with 255 where the words themselves are wrong, and
 * goes on with 1 where the system refused. */
enum {
    COMPAT_IP_OK = 0,
    COMPAT_IP_FAILED = 1,
    COMPAT_IP_LEAVE = 255,
};

struct compat_ip_options {
    bool details;
    bool json;
    bool oneline;
    bool pretty;
    bool color;
    bool force;
    const char *batch; /* NULL: none */
};

/* Whether ip takes `word` for `keyword`: any beginning of it but the empty one. */
bool compat_ip_matches(const char *word, const char *keyword);
/* ip's own usage text, and that of `ip tuntap`: COMPAT_IP_LEAVE. */
int compat_ip_usage(void);
int compat_ip_tuntap_usage(void);

/* Moves `*words` behind the options. `done` is set where nothing is left to do. */
int compat_ip_options_parse(struct compat_ip_options *options, char ***words, bool *done);

/* `words` are what follows the verb; NULL-terminated. */
int compat_ip_add(char **words);
int compat_ip_delete(char **words);
int compat_ip_show(const struct compat_ip_options *options);

#endif
