/* SPDX-License-Identifier: MIT */
#include "interface/plan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int open_missing(struct tunic_context *context, char name[IFNAMSIZ],
                        struct tunic_opening *opening, struct tunic_queue *queue,
                        struct tunic_error *error)
{
    struct tunic_desired desired = *opening->desired; /* its lists stay the caller's */
    unsigned flags = opening->vnet_hdr ? IFF_VNET_HDR : 0U;
    enum tunic_mode mode;
    int result = tunic_choose_mode(name, &desired, &mode, error);

    if (result != 0)
        return result;
    if (opening->mtu[mode] != 0 && !tunic_is_named(&desired, TUNIC_ATTRIBUTE_MTU)) {
        desired.named |= TUNIC_NAMED(TUNIC_ATTRIBUTE_MTU);
        desired.mtu = opening->mtu[mode];
    }
    if (opening->txqueuelen != 0 && !tunic_is_named(&desired, TUNIC_ATTRIBUTE_TXQUEUELEN)) {
        desired.named |= TUNIC_NAMED(TUNIC_ATTRIBUTE_TXQUEUELEN);
        desired.txqueuelen = opening->txqueuelen;
    }
    result = tunic_interface_make(context, name, &desired, flags, &queue->descriptor, error);
    opening->created = result == 0;
    return result;
}

/* ---- one that exists ------------------------------------------------------------------- */

static void tell_difference(void *closure, const char *name, const char *text)
{
    struct tunic_text *differences = closure;

    (void)name;
    tunic_text_add(differences, "%s%s", differences->length > 0 ? ", " : "", text);
}

static void not_told(void *closure, const char *name, const struct tunic_error *error)
{
    (void)closure;
    (void)name;
    (void)error;
}

/* Makes it so. Where this user may not, what differs is the news, not the permission. */
static int make_so(struct tunic_context *context, const char *name,
                   const struct tunic_desired *desired, struct tunic_error *error)
{
    const char *names[] = {name};
    const struct tunic_name_list list = {.names = names, .count = 1};
    struct tunic_text differences = {0};
    struct tunic_ensure ensure = {.check = true, .tell = tell_difference, .closure = &differences};
    int result = tunic_names_ensure(context, &list, desired, &ensure, not_told, NULL, error);

    if (result == 0 && ensure.difference) {
        ensure = (struct tunic_ensure){0};
        result = tunic_names_ensure(context, &list, desired, &ensure, not_told, NULL, error);
        if (result == -EPERM || result == -EACCES) {
            result =
                tunic_error_set(error, TUNIC_EXISTS, "it differs, and this user may not change it");
            tunic_error_cause(error, "%s", differences.text ? differences.text : "");
            tunic_error_hint(error, "root may: 'tunic ensure'; or leave the attribute out");
        }
    }
    tunic_text_free(&differences);
    return result;
}

static int open_present(struct tunic_context *context, const char *name,
                        struct tunic_opening *opening, struct tunic_queue *queue,
                        struct tunic_error *error)
{
    struct tunic_link link;
    int result = make_so(context, name, opening->desired, error);

    if (result != 0)
        return result;
    result = tunic_link_get(&context->netlink, name, 0, false, &link, error);
    if (result != 0)
        return result;
    unsigned flags = tunic_attach_flags(&link) | (opening->vnet_hdr ? IFF_VNET_HDR : 0U);
    result =
        tunic_link_attach(context, &link, flags, "cannot attach to it", &queue->descriptor, error);
    tunic_link_release(&link);
    return result;
}

/* What the packets look like, now that it is attached. */
static int describe(struct tunic_context *context, char name[IFNAMSIZ], struct tunic_queue *queue,
                    struct tunic_error *error)
{
    struct tunic_link link;
    int result = tunic_link_of(context, queue->descriptor, name, &link, error);

    if (result != 0) {
        (void)close(queue->descriptor);
        queue->descriptor = -1;
        return result;
    }
    queue->tap = link.tap;
    queue->pi = link.pi;
    queue->vnet = link.vnet_hdr;
    tunic_link_release(&link);
    return 0;
}

int tunic_interface_open(struct tunic_context *context, char name[IFNAMSIZ],
                         struct tunic_opening *opening, struct tunic_queue *queue,
                         struct tunic_error *error)
{
    struct tunic_snapshot snapshot = {0};
    const struct tunic_interface *interface;
    int result = -ENODEV;

    opening->created = false;
    if (name[0] != '\0' && !strchr(name, '%')) {
        result = tunic_snapshot_read_one(&snapshot, context, name, 0, error);
        if (result == 0)
            result = tunic_snapshot_require(&snapshot, context, name, &interface, error);
        tunic_snapshot_free(&snapshot);
    }
    if (result == 0)
        result = open_present(context, name, opening, queue, error);
    else if (result == -ENODEV)
        result = open_missing(context, name, opening, queue, error);
    if (result == 0)
        result = describe(context, name, queue, error);
    if (result != 0)
        queue->descriptor = -1; /* whoever failed has closed it */
    return result;
}
