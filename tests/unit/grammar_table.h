/* SPDX-License-Identifier: MIT */
/* A grammar of the tests' own, with a row for everything that a row can say. */
#ifndef TUNIC_TESTS_GRAMMAR_TABLE_H
#define TUNIC_TESTS_GRAMMAR_TABLE_H

#include "grammar/grammar.h"

enum {
    ROW_MODE,
    ROW_USER,
    ROW_PI,
    ROW_MTU,
    ROW_MASTER,
    ROW_UP,
    ROW_DOWN,
    ROW_ADDR,
    ROW_METRIC,
    ROW_METER,
    ROW_CARRIER, /* not accepted by the grammar below */
    ROW_COUNT
};

enum { EXTRA_FORCE, EXTRA_USE, EXTRA_LABEL, EXTRA_COUNT };

struct table_target {
    uint32_t mode;
    uint32_t user;
    bool pi;
    uint32_t mtu;
    const char *master;
    bool up;
    bool down;
    bool carrier;
    bool meter;
    uint32_t metric;
    char addresses[128]; /* "10.0.0.1(10.0.0.2)nodad 10.0.0.3" */
};

struct table_extra {
    bool force;
    bool use; /* the word, spelled out, is also a prefix of `user` */
    const char *label;
};

/* A grammar over the table, with what it fills. */
struct table {
    struct tunic_grammar grammar;
    struct tunic_section sections[2];
    struct table_target target;
    struct table_extra extra;
    uint64_t named[2];
    struct tunic_name_list names;
    struct tunic_error error;
};

void table_begin(struct table *table, enum tunic_names names);
void table_end(struct table *table);

/* Parses NULL-terminated words, after forgetting what was parsed before. */
int table_parse(struct table *table, const char *const *words);
#define TABLE_PARSE(table, ...) table_parse(table, (const char *const[]){__VA_ARGS__, NULL})

#endif
