/* SPDX-License-Identifier: MIT */
#include "compat/compat.h"
#include "device/device.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint32_t no_id = UINT32_MAX;

struct request {
    const char *program;
    const char *node;
    char name[IFNAMSIZ];
    uint16_t mode;
    uint32_t owner;
    uint32_t group;
    bool remove;
    bool brief;
};

static int usage(const char *program)
{
    (void)fprintf(stderr,
                  "Create: %s [-b] [-u owner] [-g group] [-t device-name] [-f tun-clone-device]\n"
                  "Delete: %s -d device-name [-f tun-clone-device]\n"
                  "\n"
                  "The default tun clone device is /dev/net/tun - some systems use\n"
                  "/dev/misc/net/tun instead\n"
                  "\n"
                  "-b will result in brief output (just the device name)\n",
                  program, program);
    return EXIT_FAILURE;
}

/* As the original reads a number: base by its prefix, an empty word as 0, and only the low bits
 * of one that is too great or below zero. */
static bool parse_number(const char *word, uint32_t *id)
{
    char *end;
    long number = strtol(word, &end, 0);

    *id = (uint32_t)number;
    return *end == '\0';
}

static bool parse_owner(const char *word, uint32_t *owner)
{
    const struct passwd *account = getpwnam(word);

    if (account != NULL) {
        *owner = account->pw_uid;
        return true;
    }
    if (parse_number(word, owner))
        return true;
    (void)fprintf(stderr, "'%s' is neither a username nor a numeric uid.\n", word);
    return false;
}

static bool parse_group(const char *word, uint32_t *group)
{
    const struct group *account = getgrnam(word);

    if (account != NULL) {
        *group = account->gr_gid;
        return true;
    }
    if (parse_number(word, group))
        return true;
    (void)fprintf(stderr, "'%s' is neither a groupname nor a numeric group.\n", word);
    return false;
}

/* A longer name is cut, as the original does, and may then be another interface's. */
static void take_name(struct request *request, const char *word)
{
    size_t length = strnlen(word, IFNAMSIZ - 1);

    memcpy(request->name, word, length);
    request->name[length] = '\0';
}

static bool take_option(struct request *request, int option, const char *value)
{
    switch (option) {
    case 'b':
        request->brief = true;
        return true;
    case 'd':
        request->remove = true;
        take_name(request, value);
        return true;
    case 'f':
        request->node = value;
        return true;
    case 'g':
        return parse_group(value, &request->group);
    case 'n':
        request->mode = IFF_TUN;
        return true;
    case 'p':
        request->mode = IFF_TAP;
        return true;
    case 't':
        take_name(request, value);
        return true;
    case 'u':
        return parse_owner(value, &request->owner);
    default:
        return false;
    }
}

static bool parse(struct request *request, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "bd:f:t:u:g:np")) != -1) {
        if (!take_option(request, option, optarg))
            return false;
    }
    return optind == argc;
}

static int complain(const char *action, int result)
{
    (void)fprintf(stderr, "%s: %s\n", action, strerror(-result));
    return EXIT_FAILURE;
}

static int finish_removal(const struct request *request, int descriptor)
{
    struct tunic_error error;
    int result = tunic_device_set_persist(descriptor, false, &error);

    if (result != 0)
        return complain("TUNSETPERSIST", result);
    (void)printf("Set '%s' nonpersistent\n", request->name);
    return EXIT_SUCCESS;
}

/* The original names the wrong ioctl where the owner or the group is refused. */
static int finish_creation(struct request *request, int descriptor)
{
    struct tunic_error error;
    int result = 0;

    if (request->owner == no_id && request->group == no_id)
        request->owner = geteuid();
    if (request->owner != no_id)
        result = tunic_device_set_owner(descriptor, request->owner, &error);
    if (result == 0 && request->group != no_id)
        result = tunic_device_set_group(descriptor, request->group, &error);
    if (result == 0)
        result = tunic_device_set_persist(descriptor, true, &error);
    if (result != 0)
        return complain("TUNSETPERSIST", result);

    if (request->brief) {
        (void)printf("%s\n", request->name);
        return EXIT_SUCCESS;
    }
    (void)printf("Set '%s' persistent and owned by", request->name);
    if (request->owner != no_id)
        (void)printf(" uid %d", (int)request->owner);
    if (request->group != no_id)
        (void)printf(" gid %d", (int)request->group);
    (void)printf("\n");
    return EXIT_SUCCESS;
}

int tunic_compat_tunctl(int argc, char **argv)
{
    struct request request = {
        .program = argv[0],
        .node = TUNIC_DEVICE_NODE,
        .mode = IFF_TAP,
        .owner = no_id,
        .group = no_id,
    };
    struct tunic_error error;
    int descriptor;

    if (!parse(&request, argc, argv))
        return usage(request.program);

    int result = tunic_device_open(request.node, &descriptor, &error);
    if (result != 0) {
        (void)fprintf(stderr, "Failed to open '%s' : %s\n", request.node, strerror(-result));
        return EXIT_FAILURE;
    }
    result = tunic_device_set_interface(descriptor, request.name,
                                        (uint16_t)(request.mode | IFF_NO_PI), &error);
    int code = EXIT_FAILURE;
    if (result != 0)
        code = complain("TUNSETIFF", result);
    else if (request.remove)
        code = finish_removal(&request, descriptor);
    else
        code = finish_creation(&request, descriptor);
    (void)close(descriptor);
    return code;
}
