/* SPDX-License-Identifier: MIT */
/* What the programs that measure share. Times are those of the processor, in this thread. */
#ifndef TUNIC_BENCH_MEASURE_H
#define TUNIC_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

enum { MEASURE_REPEATS = 11 };

/* Ends the program where something is not as it must be. */
__attribute__((format(printf, 2, 3))) void require(bool good, const char *format, ...);
double measure_clock(void); /* nanoseconds */
/* Sorts the times of all repeats. */
double measure_median(double times[MEASURE_REPEATS]);
/* Nanoseconds of one of the `count` that `run` does; the median of the repeats. */
double measure(void (*run)(void *closure), void *closure, size_t count);
/* A line of the report: a time, and how many of a unit that is; 0: of none. */
void measure_row(const char *what, double time, double unit, const char *name);
double measure_resident(void); /* bytes of memory in use */

#endif
