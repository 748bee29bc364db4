/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what the linker redirects --------------------------------------------------------- */

enum {
    NODE = 1000, /* descriptors: nothing is open there */
    NAMESPACE = 1001,
};

static struct {
    int errno_value; /* of every call that can fail */
    int open_flags;
    unsigned long request; /* the last ioctl, with its value */
    unsigned long value;
    struct ifreq interface; /* as it was given */
    struct ifreq answer;
    int stat_errno;
    int closed;
} fake;

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int descriptor);
int __wrap_fstat(int descriptor, struct stat *status);
int __wrap_ioctl(int descriptor, unsigned long request, ...);
/* What is not ours is the sanitizers'. */
int __real_open(const char *path, int flags, ...);
int __real_close(int descriptor);
int __real_fstat(int descriptor, struct stat *status);

int __wrap_open(const char *path, int flags, ...)
{
    if (strcmp(path, "/dev/net/node") != 0 && strcmp(path, TUNIC_VHOST_NODE) != 0)
        return __real_open(path, flags, 0666);
    fake.open_flags = flags;
    errno = fake.errno_value;
    return fake.errno_value ? -1 : NODE;
}

int __wrap_close(int descriptor)
{
    if (descriptor < NODE)
        return __real_close(descriptor);
    fake.closed = descriptor;
    errno = EIO; /* which nobody may take for the reason of something else */
    return 0;
}

int __wrap_fstat(int descriptor, struct stat *status)
{
    if (descriptor < NODE)
        return __real_fstat(descriptor, status);
    assert_int_equal(descriptor, NAMESPACE);
    status->st_ino = 4026531840;
    errno = fake.stat_errno;
    return fake.stat_errno ? -1 : 0;
}

int __wrap_ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;

    assert_int_equal(descriptor, NODE);
    fake.request = request;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *); /* or a number of that size */
    va_end(arguments);
    fake.value = (uintptr_t)argument;
    if (fake.errno_value) {
        errno = fake.errno_value;
        return -1;
    }
    if (request == TUNGETDEVNETNS)
        return NAMESPACE;
    if (request == TUNSETIFF || request == TUNGETIFF) {
        struct ifreq *interface = argument;
        fake.interface = *interface;
        *interface = fake.answer;
    }
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    return 0;
}

/* ---- opening --------------------------------------------------------------------------- */

static void test_open(void **state)
{
    struct tunic_error error;
    int descriptor = -1;

    (void)state;
    assert_int_equal(tunic_device_open("/dev/net/node", &descriptor, &error), 0);
    assert_int_equal(descriptor, NODE);
    assert_int_equal(fake.open_flags, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static void test_open_fails(void **state)
{
    static const struct {
        int errno_value;
        enum tunic_reason reason;
        const char *hint;
    } rows[] = {
        {ENOENT, TUNIC_UNSUPPORTED, "modprobe tun"},
        {ENOTDIR, TUNIC_UNSUPPORTED, "modprobe tun"},
        {ENODEV, TUNIC_UNSUPPORTED, "modprobe tun"},
        {ENXIO, TUNIC_UNSUPPORTED, "modprobe tun"},
        {EISDIR, TUNIC_UNSUPPORTED, ""},
        {EACCES, TUNIC_DENIED, "file mode"},
        {EPERM, TUNIC_DENIED, "device policy"},
        {EMFILE, TUNIC_FAILED, ""},
        {ENOMEM, TUNIC_FAILED, ""},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        int descriptor = -1;
        fake.errno_value = rows[i].errno_value;
        memset(&error, 0xA5, sizeof(error));
        assert_int_equal(tunic_device_open("/dev/net/node", &descriptor, &error),
                         -rows[i].errno_value);
        assert_int_equal(descriptor, -1);
        assert_int_equal(error.reason, rows[i].reason);
        assert_string_equal(error.action, "cannot open the device node '/dev/net/node'");
        assert_string_equal(error.cause, strerror(rows[i].errno_value));
        if (!strstr(error.hint, rows[i].hint))
            fail_msg("errno %d: '%s'", rows[i].errno_value, error.hint);
    }
}

/* ---- TUNSETIFF ------------------------------------------------------------------------- */

static void test_vhost(void **state)
{
    static const struct {
        int errno_value;
        enum tunic_reason reason;
        bool hint;
    } rows[] = {
        {ENOENT, TUNIC_FAILED, true}, {ENODEV, TUNIC_FAILED, true}, {ENXIO, TUNIC_FAILED, true},
        {EACCES, TUNIC_DENIED, true}, {EPERM, TUNIC_DENIED, true},  {EMFILE, TUNIC_FAILED, false},
    };
    struct tunic_error error;
    int descriptor = -1;

    (void)state;
    assert_int_equal(tunic_vhost_open(&descriptor, &error), 0);
    assert_int_equal(descriptor, NODE);
    assert_int_equal(fake.open_flags, O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        fake.errno_value = rows[i].errno_value;
        assert_int_equal(tunic_vhost_open(&descriptor, &error), -rows[i].errno_value);
        assert_int_equal(error.reason, rows[i].reason);
        assert_string_equal(error.action, "cannot open '/dev/vhost-net'");
        assert_int_equal(error.hint[0] != '\0', rows[i].hint);
    }
}

static void test_set_interface(void **state)
{
    char name[IFNAMSIZ] = "vm%d";
    struct tunic_error error;

    (void)state;
    memcpy(fake.answer.ifr_name, "vm12", 5);
    assert_int_equal(tunic_device_set_interface(NODE, name, IFF_TAP | IFF_TUN_EXCL, &error), 0);
    assert_int_equal(fake.request, TUNSETIFF);
    assert_string_equal(fake.interface.ifr_name, "vm%d");
    assert_int_equal((uint16_t)fake.interface.ifr_flags, IFF_TAP | IFF_TUN_EXCL);
    assert_string_equal(name, "vm12");
}

/* A name without room for its NUL, in either direction. */
static void test_long_names(void **state)
{
    char name[IFNAMSIZ];
    struct tunic_error error;

    (void)state;
    memset(name, 'x', sizeof(name));
    memset(fake.answer.ifr_name, 'y', sizeof(fake.answer.ifr_name));
    assert_int_equal(tunic_device_set_interface(NODE, name, IFF_TUN, &error), 0);
    assert_int_equal(strlen(fake.interface.ifr_name), IFNAMSIZ - 1);
    assert_int_equal(strlen(name), IFNAMSIZ - 1);
    uint16_t flags;
    assert_int_equal(tunic_device_interface(NODE, name, &flags), 0);
    assert_int_equal(strlen(name), IFNAMSIZ - 1);
}

static void test_set_interface_fails(void **state)
{
    static const struct {
        int errno_value;
        uint16_t flags;
        enum tunic_reason reason;
        const char *action;
    } rows[] = {
        {EBUSY, IFF_TUN_EXCL, TUNIC_BUSY, "cannot create the interface"},
        {EPERM, IFF_TUN_EXCL, TUNIC_DENIED, "cannot create the interface"},
        {EBUSY, IFF_TAP, TUNIC_BUSY, "cannot attach to the interface"},
        {EINVAL, IFF_TUN, TUNIC_FAILED, "cannot attach to the interface"},
        {ENOTTY, IFF_TUN, TUNIC_UNSUPPORTED, "cannot attach to the interface"},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        char name[IFNAMSIZ] = "tap0";
        fake.errno_value = rows[i].errno_value;
        assert_int_equal(tunic_device_set_interface(NODE, name, rows[i].flags, &error),
                         -rows[i].errno_value);
        assert_int_equal(error.reason, rows[i].reason);
        assert_string_equal(error.action, rows[i].action);
        assert_string_equal(name, "tap0");
    }
    /* The last row's: some other device stands at that path. */
    assert_string_equal(error.cause, "the device node is not the one of TUN/TAP");
    assert_string_equal(error.hint, "the right one is character device 10:200");
}

/* ---- owner, group, persistence --------------------------------------------------------- */

/* The kernel takes these values themselves, not their address. */
static void test_values_not_pointers(void **state)
{
    struct tunic_error error;

    (void)state;
    assert_int_equal(tunic_device_set_owner(NODE, 1000, &error), 0);
    assert_int_equal(fake.request, TUNSETOWNER);
    assert_int_equal(fake.value, 1000);
    assert_int_equal(tunic_device_set_group(NODE, UINT32_MAX - 1, &error), 0);
    assert_int_equal(fake.request, TUNSETGROUP);
    assert_int_equal(fake.value, UINT32_MAX - 1); /* not sign-extended */
    assert_int_equal(tunic_device_set_persist(NODE, true, &error), 0);
    assert_int_equal(fake.request, TUNSETPERSIST);
    assert_int_equal(fake.value, 1);
    assert_int_equal(tunic_device_set_persist(NODE, false, &error), 0);
    assert_int_equal(fake.value, 0);
}

static void test_values_are_refused(void **state)
{
    struct tunic_error error;

    (void)state;
    fake.errno_value = EINVAL;
    assert_int_equal(tunic_device_set_owner(NODE, 1000, &error), -EINVAL);
    assert_string_equal(error.action, "cannot set the owner");
    assert_string_equal(error.cause, "user id 1000 is not mapped in this user namespace");
    assert_int_equal(tunic_device_set_group(NODE, 27, &error), -EINVAL);
    assert_string_equal(error.action, "cannot set the group");
    assert_string_equal(error.cause, "group id 27 is not mapped in this user namespace");
    fake.errno_value = EPERM;
    assert_int_equal(tunic_device_set_owner(NODE, 1000, &error), -EPERM);
    assert_int_equal(error.reason, TUNIC_DENIED);
    assert_string_equal(error.cause, strerror(EPERM));
    assert_int_equal(tunic_device_set_group(NODE, 27, &error), -EPERM);
    assert_string_equal(error.cause, strerror(EPERM));
    fake.errno_value = EBADFD;
    assert_int_equal(tunic_device_set_persist(NODE, true, &error), -EBADFD);
    assert_string_equal(error.action, "cannot make the interface persistent");
    assert_string_equal(error.cause, "it was deleted meanwhile");
    assert_int_equal(error.reason, TUNIC_ABSENT);
    assert_int_equal(tunic_device_set_persist(NODE, false, &error), -EBADFD);
    assert_string_equal(error.action, "cannot make the interface go away");
    fake.errno_value = ENOTTY;
    assert_int_equal(tunic_device_set_persist(NODE, true, &error), -ENOTTY);
    assert_int_equal(error.reason, TUNIC_UNSUPPORTED);
}

/* ---- asking ---------------------------------------------------------------------------- */

static void test_interface(void **state)
{
    char name[IFNAMSIZ] = "before";
    uint16_t flags = 7;

    (void)state;
    memcpy(fake.answer.ifr_name, "tap0", 5);
    fake.answer.ifr_flags = (short)0x8002;
    assert_int_equal(tunic_device_interface(NODE, name, &flags), 0);
    assert_int_equal(fake.request, TUNGETIFF);
    assert_string_equal(name, "tap0");
    assert_int_equal(flags, 0x8002);
    fake.errno_value = EBADFD;
    assert_int_equal(tunic_device_interface(NODE, name, &flags), -EBADFD);
    assert_string_equal(name, "tap0");
}

static void test_namespace(void **state)
{
    ino_t inode = 7;

    (void)state;
    assert_int_equal(tunic_device_namespace(NODE, &inode), 0);
    assert_int_equal(inode, 4026531840);
    assert_int_equal(fake.closed, NAMESPACE);

    inode = 7;
    fake.closed = 0;
    fake.stat_errno = EACCES; /* not the errno of the close after it */
    assert_int_equal(tunic_device_namespace(NODE, &inode), -EACCES);
    assert_int_equal(fake.closed, NAMESPACE);
    assert_int_equal(inode, 7);

    fake.closed = 0;
    fake.errno_value = EPERM;
    assert_int_equal(tunic_device_namespace(NODE, &inode), -EPERM);
    assert_int_equal(fake.closed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_open, begin),
        cmocka_unit_test_setup(test_open_fails, begin),
        cmocka_unit_test_setup(test_vhost, begin),
        cmocka_unit_test_setup(test_set_interface, begin),
        cmocka_unit_test_setup(test_long_names, begin),
        cmocka_unit_test_setup(test_set_interface_fails, begin),
        cmocka_unit_test_setup(test_values_not_pointers, begin),
        cmocka_unit_test_setup(test_values_are_refused, begin),
        cmocka_unit_test_setup(test_interface, begin),
        cmocka_unit_test_setup(test_namespace, begin),
    };

    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
