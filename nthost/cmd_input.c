/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cmd_input.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command_json.h"
#include "command_options.h"
#include "input.h"
#include "sweep.h"

static const char *const kind_names[MODEL_INPUT_KINDS] = {"keyboard", "mouse", "tablet", "multitouch"};

static void run(void *context)
{
    struct input_bench *b = context;
    struct input_options *o = b->options;
    /* The model's clock is not real: its events per second are those of a processor that does nothing else. */
    clockid_t watch = o->use_model ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    struct timespec from, to;
    bool started = input_start(b);
    if (o->expect == EXPECT_REFUSAL && b->started)
        input_fail(b, "the device starts; the driver was expected to refuse it");
    if (started) {
        access_counters_reset();
        if (o->count_instructions)
            instruction_count_enable(true);
        clock_gettime(watch, &from);
        if (o->script != NULL)
            input_script_run(b, o->script);
        clock_gettime(watch, &to);
        b->seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        if (o->count_instructions) {
            b->instructions = instruction_count();
            instruction_count_enable(false);
        }
    } else if (o->fail_nth == 0 && o->surprise_at == 0 && o->expect == EXPECT_START) {
        input_fail(b, "the device does not start");
    }
    input_remove(b);
}

/* ---- results ---- */

static int compare_latencies(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void write_hex(struct json *j, const char *key, const uint8_t *bytes, uint32_t count)
{
    char *text = malloc(2 * (size_t)count + 1);
    if (text == NULL)
        environment_failed("no memory for JSON");
    for (uint32_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    text[2 * (size_t)count] = '\0';
    json_string(j, key, text);
    free(text);
}

static void write_device(struct json *j, const struct input_bench *b)
{
    json_integer(j, "vendor", b->attributes.VendorID);
    json_integer(j, "product", b->attributes.ProductID);
    json_integer(j, "version", b->attributes.VersionNumber);
    write_hex(j, "report_descriptor", b->descriptor, b->descriptor_bytes);
    json_array(j, "collections");
    for (unsigned i = 0; i < b->layout.collection_count; i++) {
        const struct hid_collection *c = &b->layout.collection[i];
        json_object(j, NULL);
        json_integer(j, "usage_page", c->usage_page);
        json_integer(j, "usage", c->usage);
        json_integer(j, "input_bytes", c->longest[HID_INPUT]);
        json_integer(j, "output_bytes", c->longest[HID_OUTPUT]);
        json_integer(j, "feature_bytes", c->longest[HID_FEATURE]);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_reports(struct json *j, const struct input_bench *b)
{
    json_array(j, "reports");
    for (const struct input_report *r = b->first; r != NULL; r = r->next) {
        json_object(j, NULL);
        json_integer(j, "collection", r->collection);
        json_integer(j, "mark", r->mark);
        write_hex(j, "bytes", r->data, r->bytes);
        json_string(j, "usages", r->decoded);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_numbers(struct json *j, struct input_bench *b)
{
    qsort(b->latency_first_us, b->latencies, sizeof(b->latency_first_us[0]), compare_latencies);
    json_integer(j, "events", b->events);
    json_integer(j, "packets", b->packets);
    json_integer(j, "report_count", b->reports);
    json_integer(j, "reads_sent", b->counts.reads_sent);
    json_integer(j, "reports_delivered", b->counts.reports);
    json_integer(j, "reports_dropped_by_hidclass", b->counts.dropped_reports);
    json_integer(j, "read_errors", b->counts.read_errors);
    json_integer(j, "doorbells", b->doorbells.writes);
    json_integer(j, "isr_reads", b->isr.reads);
    json_integer(j, "interrupts", interrupt_count());
    json_number(j, "events_per_second", b->seconds > 0 ? (double)b->events / b->seconds : 0);
    if (b->options->count_instructions && b->events != 0)
        json_number(j, "instructions_per_event", (double)b->instructions / (double)b->events);
    else
        json_null(j, "instructions_per_event");
    if (b->options->class_directory == NULL)
        json_integer(j, "allocations_after_start", b->allocations);
    else
        json_null(j, "allocations_after_start"); /* the foreign class driver's are not told from the minidriver's */
    json_object(j, "latency_us");
    json_integer(j, "p50", b->latencies != 0 ? b->latency_first_us[b->latencies / 2] : 0);
    json_integer(j, "p99", b->latencies != 0 ? b->latency_first_us[b->latencies * 99 / 100] : 0);
    json_object_end(j);
}

/* [[type, code, value], ...] would be shorter, but the writer knows objects. */
static void write_events(struct json *j, const struct input_bench *b)
{
    json_array(j, "sent");
    for (size_t i = 0; i < b->logged; i++) {
        const struct input_event_log *l = &b->log[i];
        json_object(j, NULL);
        json_string(j, "command", l->command);
        if (l->command == NULL) {
            json_integer(j, "type", l->type);
            json_integer(j, "code", l->code);
        }
        json_integer(j, "value", l->value);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_json(struct input_bench *b, int status)
{
    const struct input_options *o = b->options;
    struct json j;
    json_open_file(&j, o->json);
    json_string(&j, "driver", o->driver);
    json_string(&j, "arch", sizeof(void *) == 8 ? "amd64" : "x86");
    json_string(&j, "device", o->use_model ? "model" : "qemu");
    json_string(&j, "kind", kind_names[o->kind]);
    json_string(&j, "irq", o->node.msix ? "msix" : "intx");
    json_string(&j, "class", o->class_directory != NULL ? o->class_directory : "builtin");
    json_integer(&j, "seed", o->seed);
    write_device(&j, b);
    write_numbers(&j, b);
    write_reports(&j, b);
    if (o->log_events)
        write_events(&j, b);
    json_event_log(&j);
    json_integer(&j, "failures", b->failures);
    json_integer(&j, "exit_status", (uint64_t)status);
    json_close_file(&j, o->json);
}

static int run_once(struct input_options *o)
{
    struct input_bench *b = calloc(1, sizeof(*b));
    if (b == NULL)
        environment_failed("out of memory");
    b->options = o;
    input_open_bus(b);
    thread_join(thread_create("input", run, b));
    int status = b->failures == 0 ? EXIT_OK : EXIT_WRONG;
    if (o->json != NULL)
        write_json(b, status);
    bool disturbed = o->fail_nth != 0 || o->surprise_at != 0;
    if ((!o->quiet || (status != EXIT_OK && !disturbed)) && (o->json == NULL || strcmp(o->json, "-") != 0))
        printf(
            "%s: %s on %s, %s, %s, class %s, seed %llu: %llu events, %u reports, %llu doorbells, %llu isr reads, %llu "
            "interrupts\n",
            status == EXIT_OK ? "ok" : "WRONG", kind_names[o->kind], o->use_model ? "model" : "qemu",
            o->node.msix ? "msix" : "intx", sizeof(void *) == 8 ? "amd64" : "x86",
            o->class_directory != NULL ? o->class_directory : "builtin", (unsigned long long)o->seed,
            (unsigned long long)b->events, b->reports, (unsigned long long)b->doorbells.writes,
            (unsigned long long)b->isr.reads, (unsigned long long)interrupt_count());
    input_close(b);
    free(b);
    return status;
}

static int run_one(void *options)
{
    return run_once(options);
}

static int sweep(struct input_options *o)
{
    const struct sweep s = {.failures = o->failure_sweep,
                            .surprises = o->surprise_sweep ? 300 : 0,
                            .fail_nth = &o->fail_nth,
                            .surprise_at = &o->surprise_at,
                            .run = run_one,
                            .context = o};
    o->quiet = true;
    o->json = NULL;
    return sweep_run(&s);
}

int cmd_input(int argc, char **argv)
{
    static struct input_options options;
    if (option_help_wanted(argc, argv)) {
        input_help();
        return EXIT_OK;
    }
    if (!input_options_parse(&options, argc - 1, argv + 1))
        return EXIT_USAGE;
    option_set_seed(&options.seed);
    return options.failure_sweep || options.surprise_sweep ? sweep(&options) : run_once(&options);
}
