/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cmd_snd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command_json.h"
#include "command_options.h"
#include "snd.h"
#include "sweep.h"

static bool disturbed(const struct snd_options *o)
{
    return o->fail_nth != 0 || o->surprise_at != 0;
}

static void run(void *context)
{
    struct snd_bench *b = context;
    struct snd_options *o = b->options;
    bool started = snd_start(b);
    uint64_t from;
    if (o->expect == EXPECT_REFUSAL && started)
        snd_fail(b, "the device starts; the driver was expected to refuse it");
    if (started) {
        access_counters_reset();
        b->interrupts_before = interrupt_count();
        if (o->count_instructions)
            instruction_count_enable(true);
        from = clock_us();
        if (o->script != NULL)
            snd_script_run(b, o->script);
        else
            snd_script_default(b);
        b->seconds = (double)(clock_us() - from) / 1e6;
        if (o->count_instructions) {
            b->instructions = instruction_count();
            instruction_count_enable(false);
        }
    } else if (!disturbed(o) && o->expect == EXPECT_START) {
        snd_fail(b, "the device does not start");
    }
    snd_remove(b);
}

/* ---- results ---- */

static void write_position(struct json *j, const struct snd_client *c)
{
    const struct snd_position_stats *e = &c->error;
    double rms, largest, ppm, mean = e->compared != 0 ? e->sum / (double)e->compared : 0;
    json_object(j, "position");
    json_integer(j, "queries", e->queries);
    json_integer(j, "backward", e->backward);
    json_integer(j, "beyond", e->beyond);
    json_integer(j, "compared", e->compared);
    json_number(j, "mean_us", mean);
    json_number(j, "rms_us", e->compared != 0 ? sqrt(e->sum_squares / (double)e->compared) : 0);
    json_number(j, "largest_us", e->largest);
    snd_position_fit(c, &rms, &largest, &ppm);
    json_number(j, "fit_rms_us", rms);
    json_number(j, "fit_largest_us", largest);
    json_number(j, "fit_ppm", ppm);
    json_object_end(j);
    if (!c->bench->options->positions)
        return;
    json_array(j, "positions");
    for (size_t i = 0; i < c->logged; i++) {
        json_object(j, NULL);
        json_integer(j, "us", c->log[i].at_us);
        json_integer(j, "frames", c->log[i].frames);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_client(struct json *j, const struct snd_client *c, const struct snd_comparison *r)
{
    uint64_t compared = c->error.compared;
    json_object(j, snd_direction_name(c->direction));
    json_integer(j, "rate", c->format.rate);
    json_integer(j, "channels", c->format.channels);
    json_integer(j, "bits", c->format.bits);
    json_integer(j, "buffer_bytes", c->buffer.bytes);
    json_integer(j, "period_bytes", c->period_bytes);
    json_integer(j, "notifications", c->notifications);
    json_integer(j, "timeouts", c->timeouts);
    json_integer(j, "early_notifications", c->early);
    json_integer(j, "late_writes", c->late);
    json_integer(j, "overruns", c->overruns);
    json_integer(j, "errors", c->errors);
    json_integer(j, "heard_frames", c->frame_bytes != 0 ? c->heard_bytes / c->frame_bytes : 0);
    json_integer(j, "start_us", c->started_us - c->run_us);
    json_integer(j, "first_moved_us", c->first_moved_us > c->run_us ? c->first_moved_us - c->run_us : 0);
    json_integer(j, "ran_us", c->stopped_us > c->started_us ? c->stopped_us - c->started_us : 0);
    json_integer(j, "queued_mean_frames", compared != 0 ? c->queued_sum / compared : 0);
    json_integer(j, "queued_largest_frames", c->queued_largest);
    json_integer(j, "queued_least_frames", c->queued_least);
    json_integer(j, "fifo_bytes", c->latency.FifoSize);
    write_position(j, c);
    json_boolean(j, "compared", r->compared);
    json_boolean(j, "found", r->found);
    json_integer(j, "frames", r->frames);
    json_integer(j, "offset_frames", r->offset);
    json_integer(j, "misplaced_frames", r->misplaced);
    json_integer(j, "missing_frames", r->missing);
    json_integer(j, "other_frames", r->behind);
    json_object_end(j);
}

static void write_model(struct json *j, const struct snd_bench *b)
{
    const struct model_snd_stats *s = model_snd_stats(b->bus);
    json_object(j, "model");
    json_integer(j, "requests", s->requests);
    json_integer(j, "refused", s->refused);
    json_integer(j, "played_transfers", s->transfers[MODEL_SND_OUT]);
    json_integer(j, "recorded_transfers", s->transfers[MODEL_SND_IN]);
    json_integer(j, "io_errors", s->io_errors[0] + s->io_errors[1]);
    json_integer(j, "starved_frames", s->starved_frames);
    json_integer(j, "dropped_frames", s->dropped_frames);
    json_integer(j, "silent_frames", s->silent_frames);
    json_integer(j, "events", s->events);
    json_integer(j, "sets", s->sets);
    json_integer(j, "starts", s->starts);
    json_integer(j, "stops", s->stops);
    json_integer(j, "releases", s->releases);
    json_integer(j, "first_frame_us",
                 s->first_frame_us > b->client[SND_RENDER].run_us ? s->first_frame_us - b->client[SND_RENDER].run_us
                                                                  : 0);
    json_integer(j, "resets", model_stats(b->bus)->resets);
    json_object_end(j);
}

static void write_json(struct snd_bench *b, int status)
{
    const struct snd_options *o = b->options;
    struct json j;
    json_open_file(&j, o->json);
    json_string(&j, "driver", o->driver);
    json_string(&j, "arch", sizeof(void *) == 8 ? "amd64" : "x86");
    json_string(&j, "device", o->use_model ? "model" : "qemu");
    json_string(&j, "irq", o->node.msix ? "msix" : "intx");
    json_integer(&j, "seed", o->seed);
    json_number(&j, "seconds", b->seconds);
    json_integer(&j, "doorbells", b->doorbells.writes);
    json_integer(&j, "isr_reads", b->isr.reads);
    json_integer(&j, "interrupts", interrupt_count() - b->interrupts_before);
    if (o->count_instructions)
        json_integer(&j, "instructions", b->instructions);
    else
        json_null(&j, "instructions");
    json_integer(&j, "pool_in_run", b->counts.pool_in_run);
    json_integer(&j, "property_requests", b->counts.properties);
    json_integer(&j, "power_changes", b->counts.power_changes);
    json_integer(&j, "requests", b->requests);
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        if (b->client[i].frame_bytes != 0)
            write_client(&j, &b->client[i], &b->result[i]);
    }
    if (o->use_model)
        write_model(&j, b);
    json_event_log(&j);
    json_integer(&j, "failures", b->failures);
    json_integer(&j, "exit_status", (uint64_t)status);
    json_close_file(&j, o->json);
}

static void print_line(const struct snd_bench *b, int status)
{
    const struct snd_options *o = b->options;
    const struct snd_comparison *r = b->result;
    printf("%s: %s%s, %s, %s, seed %llu: %.3f s; played %llu frames, %llu wrong; recorded %llu, %llu wrong; %llu "
           "doorbells, %llu interrupts\n",
           status == EXIT_OK ? "ok" : "WRONG", o->use_model ? "model" : "qemu",
           o->use_model && o->model_snd.standard ? " (standard)" : "", o->node.msix ? "msix" : "intx",
           sizeof(void *) == 8 ? "amd64" : "x86", (unsigned long long)o->seed, b->seconds,
           (unsigned long long)r[SND_RENDER].frames,
           (unsigned long long)(r[SND_RENDER].misplaced + r[SND_RENDER].missing + r[SND_RENDER].behind),
           (unsigned long long)r[SND_CAPTURE].frames,
           (unsigned long long)(r[SND_CAPTURE].misplaced + r[SND_CAPTURE].missing + r[SND_CAPTURE].behind),
           (unsigned long long)b->doorbells.writes, (unsigned long long)(interrupt_count() - b->interrupts_before));
}

static int run_once(struct snd_options *o)
{
    struct snd_bench *b = calloc(1, sizeof(*b));
    bool to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
    if (b == NULL)
        environment_failed("out of memory");
    b->options = o;
    snd_open_bus(b);
    thread_join(thread_create("snd", run, b));
    snd_compare_all(b);
    if (!o->use_model) {
        b->bus->ops->close(b->bus);
        snd_compare_closed(b);
    }
    int status = b->failures == 0 ? EXIT_OK : EXIT_WRONG;
    if (o->json != NULL)
        write_json(b, status);
    if ((!o->quiet || (status != EXIT_OK && !disturbed(o))) && !to_stdout)
        print_line(b, status);
    if (o->use_model)
        b->bus->ops->close(b->bus);
    snd_close(b);
    free(b);
    return status;
}

static int run_one(void *options)
{
    return run_once(options);
}

static int sweep(struct snd_options *o)
{
    const struct sweep s = {.failures = o->failure_sweep,
                            .surprises = o->surprise_sweep ? o->sweep_runs : 0,
                            .fail_nth = &o->fail_nth,
                            .surprise_at = &o->surprise_at,
                            .run = run_one,
                            .context = o};
    o->quiet = true;
    o->json = NULL;
    return sweep_run(&s);
}

int cmd_snd(int argc, char **argv)
{
    static struct snd_options options;
    if (option_help_wanted(argc, argv)) {
        snd_help();
        return EXIT_OK;
    }
    if (!snd_options_parse(&options, argc - 1, argv + 1))
        return EXIT_USAGE;
    option_set_seed(&options.seed);
    return options.failure_sweep || options.surprise_sweep ? sweep(&options) : run_once(&options);
}
