/* SPDX-License-Identifier: MIT */
#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void parse_attribute(const struct nlattr *attribute, struct tunic_address *address,
                            bool *has_local)
{
    const void *payload = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);
    struct ifa_cacheinfo times;

    switch (mnl_attr_get_type(attribute)) {
    case IFA_LOCAL:
        if (length == tunic_family_length(address->family)) {
            memcpy(address->local, payload, length);
            *has_local = true;
        }
        break;
    case IFA_ADDRESS:
        if (length == tunic_family_length(address->family))
            memcpy(address->peer, payload, length);
        break;
    case IFA_BROADCAST:
        if (length == sizeof(address->broadcast)) {
            memcpy(address->broadcast, payload, length);
            address->has_broadcast = true;
        }
        break;
    case IFA_LABEL:
        length = length < sizeof(address->label) ? length : sizeof(address->label) - 1;
        memcpy(address->label, payload, length);
        break;
    case IFA_CACHEINFO:
        if (length >= sizeof(times)) {
            memcpy(&times, payload, sizeof(times));
            address->valid = times.ifa_valid;
            address->preferred = times.ifa_prefered;
        }
        break;
    case IFA_FLAGS:
        if (length >= sizeof(uint32_t)) {
            uint32_t flags = mnl_attr_get_u32(attribute);
            address->tentative = flags & IFA_F_TENTATIVE;
            address->duplicate = flags & IFA_F_DADFAILED;
            address->permanent = flags & IFA_F_PERMANENT;
            address->nodad = flags & IFA_F_NODAD;
        }
        break;
    default:
        break;
    }
}

int tunic_address_parse(const struct nlmsghdr *message, struct tunic_address *address)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    bool has_local = false;

    *address = (struct tunic_address){.valid = UINT32_MAX, .preferred = UINT32_MAX};
    if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
        (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
        return -EBADMSG;
    address->ifindex = (int32_t)header->ifa_index;
    address->family = header->ifa_family;
    address->prefix = header->ifa_prefixlen;
    address->scope = header->ifa_scope;
    TUNIC_ATTRIBUTES(attribute, message, sizeof(*header))
    parse_attribute(attribute, address, &has_local);
    /* IFA_ADDRESS is the address itself unless IFA_LOCAL says that it is the peer's. */
    size_t length = tunic_family_length(address->family);
    if (!has_local)
        memcpy(address->local, address->peer, length);
    address->has_peer = memcmp(address->local, address->peer, length) != 0;
    return 0;
}

struct nlmsghdr *tunic_address_dump_request(void *buffer, int32_t ifindex)
{
    struct nlmsghdr *request =
        tunic_request_begin(buffer, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
    struct ifaddrmsg *header = mnl_nlmsg_get_payload(request);

    header->ifa_index = (uint32_t)ifindex;
    return request;
}

static struct nlmsghdr *address_message(struct tunic_batch *batch, uint16_t type, uint16_t flags,
                                        const struct tunic_address *address, const char *label)
{
    struct nlmsghdr *request = tunic_batch_add(batch, type, flags, sizeof(struct ifaddrmsg), label);

    if (!request)
        return NULL;
    struct ifaddrmsg *header = mnl_nlmsg_get_payload(request);
    size_t length = tunic_family_length(address->family);
    header->ifa_family = address->family;
    header->ifa_prefixlen = address->prefix;
    header->ifa_scope = address->scope;
    header->ifa_index = (uint32_t)address->ifindex;
    mnl_attr_put(request, IFA_LOCAL, length, address->local);
    mnl_attr_put(request, IFA_ADDRESS, length, address->has_peer ? address->peer : address->local);
    return request;
}

void tunic_address_add(struct tunic_batch *batch, const struct tunic_address *address,
                       const char *label)
{
    struct nlmsghdr *request =
        address_message(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address, label);

    if (!request)
        return;
    if (address->has_broadcast)
        mnl_attr_put(request, IFA_BROADCAST, sizeof(address->broadcast), address->broadcast);
    if (address->nodad)
        mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NODAD);
}

void tunic_address_delete(struct tunic_batch *batch, const struct tunic_address *address,
                          const char *label)
{
    (void)address_message(batch, RTM_DELADDR, 0, address, label);
}
