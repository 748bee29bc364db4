/* SPDX-License-Identifier: MIT */
#include "grammar_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int parse_user(const char *word, void *target, struct tunic_error *error)
{
    uint32_t user = strcmp(word, "alice") == 0 ? 1000 : strcmp(word, "1000") == 0 ? 1000 : 0;

    if (strcmp(word, "memory") == 0)
        return tunic_error_memory(error);
    if (user == 0 && strcmp(word, "root") != 0) {
        (void)tunic_error_set(error, TUNIC_USAGE, "no such user");
        tunic_error_hint(error, "ask %s", "her");
        return -EINVAL;
    }
    ((struct table_target *)target)->user = user;
    return 0;
}

static void append(void *target, const char *before, const char *word, const char *after)
{
    struct table_target *table = target;
    size_t length = strlen(table->addresses);

    (void)snprintf(table->addresses + length, sizeof(table->addresses) - length, "%s%s%s", before,
                   word, after);
}

static int parse_address(const char *word, void *target, struct tunic_error *error)
{
    if (strcmp(word, "wrong") == 0)
        return tunic_error_set(error, TUNIC_USAGE, "not an address");
    append(target, ((struct table_target *)target)->addresses[0] ? " " : "", word, "");
    return 0;
}

static int parse_peer(const char *word, void *target, struct tunic_error *error)
{
    (void)error;
    append(target, "(", word, ")");
    return 0;
}

static int parse_nodad(const char *word, void *target, struct tunic_error *error)
{
    (void)error;
    append(target, "", word ? word : "nodad", "");
    return 0;
}

static const char *const modes[] = {"tun", "tap", NULL};

static const struct tunic_keyword options[] = {
    {.word = "peer",
     .placeholder = "A",
     .help = "the other end",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_peer},
    {.word = "nodad",
     .help = "without detection",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_nodad},
};

#define MEMBER(name) .offset = offsetof(struct table_target, name)

static const struct tunic_keyword keywords[ROW_COUNT] = {
    [ROW_MODE] = {.word = "mode",
                  .help = "of packets",
                  .value = TUNIC_VALUE_CHOICE,
                  .choices = modes,
                  .repeat = TUNIC_REPEAT_EQUAL,
                  .iproute2 = true,
                  MEMBER(mode)},
    [ROW_USER] = {.word = "user",
                  .placeholder = "U",
                  .help = "who may attach",
                  .value = TUNIC_VALUE_CUSTOM,
                  .parse = parse_user,
                  .candidates = TUNIC_CANDIDATES_USERS,
                  .repeat = TUNIC_REPEAT_EQUAL,
                  .iproute2 = true,
                  MEMBER(user)},
    [ROW_PI] = {.word = "pi",
                .help = "packet information",
                .repeat = TUNIC_REPEAT_EQUAL,
                .iproute2 = true,
                MEMBER(pi)},
    [ROW_MTU] = {.word = "mtu",
                 .placeholder = "N",
                 .help = "largest packet",
                 .value = TUNIC_VALUE_NUMBER,
                 .minimum = 68,
                 .maximum = 65535,
                 MEMBER(mtu)},
    [ROW_MASTER] = {.word = "master",
                    .placeholder = "BRIDGE",
                    .help = "belongs to it",
                    .value = TUNIC_VALUE_WORD,
                    .candidates = TUNIC_CANDIDATES_MASTERS,
                    MEMBER(master)},
    [ROW_UP] = {.word = "up", .help = "set up", .exclusive = 1, MEMBER(up)},
    [ROW_DOWN] = {.word = "down", .help = "set down", .exclusive = 1, MEMBER(down)},
    [ROW_ADDR] = {.word = "addr",
                  .placeholder = "CIDR",
                  .help = "an address",
                  .value = TUNIC_VALUE_CUSTOM,
                  .parse = parse_address,
                  .repeat = TUNIC_REPEAT_ALWAYS,
                  .options = options,
                  .option_count = TUNIC_COUNT(options)},
    [ROW_METRIC] = {.word = "metric",
                    .placeholder = "N",
                    .help = "of the route, whose name is long",
                    .value = TUNIC_VALUE_NUMBER,
                    .maximum = UINT32_MAX,
                    MEMBER(metric)},
    [ROW_METER] = {.word = "meter", .help = "count", MEMBER(meter)},
    [ROW_CARRIER] = {.word = "carrier", .help = "not here", MEMBER(carrier)},
};

static const struct tunic_keyword extras[EXTRA_COUNT] = {
    [EXTRA_FORCE] = {.word = "force",
                     .help = "although held",
                     .exclusive = 1,
                     .offset = offsetof(struct table_extra, force)},
    [EXTRA_USE] = {.word = "use",
                   .help = "again and again",
                   .exclusive = 1,
                   .repeat = TUNIC_REPEAT_ALWAYS,
                   .offset = offsetof(struct table_extra, use)},
    [EXTRA_LABEL] = {.word = "label",
                     .placeholder = "A-PLACEHOLDER-OF-GREAT-LENGTH",
                     .help = "any word",
                     .value = TUNIC_VALUE_WORD,
                     .offset = offsetof(struct table_extra, label)},
};

void table_begin(struct table *table, enum tunic_names names)
{
    *table = (struct table){
        .sections = {{.keywords = keywords,
                      .count = ROW_COUNT,
                      .accepted = TUNIC_ACCEPT_ALL & ~(UINT64_C(1) << ROW_CARRIER),
                      .target = &table->target,
                      .named = &table->named[0]},
                     {.keywords = extras,
                      .count = EXTRA_COUNT,
                      .accepted = TUNIC_ACCEPT_ALL,
                      .target = &table->extra,
                      .named = &table->named[1]}},
        .grammar = {.names = names,
                    .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                    .sections = table->sections,
                    .section_count = 2},
    };
}

void table_end(struct table *table)
{
    tunic_name_list_free(&table->names);
}

int table_parse(struct table *table, const char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    table->target = (struct table_target){0};
    table->extra = (struct table_extra){0};
    table->named[0] = table->named[1] = 0;
    table->names.count = 0;
    memset(&table->error, 0, sizeof(table->error));
    return tunic_grammar_parse(&table->grammar, words, count, &table->names, &table->error);
}
