/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Each call reads and writes once and never waits, so that whoever is slow
 * holds up nobody else. While an answer is on its way nothing more is read: what it asks for next
 * waits in the socket, and so there is one answer at most in memory.
 *
 * A request ends with an empty line. One that is wrong is read to its end all the same, so that the
 * next one can be understood; who says what is no request at all is told so and left.
 */
#include "control/secret.h"
#include "control/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void tunic_client_end(struct tunic_client *client)
{
    struct tunic_control *control = client->control;

    if (client->source.descriptor < 0)
        return;
    tunic_loop_remove(control->loop, &client->source);
    (void)close(client->source.descriptor);
    tunic_settings_clear(&client->settings);
    tunic_secret_free(&client->answer);
    tunic_wipe(client, sizeof(*client));
    client->control = control;
    client->source.descriptor = -1;
}

/* ---- requests -------------------------------------------------------------------------- */

static void answer_status(struct tunic_client *client, int result)
{
    tunic_text_add(&client->answer, "errno=%d\n\n", result);
}

static void end_request(struct tunic_client *client)
{
    const struct tunic_control_user *user = &client->control->user;

    if (client->failure == 0 && client->state == TUNIC_CLIENT_GETS)
        tunic_protocol_report(user, &client->answer);
    else if (client->failure == 0)
        answer_status(client, user->set(user->closure, &client->settings));
    else
        answer_status(client, client->failure);
    if (client->answer.failed) {
        tunic_secret_free(&client->answer);
        answer_status(client, -ENOMEM);
    }
    tunic_settings_clear(&client->settings);
    client->state = TUNIC_CLIENT_BEGINS;
    client->failure = 0;
    client->request = 0;
}

/* No more is read of what it says. */
static void refuse(struct tunic_client *client, int failure)
{
    client->failure = failure;
    client->leaves = true;
    end_request(client);
}

static void take_line(struct tunic_client *client, const char *line)
{
    if (client->state == TUNIC_CLIENT_BEGINS) {
        if (strcmp(line, "get=1") == 0)
            client->state = TUNIC_CLIENT_GETS;
        else if (strcmp(line, "set=1") == 0)
            client->state = TUNIC_CLIENT_SETS;
        else
            refuse(client, -EPROTO);
    } else if (*line == '\0') {
        end_request(client);
    } else if (client->failure == 0) {
        client->failure = client->state == TUNIC_CLIENT_GETS
                              ? -EINVAL /* nothing may be said there */
                              : tunic_protocol_parse_line(line, &client->settings);
    }
}

/* Takes lines until there is an answer, or no whole line any more. */
static void take_input(struct tunic_client *client)
{
    while (client->answer.length == 0) {
        char *line = client->input + client->first;
        char *end = memchr(line, '\n', client->end - client->first);
        if (!end)
            break;
        size_t length = (size_t)(end - line);
        client->first += length + 1;
        client->request += length + 1;
        *end = '\0';
        if (client->request > TUNIC_CONTROL_REQUEST_MOST)
            refuse(client, -E2BIG);
        else if (memchr(line, '\0', length))
            refuse(client, -EPROTO);
        else
            take_line(client, line);
        tunic_wipe(line, length);
    }
    if (client->first == 0 && client->end == sizeof(client->input) && client->answer.length == 0)
        refuse(client, -EPROTO); /* longer than any line is */
}

/* ---- reading and writing --------------------------------------------------------------- */

/* False: it is over. */
static bool read_some(struct tunic_client *client)
{
    size_t left = client->end - client->first;

    memmove(client->input, client->input + client->first, left);
    tunic_wipe(client->input + left, client->end - left);
    client->first = 0;
    client->end = left;
    ssize_t got = recv(client->source.descriptor, client->input + left,
                       sizeof(client->input) - left, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    client->end += (size_t)got;
    client->heard = tunic_clock_now();
    return got > 0;
}

/* False: it is over. */
static bool write_some(struct tunic_client *client)
{
    ssize_t sent = send(client->source.descriptor, client->answer.text + client->sent,
                        client->answer.length - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    client->sent += (size_t)sent;
    if (client->sent < client->answer.length)
        return true;
    tunic_secret_free(&client->answer);
    client->sent = 0;
    return !client->leaves;
}

static void ready(void *closure, uint32_t events)
{
    struct tunic_client *client = closure;
    bool goes_on;

    (void)events;
    goes_on = client->answer.length > 0 ? write_some(client) : read_some(client);
    if (goes_on && client->answer.length == 0)
        take_input(client); /* also what came along with the last request */
    if (goes_on && !client->answer.failed)
        tunic_loop_change(client->control->loop, &client->source,
                          client->answer.length > 0 ? EPOLLOUT : EPOLLIN);
    else
        tunic_client_end(client);
}

void tunic_client_begin(struct tunic_client *client, int descriptor)
{
    struct tunic_error error;

    client->source = (struct tunic_source){descriptor, ready, client};
    client->heard = tunic_clock_now();
    if (tunic_loop_add(client->control->loop, &client->source, EPOLLIN, &error) == 0)
        return;
    (void)close(descriptor);
    client->source.descriptor = -1;
}
