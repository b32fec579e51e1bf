/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Failure injection: the n-th call that may fail fails, for every n until there is none left ("systematic fault
 * injection"), around any plain scenario.
 */
#include <stdio.h>

#include "blk_scenario.h"

int scenario_fault_injection(const struct blk_options *options)
{
    struct blk_options o = *options;
    struct child_report report;
    uint64_t n, refused = 0;
    int status;

    if (scenario_find(o.scenario)->drive != NULL)
        o.scenario = "fault-run";
    o.failure_sweep = false;
    o.quiet = true;
    for (n = 1;; n++) {
        o.fail_nth = n;
        status = child_run(&o, &report);
        if (status != EXIT_OK) {
            fprintf(stderr,
                    "nthost: with call %llu failing (--scenario %s --fail-nth %llu --seed %llu): exit status %d\n",
                    (unsigned long long)n, o.scenario, (unsigned long long)n, (unsigned long long)o.seed, status);
            return status;
        }
        if (report.fail_points < n)
            break;
        refused += report.note[0] != '\0';
        if (!options->quiet)
            printf("call %llu fails: %s\n", (unsigned long long)n,
                   report.note[0] != '\0' ? report.note : "the driver works all the same");
    }
    if (n == 1) {
        fputs("nthost: the driver made no call that may fail: nothing was tested\n", stderr);
        return EXIT_WRONG;
    }
    printf("ok: systematic-fault-injection: %llu calls failed in turn, %llu refusals to start, the driver worked on in "
           "the others\n",
           (unsigned long long)(n - 1), (unsigned long long)refused);
    return EXIT_OK;
}

/* What one life of the driver has in it; a start that fails is an answer, anything else must work. */
void scenario_fault_run(struct bench *b)
{
    struct workload w;

    workload_parse(&w, "mixed:bs=4k:qd=8:count=100:span=1M");
    b->options->verify = true;
    if (bench_start(b)) {
        workload_run(b, &w, &b->result);
        if (b->result.errors != 0)
            bench_fail(b, "%llu I/Os failed", (unsigned long long)b->result.errors);
        adapter_reset_bus(b->adapter);
        adapter_power_down(b->adapter, false);
        if (!adapter_power_up(b->adapter))
            bench_note(b, "refused to restart: %s", adapter_failure(b->adapter));
    } else if (b->note[0] == '\0')
        bench_note(b, "no disk found");
    bench_unload(b);
}
