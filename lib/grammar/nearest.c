/* SPDX-License-Identifier: MIT */
#include "grammar/grammar.h"

#include <string.h>

enum { LONGEST = 32 };

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Optimal string alignment: the Damerau-Levenshtein distance in which no part is edited twice. */
size_t tunic_edit_distance(const char *left, const char *right)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *current = rows[2];
    size_t left_length = strnlen(left, LONGEST + 1);
    size_t right_length = strnlen(right, LONGEST + 1);

    if (left_length > LONGEST || right_length > LONGEST)
        return SIZE_MAX;
    for (size_t column = 0; column <= right_length; column++)
        above[column] = column;
    for (size_t row = 1; row <= left_length; row++) {
        current[0] = row;
        for (size_t column = 1; column <= right_length; column++) {
            size_t differs = left[row - 1] != right[column - 1];
            size_t best = smaller(above[column] + 1, current[column - 1] + 1);
            best = smaller(best, above[column - 1] + differs);
            if (row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                left[row - 2] == right[column - 1])
                best = smaller(best, before[column - 2] + 1);
            current[column] = best;
        }
        size_t *spare = before;
        before = above;
        above = current;
        current = spare;
    }
    return above[right_length];
}

const char *tunic_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    /* A third of the word, and one letter more, may be wrong: beyond it would be guessing. */
    size_t best = length / 3 + 2;

    for (; *candidates; candidates++) {
        size_t distance = tunic_edit_distance(word, *candidates);
        bool cut_off = length > 1 && strncmp(word, *candidates, length) == 0;
        if (cut_off)
            distance = 1;
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
