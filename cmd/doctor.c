/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "show/json.h"

#include <stdio.h>

struct telling {
    const char *name; /* NULL: none */
    bool json;
    bool quiet;
    struct json printer;
    size_t count;
};

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .names_optional = true,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
}

static void tell_json(struct json *json, const char *name, const struct tunic_finding *finding)
{
    const struct tunic_error *error = &finding->error;

    json_open(json, NULL, '{');
    json_text(json, "severity", finding->warning ? "warning" : "error");
    if (name)
        json_text(json, "ifname", name);
    json_text(json, "finding", error->action);
    if (error->cause[0] != '\0')
        json_text(json, "cause", error->cause);
    if (error->hint[0] != '\0')
        json_text(json, "mend", error->hint);
    if (!finding->warning)
        json_number(json, "exit_code", (uint64_t)error->reason);
    json_close(json, '}');
}

static void tell(void *closure, const struct tunic_finding *finding)
{
    struct telling *telling = closure;
    const struct tunic_error *error = &finding->error;

    telling->count++;
    if (telling->json) {
        tell_json(&telling->printer, telling->name, finding);
        return;
    }
    if (telling->quiet)
        return;
    (void)printf("%s: %s%s%s\n", finding->warning ? "warning" : "error", error->object,
                 error->object[0] != '\0' ? ": " : "", error->action);
    if (error->cause[0] != '\0')
        (void)printf("    because: %s\n", error->cause);
    if (error->hint[0] != '\0')
        (void)printf("    mend: %s\n", error->hint);
}

static int run(struct session *session, struct arguments *arguments)
{
    const struct options *options = &session->options;
    const char *name = arguments->names.count > 0 ? arguments->names.names[0] : NULL;
    struct telling telling = {.name = name,
                              .json = options->json,
                              .quiet = options->quiet,
                              .printer.pretty = options->pretty};

    if (telling.json)
        json_open(&telling.printer, NULL, '[');
    int code = tunic_doctor(session->context, name, tell, &telling);
    if (telling.json) {
        json_close(&telling.printer, ']');
        (void)putchar('\n');
    } else if (telling.count == 0 && !telling.quiet) {
        (void)puts("nothing wrong was found");
    }
    return code;
}

const struct command tunic_command_doctor = {
    .name = "doctor",
    .summary = "say why it does not work for this user, and what mends it",
    .prepare = prepare,
    .run = run,
};
