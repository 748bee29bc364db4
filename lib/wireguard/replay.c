/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Bit `counter` modulo TUNIC_REPLAY_BITS tells whether a counter was seen. The
 * ring is moved a word at a time: when a counter comes that lies in a later word than the highest
 * so far, the words behind that one up to its own are cleared. So the word of the highest holds
 * bits that are not needed yet, and one word less than the ring has can be asked for.
 */
#include "wireguard/session.h"

enum { WORD_BITS = 64, USABLE = TUNIC_REPLAY_BITS - WORD_BITS };

static void advance(struct tunic_replay *replay, uint64_t counter)
{
    uint64_t from = replay->next / WORD_BITS;
    uint64_t words = (counter + 1) / WORD_BITS - from;

    if (words > TUNIC_REPLAY_WORDS)
        words = TUNIC_REPLAY_WORDS;
    for (uint64_t i = 1; i <= words; i++)
        replay->words[(from + i) % TUNIC_REPLAY_WORDS] = 0;
    replay->next = counter + 1;
}

bool tunic_replay_accept(struct tunic_replay *replay, uint64_t counter)
{
    if (counter >= TUNIC_REJECT_AFTER_MESSAGES)
        return false;
    /* Counted from one, so that a `next` of 0 needs no case of its own. */
    uint64_t place = counter + 1;
    if (place > replay->next)
        advance(replay, counter);
    else if (replay->next - place > USABLE)
        return false;
    uint64_t *word = &replay->words[place / WORD_BITS % TUNIC_REPLAY_WORDS];
    uint64_t bit = UINT64_C(1) << place % WORD_BITS;
    bool seen = (*word & bit) != 0;
    *word |= bit;
    return !seen;
}
