/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

enum { ONLY_IN_SET = TUNIC_ATTRIBUTE_CARRIER };

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){
        .names = TUNIC_NAMES_MANY, .names_optional = true, .check_name = tunic_name_check_template};
    tunic_arguments_section(
        arguments, tunic_attribute_section(&arguments->desired, ~TUNIC_NAMED(ONLY_IN_SET)));
    tunic_arguments_strays(arguments);
}

/* Creates one and prints the name if the kernel chose it. */
static int add_one(struct session *session, const char *wanted, const struct tunic_desired *desired)
{
    char name[IFNAMSIZ] = "";
    char shown[4 * IFNAMSIZ];
    struct tunic_error error;

    memcpy(name, wanted, strnlen(wanted, IFNAMSIZ - 1));
    if (tunic_interface_add(session->context, name, desired, &error) != 0) {
        tunic_error_object(&error, wanted);
        return tunic_report_error(session, &error);
    }
    if (strcmp(name, wanted) != 0) {
        tunic_text_escape(shown, sizeof(shown), name);
        (void)puts(shown);
    }
    return 0;
}

static int run(struct session *session, struct arguments *arguments)
{
    const struct tunic_name_list *names = &arguments->names;
    struct tunic_error error;
    int code = 0;

    if (tunic_desired_check(&arguments->desired, names, &error) != 0)
        return tunic_report_error(session, &error);
    if (names->count == 0)
        return add_one(session, "", &arguments->desired);
    for (size_t i = 0; i < names->count; i++) {
        int failed = add_one(session, names->names[i], &arguments->desired);
        code = code == 0 ? failed : code;
    }
    return code;
}

const struct command tunic_command_add = {
    .name = "add",
    .summary = "create persistent interfaces, complete and configured",
    .prepare = prepare,
    .run = run,
};
