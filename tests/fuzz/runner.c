/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over files and folders of files: the main of a build without libFuzzer. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST = 1 << 20 };

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    uint8_t *buffer = malloc(LARGEST);
    fuzz_check(buffer != NULL);
    size_t length = fread(buffer, 1, LARGEST, file);
    (void)fclose(file);
    /* As long as the input and no longer, so that a read beyond it is seen. */
    uint8_t *input = malloc(length ? length : 1);
    fuzz_check(input != NULL);
    memcpy(input, buffer, length);
    free(buffer);
    (void)LLVMFuzzerTestOneInput(input, length);
    free(input);
    return 0;
}

static int run_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int failed = 0;
    unsigned count = 0;

    if (!folder) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    while ((entry = readdir(folder))) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        failed |= run_file(file);
        count++;
    }
    (void)closedir(folder);
    (void)printf("%s: %u inputs\n", path, count);
    return failed || count == 0;
}

int main(int count, char **arguments)
{
    int failed = count < 2;

    for (int i = 1; i < count; i++) {
        struct stat status;
        if (stat(arguments[i], &status) == 0 && S_ISDIR(status.st_mode))
            failed |= run_folder(arguments[i]);
        else
            failed |= run_file(arguments[i]);
    }
    return failed;
}
