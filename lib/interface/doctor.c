/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. What a command would stumble over is looked at in the order in which it
 * would, so that the first finding has its exit code: of an interface that is named whether it is
 * there, the device node, the right to attach, the holder; otherwise the node, and the right to
 * make interfaces. Nothing is changed and nothing is tried that others would notice. What does not
 * keep anybody from attaching is a warning; what cannot be told for certain is not told.
 */
#include "interface/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- telling --------------------------------------------------------------------------- */

void tunic_examination_found(struct tunic_examination *examination, const struct tunic_error *error)
{
    struct tunic_finding finding = {.error = *error};

    tunic_error_object(&finding.error, examination->name ? examination->name : "");
    if (examination->reason == 0)
        examination->reason = (int)error->reason;
    examination->tell(examination->closure, &finding);
}

void tunic_examination_warn(struct tunic_examination *examination, const char *action,
                            const char *cause, const char *hint, ...)
{
    struct tunic_finding finding = {.warning = true};
    va_list arguments;

    (void)tunic_error_set(&finding.error, TUNIC_FAILED, "%s", action);
    tunic_error_cause(&finding.error, "%s", cause);
    va_start(arguments, hint);
    (void)vsnprintf(finding.error.hint, sizeof(finding.error.hint), hint, arguments);
    va_end(arguments);
    tunic_error_object(&finding.error, examination->name ? examination->name : "");
    examination->tell(examination->closure, &finding);
}

const char *tunic_examination_as_root(const struct tunic_examination *examination)
{
    if (examination->privilege == TUNIC_PRIVILEGE_HERE)
        return "";
    return examination->foreign_network ? "as root, outside of this user namespace: " : "as root: ";
}

/* ---- names in commands ----------------------------------------------------------------- */

static bool is_plain(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte != '\0' && strchr("+,-./:@_", byte));
}

bool tunic_shell_word(char *target, size_t size, const char *source)
{
    size_t plain = 0;
    size_t used = 2;

    while (is_plain(source[plain]))
        plain++;
    if (plain > 0 && source[plain] == '\0')
        return (size_t)snprintf(target, size, "%s", source) < size;
    if (4 * strlen(source) + sizeof("$''") > size)
        return false;
    target[0] = '$';
    target[1] = '\'';
    for (; *source != '\0'; source++) {
        if (is_plain(*source))
            target[used++] = *source;
        else
            used += (size_t)sprintf(target + used, "\\x%02x", (unsigned char)*source);
    }
    target[used++] = '\'';
    target[used] = '\0';
    return true;
}

/* A name that a keyword might be needs `dev` before it, one that looks like an option `--`. */
static void spell_name(struct tunic_examination *examination)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_-";
    const char *name = examination->name;
    const char *before = *name == '-' ? "-- " : name[strspn(name, letters)] == '\0' ? "dev " : "";

    (void)tunic_shell_word(examination->quoted, sizeof(examination->quoted), name);
    (void)snprintf(examination->word, sizeof(examination->word), "%s%s", before,
                   examination->quoted);
}

/* ---- who holds it ---------------------------------------------------------------------- */

/* A holder that has switched the carrier off is believed only where its descriptor was seen. */
static bool is_held(const struct tunic_link *link, const struct tunic_holders *holders)
{
    size_t count = 0;
    const struct tunic_holder *holder = tunic_holders_of(holders, link->name, &count);

    if (tunic_interface_looks_held(link))
        return true;
    for (size_t i = 0; i < count; i++)
        if (holder[i].certain)
            return true;
    return false;
}

static void tell_busy(struct tunic_examination *examination, const struct tunic_link *link,
                      const struct tunic_holders *holders)
{
    struct tunic_error error;

    (void)tunic_link_refuse_busy(link, holders, "its only queue is taken", &error);
    if (link->persist)
        tunic_error_hint(&error, "stop that process; 'tunic wait %s free' waits for its end",
                         examination->word);
    else
        tunic_error_hint(&error, "stop that process, with which it goes; 'tunic add' makes one "
                                 "that stays");
    tunic_examination_found(examination, &error);
}

static bool examine_holder(struct tunic_examination *examination, const struct tunic_link *link)
{
    struct tunic_holders holders = {0};
    struct tunic_error unused;

    bool read = tunic_holders_read(&holders, false, &unused) == 0;
    bool held = is_held(link, &holders);
    if (held && !link->multi_queue)
        tell_busy(examination, link, read ? &holders : NULL);
    tunic_holders_free(&holders);
    return held;
}

/* ---- what works nevertheless ----------------------------------------------------------- */

static void examine_state(struct tunic_examination *examination, const struct tunic_link *link,
                          bool held)
{
    const char *as_root = tunic_examination_as_root(examination);
    const char *word = examination->word;

    if (!(link->flags & IFF_UP))
        tunic_examination_warn(examination, "it is down", "no packet comes or goes",
                               "%s'tunic set %s up'", as_root, word);
    if (!link->carrier && held)
        tunic_examination_warn(examination, "it has no carrier", "its holder has switched it off",
                               "%s'tunic set %s carrier on'", as_root, word);
    else if (!link->carrier && link->flags & IFF_UP)
        tunic_examination_warn(
            examination, "it has no carrier",
            "no process is seen to hold it: packets are dropped, IPv6 addresses stay tentative",
            "start what is to use it; 'tunic attach %s hold' keeps a carrier", word);
    if (tunic_interface_open_to_all(link))
        tunic_examination_warn(examination, "every local user may attach to it",
                               "it has neither an owner nor a group",
                               "%s'tunic set %s user root' (or whose it is to be)", as_root, word);
    if (!link->persist)
        tunic_examination_warn(examination, "it is not persistent",
                               "it goes with the process that holds it",
                               "'tunic add' makes one that stays");
}

/* A program has to ask for the flags that an interface has; for some of them the kernel insists.
 * They are fixed when it is made. */
static void tell_flag(struct tunic_examination *examination, const char *action, const char *cause,
                      const char *flag)
{
    tunic_examination_warn(examination, action, cause,
                           "for such a program, %s'tunic save %s | sed \"s/ %s / /\" >saved; tunic "
                           "del %s; tunic apply "
                           "saved'",
                           tunic_examination_as_root(examination), examination->word, flag,
                           examination->word);
}

static void examine_flags(struct tunic_examination *examination, const struct tunic_link *link)
{
    static const char taken[] = "a program that does not ask for it takes the flag away, and one "
                                "that is handed a descriptor may misread the packets";

    if (link->multi_queue)
        tell_flag(examination, "it is multi_queue",
                  "the kernel refuses a program that does not ask for that", "multi_queue");
    if (link->pi)
        tell_flag(examination, "its packets have a header of packet information", taken, "pi");
    if (link->vnet_hdr)
        tell_flag(examination, "its packets have a virtio-net header", taken, "vnet_hdr");
}

/* ---- the interface --------------------------------------------------------------------- */

static void tell_absent(struct tunic_examination *examination, struct tunic_error *error)
{
    bool tells_mode =
        strncmp(examination->name, "tun", 3) == 0 || strncmp(examination->name, "tap", 3) == 0;
    char user[64];

    tunic_examination_user_text(examination, user, sizeof(user));
    tunic_error_hint(error,
                     "%s'tunic add %s%s user %s' makes it; 'tunic show' lists those there are",
                     tunic_examination_as_root(examination), examination->word,
                     tells_mode ? "" : " mode tun", user);
}

static int find_interface(struct tunic_examination *examination, struct tunic_snapshot *snapshot,
                          const struct tunic_interface **interface)
{
    struct tunic_error error;
    int result =
        tunic_snapshot_read_one(snapshot, examination->context, examination->name, 0, &error);

    if (result == 0 || result == -ENODEV)
        result = tunic_snapshot_require(snapshot, examination->context, examination->name,
                                        interface, &error);
    if (result == -EEXIST)
        error.reason = TUNIC_FAILED; /* as attach returns it */
    if (result == -ENODEV)
        tell_absent(examination, &error);
    if (result != 0)
        tunic_examination_found(examination, &error);
    return result;
}

static void examine_interface(struct tunic_examination *examination)
{
    struct tunic_snapshot snapshot = {0};
    const struct tunic_interface *interface;
    int result = find_interface(examination, &snapshot, &interface);

    tunic_examine_node(examination);
    if (result == 0) {
        tunic_examine_access(examination, &interface->link);
        bool held = examine_holder(examination, &interface->link);
        examine_flags(examination, &interface->link);
        examine_state(examination, &interface->link, held);
        tunic_examine_managers(examination, &interface->link);
    }
    tunic_snapshot_free(&snapshot);
}

int tunic_doctor(struct tunic_context *context, const char *name, tunic_finding_tell tell,
                 void *closure)
{
    struct tunic_examination examination = {
        .context = context, .name = name, .tell = tell, .closure = closure};

    tunic_examine_user(&examination);
    if (name) {
        spell_name(&examination);
        examine_interface(&examination);
    } else {
        tunic_examine_node(&examination);
        tunic_examine_privilege(&examination);
    }
    return examination.reason;
}
