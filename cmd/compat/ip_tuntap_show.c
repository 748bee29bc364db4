/* SPDX-License-Identifier: MIT */
#include "compat/compat.h"
#include "interface/interface.h"

#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order in which they are shown. `filter` shows whenever `pi` does: the kernel has both in
 * one bit, with opposite meanings, and the original looks at it twice. */
static const struct flag {
    uint32_t bit;
    bool cleared; /* shown where the bit is not set */
    const char *word;
} flag_table[] = {
    {IFF_TUN, false, "tun"},
    {IFF_TAP, false, "tap"},
    {IFF_NO_PI, true, "pi"},
    {IFF_ONE_QUEUE, false, "one_queue"},
    {IFF_MULTI_QUEUE, false, "multi_queue"},
    {IFF_VNET_HDR, false, "vnet_hdr"},
    {IFF_PERSIST, false, "persist"},
    {IFF_NOFILTER, true, "filter"},
};

enum { REST_SIZE = 16, FLAG_WORDS = TUNIC_COUNT(flag_table) + 1 };

struct flag_words {
    const char *words[FLAG_WORDS];
    size_t count;
    char rest[REST_SIZE]; /* bits without a word, NAPI's among them */
};

static void name_flags(uint32_t flags, struct flag_words *named)
{
    uint32_t rest = flags;

    named->count = 0;
    for (size_t i = 0; i < TUNIC_COUNT(flag_table); i++) {
        const struct flag *flag = &flag_table[i];
        if (((flags & flag->bit) == 0) == flag->cleared)
            named->words[named->count++] = flag->word;
        rest &= ~flag->bit;
    }
    if (rest != 0) {
        (void)snprintf(named->rest, sizeof(named->rest), "0x%x", rest);
        named->words[named->count++] = named->rest;
    }
}

/* ---- as text --------------------------------------------------------------------------- */

/* COLORFGBG ends with the background's number on terminals that set it. */
static bool background_is_dark(void)
{
    const char *colors = getenv("COLORFGBG");
    const char *last = colors != NULL ? strrchr(colors, ';') : NULL;

    return last != NULL && last[1] != '\0' && strchr("01234568", last[1]) != NULL &&
           last[2] == '\0';
}

static void print_name(const char *name, bool color)
{
    if (color)
        (void)printf("\033[%sm%s:\033[0m", background_is_dark() ? "1;36" : "36", name);
    else
        (void)printf("%s:", name);
}

/* Once for each descriptor, run together. */
static void print_holders(const struct tunic_holder *holders, size_t count)
{
    (void)printf("\tAttached to processes:");
    for (size_t i = 0; i < count; i++) {
        uint32_t queues = holders[i].queues + holders[i].disabled_queues;
        for (uint32_t queue = 0; queue < queues; queue++)
            (void)printf("%s(%d)", holders[i].name, holders[i].pid);
    }
}

static void print_text(const struct compat_ip_options *options, const struct tunic_link *link,
                       const struct flag_words *flags, const struct tunic_holders *holders)
{
    print_name(link->name, options->color);
    for (size_t i = 0; i < flags->count; i++)
        (void)printf(" %s", flags->words[i]);
    if (link->owner != TUNIC_ID_NONE)
        (void)printf(" user %u", link->owner);
    if (link->group != TUNIC_ID_NONE)
        (void)printf(" group %u", link->group);
    if (options->details) {
        size_t count;
        const struct tunic_holder *first = tunic_holders_of(holders, link->name, &count);
        (void)printf("%s", options->oneline ? "\\" : "\n");
        print_holders(first, count);
    }
    (void)printf("\n");
}

/* ---- as JSON --------------------------------------------------------------------------- */

/* ip's layout: brackets on the line of their key, the keys of an object each on a line. */
struct json {
    bool pretty;
    unsigned depth;
    bool more; /* something stands before on this level */
};

static void json_line(const struct json *json)
{
    if (!json->pretty)
        return;
    (void)printf("\n");
    for (unsigned i = 0; i < json->depth; i++)
        (void)printf("    ");
}

static void json_string(const char *text)
{
    static const char escaped[] = "\t\n\r\f\b\\\"";
    static const char letters[] = "tnrfb\\\"";

    (void)putchar('"');
    for (; *text != '\0'; text++) {
        const char *found = strchr(escaped, *text);
        if (found != NULL)
            (void)printf("\\%c", letters[found - escaped]);
        else
            (void)putchar(*text);
    }
    (void)putchar('"');
}

static void json_comma(struct json *json)
{
    if (json->more)
        (void)putchar(',');
    json->more = true;
}

static void json_open(struct json *json, char bracket)
{
    json_comma(json);
    (void)putchar(bracket);
    if (bracket == '[' && json->pretty)
        (void)putchar(' ');
    json->depth++;
    json->more = false;
}

static void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (bracket == '}')
        json_line(json);
    else if (json->pretty && json->more)
        (void)putchar(' ');
    (void)putchar(bracket);
    json->more = true;
}

static void json_key(struct json *json, const char *key)
{
    json_comma(json);
    json_line(json);
    (void)printf("\"%s\":%s", key, json->pretty ? " " : "");
    json->more = false;
}

static void json_number(struct json *json, const char *key, uint32_t number)
{
    json_key(json, key);
    (void)printf("%u", number);
    json->more = true;
}

static void json_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_string(text);
    json->more = true;
}

static void json_holders(struct json *json, const struct tunic_holder *holders, size_t count)
{
    json_key(json, "processes");
    json_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        uint32_t queues = holders[i].queues + holders[i].disabled_queues;
        for (uint32_t queue = 0; queue < queues; queue++) {
            json_open(json, '{');
            json_text(json, "name", holders[i].name);
            json_number(json, "pid", (uint32_t)holders[i].pid);
            json_close(json, '}');
        }
    }
    json_close(json, ']');
}

static void print_json(const struct compat_ip_options *options, struct json *json,
                       const struct tunic_link *link, const struct flag_words *flags,
                       const struct tunic_holders *holders)
{
    json_open(json, '{');
    json_text(json, "ifname", link->name);
    json_key(json, "flags");
    json_open(json, '[');
    for (size_t i = 0; i < flags->count; i++) {
        json_comma(json);
        json_string(flags->words[i]);
    }
    json_close(json, ']');
    if (link->owner != TUNIC_ID_NONE)
        json_number(json, "user", link->owner);
    if (link->group != TUNIC_ID_NONE)
        json_number(json, "group", link->group);
    if (options->details) {
        size_t count;
        const struct tunic_holder *first = tunic_holders_of(holders, link->name, &count);
        json_holders(json, first, count);
    }
    json_close(json, '}');
}

/* ---- both ------------------------------------------------------------------------------ */

static void print_all(const struct compat_ip_options *options,
                      const struct tunic_snapshot *snapshot, const struct tunic_holders *holders)
{
    struct json json = {.pretty = options->pretty};
    int sysfs = tunic_sysfs_open();

    if (options->json)
        json_open(&json, '[');
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct tunic_link *link = &snapshot->interfaces[i].link;
        struct flag_words flags;
        /* One whose link type was changed is not taken for a TUN/TAP interface. */
        if (link->type != ARPHRD_NONE && link->type != ARPHRD_ETHER)
            continue;
        name_flags(tunic_sysfs_flags(sysfs, link), &flags);
        if (options->json)
            print_json(options, &json, link, &flags, holders);
        else
            print_text(options, link, &flags, holders);
    }
    if (options->json) {
        json_close(&json, ']');
        (void)printf("\n");
    }
    if (sysfs >= 0)
        (void)close(sysfs);
}

int compat_ip_show(const struct compat_ip_options *options)
{
    struct tunic_context context;
    struct tunic_snapshot snapshot = {0};
    struct tunic_holders holders = {0};
    struct tunic_error error;
    int result = tunic_context_open(&context, TUNIC_DEVICE_NODE, &error);

    if (result != 0) {
        (void)fprintf(stderr, "Cannot open netlink socket: %s\n", strerror(-result));
        return COMPAT_IP_FAILED;
    }
    result = tunic_snapshot_read(&snapshot, &context, 0, &error);
    if (result == 0 && options->details)
        result = tunic_holders_read(&holders, true, &error);
    if (result == 0)
        print_all(options, &snapshot, &holders);
    else
        (void)fprintf(stderr, "Dump terminated\n");
    tunic_holders_free(&holders);
    tunic_snapshot_free(&snapshot);
    tunic_context_close(&context);
    return result == 0 ? COMPAT_IP_OK : COMPAT_IP_FAILED;
}
