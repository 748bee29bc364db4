/* SPDX-License-Identifier: MIT */
/*
 * Command lines from a file: one a line, as behind `tunic`, `#` comments, a `\` at its end goes on,
 * "…" holds blanks, with \" and \\ inside. The first failure ends it, unless --force; its code is
 * returned.
 */
#include "command.h"
#include "input.h"

/* Options that a line brings hold for that line; where it works is the whole batch's. */
static int run_words(struct session *session, const char **words, size_t count)
{
    struct session line = *session;
    struct tunic_error error;

    if (tunic_options_take(&line.options, words, &count, &error) != 0)
        return tunic_report_error(&line, &error);
    if (line.options.netns != session->options.netns ||
        line.options.device_node != session->options.device_node ||
        line.options.batch != session->options.batch) {
        (void)tunic_error_set(&error, TUNIC_USAGE,
                              "namespace, device node and batch are chosen for the whole batch");
        return tunic_report_error(&line, &error);
    }
    if (count == 0)
        return 0;
    const struct command *command = tunic_command_find(words[0], &error);
    if (!command)
        return tunic_report_error(&line, &error);
    return tunic_command_run(&line, command, words + 1, count - 1);
}

int tunic_batch_run(struct session *session)
{
    struct input input = {0};
    int wrong;
    int code = input_open(&input, session, session->options.batch);

    if (code != 0)
        return code;
    while (input_next(&input, session, &wrong)) {
        int failed = run_words(session, input.line.words, input.line.count);
        session->command = NULL;
        code = code == 0 ? failed : code;
        (void)tunic_flush_output();
        if (failed != 0 && !session->options.force)
            break;
    }
    code = code == 0 ? wrong : code;
    input_close(&input, session);
    return code;
}
