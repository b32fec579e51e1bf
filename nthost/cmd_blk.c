/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cmd_blk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_scenario.h"
#include "command_json.h"
#include "command_options.h"

static void scenario_main(void *context)
{
    struct bench *b = context;

    scenario_find(b->options->scenario)->run(b);
}

static const char *irq_name(const struct bench *b)
{
    return b->messages != 0 ? "msix" : "intx";
}

static void write_results(struct json *j, const struct bench *b)
{
    const struct workload_result *r = &b->result;

    json_integer(j, "ios", r->ios);
    json_integer(j, "bytes", r->bytes);
    json_integer(j, "errors", r->errors);
    json_integer(j, "miscompares", r->miscompares);
    json_integer(j, "retries", r->retries);
    json_integer(j, "requests", r->requests);
    json_integer(j, "doorbells", r->doorbells);
    json_integer(j, "isr_reads", r->isr_reads);
    json_integer(j, "other_mmio", r->other_mmio);
    json_integer(j, "interrupts", r->interrupts);
    json_integer(j, "pool_allocations", r->pool_allocations);
    if (b->options->count_instructions && r->ios != 0)
        json_number(j, "instructions_per_io", (double)r->instructions / (double)r->ios);
    else
        json_null(j, "instructions_per_io");
    json_number(j, "io_per_second", r->seconds > 0 ? (double)r->ios / r->seconds : 0);
    json_object(j, "latency_us");
    json_integer(j, "p50", r->p50_us);
    json_integer(j, "p99", r->p99_us);
    json_integer(j, "max", r->max_us);
    json_object_end(j);
    json_integer(j, "second_path_sectors", r->second_path_sectors);
}

static void write_adapter(struct json *j, const struct bench *b)
{
    json_integer(j, "messages", b->messages);
    json_integer(j, "timeouts", b->counts.timeouts);
    json_integer(j, "unit_resets", b->counts.unit_resets);
    json_integer(j, "bus_resets", b->counts.bus_resets);
    json_integer(j, "busy_retries", b->counts.busy_retries);
    json_array(j, "event_log");
    for (unsigned i = 0; i < b->log_count; i++) {
        json_object(j, NULL);
        json_integer(j, "code", b->log[i].code);
        json_integer(j, "unique_id", b->log[i].unique_id);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_json(const struct bench *b, int status)
{
    const struct blk_options *o = b->options;
    struct json j;

    json_open_file(&j, o->json);
    json_string(&j, "driver", o->adapter.driver);
    json_string(&j, "arch", sizeof(void *) == 8 ? "amd64" : "x86");
    json_string(&j, "device", o->use_model ? "model" : "qemu");
    json_string(&j, "qemu_device", o->use_model ? NULL : o->device_text);
    json_string(&j, "irq", irq_name(b));
    json_string(&j, "workload", o->workload.text);
    json_string(&j, "scenario", o->scenario);
    json_integer(&j, "seed", o->seed);
    json_integer(&j, "processors", o->processors);
    write_results(&j, b);
    write_adapter(&j, b);
    json_integer(&j, "failures", b->failures);
    json_string(&j, "note", b->note);
    json_integer(&j, "exit_status", (uint64_t)status);
    json_close_file(&j, o->json);
}

static void print_result(const struct bench *b, int status)
{
    const struct workload_result *r = &b->result;
    const struct blk_options *o = b->options;

    if (o->json != NULL && strcmp(o->json, "-") == 0)
        return;
    printf("%s: %s on %s, %s, %s, seed %llu", status == EXIT_OK ? "ok" : "WRONG", o->scenario,
           o->use_model ? "model" : "qemu", irq_name(b), sizeof(void *) == 8 ? "amd64" : "x86",
           (unsigned long long)o->seed);
    if (b->measured) {
        printf(": %llu I/Os, %llu errors, %llu miscompares, %llu doorbells, %llu isr reads, %llu other mmio, %llu "
               "interrupts, %.0f I/O per second",
               (unsigned long long)r->ios, (unsigned long long)r->errors, (unsigned long long)r->miscompares,
               (unsigned long long)r->doorbells, (unsigned long long)r->isr_reads, (unsigned long long)r->other_mmio,
               (unsigned long long)r->interrupts, r->seconds > 0 ? (double)r->ios / r->seconds : 0);
        if (o->count_instructions && r->ios != 0)
            printf(", %.1f instructions per I/O", (double)r->instructions / (double)r->ios);
    }
    printf("%s%s\n", b->note[0] != '\0' ? "; " : "", b->note);
}

static void report_to_parent(const struct bench *b)
{
    struct child_report *report = child_report_of_this_process();

    if (report == NULL)
        return;
    report->fail_points = fail_point_count();
    report->steps = cpu_steps();
    snprintf(report->note, sizeof(report->note), "%s", b->note);
}

static int finish(struct bench *b)
{
    struct blk_options *o = b->options;
    int status;

    report_to_parent(b);
    bench_close_bus(b);
    image_close(b);
    status = b->failures == 0 && b->result.miscompares == 0 ? EXIT_OK : EXIT_WRONG;
    if (o->json != NULL)
        write_json(b, status);
    if (!o->quiet || status != EXIT_OK)
        print_result(b, status);
    return status;
}

void bench_end_process(struct bench *b)
{
    exit(finish(b));
}

int blk_run(struct blk_options *options)
{
    const struct scenario *scenario = scenario_find(options->scenario);
    struct bench *b = calloc(1, sizeof(*b));
    int status;

    if (b == NULL)
        environment_failed("out of memory");
    b->options = options;
    b->image_fd = -1;
    if (scenario->verify)
        options->verify = true;
    if (scenario->prepare != NULL)
        scenario->prepare(options);
    else
        faults_apply(options);
    image_open(b);
    bench_open_bus(b);
    thread_join(thread_create(options->scenario, scenario_main, b));
    status = finish(b);
    free(b);
    return status;
}

int cmd_blk(int argc, char **argv)
{
    static struct blk_options options;
    const struct scenario *scenario;

    if (option_help_wanted(argc, argv)) {
        blk_help();
        return EXIT_OK;
    }
    if (!blk_options_parse(&options, argc - 1, argv + 1))
        return EXIT_USAGE;
    option_set_seed(&options.seed);
    scenario = scenario_find(options.scenario);
    if (options.failure_sweep)
        return scenario_fault_injection(&options);
    if (scenario->drive != NULL)
        return scenario->drive(&options);
    return blk_run(&options);
}
