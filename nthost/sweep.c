/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu_internal.h"
#include "verifier.h"

struct shared {
    uint64_t fail_points, steps;
};

static int run_child(const struct sweep *s, struct shared *shared)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        environment_failed("fork: %s", strerror(errno));
    if (child == 0) {
        status = s->run(s->context);
        *shared = (struct shared){fail_point_count(), cpu_steps()};
        exit(status);
    }
    if (waitpid(child, &status, 0) != child)
        environment_failed("waitpid: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ENVIRONMENT;
}

static int run_disturbed(const struct sweep *s, struct shared *shared)
{
    int status = run_child(s, shared);
    if (status == EXIT_WRONG)
        return EXIT_OK;
    if (status != EXIT_OK)
        printf("it was --fail-nth %llu --surprise-at %llu\n", (unsigned long long)*s->fail_nth,
               (unsigned long long)*s->surprise_at);
    return status;
}

int sweep_run(const struct sweep *s)
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t runs = 0;
    if (shared == MAP_FAILED)
        environment_failed("no shared memory for the sweep");
    int status = run_child(s, shared);
    uint64_t calls = s->failures ? shared->fail_points : 0, steps = s->surprises != 0 ? shared->steps : 0;
    uint64_t stride = s->surprises != 0 ? steps / s->surprises + 1 : 1;
    for (*s->fail_nth = 1; status == EXIT_OK && *s->fail_nth <= calls; ++*s->fail_nth, runs++)
        status = run_disturbed(s, shared);
    *s->fail_nth = 0;
    for (*s->surprise_at = 1; status == EXIT_OK && *s->surprise_at <= steps; *s->surprise_at += stride, runs++)
        status = run_disturbed(s, shared);
    munmap(shared, sizeof(*shared));
    printf("%s: %llu disturbed runs: %llu calls that may fail, %llu steps\n", status == EXIT_OK ? "ok" : "WRONG",
           (unsigned long long)runs, (unsigned long long)calls, (unsigned long long)steps);
    return status;
}
