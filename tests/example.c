/* SPDX-License-Identifier: MIT */
/* libtunic's example: makes an interface, tells of it, and takes it away again. libtunic(3) shows
 * it, and tests/cli/install.sh builds it with what was installed, and runs it. */
#include <stdio.h>
#include <tunic/tunic.h>

static int complain(const struct tunic_error *error)
{
    fprintf(stderr, "%s%s%s\n", error->action, error->cause[0] ? ": " : "", error->cause);
    return (int)error->reason;
}

static void report(void *closure, const char *name, const struct tunic_error *error)
{
    (void)closure;
    fprintf(stderr, "%s: ", name);
    complain(error);
}

int main(void)
{
    struct tunic_context context;
    struct tunic_error error;
    struct tunic_link link;
    struct tunic_desired desired = {.named = TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE) |
                                             TUNIC_NAMED(TUNIC_ATTRIBUTE_MTU) |
                                             TUNIC_NAMED(TUNIC_ATTRIBUTE_UP),
                                    .mode = TUNIC_MODE_TAP,
                                    .mtu = 1400,
                                    .up = true};
    char name[IFNAMSIZ] = "example%d"; /* the kernel chooses the number */

    if (tunic_context_open(&context, TUNIC_DEVICE_NODE, &error) != 0)
        return complain(&error);
    int result = tunic_interface_add(&context, name, &desired, &error);
    if (result == 0)
        result = tunic_link_get(&context.netlink, name, 0, false, &link, &error);
    if (result == 0) {
        printf("%s: %s, mtu %u\n", link.name, link.tap ? "tap" : "tun", link.mtu);
        tunic_link_release(&link);

        const char *names[] = {name};
        const struct tunic_name_list list = {.names = names, .count = 1};
        const struct tunic_delete how = {0};
        result = tunic_interfaces_delete(&context, &list, &how, report, NULL, &error);
    }
    tunic_context_close(&context);
    return result == 0 ? 0 : complain(&error);
}
