/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The services that manage interfaces keep what they do with each in a file
 * named by its number. Such a file outlives its service, and in another network namespace the same
 * number is another interface: so a file counts only while the service runs, in this namespace.
 */
#include "interface/doctor.h"

#include <dirent.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The value of "KEY=VALUE" in a file, in either of the forms that services keep their state in. */
static bool read_value(const char *path, const char *key, char *value, size_t size)
{
    char line[256];
    size_t length = strlen(key);
    bool found = false;
    FILE *file = fopen(path, "re");

    while (file && !found && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        found = strncmp(line, key, length) == 0 && line[length] == '=';
        if (found)
            (void)snprintf(value, size, "%s", line + length + 1);
    }
    if (file)
        (void)fclose(file);
    return found;
}

/* ---- services -------------------------------------------------------------------------- */

static bool is_called(const char *process, const char *name)
{
    char path[300];
    char text[32] = "";
    (void)snprintf(path, sizeof(path), "/proc/%s/comm", process);
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    bool read = fgets(text, sizeof(text), file) != NULL;
    (void)fclose(file);
    text[strcspn(text, "\n")] = '\0';
    return read && strcmp(text, name) == 0;
}

/* Who may not look takes a service to be where services are: in the first network namespace, which
 * alone has this setting. */
static bool is_here(const char *process)
{
    char path[300];
    struct stat own;
    struct stat theirs;

    (void)snprintf(path, sizeof(path), "/proc/%s/ns/net", process);
    if (stat(path, &theirs) == 0 && stat("/proc/thread-self/ns/net", &own) == 0)
        return own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino;
    return access("/proc/sys/net/core/netdev_max_backlog", F_OK) == 0;
}

/* Whether a process of this name, as the kernel cuts it to 15 bytes, runs in this network. */
static bool runs_here(const char *name)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    /* The stream is this thread's own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (processes && !found && (entry = readdir(processes)))
        found = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
                is_called(entry->d_name, name) && is_here(entry->d_name);
    if (processes)
        (void)closedir(processes);
    return found;
}

static void examine_network_manager(struct tunic_examination *examination,
                                    const struct tunic_link *link)
{
    char path[64];
    char value[64];

    (void)snprintf(path, sizeof(path), "/run/NetworkManager/devices/%d", link->ifindex);
    if (read_value(path, "managed", value, sizeof(value)) && strcmp(value, "true") == 0 &&
        runs_here("NetworkManager"))
        tunic_examination_warn(examination, "NetworkManager manages it",
                               "it may set it up, or take addresses away, as its own profile says",
                               "%s'nmcli device set ifname %s managed no'",
                               tunic_examination_as_root(examination), examination->quoted);
}

static void examine_networkd(struct tunic_examination *examination, const struct tunic_link *link)
{
    static const char *const managed[] = {"configuring", "configured", "failed"};
    char path[64];
    char value[64] = "";
    bool manages = false;

    (void)snprintf(path, sizeof(path), "/run/systemd/netif/links/%d", link->ifindex);
    (void)read_value(path, "ADMIN_STATE", value, sizeof(value));
    for (size_t i = 0; i < TUNIC_COUNT(managed); i++)
        manages = manages || strcmp(value, managed[i]) == 0;
    if (!manages || !runs_here("systemd-network"))
        return;
    tunic_examination_warn(examination, "systemd-networkd manages it",
                           "it may take away addresses and routes that its file does not name",
                           "%s'printf \"[Match]\\nName=%%s\\n[Link]\\nUnmanaged=yes\\n\" %s "
                           ">/etc/systemd/network/05-tunic-%s.network; networkctl reload'",
                           tunic_examination_as_root(examination), examination->quoted,
                           examination->quoted);
}

/* ---- udev ------------------------------------------------------------------------------ */

/* Whether the kernel has drawn the address by lot, and nobody has chosen one since. */
static bool has_random_address(const struct tunic_link *link)
{
    enum { RANDOM = 1 }; /* NET_ADDR_RANDOM of linux/netdevice.h */
    int directory = tunic_sysfs_open();
    long ifindex = 0;
    long kind = 0;

    /* A /sys of another namespace may have one of the same name. */
    bool read = directory >= 0 && tunic_sysfs_number(directory, link->name, "ifindex", &ifindex) &&
                tunic_sysfs_number(directory, link->name, "addr_assign_type", &kind);
    if (directory >= 0)
        (void)close(directory);
    return read && ifindex == link->ifindex && kind == RANDOM;
}

static bool is_policy_persistent(void)
{
    static const char *const policies[] = {
        "/etc/systemd/network/99-default.link", "/run/systemd/network/99-default.link",
        "/usr/local/lib/systemd/network/99-default.link",
        "/usr/lib/systemd/network/99-default.link", "/lib/systemd/network/99-default.link"};
    char value[64] = "";

    for (size_t i = 0; i < TUNIC_COUNT(policies); i++) {
        if (access(policies[i], F_OK) != 0)
            continue;
        (void)read_value(policies[i], "MACAddressPolicy", value, sizeof(value));
        break; /* the first one counts alone */
    }
    return strcmp(value, "persistent") == 0;
}

/* udev gives a tap a MAC address of its own a moment after it was made, where that is the policy
 * and nobody has chosen one. */
static void examine_mac_policy(struct tunic_examination *examination, const struct tunic_link *link)
{
    char text[TUNIC_VALUE_TEXT];
    uint8_t address[sizeof(link->address)];

    if (!link->tap || !has_random_address(link) || !is_policy_persistent() ||
        !runs_here("systemd-udevd"))
        return;
    /* Another one: to set the one that it has changes nothing. */
    memcpy(address, link->address, sizeof(address));
    address[ETH_ALEN - 1] ^= 1;
    tunic_lladdr_text(address, link->address_length, text);
    tunic_examination_warn(
        examination, "udev may change its MAC address",
        "its policy is persistent, and this address is a random one that nobody has chosen",
        "%s'tunic set %s mac %s' chooses one", tunic_examination_as_root(examination),
        examination->word, text);
}

void tunic_examine_managers(struct tunic_examination *examination, const struct tunic_link *link)
{
    examine_network_manager(examination, link);
    examine_networkd(examination, link);
    examine_mac_policy(examination, link);
}
