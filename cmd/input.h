/* SPDX-License-Identifier: MIT */
/* Lines of words from a file or standard input, each with its place for what is told of it. */
#ifndef TUNIC_INPUT_H
#define TUNIC_INPUT_H

#include "command.h"

enum { INPUT_PLACE = 256 };

/* Zero-initialised. */
struct input {
    const char *path; /* "-": standard input */
    FILE *file;
    struct tunic_lines lines;
    struct tunic_line line; /* the one read last */
    char place[INPUT_PLACE];
};

/* Returns 0, or the exit code of what it has reported. */
int input_open(struct input *input, struct session *session, const char *path);
/* Reads the next line that has words, which becomes the session's place. False: there is none, or
 * `*code` is the exit code of what it has reported. */
bool input_next(struct input *input, struct session *session, int *code);
void input_close(struct input *input, struct session *session);
/* "FILE:LINE" */
void input_place(const char *path, size_t line, char place[INPUT_PLACE]);

#endif
