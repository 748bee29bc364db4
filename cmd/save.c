/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <unistd.h>

enum { LOAD = TUNIC_LOAD_ADDRESSES | TUNIC_LOAD_ROUTES };

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .names_optional = true,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
}

static int save_named(struct session *session, const struct tunic_name_list *names,
                      struct tunic_snapshot *snapshot, int sysfs, struct tunic_text *text)
{
    const struct tunic_interface *interface;
    struct tunic_error error;
    int code = 0;

    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->names[i];
        if (tunic_snapshot_require(snapshot, session->context, name, &interface, &error) == 0) {
            tunic_interface_save(interface, sysfs, text);
            continue;
        }
        tunic_error_object(&error, name);
        int failed = tunic_report_error(session, &error);
        code = code == 0 ? failed : code;
    }
    return code;
}

/* One that goes with its process is that process's: it makes it anew itself. */
static void save_persistent(const struct tunic_snapshot *snapshot, int sysfs,
                            struct tunic_text *text)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->interfaces[i].link.persist)
            tunic_interface_save(&snapshot->interfaces[i], sysfs, text);
}

static int run(struct session *session, struct arguments *arguments)
{
    const struct tunic_name_list *names = &arguments->names;
    struct tunic_snapshot snapshot;
    struct tunic_text text = {0};
    struct tunic_error error;
    int code = 0;
    int result = names->count > 0
                     ? tunic_snapshot_read_names(&snapshot, session->context, names, LOAD, &error)
                     : tunic_snapshot_read(&snapshot, session->context, LOAD, &error);

    if (result != 0)
        return tunic_report_error(session, &error);
    int sysfs = tunic_sysfs_open();
    if (names->count > 0)
        code = save_named(session, names, &snapshot, sysfs, &text);
    else
        save_persistent(&snapshot, sysfs, &text);
    if (sysfs >= 0)
        (void)close(sysfs);
    if (text.failed) {
        (void)tunic_error_memory(&error);
        code = tunic_report_error(session, &error);
    } else {
        tunic_print_text(&text);
    }
    tunic_text_free(&text);
    tunic_snapshot_free(&snapshot);
    return code;
}

const struct command tunic_command_save = {
    .name = "save",
    .summary = "print interfaces as a file for apply",
    .prepare = prepare,
    .run = run,
};
