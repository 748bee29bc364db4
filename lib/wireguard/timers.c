/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Silence is told from a dead peer by three times that watch each other at the
 * two ends: who gets data and sends nothing for 10 s sends a keepalive; who sends data and gets
 * nothing for 15 s, in which that keepalive must have come, begins a new handshake. Both are set by
 * the first event and not put off by later ones, or steady traffic one way would never be answered.
 * A keepalive is no data and so is not answered itself.
 */
#include "wireguard/timers.h"

#define FORGET_AFTER (TUNIC_SECOND * 3 * TUNIC_REJECT_AFTER_TIME)

static uint64_t after(uint64_t now, unsigned seconds, unsigned jitter)
{
    return now + seconds * TUNIC_SECOND + jitter * TUNIC_MILLISECOND;
}

/* ---- events ---------------------------------------------------------------------------- */

void tunic_timers_data_sent(struct tunic_timers *timers, uint64_t now, unsigned jitter)
{
    if (timers->new_handshake == 0)
        timers->new_handshake = after(now, TUNIC_KEEPALIVE_TIMEOUT + TUNIC_REKEY_TIMEOUT, jitter);
}

void tunic_timers_data_received(struct tunic_timers *timers, uint64_t now)
{
    if (timers->keepalive == 0)
        timers->keepalive = after(now, TUNIC_KEEPALIVE_TIMEOUT, 0);
    else
        timers->another = true;
}

void tunic_timers_authenticated_sent(struct tunic_timers *timers)
{
    timers->keepalive = 0;
    timers->another = false;
}

void tunic_timers_authenticated_received(struct tunic_timers *timers)
{
    timers->new_handshake = 0;
}

void tunic_timers_authenticated_traversal(struct tunic_timers *timers, uint64_t now)
{
    if (timers->interval != 0)
        timers->persistent = after(now, timers->interval, 0);
}

void tunic_timers_handshake_initiated(struct tunic_timers *timers, uint64_t now, unsigned jitter)
{
    timers->retry = after(now, TUNIC_REKEY_TIMEOUT, jitter);
}

void tunic_timers_handshake_completed(struct tunic_timers *timers)
{
    timers->retry = 0;
    timers->attempts = 0;
}

void tunic_timers_session_derived(struct tunic_timers *timers, uint64_t now)
{
    timers->zero = now + FORGET_AFTER;
}

void tunic_timers_stop(struct tunic_timers *timers)
{
    *timers = (struct tunic_timers){.interval = timers->interval};
}

/* ---- what is due ----------------------------------------------------------------------- */

static bool take(uint64_t *due, uint64_t now)
{
    if (*due == 0 || *due > now)
        return false;
    *due = 0;
    return true;
}

static unsigned retry(struct tunic_timers *timers, uint64_t now)
{
    if (++timers->attempts < TUNIC_ATTEMPTS)
        return TUNIC_DUE_RETRY;
    timers->attempts = 0;
    timers->keepalive = 0;
    if (timers->zero == 0)
        timers->zero = now + FORGET_AFTER;
    return TUNIC_DUE_GIVE_UP;
}

unsigned tunic_timers_due(struct tunic_timers *timers, uint64_t now)
{
    unsigned due = 0;

    if (take(&timers->retry, now))
        due |= retry(timers, now);
    if (take(&timers->keepalive, now)) {
        due |= TUNIC_DUE_KEEPALIVE;
        /* Stands only where nothing can be sent now: whatever is sent puts an end to it. */
        if (timers->another)
            timers->keepalive = after(now, TUNIC_KEEPALIVE_TIMEOUT, 0);
        timers->another = false;
    }
    if (take(&timers->new_handshake, now))
        due |= TUNIC_DUE_NEW;
    if (take(&timers->zero, now))
        due |= TUNIC_DUE_ZERO;
    if (take(&timers->persistent, now)) {
        due |= TUNIC_DUE_PERSISTENT;
        tunic_timers_authenticated_traversal(timers, now);
    }
    return due;
}

uint64_t tunic_timers_next(const struct tunic_timers *timers)
{
    const uint64_t times[] = {timers->retry, timers->keepalive, timers->new_handshake, timers->zero,
                              timers->persistent};
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < TUNIC_COUNT(times); i++)
        if (times[i] != 0 && times[i] < next)
            next = times[i];
    return next;
}
