/* SPDX-License-Identifier: MIT */
/*
 * cmd: the program. One file a subcommand: its table of keywords, what it calls in the library,
 * and what it prints. Nothing here speaks to the kernel itself, and only here are errors turned
 * into text and exit codes.
 *
 *   main.c       under which name it was started
 *   commands.c   which commands there are, and how one is run
 *   options.c    what stands before and behind every command
 *   output.c     errors, and an output that failed
 *   batch.c      many command lines from a file
 *   help.c       the texts of help, and the command that prints them
 *   input.c      lines of words, for batch and apply
 *   keys.c       keys as genkey, genpsk and pubkey print them
 *   stop.c       the signals and the reader that end what goes on until it is stopped
 *   attach/      the words of attach, and packets as lines
 *   relay/       the words of a relay, the files that they name, and what a running one prints
 *   show/        the forms in which interfaces and their changes are printed
 *   completion/  what a shell may offer
 *   compat/      the tools that it replaces, by their names
 */
#ifndef TUNIC_COMMAND_H
#define TUNIC_COMMAND_H

#include "attach/attach.h"
#include "relay/relay.h"

enum color {
    COLOR_NEVER,
    COLOR_AUTO,
    COLOR_ALWAYS,
};

/* What the options say. Strings are borrowed from the command line. */
struct options {
    bool json;
    bool pretty;
    bool details;
    bool stats;
    bool oneline;
    bool quiet;
    bool hex;
    bool force;
    bool help;
    bool version;
    enum color color;
    const char *color_word;
    const char *netns;
    const char *batch;
    const char *device_node;
};

/* What attach does, and with what; nothing: it prints. */
struct attach_words {
    const char *filter;
    const char *write;
    struct tunic_replay replay;
    struct tunic_rest exec;
    uint32_t user; /* of exec */
    bool has_user;
    uint32_t count;
    uint32_t queues;
    bool print;
    bool respond;
    bool hold;
    bool stdio;
};

/* What a command line of any command is read into. */
struct arguments {
    struct tunic_name_list names;
    struct tunic_desired desired;
    struct tunic_selection selection;
    /* the commands' own words */
    bool check;
    bool force;
    bool if_exists;
    bool all;
    bool watch;
    bool present;
    bool up;
    bool carrier;
    bool free;
    bool gone;
    uint64_t timeout; /* nanoseconds */
    struct attach_words attach;
    struct tunic_relay_options relay;
    const char *key; /* of a relay: files */
    const char *config;
    struct tunic_name_list preshared; /* for each of its peers a file, or NULL */
    uint32_t offload;                 /* enum tunic_switch */
    uint32_t mss;
    uint32_t sandbox;
    uint64_t own; /* which rows of its own table were given */
    /* the grammar that reads it */
    struct tunic_section sections[3];
    struct tunic_grammar grammar;
};

/* One run of the program. */
struct session {
    struct options options;
    struct tunic_context *context;
    const char *command;                    /* for errors */
    const char *place;                      /* "FILE:LINE" in a batch, or NULL */
    void (*broken_pipe)(int signal_number); /* what SIGPIPE did when this program was started */
};

struct command {
    const char *name;
    const char *summary; /* one line, no full stop */
    /* Fills the grammar; the sections point into `arguments`. */
    void (*prepare)(struct arguments *arguments);
    /* Returns the exit code. */
    int (*run)(struct session *session, struct arguments *arguments);
    /* The rows of its own table that would be refused beside what was given; NULL: none. */
    uint64_t (*pointless)(const struct arguments *arguments);
    const char *rest;     /* the keyword behind which all words are another program's; or NULL */
    bool without_context; /* needs no kernel */
    bool without_page;    /* tunic(8) describes it */
};

extern const struct command tunic_command_add;
extern const struct command tunic_command_ensure;
extern const struct command tunic_command_set;
extern const struct command tunic_command_del;
extern const struct command tunic_command_show;
extern const struct command tunic_command_wait;
extern const struct command tunic_command_apply;
extern const struct command tunic_command_save;
extern const struct command tunic_command_attach;
extern const struct command tunic_command_relay;
extern const struct command tunic_command_genkey;
extern const struct command tunic_command_pubkey;
extern const struct command tunic_command_genpsk;
extern const struct command tunic_command_doctor;
extern const struct command tunic_command_help;
extern const struct command tunic_command_version;

/* All of them, NULL-terminated, in the order in which people are told of them. */
extern const struct command *const tunic_commands[];
/* The command that a word means; fills `error` where there is none. */
const struct command *tunic_command_find(const char *word, struct tunic_error *error);

/* Reads the words behind a command and runs it. Returns the exit code. */
int tunic_command_run(struct session *session, const struct command *command,
                      const char *const *words, size_t count);
/* Adds a section to the grammar of `arguments`. */
void tunic_arguments_section(struct arguments *arguments, struct tunic_section section);
/* Adds the table of a command's own words, which fill `arguments`; `own` has which were given. */
void tunic_arguments_own(struct arguments *arguments, const struct tunic_keyword *keywords,
                         size_t count);
/* Adds the words of other commands, so that a stray one becomes no interface. */
void tunic_arguments_strays(struct arguments *arguments);
void tunic_arguments_free(struct arguments *arguments);

/* Takes the options out of `words`, in place; what is left are the command and its words. */
int tunic_options_take(struct options *options, const char **words, size_t *count,
                       struct tunic_error *error);
/* As tunic_options_take, of a line that is still being typed: what is wrong is passed over.
 * Returns the row whose value comes next, or NULL. `over`: no options come any more. */
const struct option_row *tunic_options_begun(struct options *options, const char **words,
                                             size_t *count, bool *over);
/* Whether an option was given. */
bool tunic_option_given(const struct options *options, const struct option_row *row);
/* The table of options, for usage and completion. */
struct option_row {
    char letter; /* '\0': none */
    const char *word;
    const char *value; /* NULL: none */
    const char *help;
    size_t offset; /* in struct options: a const char * where there is a value, or else a bool */
    enum tunic_candidates candidates;
    bool no_command; /* means nothing beside a command */
};
const struct option_row *tunic_option_rows(size_t *count);

/* Whether colours are wanted on standard output. */
bool tunic_color_wanted(const struct options *options);

/* Prints "tunic: COMMAND OBJECT: …" to standard error and returns the exit code. */
int tunic_report_error(const struct session *session, const struct tunic_error *error);
/* The same of what does not end the command: with --quiet too, since no exit code tells it. */
void tunic_report_warning(const struct session *session, const struct tunic_error *warning);
/* A tunic_report whose closure is the session. */
void tunic_report_name(void *session, const char *name, const struct tunic_error *error);
/* Prints a text, of any length: the reason is kept where some of it is lost. */
void tunic_print_text(const struct tunic_text *text);
/* Writes out what was printed. False: some of it was lost, now or before, errno says why; 0: nobody
 * knows. */
bool tunic_flush_output(void);
/* Ends standard output. Returns `code`, or 1 where the output was lost and code was 0. */
int tunic_finish_output(const struct session *session, int code);

/* The page of one command, or of the program where `command` is NULL. */
void tunic_print_help(const struct command *command, struct tunic_text *text);

int tunic_batch_run(struct session *session);
int tunic_complete(const char *const *words, size_t count);

#endif
