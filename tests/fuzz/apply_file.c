/* SPDX-License-Identifier: MIT */
/*
 * The bytes are a file for apply. Each of its lines is read and judged as apply does it. Words that
 * were read are written, and must be read again as they were.
 */
#include "fuzz.h"

#include "interface/interface.h"

#include <stdio.h>
#include <string.h>

static void check_line(const struct tunic_line *line)
{
    struct tunic_name_list names = {0};
    struct tunic_desired desired = {0};
    struct tunic_error error = {0};
    int result = tunic_interface_parse(line->words, line->count, &names, &desired, &error);

    if (result == 0) {
        fuzz_check(names.count == 1 && tunic_name_check_new(names.names[0], &error) == 0);
        fuzz_check(!tunic_is_named(&desired, TUNIC_ATTRIBUTE_CARRIER));
        fuzz_check(!(desired.up && desired.down));
        fuzz_check(!tunic_is_named(&desired, TUNIC_ATTRIBUTE_MTU) ||
                   (desired.mtu >= 68 && desired.mtu <= 65535));
        fuzz_check(!tunic_is_named(&desired, TUNIC_ATTRIBUTE_ALIAS) || desired.alias);
    } else {
        fuzz_check(result < 0 && error.action[0] != '\0' && error.reason != 0);
    }
    tunic_name_list_free(&names);
    tunic_desired_free(&desired);
}

/* A '\r' ends no word, but the line that it is written to. */
static bool can_be_written(const struct tunic_line *line)
{
    for (size_t i = 0; i < line->count; i++)
        if (strchr(line->words[i], '\r'))
            return false;
    return true;
}

static void check_written(const struct tunic_line *line)
{
    struct tunic_text text = {0};
    struct tunic_lines lines = {0};
    struct tunic_line again;
    struct tunic_error error;

    for (size_t i = 0; i < line->count; i++) {
        tunic_line_add(&text, line->words[i]);
        tunic_text_add(&text, "%c", i + 1 < line->count ? ' ' : '\n');
    }
    fuzz_check(!text.failed);
    FILE *file = fmemopen(text.text, text.length, "r");
    fuzz_check(file != NULL);
    fuzz_check(tunic_lines_next(&lines, file, &again, &error) == 1);
    fuzz_check(again.count == line->count);
    for (size_t i = 0; i < line->count; i++)
        fuzz_check(strcmp(again.words[i], line->words[i]) == 0);
    fuzz_check(tunic_lines_next(&lines, file, &again, &error) == 0);
    tunic_lines_free(&lines);
    (void)fclose(file);
    tunic_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct tunic_lines lines = {0};
    struct tunic_line line = {0};
    struct tunic_error error = {0};
    size_t last = 0;
    int result;

    if (length == 0)
        return 0;
    char *text = malloc(length);
    fuzz_check(text != NULL);
    memcpy(text, bytes, length);
    FILE *file = fmemopen(text, length, "r");
    fuzz_check(file != NULL);
    while ((result = tunic_lines_next(&lines, file, &line, &error)) > 0) {
        fuzz_check(line.count > 0 && line.number > last);
        last = line.number;
        if (can_be_written(&line))
            check_written(&line);
        check_line(&line);
    }
    fuzz_check(result == 0 || (error.reason == TUNIC_USAGE && line.number > last));
    tunic_lines_free(&lines);
    (void)fclose(file);
    free(text);
    return 0;
}
