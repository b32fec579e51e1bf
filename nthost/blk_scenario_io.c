/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Scenarios that move data and compare it.
 */
#include "blk_scenario.h"

static void run_one(struct bench *b, const struct workload *w)
{
    struct workload_result *r = &b->result;

    workload_run(b, w, r);
    if (b->gone || b->options->fail_nth != 0)
        return;
    if (b->options->verify)
        workload_verify_second_path(b, w, r);
    if (r->ios != w->count && w->seconds == 0)
        bench_fail(b, "%llu of %llu I/Os were done", (unsigned long long)r->ios, (unsigned long long)w->count);
    if (r->errors != 0)
        bench_fail(b, "%llu I/Os failed", (unsigned long long)r->errors);
}

void scenario_workload(struct bench *b)
{
    if (bench_must_start(b))
        run_one(b, &b->options->workload);
    bench_unload(b);
}

void scenario_third_party(struct bench *b)
{
    scenario_workload(b);
}
