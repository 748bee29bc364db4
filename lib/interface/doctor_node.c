/* SPDX-License-Identifier: MIT */
#include "interface/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { NODE_MAJOR = 10, NODE_MINOR = 200 };

/* ---- where this process is ------------------------------------------------------------- */

/* What runs containers leaves one of these. */
static bool in_container(void)
{
    static const char *const marks[] = {"/run/.containerenv", "/.dockerenv",
                                        "/run/systemd/container", "/run/host/container-manager"};

    for (size_t i = 0; i < TUNIC_COUNT(marks); i++)
        if (access(marks[i], F_OK) == 0)
            return true;
    return false;
}

/* Whether the kernel has the driver, as a module or built in. */
static bool has_driver(void)
{
    char line[256];
    bool found = false;
    FILE *file = fopen("/proc/misc", "re");

    while (file && !found && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        const char *last = strrchr(line, ' ');
        found = strcmp(last ? last + 1 : line, "tun") == 0;
    }
    if (file)
        (void)fclose(file);
    return found;
}

static bool has_modules(void)
{
    struct utsname name;
    char path[sizeof(name.release) + 32];

    if (uname(&name) != 0)
        return true;
    (void)snprintf(path, sizeof(path), "/lib/modules/%s", name.release);
    return access(path, F_OK) == 0;
}

/* Making a node and loading a module takes root of the machine. */
static const char *as_root(const struct tunic_examination *examination)
{
    if (examination->user_namespace)
        return "as root, outside of this user namespace: ";
    return geteuid() == 0 ? "" : "as root: ";
}

/* ---- the device node ------------------------------------------------------------------- */

/* The node is there, but this user is not let in. */
static void explain_refusal(const struct tunic_examination *examination, const char *node,
                            struct tunic_error *error)
{
    struct stat status;
    struct statvfs system;
    char word[160];
    bool short_enough = tunic_shell_word(word, sizeof(word), node);

    if (stat(node, &status) != 0) {
        tunic_error_cause(error, "a folder on the way to it does not let this user in");
        if (short_enough)
            tunic_error_hint(error, "'namei -l %s' shows which", word);
    } else if (statvfs(node, &system) == 0 && system.f_flag & ST_NODEV) {
        tunic_error_cause(error, "its file system is mounted without device nodes (nodev)");
        if (strcmp(node, TUNIC_DEVICE_NODE) != 0)
            tunic_error_hint(error, "the usual one is " TUNIC_DEVICE_NODE);
    } else if ((status.st_mode & 0666) != 0666) {
        tunic_error_cause(error, "its mode %04o does not let this user in",
                          (unsigned)status.st_mode & 07777);
        if (short_enough)
            tunic_error_hint(error, "%s'chmod 666 %s'; interfaces have owners of their own",
                             as_root(examination), word);
    }
}

/* The node is missing, or the driver behind it. */
static void explain_absence(const struct tunic_examination *examination, bool node,
                            struct tunic_error *error)
{
    if (in_container() && node)
        tunic_error_hint(error, "outside of the container: 'modprobe tun'");
    else if (in_container())
        tunic_error_hint(error, "what starts the container must give it the node: '--device "
                                "/dev/net/tun'");
    else if (!node && has_driver())
        tunic_error_hint(error,
                         "the driver is there; %s'mkdir -p /dev/net; mknod -m 666 "
                         "/dev/net/tun c 10 200'",
                         as_root(examination));
    else if (!has_driver() && !has_modules())
        tunic_error_hint(error, "the running kernel's modules are not installed: after an upgrade "
                                "of the kernel, 'reboot'");
    else if (!has_driver())
        tunic_error_hint(error, "%s'modprobe tun'", as_root(examination));
}

/* What is there is something else. */
static void explain_other(const struct tunic_examination *examination, bool folder,
                          struct tunic_error *error)
{
    tunic_context_name_node(examination->context, error);
    if (strcmp(examination->context->device_node, TUNIC_DEVICE_NODE) != 0)
        tunic_error_hint(error, "the usual one is " TUNIC_DEVICE_NODE);
    else if (in_container())
        tunic_error_hint(error, "what starts the container must give it the node: '--device "
                                "/dev/net/tun'");
    else
        tunic_error_hint(error, "%s'%s /dev/net/tun; mknod -m 666 /dev/net/tun c 10 200'",
                         as_root(examination), folder ? "rmdir" : "rm");
}

static bool is_node(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && major(status->st_rdev) == NODE_MAJOR &&
           minor(status->st_rdev) == NODE_MINOR;
}

static void explain(const struct tunic_examination *examination, int reason,
                    struct tunic_error *error)
{
    const char *node = examination->context->device_node;
    bool usual = strcmp(node, TUNIC_DEVICE_NODE) == 0;
    struct stat status;
    bool there = stat(node, &status) == 0;

    error->hint[0] = '\0'; /* it knows less than what is found here */
    if (reason == EACCES)
        explain_refusal(examination, node, error);
    else if (there && !is_node(&status))
        explain_other(examination, S_ISDIR(status.st_mode), error);
    else if (reason == EPERM && in_container())
        tunic_error_hint(error, "what starts the container must allow it: '--device /dev/net/tun'");
    else if (reason == EPERM)
        tunic_error_hint(error, "a unit of systemd allows it with 'DeviceAllow=%s rw'",
                         TUNIC_DEVICE_NODE);
    else if (reason == ENODEV || reason == ENXIO || (reason == ENOENT && usual))
        explain_absence(examination, there, error);
    else if (!usual)
        tunic_error_hint(error, "the usual one is " TUNIC_DEVICE_NODE);
    if (reason == EPERM)
        tunic_error_cause(error, "the device policy of its control group forbids it");
}

void tunic_examine_node(struct tunic_examination *examination)
{
    struct tunic_error error;
    int descriptor;
    int result = tunic_device_open(examination->context->device_node, &descriptor, &error);

    if (result != 0) {
        explain(examination, -result, &error);
        tunic_examination_found(examination, &error);
        return;
    }
    if (tunic_device_check(descriptor, &error) != 0) {
        explain_other(examination, false, &error);
        tunic_examination_found(examination, &error);
    }
    (void)close(descriptor);
}

/* ---- the right to make interfaces ------------------------------------------------------ */

void tunic_examine_privilege(struct tunic_examination *examination)
{
    struct tunic_error error;
    char user[64];

    if (examination->privilege == TUNIC_PRIVILEGE_HERE)
        return;
    tunic_user_text(geteuid(), user, sizeof(user));
    (void)tunic_error_set(&error, TUNIC_DENIED, "this user may not make interfaces");
    tunic_error_cause(&error, "user %s has no CAP_NET_ADMIN", user);
    if (examination->privilege == TUNIC_PRIVILEGE_ELSEWHERE) {
        tunic_error_cause(&error,
                          "CAP_NET_ADMIN does not count here: the network namespace belongs "
                          "to another user namespace");
        tunic_error_hint(&error, "'unshare -n' makes one in which it counts");
    } else if (geteuid() == 0 && in_container()) {
        tunic_error_cause(&error, "the container has no CAP_NET_ADMIN");
        tunic_error_hint(&error,
                         "what starts the container must give it that: '--cap-add NET_ADMIN'");
    } else if (geteuid() == 0) {
        tunic_error_hint(&error, "what started this has taken it away; a unit of systemd keeps it "
                                 "with 'CapabilityBoundingSet=CAP_NET_ADMIN'");
    } else {
        tunic_examination_user_text(examination, user, sizeof(user));
        tunic_error_hint(&error, "%s'tunic add mode tun user %s' makes one for this user",
                         tunic_examination_as_root(examination), user);
    }
    tunic_examination_found(examination, &error);
}
