/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "device/device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- what the linker redirects --------------------------------------------------------- */

enum { QUEUE = 1000, MOST = 4096, NEVER = 0x8000 };

static struct {
    unsigned taken; /* the offloads that this kernel takes, at most */
    unsigned long refused;
    unsigned tried;
    unsigned offloads;
    int header_size;
    int little;
    int queue_flags;
    uint8_t bytes[MOST]; /* what is read, or was written */
    size_t length;
    int errno_value;
} fake;

int __wrap_ioctl(int descriptor, unsigned long request, ...);
ssize_t __wrap_readv(int descriptor, const struct iovec *pieces, int count);
ssize_t __wrap_writev(int descriptor, const struct iovec *pieces, int count);
ssize_t __real_writev(int descriptor, const struct iovec *pieces, int count);

int __wrap_ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;

    assert_int_equal(descriptor, QUEUE);
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *); /* or a number of that size */
    va_end(arguments);
    errno = EINVAL;
    if (request == fake.refused)
        return -1;
    if (request == TUNSETQUEUE)
        fake.queue_flags = ((const struct ifreq *)argument)->ifr_flags;
    if (request == TUNSETVNETHDRSZ)
        memcpy(&fake.header_size, argument, sizeof(fake.header_size));
    if (request == TUNSETVNETLE)
        memcpy(&fake.little, argument, sizeof(fake.little));
    if (request != TUNSETOFFLOAD)
        return 0;
    unsigned offloads = (unsigned)(uintptr_t)argument;
    fake.tried++;
    if (offloads & ~fake.taken)
        return -1;
    fake.offloads = offloads;
    return 0;
}

ssize_t __wrap_readv(int descriptor, const struct iovec *pieces, int count)
{
    size_t done = 0;

    assert_int_equal(descriptor, QUEUE);
    if (fake.errno_value != 0) {
        errno = fake.errno_value;
        return -1;
    }
    for (int i = 0; i < count && done < fake.length; i++) {
        size_t part = fake.length - done;
        if (part > pieces[i].iov_len)
            part = pieces[i].iov_len;
        memcpy(pieces[i].iov_base, fake.bytes + done, part);
        done += part;
    }
    return (ssize_t)done;
}

ssize_t __wrap_writev(int descriptor, const struct iovec *pieces, int count)
{
    if (descriptor != QUEUE)
        return __real_writev(descriptor, pieces, count);
    if (fake.errno_value != 0) {
        errno = fake.errno_value;
        return -1;
    }
    fake.length = 0;
    for (int i = 0; i < count; i++) {
        assert_true(fake.length + pieces[i].iov_len <= MOST);
        if (pieces[i].iov_len > 0)
            memcpy(fake.bytes + fake.length, pieces[i].iov_base, pieces[i].iov_len);
        fake.length += pieces[i].iov_len;
    }
    return (ssize_t)fake.length;
}

static int begin(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.header_size = fake.little = -1;
    return 0;
}

/* ---- offloads -------------------------------------------------------------------------- */

enum {
    TSO = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
    USO = TSO | TUN_F_USO4 | TUN_F_USO6,
};

static void test_offloads(void **state)
{
    static const struct {
        bool vnet;
        bool offload;
        unsigned taken;
        unsigned offloads;
        unsigned tried;
    } rows[] = {
        {true, true, USO, USO, 1},
        {true, true, TSO, TSO, 2}, /* before Linux 6.2 */
        {true, true, TUN_F_CSUM | TUN_F_TSO4, TUN_F_CSUM, 3},
        {true, true, 0, 0, 4},
        {true, false, USO, 0, 1},
        /* Without a header before the packets there can be none, and none is left. */
        {false, true, USO, 0, 1},
        {false, false, USO, 0, 1},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        struct tunic_queue queue = {.descriptor = QUEUE, .vnet = rows[i].vnet, .offloads = NEVER};

        (void)begin(NULL);
        fake.taken = rows[i].taken;
        fake.offloads = NEVER; /* of the last user */
        assert_int_equal(tunic_queue_prepare(&queue, rows[i].offload, &error), 0);
        assert_int_equal(queue.offloads, rows[i].offloads);
        assert_int_equal(fake.offloads, rows[i].offloads);
        assert_int_equal(fake.tried, rows[i].tried);
        assert_int_equal(fake.header_size, rows[i].vnet ? 10 : -1);
        assert_int_equal(fake.little, rows[i].vnet ? 1 : -1);
        tunic_queue_release(&queue);
        assert_int_equal(queue.offloads, 0);
        assert_int_equal(fake.offloads, 0);
    }
}

static void test_the_form_is_refused(void **state)
{
    static const unsigned long requests[] = {TUNSETVNETHDRSZ, TUNSETVNETLE};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(requests); i++) {
        struct tunic_queue queue = {.descriptor = QUEUE, .vnet = true};
        struct tunic_error error;

        fake.refused = requests[i];
        fake.taken = USO;
        assert_int_equal(tunic_queue_prepare(&queue, true, &error), -EINVAL);
        assert_int_equal(queue.offloads, 0);
        assert_int_equal(fake.tried, 0);
    }
}

static void test_detach(void **state)
{
    const struct tunic_queue queue = {.descriptor = QUEUE};
    struct tunic_error error;

    (void)state;
    assert_int_equal(tunic_queue_detach(&queue, &error), 0);
    assert_int_equal(fake.queue_flags, IFF_DETACH_QUEUE);
    fake.refused = TUNSETQUEUE;
    assert_int_equal(tunic_queue_detach(&queue, &error), -EINVAL);
    assert_string_equal(error.action, "cannot leave its packets to others");
}

/* ---- headers --------------------------------------------------------------------------- */

/* The packet's first byte tells its version. */
static const struct form {
    bool tap;
    bool pi;
    bool vnet;
    uint8_t first;
    uint16_t protocol; /* that pi says */
} forms[] = {
    {false, false, false, 0x45, 0},       {false, false, true, 0x45, 0},
    {false, true, false, 0x45, ETH_P_IP}, {false, true, true, 0x60, ETH_P_IPV6},
    {false, true, true, 0x45, ETH_P_IP},  {true, false, false, 0x60, 0},
    {true, false, true, 0x60, 0},         {true, true, false, 0x60, 0},
    {true, true, true, 0x45, 0},
};

static struct tunic_queue queue_of(const struct form *form)
{
    return (struct tunic_queue){
        .descriptor = QUEUE, .tap = form->tap, .pi = form->pi, .vnet = form->vnet};
}

static const struct virtio_net_hdr some_header = {.flags = 1,
                                                  .gso_type = 4,
                                                  .hdr_len = 0x1234,
                                                  .gso_size = 0x5678,
                                                  .csum_start = 40,
                                                  .csum_offset = 16};

/* What stands before the packet. */
static size_t prefix_of(const struct form *form, uint8_t *prefix)
{
    struct tun_pi pi = {.proto = htons(form->protocol)};
    size_t length = 0;

    if (form->pi) {
        memcpy(prefix, &pi, sizeof(pi));
        length += sizeof(pi);
    }
    if (form->vnet) {
        memcpy(prefix + length, &some_header, sizeof(some_header));
        length += sizeof(some_header);
    }
    return length;
}

static void test_read(void **state)
{
    static const struct virtio_net_hdr none;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(forms); i++) {
        const struct tunic_queue queue = queue_of(&forms[i]);
        struct virtio_net_hdr header = {.flags = 99};
        uint8_t packet[8] = {0};
        size_t length = prefix_of(&forms[i], fake.bytes);

        memcpy(fake.bytes + length, "\x45packets", 8);
        /* From an empty packet to one that fills the room. */
        for (size_t size = 0; size <= sizeof(packet); size++) {
            fake.length = length + size;
            assert_int_equal(tunic_queue_read(&queue, &header, packet, sizeof(packet)), size);
            assert_memory_equal(packet, fake.bytes + length, size);
            assert_memory_equal(&header, forms[i].vnet ? &some_header : &none, sizeof(header));
        }
        for (size_t cut = 0; cut < length; cut++) {
            fake.length = cut;
            assert_int_equal(tunic_queue_read(&queue, &header, packet, sizeof(packet)), -EBADMSG);
        }
    }
}

static void test_read_fails(void **state)
{
    static const int reasons[] = {EAGAIN, EBADFD, EIO};
    const struct tunic_queue queue = queue_of(&forms[3]);
    struct virtio_net_hdr header;
    uint8_t packet[8];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        fake.errno_value = reasons[i];
        assert_int_equal(tunic_queue_read(&queue, &header, packet, sizeof(packet)), -reasons[i]);
    }
}

static void test_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(forms); i++) {
        const struct tunic_queue queue = queue_of(&forms[i]);
        uint8_t head[3] = {forms[i].first, 'a', 'b'};
        uint8_t body[] = {'c', 'd', 'e', 'f'};
        struct iovec pieces[3] = {{0}, {head, sizeof(head)}, {body, sizeof(body)}};
        uint8_t expected[MOST];
        size_t length = prefix_of(&forms[i], expected);

        memcpy(expected + length, head, sizeof(head));
        memcpy(expected + length + sizeof(head), body, sizeof(body));
        assert_int_equal(tunic_queue_write(&queue, &some_header, pieces, 3), 0);
        assert_int_equal(fake.length, length + 7);
        assert_memory_equal(fake.bytes, expected, length + 7);
    }
}

static void test_write_fails(void **state)
{
    static const int reasons[] = {EAGAIN, EINVAL, EIO, EBADFD};
    const struct tunic_queue queue = queue_of(&forms[1]);
    uint8_t head[1] = {0x45};
    struct iovec pieces[2] = {{0}, {head, sizeof(head)}};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        fake.errno_value = reasons[i];
        assert_int_equal(tunic_queue_write(&queue, &some_header, pieces, 2), -reasons[i]);
    }
}

/* Nothing is read where there is nothing. */
static void test_write_of_nothing(void **state)
{
    const struct tunic_queue queue = queue_of(&forms[2]);
    struct iovec pieces[2] = {{0}, {NULL, 0}};

    (void)state;
    assert_int_equal(tunic_queue_write(&queue, &some_header, pieces, 2), 0);
    assert_int_equal(fake.length, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_offloads, begin),
        cmocka_unit_test_setup(test_the_form_is_refused, begin),
        cmocka_unit_test_setup(test_detach, begin),
        cmocka_unit_test_setup(test_read, begin),
        cmocka_unit_test_setup(test_read_fails, begin),
        cmocka_unit_test_setup(test_write, begin),
        cmocka_unit_test_setup(test_write_fails, begin),
        cmocka_unit_test_setup(test_write_of_nothing, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
