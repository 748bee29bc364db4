/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "compat/compat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Opens what a command works with, in the namespace that was asked for. */
static int open_context(struct session *session, struct tunic_context *context,
                        struct tunic_error *error)
{
    const struct options *options = &session->options;
    int result = options->netns ? tunic_netns_enter(options->netns, NULL, error) : 0;

    if (result == 0)
        result = tunic_context_open(
            context, options->device_node ? options->device_node : TUNIC_DEVICE_NODE, error);
    return result;
}

static int usage(struct session *session)
{
    bool asked = session->options.help;
    struct tunic_text help = {0};

    if (session->options.version) {
        (void)printf("tunic %s\n", TUNIC_VERSION);
        return 0;
    }
    tunic_print_help(NULL, &help);
    if (help.text && (asked || !session->options.quiet))
        (void)fputs(help.text, asked ? stdout : stderr);
    tunic_text_free(&help);
    return asked ? 0 : TUNIC_USAGE;
}

static int run(struct session *session, const char **words, size_t count)
{
    const struct command *command = NULL;
    struct tunic_context context = {0};
    struct tunic_error error;

    if (tunic_options_take(&session->options, words, &count, &error) != 0)
        return tunic_report_error(session, &error);
    if (session->options.batch && count > 0) {
        (void)tunic_error_set(&error, TUNIC_USAGE,
                              "a command and '--batch' together: its commands are in the file");
        return tunic_report_error(session, &error);
    }
    if (session->options.version || (count == 0 && !session->options.batch))
        return usage(session);
    if (count > 0) {
        command = tunic_command_find(words[0], &error);
        if (!command)
            return tunic_report_error(session, &error);
        session->command = command->name;
    }
    bool needs_kernel = !command || !(command->without_context || session->options.help);
    if (needs_kernel && open_context(session, &context, &error) != 0)
        return tunic_report_error(session, &error);
    struct session opened = *session;
    opened.context = &context;
    int code = command ? tunic_command_run(&opened, command, words + 1, count - 1)
                       : tunic_batch_run(&opened);
    tunic_context_close(&context);
    return code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* What is opened in the place of a standard descriptor that is closed would be taken for it: a
 * socket to the kernel for standard output. What stands there instead fails as a closed one does.
 */
static void fill_standard(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0)
            (void)!open("/dev/null",
                        (descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    struct session session = {.options.color = COLOR_AUTO};
    const char *name = argc > 0 ? base_name(argv[0]) : "tunic";

    fill_standard();
    if (strcmp(name, "tunctl") == 0)
        return tunic_compat_tunctl(argc, argv);
    if (strcmp(name, "ip-tuntap") == 0)
        return tunic_compat_ip_tuntap(argc, argv);

    /* The reader of our output may go away: that is seen as EPIPE, and is no failure. */
    session.broken_pipe = signal(SIGPIPE, SIG_IGN);
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    const char **words = calloc(count + 1, sizeof(*words));
    if (!words)
        return TUNIC_FAILED;
    for (size_t i = 0; i < count; i++)
        words[i] = argv[i + 1];
    int code;
    if (count > 0 && strcmp(words[0], "__complete") == 0)
        code = tunic_complete(words + 1, count - 1);
    else
        code = run(&session, words, count);
    free(words);
    return tunic_finish_output(&session, code);
}
