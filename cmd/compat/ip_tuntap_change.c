/* SPDX-License-Identifier: MIT */
#include "compat/compat.h"
#include "device/device.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint32_t no_id = UINT32_MAX;

struct request {
    bool owned; /* user and group are keywords */
    char name[IFNAMSIZ];
    uint16_t flags;
    uint32_t user;
    uint32_t group;
};

/* Moves on to the value of the keyword at `*words`. NULL where there is none, which is told. */
static const char *next_value(char ***words)
{
    const char *value = *++*words;

    if (value == NULL)
        (void)fprintf(stderr, "Command line is not complete. Try option \"help\"\n");
    return value;
}

static bool parse_mode(const char *word, uint16_t *flags)
{
    uint16_t mode;

    if (compat_ip_matches(word, "tun")) {
        mode = IFF_TUN;
    } else if (compat_ip_matches(word, "tap")) {
        mode = IFF_TAP;
    } else {
        (void)fprintf(stderr, "Unknown tunnel mode \"%s\"\n", word);
        return false;
    }
    if ((*flags & (IFF_TUN | IFF_TAP) & ~mode) != 0) {
        (void)fprintf(stderr, "You managed to ask for more than one tunnel mode.\n");
        return false;
    }
    *flags |= mode;
    return true;
}

/* Only the low bits of a number that is too great count, and -1 means none. */
static bool parse_number(const char *word, uint32_t *id)
{
    char *end;
    long number = strtol(word, &end, 10);

    if (*word == '\0' || *end != '\0')
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool parse_user(const char *word, uint32_t *user)
{
    if (parse_number(word, user))
        return true;
    const struct passwd *account = getpwnam(word);
    if (account == NULL) {
        (void)fprintf(stderr, "invalid user \"%s\"\n", word);
        return false;
    }
    *user = account->pw_uid;
    return true;
}

static bool parse_group(const char *word, uint32_t *group)
{
    if (parse_number(word, group))
        return true;
    const struct group *account = getgrnam(word);
    if (account == NULL) {
        (void)fprintf(stderr, "invalid group \"%s\"\n", word);
        return false;
    }
    *group = account->gr_gid;
    return true;
}

/* ip's judgement, which leaves "." and ':' to the kernel. */
static bool parse_name(const char *keyword, const char *word, char name[IFNAMSIZ])
{
    size_t length = strlen(word);
    bool valid = length > 0 && length < IFNAMSIZ;

    for (size_t i = 0; valid && i < length; i++)
        valid = word[i] != '/' && !isspace((unsigned char)word[i]);
    if (!valid) {
        (void)fprintf(stderr, "Error: argument \"%s\" is wrong: \"%s\" not a valid ifname\n", word,
                      keyword);
        return false;
    }
    memcpy(name, word, length + 1);
    return true;
}

/* What is no keyword is a name, or `name` before one; this one alone must not come twice. */
static bool take_name(struct request *request, char ***words)
{
    const char *word = **words;

    if (compat_ip_matches(word, "name")) {
        word = next_value(words);
        if (word == NULL)
            return false;
    } else if (compat_ip_matches(word, "help")) {
        (void)compat_ip_tuntap_usage();
        return false;
    }
    if (request->name[0] != '\0') {
        (void)fprintf(stderr, "Error: either \"name\" is duplicate, or \"%s\" is a garbage.\n",
                      word);
        return false;
    }
    return parse_name("name", word, request->name);
}

/* The order is ip's: the first keyword that a cut-off word fits is taken, `m` for mode. */
static bool take_word(struct request *request, char ***words)
{
    const char *word = **words;

    if (compat_ip_matches(word, "mode")) {
        const char *value = next_value(words);
        return value != NULL && parse_mode(value, &request->flags);
    }
    if (request->owned && compat_ip_matches(word, "user")) {
        const char *value = next_value(words);
        return value != NULL && parse_user(value, &request->user);
    }
    if (request->owned && compat_ip_matches(word, "group")) {
        const char *value = next_value(words);
        return value != NULL && parse_group(value, &request->group);
    }
    if (compat_ip_matches(word, "pi")) {
        request->flags &= (uint16_t)~IFF_NO_PI;
    } else if (compat_ip_matches(word, "one_queue")) {
        request->flags |= IFF_ONE_QUEUE;
    } else if (compat_ip_matches(word, "vnet_hdr")) {
        request->flags |= IFF_VNET_HDR;
    } else if (compat_ip_matches(word, "multi_queue")) {
        request->flags |= IFF_MULTI_QUEUE;
    } else if (compat_ip_matches(word, "dev")) {
        const char *value = next_value(words);
        return value != NULL && parse_name("dev", value, request->name);
    } else {
        return take_name(request, words);
    }
    return true;
}

static int parse(struct request *request, char **words)
{
    request->flags = IFF_NO_PI;
    request->user = no_id;
    request->group = no_id;
    for (; *words != NULL; words++) {
        if (!take_word(request, &words))
            return COMPAT_IP_LEAVE;
    }
    if ((request->flags & (IFF_TUN | IFF_TAP)) == 0) {
        (void)fprintf(stderr, "You failed to specify a tunnel mode\n");
        return COMPAT_IP_FAILED;
    }
    return COMPAT_IP_OK;
}

static int complain(const char *action, int result)
{
    (void)fprintf(stderr, "%s: %s\n", action, strerror(-result));
    return COMPAT_IP_FAILED;
}

static int attach(struct request *request, uint16_t more, int *descriptor)
{
    struct tunic_error error;
    int result = tunic_device_open(TUNIC_DEVICE_NODE, descriptor, &error);

    if (result != 0)
        return complain("open", result);
    result = tunic_device_set_interface(*descriptor, request->name,
                                        (uint16_t)(request->flags | more), &error);
    if (result == 0)
        return COMPAT_IP_OK;
    (void)close(*descriptor);
    return complain("ioctl(TUNSETIFF)", result);
}

static int keep(const struct request *request, int descriptor)
{
    struct tunic_error error;
    int result = 0;

    if (request->user != no_id)
        result = tunic_device_set_owner(descriptor, request->user, &error);
    if (result != 0)
        return complain("ioctl(TUNSETOWNER)", result);
    if (request->group != no_id)
        result = tunic_device_set_group(descriptor, request->group, &error);
    if (result != 0)
        return complain("ioctl(TUNSETGROUP)", result);
    result = tunic_device_set_persist(descriptor, true, &error);
    return result == 0 ? COMPAT_IP_OK : complain("ioctl(TUNSETPERSIST)", result);
}

int compat_ip_add(char **words)
{
    struct request request = {.owned = true};
    int descriptor;
    int code = parse(&request, words);

    if (code == COMPAT_IP_OK)
        code = attach(&request, IFF_TUN_EXCL, &descriptor);
    if (code != COMPAT_IP_OK)
        return code;
    code = keep(&request, descriptor);
    (void)close(descriptor);
    return code;
}

int compat_ip_delete(char **words)
{
    struct request request = {.owned = false};
    struct tunic_error error;
    int descriptor;
    int code = parse(&request, words);

    if (code == COMPAT_IP_OK)
        code = attach(&request, 0, &descriptor);
    if (code != COMPAT_IP_OK)
        return code;
    int result = tunic_device_set_persist(descriptor, false, &error);
    (void)close(descriptor);
    return result == 0 ? COMPAT_IP_OK : complain("ioctl(TUNSETPERSIST)", result);
}
