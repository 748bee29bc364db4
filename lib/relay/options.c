/* SPDX-License-Identifier: MIT */
/* What may be asked of a relay together, and what has to be said so that it is safe. */
#include "relay/relay.h"

/* "ACTION: CAUSE (HINT)" */
static int refuse(struct tunic_error *error, const char *action, const char *cause,
                  const char *hint)
{
    int result = tunic_error_set(error, TUNIC_USAGE, "%s", action);

    tunic_error_cause(error, "%s", cause);
    tunic_error_hint(error, "%s", hint);
    return result;
}

static int check_attributes(const struct tunic_desired *desired, struct tunic_error *error)
{
    const struct tunic_keyword *keywords = tunic_attribute_keywords();

    for (size_t i = 0; desired && i < TUNIC_ATTRIBUTE_COUNT; i++)
        if (desired->named & ~TUNIC_RELAY_ATTRIBUTES & TUNIC_NAMED(i))
            return tunic_error_set(error, TUNIC_USAGE, "'%s' does not go with a relay",
                                   keywords[i].word);
    return 0;
}

/* With a stream one side waits and the other one comes. */
static int check_tcp(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (options->has_listen && options->has_connect)
        return refuse(error, "'listen' and 'connect' contradict each other with 'proto tcp'", "",
                      "one side listens, the other one connects");
    if (options->has_connect && options->has_from)
        return refuse(error, "'from' has no meaning beside 'connect' with 'proto tcp'", "",
                      "nobody but the host it connects to can send; leave 'from' out");
    return 0;
}

/* Whom it speaks with. */
static int check_peer(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (options->protocol == TUNIC_RELAY_TCP) {
        int result = check_tcp(options, error);
        if (result != 0)
            return result;
    }
    if (!options->has_listen && !options->has_connect)
        return refuse(error, "neither 'listen' nor 'connect' is given", "",
                      "'connect HOST' speaks with that host; 'listen PORT from HOST' waits for it");
    if (!options->has_connect && !options->has_from)
        return refuse(error, "'from' is missing",
                      "without keys anybody who reaches the port could send packets into this host",
                      "'from HOST' admits that host, 'from any' everybody");
    return 0;
}

int tunic_relay_check(const struct tunic_relay_options *options, struct tunic_error *error)
{
    int result = check_attributes(options->desired, error);

    if (result == 0 && !options->insecure)
        result = refuse(error, "'insecure' is missing",
                        "without keys whoever is on the way can read, change and forge the packets",
                        "'insecure' accepts that; keys are not known to this version");
    if (result == 0)
        result = check_peer(options, error);
    if (result == 0 && options->jumbo && options->protocol != TUNIC_RELAY_TCP)
        result = refuse(error, "'jumbo' belongs to 'proto tcp'", "",
                        "a datagram takes a packet of any size");
    return result;
}
