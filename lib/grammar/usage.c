/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <string.h>

enum { HELP_COLUMN = 30 };

/* An option has no options of its own: this goes one level deep.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void add_options(const struct tunic_keyword *keyword, struct tunic_text *text)
{
    for (size_t i = 0; i < keyword->option_count; i++) {
        tunic_text_add(text, " [");
        tunic_keyword_form(&keyword->options[i], text);
        tunic_text_add(text, "]%s", keyword->options[i].repeat == TUNIC_REPEAT_ALWAYS ? "…" : "");
    }
}

/* What stands before the rest is part of the form.
 * NOLINTNEXTLINE(misc-no-recursion): as above */
void tunic_keyword_form(const struct tunic_keyword *keyword, struct tunic_text *text)
{
    tunic_text_add(text, "%s", keyword->word);
    if (keyword->value == TUNIC_VALUE_REST)
        add_options(keyword, text);
    if (!tunic_keyword_has_value(keyword))
        return;
    if (keyword->placeholder) {
        tunic_text_add(text, " %s", keyword->placeholder);
        return;
    }
    for (const char *const *choice = keyword->choices; choice && *choice; choice++)
        tunic_text_add(text, "%s%s", choice == keyword->choices ? " " : "|", *choice);
}

/* Its form, and what may stand behind it. */
static void add_keyword(const struct tunic_keyword *keyword, struct tunic_text *text)
{
    tunic_keyword_form(keyword, text);
    if (keyword->value != TUNIC_VALUE_REST)
        add_options(keyword, text);
}

static void usage_keyword(const struct tunic_keyword *keyword, struct tunic_text *text)
{
    tunic_text_add(text, " [");
    add_keyword(keyword, text);
    tunic_text_add(text, "]%s", keyword->repeat == TUNIC_REPEAT_ALWAYS ? "…" : "");
}

static bool first_of_group(const struct tunic_section *section, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (tunic_section_accepts(section, i) &&
            section->keywords[i].exclusive == section->keywords[index].exclusive)
            return false;
    return true;
}

/* Rows that exclude each other stand in one pair of brackets, at the first of them. */
static void usage_group(const struct tunic_section *section, size_t first, struct tunic_text *text)
{
    const char *before = " [";

    for (size_t i = first; i < section->count; i++) {
        if (!tunic_section_accepts(section, i) ||
            section->keywords[i].exclusive != section->keywords[first].exclusive)
            continue;
        tunic_text_add(text, "%s", before);
        add_keyword(&section->keywords[i], text);
        before = "|";
    }
    tunic_text_add(text, "]");
}

void tunic_grammar_usage(const struct tunic_grammar *grammar, struct tunic_text *text)
{
    if (grammar->names != TUNIC_NAMES_NONE)
        tunic_text_add(text, grammar->names_optional ? " [%s%s]" : " %s%s",
                       grammar->name_placeholder ? grammar->name_placeholder : "NAME",
                       grammar->names == TUNIC_NAMES_MANY ? "…" : "");
    for (size_t s = 0; s < grammar->section_count; s++) {
        const struct tunic_section *section = &grammar->sections[s];
        for (size_t i = 0; i < section->count; i++) {
            if (!tunic_section_accepts(section, i))
                continue;
            if (section->keywords[i].exclusive == 0)
                usage_keyword(&section->keywords[i], text);
            else if (first_of_group(section, i))
                usage_group(section, i, text);
        }
    }
}

/* Of a text of ours: a character is one wide, whatever bytes it has. */
static size_t columns(const struct tunic_text *text, size_t start)
{
    size_t count = 0;

    for (size_t i = start; i < text->length; i++)
        count += ((unsigned char)text->text[i] & 0xC0) != 0x80; /* goes on with a character */
    return count;
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static void explain_keyword(const struct tunic_keyword *keyword, size_t indent,
                            struct tunic_text *text)
{
    size_t start = text->length;

    tunic_text_add(text, "%*s", (int)indent, "");
    tunic_keyword_form(keyword, text);
    size_t width = columns(text, start);
    if (width + 2 > HELP_COLUMN)
        tunic_text_add(text, "\n%*s", HELP_COLUMN, "");
    else
        tunic_text_add(text, "%*s", (int)(HELP_COLUMN - width), "");
    tunic_text_add(text, "%s\n", keyword->help);
    for (size_t i = 0; i < keyword->option_count; i++)
        explain_keyword(&keyword->options[i], indent + 2, text);
}

void tunic_grammar_explain(const struct tunic_grammar *grammar, struct tunic_text *text)
{
    for (size_t s = 0; s < grammar->section_count; s++) {
        const struct tunic_section *section = &grammar->sections[s];
        for (size_t i = 0; i < section->count; i++)
            if (tunic_section_accepts(section, i))
                explain_keyword(&section->keywords[i], 2, text);
    }
}
