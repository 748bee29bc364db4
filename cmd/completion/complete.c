/* SPDX-License-Identifier: MIT */
/*
 * What a shell may offer: `tunic __complete [--] WORD…` gets the words behind the program's name,
 * the last one being typed, and prints "word<TAB>description" lines that fit what is typed. The
 * candidates come from the tables that parse, so they cannot disagree. Whatever fails here is
 * silent: a person who presses Tab wants no error.
 */
#include "completion/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void complete_offer(void *closure, const char *word, const char *description)
{
    const struct completion *completion = closure;
    char shown[4096];

    if (strncmp(word, completion->typed, strlen(completion->typed)) != 0)
        return;
    tunic_text_escape(shown, sizeof(shown), word);
    if (strcmp(shown, word) != 0) /* what cannot be typed as it is shown is not offered */
        return;
    tunic_text_escape(shown, sizeof(shown), description ? description : "");
    (void)printf("%.*s%s\t%s\n", (int)completion->prefix_length, completion->prefix, word, shown);
}

/* ---- options --------------------------------------------------------------------------- */

static void offer_options(struct completion *completion)
{
    size_t count;
    const struct option_row *rows = tunic_option_rows(&count);
    bool is_letter = completion->typed[1] != '\0' && completion->typed[2] == '\0';
    char word[64];

    for (size_t i = 0; i < count; i++) {
        if (tunic_option_given(&completion->options, &rows[i]) ||
            (rows[i].no_command && completion->command))
            continue;
        (void)snprintf(word, sizeof(word), "--%s", rows[i].word);
        complete_offer(completion, word, rows[i].help);
        if (is_letter && rows[i].letter == completion->typed[1])
            complete_offer(completion, completion->typed, rows[i].help);
        /* "-json": the way of iproute2, offered to who begins so. */
        if (completion->typed[1] != '\0' && !is_letter)
            complete_offer(completion, word + 1, rows[i].help);
    }
}

/* Of "auto|always|never" all, of "FILE|-" the dash: what is in capitals stands for something. */
static void offer_literals(struct completion *completion, const struct option_row *row)
{
    char word[32];

    for (const char *part = row->value; *part != '\0'; part += *part == '|') {
        size_t length = strcspn(part, "|");
        if (!isupper((unsigned char)*part) && length < sizeof(word)) {
            memcpy(word, part, length);
            word[length] = '\0';
            complete_offer(completion, word, row->help);
        }
        part += length;
    }
}

static void offer_option_value(struct completion *completion, const struct option_row *row)
{
    offer_literals(completion, row);
    complete_provide(completion, row->candidates);
}

/* "--color=al", "-n=": what stands before the value goes with each candidate. */
static void complete_assignment(struct completion *completion)
{
    size_t count;
    const struct option_row *rows = tunic_option_rows(&count);
    const char *name = completion->typed + (completion->typed[1] == '-' ? 2 : 1);
    size_t length = strcspn(name, "=");

    completion->prefix = completion->typed;
    completion->typed = name + length + 1;
    completion->prefix_length = (size_t)(completion->typed - completion->prefix);
    for (size_t i = 0; i < count; i++) {
        bool word = strlen(rows[i].word) == length && strncmp(rows[i].word, name, length) == 0;
        bool letter = length == 1 && rows[i].letter == *name && name[-1] == '-';
        if (rows[i].value && (word || letter))
            offer_option_value(completion, &rows[i]);
    }
}

/* ---- commands -------------------------------------------------------------------------- */

/* What the words before the one being typed say: the names are not offered again, and neither are
 * attributes that would contradict. A wrong word ends it: what stands before it still counts. */
static void read_words(struct completion *completion, const char *const *words, size_t count)
{
    struct arguments *arguments = &completion->arguments;
    struct tunic_error error;

    (void)tunic_grammar_parse(&arguments->grammar, words, count, &arguments->names, &error);
    for (size_t i = 0; i < arguments->grammar.section_count; i++) {
        struct tunic_section *section = &arguments->sections[i];
        if (section->target == &arguments->desired)
            section->accepted &= ~tunic_desired_pointless(&arguments->desired, &arguments->names);
        else if (section->target == arguments && completion->command->pointless)
            section->accepted &= ~completion->command->pointless(arguments);
    }
}

static void complete_command(struct completion *completion, const char *const *words, size_t count)
{
    struct arguments *arguments = &completion->arguments;

    completion->command->prepare(arguments);
    read_words(completion, words, count - 1);
    tunic_grammar_complete(&arguments->grammar, words, count, complete_offer, complete_provide,
                           completion);
    tunic_arguments_free(arguments);
}

/* `words`: with the one being typed, without options. */
static void complete_words(struct completion *completion, const char *const *words, size_t count)
{
    if (count == 1 && !completion->options.batch)
        complete_provide(completion, TUNIC_CANDIDATES_COMMANDS);
    else if (count > 1 && completion->command)
        complete_command(completion, words + 1, count - 1);
}

int tunic_complete(const char *const *words, size_t count)
{
    struct completion completion = {.typed = "", .prefix = ""};
    struct tunic_error error;

    if (count > 0 && strcmp(words[0], "--") == 0) {
        words++;
        count--;
    }
    const char **plain = calloc(count + 1, sizeof(*plain));
    if (!plain)
        return TUNIC_FAILED;
    size_t before = count > 0 ? count - 1 : 0;
    if (count > 0)
        completion.typed = words[count - 1];
    for (size_t i = 0; i < before; i++)
        plain[i] = words[i];
    const struct option_row *option =
        tunic_options_begun(&completion.options, plain, &before, &completion.options_over);
    plain[before] = completion.typed;
    if (before > 0)
        completion.command = tunic_command_find(plain[0], &error);
    bool dashed = completion.typed[0] == '-' && !completion.options_over;
    bool word = !dashed || completion.typed[1] == '\0'; /* a lone dash may be a value */
    if (option)
        offer_option_value(&completion, option);
    else if (dashed && strchr(completion.typed, '='))
        complete_assignment(&completion);
    else if (dashed)
        offer_options(&completion);
    if (!option && word)
        complete_words(&completion, plain, before + 1);
    free(plain);
    return 0;
}
