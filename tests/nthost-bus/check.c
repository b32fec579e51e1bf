/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 60

/* The child's status as a shell would say it. */
static int wait_for(pid_t child)
{
    int status = 0;

    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_tests(const struct test *tests, unsigned count, int argc, char **argv)
{
    unsigned run = 0, failed = 0;

    for (unsigned i = 0; i < count; i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0) {
            continue;
        }
        run++;
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            alarm(TEST_SECONDS);
            tests[i].run();
            exit(0);
        }
        int status = wait_for(child);
        if (status != 0) {
            failed++;
            fprintf(stderr, "%s: failed (%d)\n", tests[i].name, status);
        }
    }
    printf("%u tests, %u failed\n", run, failed);
    return run == 0 || failed != 0;
}

void expect_exit(void (*body)(const void *), const void *argument, int status, const char *expected)
{
    int channel[2];
    char output[8192];
    size_t filled = 0;
    ssize_t got;

    CHECK(pipe(channel) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        dup2(channel[1], STDERR_FILENO);
        close(channel[0]);
        close(channel[1]);
        alarm(TEST_SECONDS);
        body(argument);
        exit(0);
    }
    close(channel[1]);
    while ((got = read(channel[0], output + filled, sizeof output - 1 - filled)) > 0) {
        filled += (size_t)got;
    }
    output[filled] = '\0';
    close(channel[0]);
    int ended = wait_for(child);
    if (ended != status || strstr(output, expected) == NULL) {
        fprintf(stderr, "expected exit status %d and \"%s\", got %d and \"%s\"\n", status, expected, ended, output);
        exit(1);
    }
}
