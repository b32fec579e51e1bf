/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hung-device and hostile-device: the model misbehaves, the driver recovers, fails the disk cleanly, or refuses to
 * start. Whatever it does, no rule is broken, every request ends, no wrong data is passed off as right, and unloading
 * works.
 */
#include <stdio.h>
#include <string.h>

#include "blk_scenario.h"

enum outcome {
    OUTCOME_WORKS,    /* every I/O succeeds, after retries perhaps */
    OUTCOME_PROMPT,   /* the same, and no request had to time out for it */
    OUTCOME_RECOVERS, /* the same, and there was a reset or a timeout */
    OUTCOME_ERRORS,   /* some I/O is reported as failed; the device stays in use or is failed */
    OUTCOME_FAILS,    /* the device is failed, with an entry in the event log */
    OUTCOME_REFUSES,  /* the start is refused, with an entry in the event log */
    OUTCOME_ANY,
};

struct hostile {
    const char *name, *setting;
    bool at_start; /* from the device's first moment on, otherwise once I/O can begin */
    enum outcome outcome;
};

static const struct hostile cases[] = {
    {"hang", "hang", false, OUTCOME_RECOVERS},
    {"lost-request", "lost-request:3", false, OUTCOME_RECOVERS},
    {"needs-reset", "needs-reset:5", false, OUTCOME_PROMPT},
    {"gone", "gone:5", false, OUTCOME_ERRORS},
    {"bad-used-id", "bad-used-id:5", false, OUTCOME_FAILS},
    {"unused-used-id", "unused-used-id:5", false, OUTCOME_FAILS},
    {"duplicate-used-id", "duplicate-used-id:5", false, OUTCOME_FAILS},
    {"used-len-too-long", "used-len-too-long:5", false, OUTCOME_FAILS},
    {"used-index-jump", "used-index-jump:5", false, OUTCOME_FAILS},
    {"used-index-back", "used-index-back:5", false, OUTCOME_ANY},
    {"bad-status-byte", "bad-status-byte:5", false, OUTCOME_FAILS},
    {"no-status-byte", "no-status-byte:5", false, OUTCOME_FAILS},
    {"unsupported", "unsupported:5", false, OUTCOME_ERRORS},
    {"failed", "failed:5", false, OUTCOME_ERRORS},
    {"ioerr", "ioerr:100", false, OUTCOME_ERRORS},
    {"late-completion", "late-completion+", false, OUTCOME_ANY},
    {"config-changes", "config-changes:5", false, OUTCOME_PROMPT},
    {"spurious-interrupt", "spurious-interrupt+", false, OUTCOME_PROMPT},
    {"interrupt-lost", "interrupt-lost:3", false, OUTCOME_WORKS},
    {"config-tear", "config-tear+", true, OUTCOME_ANY},
    {"generation-races", "generation-races+", true, OUTCOME_ANY},
    {"features-refused", "features-refused+", true, OUTCOME_REFUSES},
    {"vector-refused", "vector-refused+", true, OUTCOME_ANY},
    {"reset-hangs", "reset-hangs+", true, OUTCOME_REFUSES},
    {"queue-size-zero", "queue-size-zero+", true, OUTCOME_REFUSES},
    {"queue-size-odd", "queue-size-odd+", true, OUTCOME_REFUSES},
    {"no-queues", "no-queues+", true, OUTCOME_ANY},
    {"notify-off-huge", "notify-off-huge+", true, OUTCOME_REFUSES},
    {"cap-bad-bar", "cap-bad-bar", true, OUTCOME_REFUSES},
    {"cap-absent-bar", "cap-absent-bar", true, OUTCOME_REFUSES},
    {"cap-bad-offset", "cap-bad-offset", true, OUTCOME_REFUSES},
    {"cap-misaligned", "cap-misaligned", true, OUTCOME_REFUSES},
    {"cap-wraps", "cap-wraps", true, OUTCOME_REFUSES},
    {"cap-short", "cap-short", true, OUTCOME_REFUSES},
    {"cap-len-small", "cap-len-small", true, OUTCOME_REFUSES},
    {"cap-loop", "cap-loop", true, OUTCOME_ANY},
    {"cap-pointer-odd", "cap-pointer-odd", true, OUTCOME_ANY},
    {"no-cap-list", "no-cap-list", true, OUTCOME_REFUSES},
    {"no-common", "no-common", true, OUTCOME_REFUSES},
    {"no-notify", "no-notify", true, OUTCOME_REFUSES},
    {"no-isr", "no-isr", true, OUTCOME_REFUSES},
    {"no-device-config", "no-device-config", true, OUTCOME_REFUSES},
    {"wrong-revision", "wrong-revision", true, OUTCOME_REFUSES},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static const struct hostile *case_of(const char *fault)
{
    size_t length = strcspn(fault, ":+");

    for (unsigned i = 0; i < CASES; i++) {
        if (strlen(cases[i].name) == length && strncmp(cases[i].name, fault, length) == 0)
            return &cases[i];
    }
    return NULL;
}

/* "fault=NAME" alone means the case's own setting. */
static const char *setting_of(const struct hostile *c, const char *fault)
{
    return strcmp(fault, c->name) == 0 ? c->setting : fault;
}

void prepare_hostile(struct blk_options *options)
{
    for (unsigned i = 0; i < options->fault_count; i++) {
        const struct hostile *c = case_of(options->faults[i]);

        if (c != NULL && c->at_start)
            model_fault_option(&options->model, setting_of(c, options->faults[i]));
    }
}

static unsigned logged(const struct bench *b)
{
    unsigned count = 0;

    if (b->adapter != NULL)
        adapter_log(b->adapter, &count);
    return count;
}

static uint64_t resets(const struct bench *b)
{
    const struct adapter_counts *c = adapter_counts(b->adapter);

    return c->unit_resets + c->target_resets + c->bus_resets + c->timeouts;
}

static void judge_refusal(struct bench *b, const struct hostile *c)
{
    if (c->outcome != OUTCOME_REFUSES && c->outcome != OUTCOME_ANY)
        bench_fail(b, "%s: the start is refused (%s)", c->name, b->note);
    else if (logged(b) == 0)
        bench_fail(b, "%s: refused without an entry in the event log", c->name);
}

static void judge(struct bench *b, const struct hostile *c)
{
    uint64_t errors = b->result.errors;

    switch (c->outcome) {
    case OUTCOME_WORKS:
    case OUTCOME_PROMPT:
    case OUTCOME_RECOVERS:
        if (errors != 0)
            bench_fail(b, "%s: %llu I/Os failed", c->name, (unsigned long long)errors);
        if (c->outcome == OUTCOME_RECOVERS && resets(b) == 0)
            bench_fail(b, "%s: neither a timeout nor a reset: nothing was tested", c->name);
        if (c->outcome == OUTCOME_PROMPT && adapter_counts(b->adapter)->timeouts != 0)
            bench_fail(b, "%s: %llu requests timed out", c->name,
                       (unsigned long long)adapter_counts(b->adapter)->timeouts);
        break;
    case OUTCOME_ERRORS:
        if (errors == 0)
            bench_fail(b, "%s: no I/O was reported as failed", c->name);
        break;
    case OUTCOME_FAILS:
        if (errors == 0 || logged(b) == 0)
            bench_fail(b,
                       "%s: %llu I/Os failed, %u entries in the event log; a device that writes nonsense is to be "
                       "failed and logged",
                       c->name, (unsigned long long)errors, logged(b));
        break;
    case OUTCOME_REFUSES:
        bench_fail(b, "%s: the start is not refused", c->name);
        break;
    default:
        break;
    }
    bench_note(b, "%llu of %llu I/Os failed, %llu timeouts and resets, %u log entries", (unsigned long long)errors,
               (unsigned long long)b->result.ios, (unsigned long long)resets(b), logged(b));
}

/* With one --model fault=. */
void scenario_hostile_run(struct bench *b)
{
    const struct hostile *c = b->options->fault_count == 1 ? case_of(b->options->faults[0]) : NULL;
    struct workload w;

    if (c == NULL || !b->options->use_model) {
        bench_fail(b, "hostile-run needs --device model and one --model fault=");
        return;
    }
    workload_parse(&w, "mixed:bs=4k:qd=16:count=300:span=256k");
    b->options->verify = true;
    if (!bench_start(b))
        judge_refusal(b, c);
    else {
        if (!c->at_start)
            model_arm_fault(b->bus, setting_of(c, b->options->faults[0]));
        workload_run(b, &w, &b->result);
        if (strcmp(c->name, "late-completion") == 0) { /* it needs requests that a reset leaves behind */
            struct workload_run *run = workload_begin(b, &w, &b->result);

            adapter_reset_bus(b->adapter);
            workload_join(run);
        }
        judge(b, c);
    }
    bench_unload(b);
}

int scenario_hostile_device(const struct blk_options *options)
{
    unsigned wrong = 0, runs = 0;

    if (options->fault_count != 0) {
        struct blk_options o = *options;

        o.scenario = "hostile-run";
        return blk_run(&o);
    }
    for (unsigned i = 0; i < CASES; i++, runs++) {
        struct blk_options o = *options;
        struct child_report report;
        int status;

        o.scenario = "hostile-run";
        o.quiet = true;
        o.faults[0] = cases[i].setting;
        o.fault_count = 1;
        status = child_run(&o, &report);
        if (!options->quiet)
            printf("%-20s %s: %s\n", cases[i].name, status == EXIT_OK ? "ok" : "WRONG", report.note);
        if (status != EXIT_OK) {
            fprintf(stderr,
                    "nthost: a device with fault %s (--scenario hostile-device --model fault=%s --seed %llu): exit "
                    "status %d\n",
                    cases[i].name, cases[i].setting, (unsigned long long)options->seed, status);
            wrong++;
        }
    }
    printf("%s: hostile-device: %u ways of misbehaving, %u not handled as they should be\n",
           wrong == 0 ? "ok" : "WRONG", runs, wrong);
    return wrong == 0 ? EXIT_OK : EXIT_WRONG;
}

/* A device that stops answering until it is reset, again and again; and one that does not even reset. */
void scenario_hung_device(struct bench *b)
{
    struct workload w;

    workload_parse(&w, "mixed:bs=4k:qd=16:count=300:span=1M");
    b->options->verify = true;
    if (!b->options->use_model) {
        bench_fail(b, "hung-device needs --device model");
        return;
    }
    if (bench_must_start(b)) {
        for (unsigned i = 0; i < 5; i++) {
            model_arm_fault(b->bus, "hang:20");
            workload_run(b, &w, &b->result);
            if (b->result.errors != 0 || b->result.ios != w.count)
                bench_fail(b, "hang %u: %llu of %llu I/Os done, %llu failed", i, (unsigned long long)b->result.ios,
                           (unsigned long long)w.count, (unsigned long long)b->result.errors);
        }
        workload_verify_second_path(b, &w, &b->result);
        if (adapter_counts(b->adapter)->timeouts == 0)
            bench_fail(b, "no request timed out: nothing was tested");
        bench_note(b, "5 hangs: %llu timeouts, %llu unit resets, %llu bus resets",
                   (unsigned long long)adapter_counts(b->adapter)->timeouts,
                   (unsigned long long)adapter_counts(b->adapter)->unit_resets,
                   (unsigned long long)adapter_counts(b->adapter)->bus_resets);
        model_arm_fault(b->bus, "hang:20");
        model_arm_fault(b->bus, "reset-hangs+");
        workload_run(b, &w, &b->result);
        if (b->result.errors == 0 || logged(b) == 0)
            bench_fail(b, "a device that neither answers nor resets: %llu I/Os failed, %u entries in the event log",
                       (unsigned long long)b->result.errors, logged(b));
        bench_note(b, "then no reset: %llu I/Os ended with an error", (unsigned long long)b->result.errors);
    }
    bench_unload(b);
}
