/* SPDX-License-Identifier: MIT */
#include "transport_tcp_hub.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct hub hub;

static struct tunic_error error;
static size_t descriptors;
static size_t wanted;

static size_t count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    (void)closedir(directory);
    return count;
}

/* ---- its user -------------------------------------------------------------------------- */

static void arrived(void *closure, struct tunic_arrival *arrivals, size_t count)
{
    (void)closure;
    for (size_t i = 0; i < count; i++) {
        size_t length = arrivals[i].length;
        size_t shown = length < HUB_TEXT - 1 ? length : HUB_TEXT - 1;

        assert_in_range(hub.arrived, 0, HUB_ARRIVALS - 1);
        hub.arrivals[hub.arrived].from = arrivals[i].from->remote;
        hub.arrivals[hub.arrived].length = length;
        memcpy(hub.arrivals[hub.arrived].text, arrivals[i].data, shown);
        hub.arrivals[hub.arrived].text[shown] = '\0';
        hub.arrived++;
        if (hub.look)
            hub.look(&arrivals[i]);
        if (hub.proves)
            tunic_tcp_many_prove(hub.transport, &arrivals[i].from->remote);
    }
}

static void ready(void *closure, bool is)
{
    (void)closure;
    if (hub.ready == is)
        hub.wrong++;
    hub.ready = is;
}

static bool admits(void *closure, const union tunic_socket_address *from)
{
    union tunic_socket_address refused = {.inet.sin_family = AF_INET};

    (void)closure;
    refused.inet.sin_addr = hub.refused;
    return !tunic_endpoint_same_host(from, &refused);
}

static void connected(void *closure, const struct tunic_endpoint *endpoint)
{
    (void)closure;
    if (endpoint)
        hub.connects++;
    else
        hub.ends++;
}

/* ---- setting up ------------------------------------------------------------------------ */

static int open_hub(void **state, bool listens, uint32_t mark)
{
    const struct tunic_transport_user user = {&hub, arrived, ready, admits, connected};
    struct tunic_host host = {.name = "", .has_port = true, .numeric = true};
    struct tunic_transport_options options = {.mark = mark};

    descriptors = count_descriptors();
    memset(&hub, 0, sizeof(hub));
    if (side_setup(state) != 0)
        return -1;
    if (listens) {
        hub.port = host.port = free_port();
        options.listen = &host;
    }
    return tunic_tcp_many_open(&hub.transport, &loop, &options, &user, &error);
}

int hub_setup(void **state)
{
    return open_hub(state, true, 0);
}

int hub_setup_silent(void **state)
{
    return open_hub(state, false, 0);
}

int hub_setup_marked(void **state)
{
    return open_hub(state, false, 5);
}

int hub_teardown(void **state)
{
    hub.transport->operations->close(hub.transport);
    (void)side_teardown(state);
    if (count_descriptors() != descriptors)
        print_error("descriptors: %zu before, %zu now\n", descriptors, count_descriptors());
    return count_descriptors() == descriptors && hub.wrong == 0 ? 0 : -1;
}

/* ---- using it -------------------------------------------------------------------------- */

struct tunic_tcp_many *hub_inside(void)
{
    return tunic_tcp_many_of(hub.transport);
}

struct tunic_tcp_link *hub_link(const union tunic_socket_address *address)
{
    return tunic_tcp_link_find(hub_inside(), address);
}

void hub_send(const union tunic_socket_address *address, const void *bytes, size_t length)
{
    static struct tunic_outbox outbox;
    static uint8_t frame[TUNIC_TCP_FRAME];
    const struct tunic_endpoint to = {.remote = *address};

    outbox.form = hub.transport->form;
    memcpy(frame + TUNIC_TCP_PREFIX, bytes, length);
    assert_true(tunic_outbox_add(&outbox, &to, 0, frame + TUNIC_TCP_PREFIX, length, NULL, 0));
    hub.transport->operations->send(hub.transport, &outbox);
    assert_int_equal(outbox.message_count, 0);
}

static bool so_many_arrived(void)
{
    return hub.arrived >= wanted;
}

static bool so_many_connected(void)
{
    return hub.connects >= wanted;
}

static bool so_many_ended(void)
{
    return hub.ends >= wanted;
}

void hub_run_until_arrived(size_t count)
{
    wanted = count;
    run_until(so_many_arrived);
    assert_int_equal(hub.arrived, count);
}

void hub_run_until_connected(unsigned count)
{
    wanted = count;
    run_until(so_many_connected);
    assert_int_equal(hub.connects, count);
}

void hub_run_until_ended(unsigned count)
{
    wanted = count;
    run_until(so_many_ended);
    assert_int_equal(hub.ends, count);
}

int hub_plain(union tunic_socket_address *address)
{
    int plain = plain_connect("127.0.0.1", hub.port);
    socklen_t size = sizeof(*address);

    assert_int_equal(getsockname(plain, &address->any, &size), 0);
    hub_run_until_connected(hub.connects + 1);
    return plain;
}

int hub_plain_proven(union tunic_socket_address *address)
{
    int plain = hub_plain(address);

    tunic_tcp_many_prove(hub.transport, address);
    return plain;
}

void hub_assert_received(int plain, const char *text)
{
    size_t length = strlen(text);
    char frame[TUNIC_TCP_PREFIX + HUB_TEXT];

    assert_int_equal(recv(plain, frame, TUNIC_TCP_PREFIX + length, MSG_WAITALL),
                     TUNIC_TCP_PREFIX + length);
    assert_int_equal(frame[0], 0);
    assert_int_equal(frame[1], length);
    assert_memory_equal(frame + TUNIC_TCP_PREFIX, text, length);
}
