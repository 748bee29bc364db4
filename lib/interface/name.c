/* SPDX-License-Identifier: MIT */
#include "interface/interface.h"

#include <string.h>

static int refuse(struct tunic_error *error, const char *name, const char *why)
{
    char quoted[80];

    tunic_text_escape(quoted, sizeof(quoted), name);
    int result = tunic_error_set(error, TUNIC_USAGE, "'%s' is no interface name", quoted);
    tunic_error_cause(error, "%s", why);
    return result;
}

/* What the kernel's dev_valid_name takes of any interface. */
int tunic_name_check_plain(const char *name, struct tunic_error *error)
{
    if (*name == '\0')
        return refuse(error, name, "it is empty");
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return refuse(error, name, "the kernel reserves it");
    if (strpbrk(name, "/:"))
        return refuse(error, name, "it contains '/' or ':'");
    if (strpbrk(name, " \t\n\v\f\r\xA0")) /* the kernel's isspace counts 0xA0 in */
        return refuse(error, name, "it contains white space");
    if (strchr(name, '%'))
        return refuse(error, name, "it contains '%'");
    if (strlen(name) > IFNAMSIZ - 1)
        return refuse(error, name, "it is longer than 15 bytes");
    return 0;
}

/* And what a sysctl tree and a terminal can bear. */
int tunic_name_check_new(const char *name, struct tunic_error *error)
{
    int result = tunic_name_check_plain(name, error);

    if (result != 0)
        return result;
    for (const char *byte = name; *byte != '\0'; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            return refuse(error, name, "it contains control bytes");
    if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
        return refuse(error, name, "the kernel's settings use this name");
    return 0;
}

int tunic_name_check_template(const char *name, struct tunic_error *error)
{
    char rest[IFNAMSIZ];
    const char *number = strstr(name, "%d");

    if (!number || strlen(name) > IFNAMSIZ - 1)
        return tunic_name_check_new(name, error);
    /* The kernel puts at least one digit there: what is around it must be right. */
    size_t before = (size_t)(number - name);
    memcpy(rest, name, before);
    rest[before] = '0';
    memcpy(rest + before + 1, number + 2, strlen(number + 2) + 1);
    if (tunic_name_check_new(rest, error) == 0)
        return 0;
    struct tunic_error cause = *error;
    return refuse(error, name, cause.cause);
}
