/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void require(bool good, const char *format, ...)
{
    va_list arguments;

    if (good)
        return;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(1);
}

double measure_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double one = *(const double *)left;
    double other = *(const double *)right;

    return (one > other) - (one < other);
}

double measure_median(double times[MEASURE_REPEATS])
{
    qsort(times, MEASURE_REPEATS, sizeof(*times), compare);
    return times[MEASURE_REPEATS / 2];
}

double measure(void (*run)(void *closure), void *closure, size_t count)
{
    double times[MEASURE_REPEATS];

    run(closure); /* once, so that nothing is new */
    for (size_t i = 0; i < MEASURE_REPEATS; i++) {
        double begin = measure_clock();
        run(closure);
        times[i] = (measure_clock() - begin) / (double)count;
    }
    return measure_median(times);
}

void measure_row(const char *what, double time, double unit, const char *name)
{
    if (time >= 10000)
        (void)printf("%-44s %9.1f us", what, time / 1000);
    else
        (void)printf("%-44s %9.1f ns", what, time);
    if (unit > 0)
        (void)printf(" %8.2f of %s", time / unit, name);
    (void)putchar('\n');
}

double measure_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[256] = "";
    char *next = line;

    require(file && fgets(line, sizeof(line), file), "no /proc/self/statm");
    (void)fclose(file);
    (void)strtoul(line, &next, 10); /* what is mapped */
    return (double)strtoul(next, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}
