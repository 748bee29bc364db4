/* SPDX-License-Identifier: MIT */
#include "attach/words.h"

#include <string.h>

enum { ACTION = 1 };

static int parse_replay(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_replay *replay = &((struct arguments *)target)->attach.replay;

    (void)error;
    replay->path = word;
    replay->loop = 1;
    return 0;
}

static int parse_loop(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_replay *replay = &((struct arguments *)target)->attach.replay;
    uint64_t number = 0;

    if (tunic_number_parse(word, 1, UINT32_MAX, &number) != 0)
        return tunic_error_set(error, TUNIC_USAGE, "not a number of at least 1");
    replay->loop = (uint32_t)number;
    return 0;
}

static const struct tunic_keyword replay_options[] = {
    {.word = "fast",
     .help = "one behind the other, not in the file's timing",
     .offset = offsetof(struct arguments, attach.replay.fast)},
    {.word = "loop",
     .placeholder = "N",
     .help = "so often",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_loop},
};

static int parse_as(const char *word, void *target, struct tunic_error *error)
{
    struct attach_words *words = &((struct arguments *)target)->attach;

    words->has_user = true;
    return tunic_user_parse(word, &words->user, error);
}

static const struct tunic_keyword exec_options[] = {
    {.word = "as",
     .placeholder = "USER",
     .help = "as this user, with his groups and without privileges",
     .value = TUNIC_VALUE_CUSTOM,
     .candidates = TUNIC_CANDIDATES_USERS,
     .parse = parse_as},
};

static const char *const on_off[] = {"on", "off", NULL};
static const char *const sandbox_help[] = {"no privilege is kept", "to debug it"};
static const char *const standard[] = {"-", NULL};
static const char *const input_help[] = {"standard input"};
static const char *const output_help[] = {"standard output, each packet at once"};

enum row {
    ROW_COUNT_LIMIT,
    ROW_FILTER,
    ROW_QUEUES,
    ROW_SANDBOX,
    ROW_PRINT,
    ROW_WRITE,
    ROW_REPLAY,
    ROW_RESPOND,
    ROW_HOLD,
    ROW_STDIO,
    ROW_EXEC,
    ROW_COUNT
};

static const struct tunic_keyword keywords[ROW_COUNT] = {
    [ROW_COUNT_LIMIT] = {.word = "count",
                         .placeholder = "N",
                         .help = "end after so many packets",
                         .value = TUNIC_VALUE_NUMBER,
                         .minimum = 1,
                         .maximum = UINT32_MAX,
                         .offset = offsetof(struct arguments, attach.count)},
    [ROW_FILTER] = {.word = "filter",
                    .placeholder = "EXPR",
                    .help = "only packets that fit, as tcpdump has it: 'icmp or port 53'",
                    .value = TUNIC_VALUE_WORD,
                    .offset = offsetof(struct arguments, attach.filter)},
    [ROW_QUEUES] = {.word = "queues",
                    .placeholder = "N",
                    .help = "so many descriptors, of one with multi_queue",
                    .value = TUNIC_VALUE_NUMBER,
                    .minimum = 1,
                    .maximum = TUNIC_QUEUES_MOST,
                    .offset = offsetof(struct arguments, attach.queues)},
    [ROW_SANDBOX] = {.word = "sandbox",
                     .help = "whether it gives up its privileges once it runs",
                     .value = TUNIC_VALUE_CHOICE,
                     .choices = on_off,
                     .choice_help = sandbox_help,
                     .offset = offsetof(struct arguments, sandbox)},
    [ROW_PRINT] = {.word = "print",
                   .help = "a line for each packet; what is done otherwise",
                   .offset = offsetof(struct arguments, attach.print),
                   .exclusive = ACTION},
    [ROW_WRITE] = {.word = "write",
                   .placeholder = "FILE|-",
                   .help = "a pcap file of them, for tcpdump and Wireshark",
                   .value = TUNIC_VALUE_WORD,
                   .candidates = TUNIC_CANDIDATES_FILES,
                   .choices = standard,
                   .choice_help = output_help,
                   .offset = offsetof(struct arguments, attach.write),
                   .exclusive = ACTION},
    [ROW_REPLAY] = {.word = "replay",
                    .placeholder = "FILE|-",
                    .help = "give the packets of a pcap file to the kernel",
                    .value = TUNIC_VALUE_CUSTOM,
                    .candidates = TUNIC_CANDIDATES_FILES,
                    .choices = standard,
                    .choice_help = input_help,
                    .parse = parse_replay,
                    .options = replay_options,
                    .option_count = TUNIC_COUNT(replay_options),
                    .exclusive = ACTION},
    [ROW_RESPOND] = {.word = "respond",
                     .help = "answer ARP, neighbour discovery and ping",
                     .offset = offsetof(struct arguments, attach.respond),
                     .exclusive = ACTION},
    [ROW_HOLD] = {.word = "hold",
                  .help = "keep its carrier up",
                  .offset = offsetof(struct arguments, attach.hold),
                  .exclusive = ACTION},
    [ROW_STDIO] = {.word = "stdio",
                   .help = "packets as frames on standard input and output, as simpletun's",
                   .offset = offsetof(struct arguments, attach.stdio),
                   .exclusive = ACTION},
    [ROW_EXEC] = {.word = "exec",
                  .placeholder = "COMMAND…",
                  .help = "run a command with its descriptors: {fd}, {fds}, {vhostfds}",
                  .value = TUNIC_VALUE_REST,
                  .candidates = TUNIC_CANDIDATES_FILES,
                  .offset = offsetof(struct arguments, attach.exec),
                  .options = exec_options,
                  .option_count = TUNIC_COUNT(exec_options),
                  .exclusive = ACTION},
};

void attach_add_words(struct arguments *arguments)
{
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
}

/* ---- what an action takes -------------------------------------------------------------- */

/* The rows that are no actions. */
static const uint64_t words_of_actions = TUNIC_NAMED(ROW_PRINT) - 1;

/* Those that an action takes which works on packets. */
#define OF_PACKETS                                                                                 \
    (TUNIC_NAMED(ROW_COUNT_LIMIT) | TUNIC_NAMED(ROW_FILTER) | TUNIC_NAMED(ROW_SANDBOX))

/* Which of them. */
static const uint64_t taken[ROW_COUNT] = {
    [ROW_PRINT] = OF_PACKETS,
    [ROW_WRITE] = OF_PACKETS,
    [ROW_REPLAY] = OF_PACKETS,
    [ROW_RESPOND] = OF_PACKETS,
    [ROW_STDIO] = TUNIC_NAMED(ROW_FILTER) | TUNIC_NAMED(ROW_SANDBOX),
    [ROW_HOLD] = TUNIC_NAMED(ROW_SANDBOX),
    [ROW_EXEC] = TUNIC_NAMED(ROW_QUEUES),
};

/* Whether there is an action for these rows. */
static bool possible(uint64_t given)
{
    uint64_t action = given & ~words_of_actions;

    for (unsigned row = ROW_PRINT; row < ROW_COUNT; row++)
        if ((action == 0 || action == TUNIC_NAMED(row)) &&
            (given & words_of_actions & ~taken[row]) == 0)
            return true;
    return false;
}

uint64_t attach_pointless(const struct arguments *arguments)
{
    uint64_t pointless = 0;

    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (!possible(arguments->own | TUNIC_NAMED(row)))
            pointless |= TUNIC_NAMED(row);
    return pointless & ~arguments->own;
}

int attach_check(const struct arguments *arguments, struct tunic_error *error)
{
    unsigned action = ROW_PRINT;

    for (unsigned row = ROW_PRINT; row < ROW_COUNT; row++)
        if (arguments->own & TUNIC_NAMED(row))
            action = row;
    for (unsigned row = 0; row < ROW_PRINT; row++) {
        if (!(arguments->own & TUNIC_NAMED(row)) || taken[action] & TUNIC_NAMED(row))
            continue;
        (void)tunic_error_set(error, TUNIC_USAGE, "'%s' means nothing to '%s'", keywords[row].word,
                              keywords[action].word);
        return tunic_reason_errno(error->reason);
    }
    return 0;
}
