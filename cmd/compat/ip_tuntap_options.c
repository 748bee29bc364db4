/* SPDX-License-Identifier: MIT */
#include "compat/compat.h"
#include "interface/interface.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What an option changes here. Most of ip's have no effect on TUN/TAP interfaces. */
enum effect {
    EFFECT_NONE,
    EFFECT_BATCH,
    EFFECT_COLOR,
    EFFECT_DETAILS,
    EFFECT_FAMILY,
    EFFECT_FORCE,
    EFFECT_HELP,
    EFFECT_JSON,
    EFFECT_LOOPS,
    EFFECT_NETNS,
    EFFECT_ONELINE,
    EFFECT_PRETTY,
    EFFECT_RCVBUF,
    EFFECT_VERSION,
};

struct option {
    const char *word;
    bool whole; /* is not taken cut off */
    enum effect effect;
};

/* In ip's order: the first that a cut-off option fits is taken. */
static const struct option option_table[] = {
    {"-loops", false, EFFECT_LOOPS},     {"-family", false, EFFECT_FAMILY},
    {"-4", true, EFFECT_NONE},           {"-6", true, EFFECT_NONE},
    {"-0", true, EFFECT_NONE},           {"-M", true, EFFECT_NONE},
    {"-B", true, EFFECT_NONE},           {"-human-readable", false, EFFECT_NONE},
    {"-iec", false, EFFECT_NONE},        {"-stats", false, EFFECT_NONE},
    {"-statistics", false, EFFECT_NONE}, {"-details", false, EFFECT_DETAILS},
    {"-resolve", false, EFFECT_NONE},    {"-oneline", false, EFFECT_ONELINE},
    {"-timestamp", false, EFFECT_NONE},  {"-tshort", false, EFFECT_NONE},
    {"-Version", false, EFFECT_VERSION}, {"-force", false, EFFECT_FORCE},
    {"-batch", false, EFFECT_BATCH},     {"-brief", false, EFFECT_NONE},
    {"-json", false, EFFECT_JSON},       {"-pretty", false, EFFECT_PRETTY},
    {"-rcvbuf", false, EFFECT_RCVBUF},   {"-color", false, EFFECT_COLOR},
    {"-help", false, EFFECT_HELP},       {"-netns", false, EFFECT_NETNS},
    {"-Numeric", false, EFFECT_NONE},    {"-all", false, EFFECT_NONE},
    {"-echo", true, EFFECT_NONE},
};

/* `-color` may carry its value, as `-c=always`; another value makes it an unknown option. */
static bool parse_color(const char *word, bool *color)
{
    char name[16];
    const char *value = strchrnul(word, '=');
    size_t length = (size_t)(value - word);

    if (length >= sizeof(name))
        return false;
    memcpy(name, word, length);
    name[length] = '\0';
    if (!compat_ip_matches(name, "-color"))
        return false;
    if (*value == '=')
        value++;
    if (*value == '\0' || strcmp(value, "always") == 0)
        *color = true;
    else if (strcmp(value, "auto") == 0)
        *color = isatty(STDOUT_FILENO) == 1;
    else if (strcmp(value, "never") == 0)
        *color = false;
    else
        return false;
    return true;
}

static const struct option *find_option(const char *word, bool *color)
{
    for (size_t i = 0; i < TUNIC_COUNT(option_table); i++) {
        const struct option *option = &option_table[i];
        bool fits = option->whole                    ? strcmp(word, option->word) == 0
                    : option->effect == EFFECT_COLOR ? parse_color(word, color)
                                                     : compat_ip_matches(word, option->word);
        if (fits)
            return option;
    }
    return NULL;
}

static int check_family(const char *word)
{
    static const char *const families[] = {"inet", "inet6", "link", "mpls", "bridge"};

    if (strcmp(word, "help") == 0)
        return compat_ip_usage();
    for (size_t i = 0; i < TUNIC_COUNT(families); i++) {
        if (strcmp(word, families[i]) == 0)
            return COMPAT_IP_OK;
    }
    (void)fprintf(stderr, "Error: argument \"%s\" is wrong: invalid protocol family\n", word);
    return COMPAT_IP_LEAVE;
}

static int check_rcvbuf(const char *word)
{
    char *end;

    errno = 0;
    unsigned long size = strtoul(word, &end, 0);
    if (*word != '\0' && *end == '\0' && errno == 0 && size <= UINT32_MAX)
        return COMPAT_IP_OK;
    (void)fprintf(stderr, "Invalid rcvbuf size '%s'\n", word);
    return COMPAT_IP_LEAVE;
}

/* Always below ip's own folder, so a path is no way to another one. */
static int enter_netns(const char *word)
{
    struct tunic_text path = {0};
    struct tunic_error error;
    const char *name = word != NULL ? word : "(null)";

    tunic_text_add(&path, "/run/netns/%s", name);
    int result = path.failed ? -ENOMEM : tunic_netns_enter(path.text, NULL, &error);
    tunic_text_free(&path);
    if (result == 0)
        return COMPAT_IP_OK;
    /* These two come from setns, not from opening. */
    if (result == -EPERM || result == -EINVAL)
        (void)fprintf(stderr, "setting the network namespace \"%s\" failed: %s\n", name,
                      strerror(-result));
    else
        (void)fprintf(stderr, "Cannot open network namespace \"%s\": %s\n", name,
                      strerror(-result));
    return COMPAT_IP_LEAVE;
}

/* Does one option whose value, where it has one, is the next word. */
static int take_option(struct compat_ip_options *options, enum effect effect, char ***words)
{
    bool has_value = effect == EFFECT_BATCH || effect == EFFECT_FAMILY || effect == EFFECT_LOOPS ||
                     effect == EFFECT_NETNS || effect == EFFECT_RCVBUF;
    const char *value = has_value ? *++*words : NULL;

    if (has_value && value == NULL && effect != EFFECT_NETNS)
        return compat_ip_usage();
    switch (effect) {
    case EFFECT_BATCH:
        options->batch = value;
        break;
    case EFFECT_DETAILS:
        options->details = true;
        break;
    case EFFECT_FORCE:
        options->force = true;
        break;
    case EFFECT_JSON:
        options->json = true;
        break;
    case EFFECT_ONELINE:
        options->oneline = true;
        break;
    case EFFECT_PRETTY:
        options->pretty = true;
        break;
    case EFFECT_FAMILY:
        return check_family(value);
    case EFFECT_HELP:
        return compat_ip_usage();
    case EFFECT_NETNS:
        return enter_netns(value);
    case EFFECT_RCVBUF:
        return check_rcvbuf(value);
    case EFFECT_NONE:
    case EFFECT_COLOR:
    case EFFECT_LOOPS:
    case EFFECT_VERSION:
        break;
    }
    return COMPAT_IP_OK;
}

int compat_ip_options_parse(struct compat_ip_options *options, char ***words, bool *done)
{
    for (; **words != NULL && **words[0] == '-'; ++*words) {
        const char *word = **words;
        if (strcmp(word, "--") == 0) {
            ++*words;
            break;
        }
        if (word[1] == '-')
            word++;
        const struct option *option = find_option(word, &options->color);
        if (option == NULL) {
            (void)fprintf(stderr, "Option \"%s\" is unknown, try \"ip -help\".\n", word);
            return COMPAT_IP_LEAVE;
        }
        if (option->effect == EFFECT_VERSION) {
            (void)puts("ip utility, iproute2-6.1.0, libbpf 1.1.2");
            *done = true;
            return COMPAT_IP_OK;
        }
        int code = take_option(options, option->effect, words);
        if (code != COMPAT_IP_OK)
            return code;
        if (**words == NULL) /* a missing namespace was entered all the same */
            break;
    }
    return COMPAT_IP_OK;
}
