/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses how names may stand, the rest are words, separated by newlines, for the
 * grammar of the unit tests. The same words are completed: that must end too, and offer only
 * what could be parsed.
 */
#include "fuzz.h"

#include "../unit/grammar_table.h"

#include <string.h>

enum { MOST_WORDS = 100 };

static void offer(void *closure, const char *word, const char *description)
{
    size_t *count = closure;

    fuzz_check(*word != '\0' && description);
    ++*count;
}

static void provide(void *closure, enum tunic_candidates kind)
{
    size_t *count = closure;

    fuzz_check(kind != TUNIC_CANDIDATES_NONE);
    ++*count;
}

static void check_result(const struct table *table, int result, size_t count)
{
    fuzz_check(table->names.count <= count);
    fuzz_check(!(table->named[0] >> ROW_CARRIER & 1) && !table->target.carrier);
    fuzz_check(!(table->target.up && table->target.down));
    fuzz_check(!(table->named[0] >> ROW_MTU & 1) ||
               (table->target.mtu >= 68 && table->target.mtu <= 65535));
    fuzz_check(table->target.mode <= 1);
    if (result == 0)
        fuzz_check(table->error.action[0] == '\0');
    else
        fuzz_check(table->error.action[0] != '\0' && table->error.reason != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *words[MOST_WORDS + 1];
    size_t count = 0;
    size_t offered = 0;
    struct table table;

    if (length == 0)
        return 0;
    char *text = malloc(length);
    fuzz_check(text != NULL);
    memcpy(text, bytes + 1, length - 1);
    text[length - 1] = '\0';
    for (char *word = text; word && count < MOST_WORDS;) {
        char *end = strchr(word, '\n');
        if (end)
            *end++ = '\0';
        words[count++] = word;
        word = end;
    }
    words[count] = NULL;
    table_begin(&table, (enum tunic_names)(bytes[0] % 3));
    table.grammar.names_optional = bytes[0] & 4;
    check_result(&table, table_parse(&table, words), count);
    tunic_grammar_complete(&table.grammar, words, count, offer, provide, &offered);
    table_end(&table);
    free(text);
    return 0;
}
