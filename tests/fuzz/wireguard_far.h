/* SPDX-License-Identifier: MIT */
/*
 * The far sides of a fuzzed engine: they have the keys, and so can make messages that are as they
 * should be up to where the input wants them otherwise.
 *
 * What they know of the engine comes from what it sends. Aborts where that is not what it should
 * be.
 */
#ifndef TUNIC_TESTS_WIREGUARD_FAR_H
#define TUNIC_TESTS_WIREGUARD_FAR_H

#include "wireguard/engine.h"

enum {
    FAR_SESSIONS = 16,
    FAR_TEXT = 1024, /* bytes of data, at most */
    FAR_MESSAGE = FAR_TEXT + TUNIC_DATA_OVERHEAD,
    FAR_OPENED = 64, /* counters of the engine, remembered */
};

struct far_session {
    uint32_t near_index; /* the engine's, which it is sent to */
    uint32_t index;      /* chosen by the input: not unique */
    uint8_t send[TUNIC_KEY_SIZE];
    uint8_t receive[TUNIC_KEY_SIZE];
    uint64_t counter; /* of the next message */
    uint64_t highest; /* the engine's, plus one */
};

/* One far side. */
struct far {
    struct tunic_identity identity;
    uint8_t static_static[TUNIC_KEY_SIZE];
    uint8_t preshared[TUNIC_KEY_SIZE];   /* as the engine has it now */
    struct tunic_cookie_maker maker;     /* signs what is sent to the engine */
    struct tunic_cookie_checker checker; /* makes cookies for the engine */
    struct tunic_handshake handshake;    /* an initiation of its own, not answered yet */
    uint32_t handshake_index;
    bool has_handshake;
    uint8_t initiation[TUNIC_INITIATION_SIZE]; /* of the engine, not answered yet */
    bool has_initiation;
    uint8_t last[TUNIC_INITIATION_SIZE]; /* the engine's last handshake message */
    size_t last_length;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE];   /* the engine's last */
    uint64_t clock;                            /* of its own initiations */
    struct far_session sessions[FAR_SESSIONS]; /* a ring; the newest is sessions[made - 1 mod …] */
    size_t made;
};

/* A message that was made, and which part of it proves who made it. */
struct far_message {
    uint8_t bytes[FAR_MESSAGE];
    size_t length;
    size_t proven_from; /* bytes from here up to there are covered by a tag */
    size_t proven_to;
    bool authentic; /* it was made as it should be, at least */
};

extern struct tunic_crypto *far_crypto;

/* With the engine's public key. */
void far_open(struct far *far, const uint8_t private_key[TUNIC_KEY_SIZE],
              const uint8_t near_public[TUNIC_KEY_SIZE]);
/* The engine has another key from now on. */
void far_meet(struct far *far, const uint8_t near_public[TUNIC_KEY_SIZE]);

/* `static_key` NULL: its own. The timestamp goes up by `step`, which may be 0. */
void far_initiate(struct far *far, const uint8_t near_public[TUNIC_KEY_SIZE], uint32_t index,
                  const uint8_t *static_key, const uint8_t ephemeral[TUNIC_KEY_SIZE], int64_t step,
                  struct far_message *message);
/* Answers the engine's initiation. False: there is none. */
bool far_respond(struct far *far, uint32_t index, const uint8_t ephemeral[TUNIC_KEY_SIZE],
                 const uint8_t preshared[TUNIC_KEY_SIZE], struct far_message *message);
/* A cookie for the engine's last handshake message. False: there was none. */
bool far_give_cookie(struct far *far, const struct tunic_wireguard_user *user, uint64_t now,
                     struct far_message *message);
void far_seal(const struct far_session *session, uint64_t counter, const uint8_t *text,
              size_t length, struct far_message *message);
/* mac1, and mac2 where there is a cookie, of whatever the message has become. */
void far_sign(struct far *far, struct far_message *message, uint64_t now);

/* Takes what the engine sent. */
void far_receive(struct far *far, const uint8_t *message, size_t length);
/* The one made `back` before the newest; NULL: there is none. */
struct far_session *far_session(struct far *far, size_t back);

#endif
