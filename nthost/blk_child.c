/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Runs in processes of their own: what one breaks, it alone breaks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blk_scenario.h"

static struct child_report *shared;
static bool is_child;

struct child_report *child_report_of_this_process(void)
{
    return is_child ? shared : NULL;
}

int child_run(const struct blk_options *options, struct child_report *report)
{
    struct blk_options copy = *options;
    int status = 0;
    pid_t child;

    if (shared == NULL)
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        environment_failed("no memory to share with a child process");
    *shared = (struct child_report){0};
    fflush(NULL);
    child = fork();
    if (child < 0)
        environment_failed("cannot start another process");
    if (child == 0) {
        is_child = true;
        exit(blk_run(&copy));
    }
    while (waitpid(child, &status, 0) < 0)
        ;
    if (report != NULL)
        *report = *shared;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ENVIRONMENT;
}
