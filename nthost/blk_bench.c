/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One run: guest RAM, bus, processors, counters; starting and unloading the miniport.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "blk.h"

/* QEMU's q35 has exactly 2 GiB below 4 GiB when it has RAM above; the memory is sparse. */
#define RAM_LOW (2ull << 30)
#define RAM_HIGH (2ull << 30)
#define PREEMPT_WITHIN 500u /* instructions: about what a callback has */
#define REMOVAL_DELAY_US 20000u
#define MODEL_DISPATCH_LIMIT_US 100000u
#define REAL_DISPATCH_LIMIT_US 5000000u /* of a clock that also measures how busy this machine is */

void bench_fail(struct bench *b, const char *format, ...)
{
    va_list arguments;

    b->failures++;
    if (b->failures > 20)
        return;
    fputs("nthost: wrong: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void bench_note(struct bench *b, const char *format, ...)
{
    size_t used = strlen(b->note);
    va_list arguments;

    if (used != 0 && used + 2 < sizeof(b->note)) {
        memcpy(b->note + used, ", ", 3);
        used += 2;
    }
    va_start(arguments, format);
    vsnprintf(b->note + used, sizeof(b->note) - used, format, arguments);
    va_end(arguments);
}

static void open_model(struct bench *b)
{
    struct model_options *o = &b->options->model;

    o->image = b->image_path;
    o->seed = b->options->seed;
    b->bus = model_bus_open(o);
}

static void open_qemu(struct bench *b)
{
    struct qemu_options *o = &b->options->qemu;

    o->image = b->image_path;
    b->bus = qemu_bus_open(o);
}

static void pull_device(void *context)
{
    struct bench *b = context;

    b->gone = true;
    b->bus->ops->surprise_remove(b->bus, b->bus->bdf);
}

void bench_counters_place(struct bench *b)
{
    struct virtio_regions regions;

    pci_find_virtio_regions(&b->device, &regions);
    b->doorbells.physical = regions.notify;
    b->doorbells.bytes = regions.notify_bytes;
    b->isr.physical = regions.isr;
    b->isr.bytes = regions.isr_bytes;
    b->common.physical = regions.common;
    b->common.bytes = regions.common_bytes;
    b->config.physical = regions.device;
    b->config.bytes = regions.device_bytes;
}

static void add_counters(struct bench *b)
{
    b->doorbells.name = "doorbells";
    b->isr.name = "isr";
    b->common.name = "common configuration";
    b->config.name = "device configuration";
    bench_counters_place(b);
    access_counter_add(&b->doorbells);
    access_counter_add(&b->isr);
    access_counter_add(&b->common);
    access_counter_add(&b->config);
}

void bench_open_bus(struct bench *b)
{
    struct blk_options *o = b->options;

    ram_init(RAM_LOW, RAM_HIGH, o->seed);
    if (o->use_model)
        open_model(b);
    else
        open_qemu(b);
    cpu_init(o->processors, o->seed, b->bus);
    trap_init();
    dispatch_time_limit_us(b->bus->real_time ? REAL_DISPATCH_LIMIT_US : MODEL_DISPATCH_LIMIT_US);
    pci_device_setup(&b->device, b->bus);
    add_counters(b);
    fail_point_arm(o->fail_nth);
    cpu_at_step(o->surprise_at, pull_device, b);
    cpu_preempt(o->preempt, PREEMPT_WITHIN);
}

void bench_close_bus(struct bench *b)
{
    if (b->bus != NULL)
        b->bus->ops->close(b->bus);
    b->bus = NULL;
}

/* ---- plug and play's side of a surprise removal ---- */

static bool removal_is_due(void *context)
{
    const struct bench *b = context;

    return b->unloading || (b->gone && b->adapter != NULL && adapter_state(b->adapter) == ADAPTER_RUNNING &&
                            !adapter_in_transition(b->adapter));
}

static bool is_unloading(void *context)
{
    return ((const struct bench *)context)->unloading;
}

/* The message reaches the port driver a little after the device has gone. */
static void plug_and_play_main(void *context)
{
    struct bench *b = context;

    thread_wait(removal_is_due, b, UINT64_MAX);
    if (b->unloading)
        return;
    thread_wait(is_unloading, b, cpu_random() % REMOVAL_DELAY_US);
    if (!b->unloading)
        adapter_surprise_removed(b->adapter);
}

bool bench_start(struct bench *b)
{
    uint32_t status = 0;

    b->adapter = adapter_load(&b->options->adapter, &b->device, &status);
    if (b->adapter == NULL) {
        bench_note(b, "DriverEntry failed with 0x%08x", (unsigned)status);
        return false;
    }
    b->unloading = false;
    b->plug_and_play = thread_create("plug and play", plug_and_play_main, b);
    if (!adapter_start(b->adapter)) {
        bench_note(b, "start refused: %s", adapter_failure(b->adapter));
        return false;
    }
    b->messages = adapter_messages(b->adapter);
    if (b->gone)
        return false;
    return disk_enumerate(b);
}

bool bench_must_start(struct bench *b)
{
    if (bench_start(b))
        return true;
    if (b->options->fail_nth == 0 && b->options->surprise_at == 0)
        bench_fail(b, "the miniport does not start: %s", b->note[0] != '\0' ? b->note : "no disk found");
    return false;
}

/* What is reported after the adapter has gone. */
static void remember(struct bench *b)
{
    const struct logged_error *log = adapter_log(b->adapter, &b->log_count);

    if (b->log_count > sizeof(b->log) / sizeof(b->log[0]))
        b->log_count = sizeof(b->log) / sizeof(b->log[0]);
    memcpy(b->log, log, b->log_count * sizeof(*log));
    b->counts = *adapter_counts(b->adapter);
}

void bench_unload(struct bench *b)
{
    if (b->adapter == NULL)
        return;
    b->unloading = true;
    if (b->plug_and_play != NULL)
        thread_join(b->plug_and_play);
    b->plug_and_play = NULL;
    if (b->gone && adapter_state(b->adapter) != ADAPTER_FAILED && adapter_state(b->adapter) != ADAPTER_REMOVED)
        adapter_surprise_removed(b->adapter);
    remember(b);
    adapter_unload(b->adapter);
    b->adapter = NULL;
}
