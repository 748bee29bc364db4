/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Requests are laid one after the other in memory and sent in chunks. Only
 * the last request of a chunk asks for an acknowledgement: refusals come without being asked
 * for, in order, so that its answer says that all before it are done. A chunk is small enough
 * that a refusal of every request in it fits the default receive buffer.
 */
#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CHUNK_COUNT = 100,
    CHUNK_BYTES = 32768,
    LABEL_SIZE = 96,
};

struct tunic_batch_item {
    size_t offset; /* of the request in `bytes` */
    char label[LABEL_SIZE];
};

static bool batch_reserve(struct tunic_batch *batch)
{
    void *items =
        tunic_array_reserve(batch->items, batch->count, &batch->capacity, sizeof(*batch->items));

    if (!items)
        return false;
    batch->items = items;
    if (batch->size - batch->used < TUNIC_REQUEST_SIZE) {
        size_t size = batch->size ? batch->size * 2 : 4 * (size_t)TUNIC_REQUEST_SIZE;
        void *bytes = realloc(batch->bytes, size);
        if (!bytes)
            return false;
        batch->bytes = bytes;
        batch->size = size;
    }
    return true;
}

/* The request begun last ends where its length says: the next one begins there. */
static void batch_close(struct tunic_batch *batch)
{
    if (batch->count == 0)
        return;
    const struct nlmsghdr *last =
        (const struct nlmsghdr *)(batch->bytes + batch->items[batch->count - 1].offset);
    batch->used = batch->items[batch->count - 1].offset + tunic_align(last->nlmsg_len);
}

struct nlmsghdr *tunic_batch_add(struct tunic_batch *batch, uint16_t type, uint16_t flags,
                                 size_t family_header, const char *label)
{
    batch_close(batch);
    if (batch->failed || !batch_reserve(batch)) {
        batch->failed = true;
        return NULL;
    }
    struct tunic_batch_item *item = &batch->items[batch->count++];
    item->offset = batch->used;
    tunic_text_escape(item->label, sizeof(item->label), label);
    return tunic_request_begin(batch->bytes + item->offset, type, flags, family_header);
}

struct sending {
    const struct tunic_batch *batch;
    size_t begin;   /* the chunk's first request */
    uint32_t first; /* and its sequence number */
    tunic_batch_failed failed;
    void *closure;
};

static void chunk_failed(void *closure, uint32_t sequence, int errno_value, const char *text)
{
    const struct sending *sending = closure;
    size_t index = sending->begin + (sequence - sending->first);

    if (index < sending->batch->count)
        sending->failed(sending->closure, index, sending->batch->items[index].label, errno_value,
                        text);
}

/* How many requests from `begin` make the next chunk. */
static size_t chunk_length(const struct tunic_batch *batch, size_t begin)
{
    size_t count = 1;

    while (count < CHUNK_COUNT && begin + count < batch->count) {
        size_t next = begin + count;
        size_t end = next + 1 < batch->count ? batch->items[next + 1].offset : batch->used;
        if (end - batch->items[begin].offset > CHUNK_BYTES)
            break;
        count++;
    }
    return count;
}

static int send_bytes(const struct tunic_netlink *netlink, const void *bytes, size_t length)
{
    while (mnl_socket_sendto(netlink->socket, bytes, length) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

int tunic_batch_send(struct tunic_batch *batch, struct tunic_netlink *netlink,
                     tunic_batch_failed failed, void *closure, struct tunic_error *error)
{
    struct sending sending = {.batch = batch, .failed = failed, .closure = closure};

    if (batch->failed)
        return tunic_error_memory(error);
    batch_close(batch);
    while (sending.begin < batch->count) {
        size_t count = chunk_length(batch, sending.begin);
        size_t begin = batch->items[sending.begin].offset;
        size_t end = begin;
        sending.first = netlink->sequence + 1;
        for (size_t i = 0; i < count; i++) {
            struct nlmsghdr *request =
                (struct nlmsghdr *)(batch->bytes + batch->items[sending.begin + i].offset);
            request->nlmsg_seq = ++netlink->sequence;
            request->nlmsg_pid = netlink->port;
            if (i + 1 == count)
                request->nlmsg_flags |= NLM_F_ACK;
            end = batch->items[sending.begin + i].offset + tunic_align(request->nlmsg_len);
        }
        int result = send_bytes(netlink, batch->bytes + begin, end - begin);
        if (result < 0)
            return tunic_error_system(error, -result, "cannot send to the kernel");
        result = tunic_netlink_collect(netlink, sending.first, netlink->sequence, chunk_failed,
                                       &sending, error);
        if (result < 0)
            return result;
        sending.begin += count;
    }
    return 0;
}

void tunic_batch_free(struct tunic_batch *batch)
{
    free(batch->items);
    free(batch->bytes);
    *batch = (struct tunic_batch){0};
}
