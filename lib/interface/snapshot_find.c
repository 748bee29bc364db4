/* SPDX-License-Identifier: MIT */
/* Finding interfaces in a snapshot by their names. */
#include "interface/interface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *left, const void *right)
{
    const struct tunic_interface *const *first = left;
    const struct tunic_interface *const *second = right;

    return strcmp((*first)->link.name, (*second)->link.name);
}

/* Sorts the interfaces by name at the first search. Without memory for that, searches are only
 * slower. */
static void sort_names(struct tunic_snapshot *snapshot)
{
    if (snapshot->by_name || snapshot->count == 0)
        return;
    snapshot->by_name = malloc(snapshot->count * sizeof(*snapshot->by_name));
    if (!snapshot->by_name)
        return;
    for (size_t i = 0; i < snapshot->count; i++)
        snapshot->by_name[i] = &snapshot->interfaces[i];
    qsort(snapshot->by_name, snapshot->count, sizeof(*snapshot->by_name), compare_names);
}

struct tunic_interface *tunic_snapshot_find(struct tunic_snapshot *snapshot, const char *name)
{
    struct tunic_interface wanted = {0};
    const struct tunic_interface *key = &wanted;

    sort_names(snapshot);
    if (strlen(name) < IFNAMSIZ && snapshot->by_name) {
        memcpy(wanted.link.name, name, strlen(name));
        struct tunic_interface **found = bsearch(&key, snapshot->by_name, snapshot->count,
                                                 sizeof(*snapshot->by_name), compare_names);
        if (found)
            return *found;
    }
    for (size_t i = 0; i < snapshot->count; i++)
        if (tunic_link_is_called(&snapshot->interfaces[i].link, name))
            return &snapshot->interfaces[i];
    return NULL;
}

int tunic_snapshot_require(struct tunic_snapshot *snapshot, struct tunic_context *context,
                           const char *name, const struct tunic_interface **interface,
                           struct tunic_error *error)
{
    struct tunic_link other;

    *interface = tunic_snapshot_find(snapshot, name);
    if (*interface && (*interface)->link.kind == TUNIC_KIND_TUN)
        return 0;
    if (*interface)
        return tunic_link_refuse(&(*interface)->link, error);
    /* The snapshot may hold TUN/TAP interfaces alone: is the name another kind's? */
    int result = tunic_link_get(&context->netlink, name, 0, false, &other, error);
    if (result == -ENODEV)
        return tunic_error_set(error, TUNIC_ABSENT, "no such interface");
    if (result != 0)
        return result;
    /* One of TUN/TAP was made since: it was missing when it counted. */
    result = other.kind == TUNIC_KIND_TUN
                 ? tunic_error_set(error, TUNIC_ABSENT, "no such interface")
                 : tunic_link_refuse(&other, error);
    tunic_link_release(&other);
    return result;
}
