/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What happens to the device of a run: stop and start, sleep, reset, and being pulled and plugged in again. Between a
 * start and the next stop or removal the driver's allocations are counted: there are to be none.
 */
#include <string.h>

#include "input.h"

static void must_be_there(const struct input_bench *b, const char *what)
{
    if (b->node == NULL)
        environment_failed("%s of a device that is not plugged in", what);
}

/* Entries of the event log are the system's memory. */
static uint64_t allocations(void)
{
    unsigned logged;
    wdm_event_log(&logged);
    return ram_driver_allocations() - logged;
}

void input_count_allocations(struct input_bench *b, bool on)
{
    if (b->counting)
        b->allocations += allocations() - b->allocations_before;
    b->counting = on;
    b->allocations_before = allocations();
}

uint64_t input_allocations(const struct input_bench *b)
{
    return b->allocations + (b->counting ? allocations() - b->allocations_before : 0);
}

void input_device_stop(struct input_bench *b)
{
    must_be_there(b, "stop");
    input_log(b, "stop", 0);
    NTSTATUS status = devnode_query_stop(b->node);
    if (!NT_SUCCESS(status))
        input_fail(b, "IRP_MN_QUERY_STOP_DEVICE fails with %#x", (unsigned)status);
    else
        devnode_stop(b->node);
    input_count_allocations(b, false);
}

void input_device_start(struct input_bench *b)
{
    must_be_there(b, "start");
    NTSTATUS status = devnode_start(b->node);
    input_log(b, "start", 0);
    if (!NT_SUCCESS(status) && b->options->expect == EXPECT_START)
        input_fail(b, "IRP_MN_START_DEVICE fails with %#x", (unsigned)status);
    input_count_allocations(b, NT_SUCCESS(status));
}

void input_device_sleep(struct input_bench *b, bool sleep)
{
    must_be_there(b, "sleep or wake");
    input_log(b, sleep ? "sleep" : "wake", 0);
    devnode_system_power(b->node, sleep ? SYSTEM_SLEEPING_3 : SYSTEM_WORKING);
}

void input_device_reset(struct input_bench *b)
{
    if (!b->options->use_model)
        environment_failed("reset is for the model; QEMU's device cannot be made to ask for one");
    input_log(b, "reset", 0);
    model_ask_for_reset(b->bus);
}

void input_device_surprise(struct input_bench *b)
{
    b->gone = true;
    b->bus->ops->surprise_remove(b->bus, b->bus->bdf);
}

/* ---- plugging ---- */

static bool is_removed(void *context)
{
    return ((const struct input_bench *)context)->removed;
}

/* Wine's class driver waits at removal for its own thread, which waits for a read that its bus driver would have
 * completed by then. So somebody cancels as at the end of a thread. */
static void cancel_for_wine(void *context)
{
    const struct input_bench *b = context;
    enum { BETWEEN_US = 5000, ROUNDS = 2000 };
    for (unsigned i = 0; i < ROUNDS && !b->removed; i++) { /* afterwards a hang is seen as one */
        thread_wait(is_removed, context, BETWEEN_US);
        irps_cancel_threaded();
    }
}

static void add_counts(struct input_bench *b)
{
    const struct hidclass_device *d = b->node != NULL ? hidclass_device_of(b->node) : NULL;
    const struct hidclass_counts *c = d != NULL ? hidclass_counts(d) : NULL;
    if (c == NULL)
        return;
    b->counts.reads_sent += c->reads_sent;
    b->counts.reports += c->reports;
    b->counts.dropped_reports += c->dropped_reports;
    b->counts.read_errors += c->read_errors;
    b->counts.resends_at_dispatch += c->resends_at_dispatch;
}

void input_device_remove(struct input_bench *b)
{
    thread *canceller = NULL;
    add_counts(b);
    input_count_allocations(b, false);
    b->removed = false;
    if (b->options->class_directory != NULL)
        canceller = thread_create("canceller", cancel_for_wine, b);
    if (b->gone && b->started)
        devnode_surprise(b->node);
    input_close_collections(b);
    if (b->node != NULL) {
        if (b->node->driver != NULL)
            devnode_remove(b->node);
        devnode_free(b->node);
    }
    b->removed = true;
    if (canceller != NULL)
        thread_join(canceller);
    b->node = NULL;
    b->started = false;
}

bool input_device_add(struct input_bench *b)
{
    b->node = devnode_create(&b->device, &b->options->node);
    NTSTATUS status = devnode_add(b->node, b->driver);
    if (!NT_SUCCESS(status)) {
        fprintf(stderr, "nthost: AddDevice failed with %#x\n", (unsigned)status);
        return false;
    }
    status = devnode_start(b->node);
    b->started = NT_SUCCESS(status);
    if (!b->started)
        fprintf(stderr, "nthost: the device does not start: %#x%s%s\n", (unsigned)status,
                hidclass_failure() != NULL ? ": " : "", hidclass_failure() != NULL ? hidclass_failure() : "");
    return b->started;
}

void input_device_pull(struct input_bench *b)
{
    must_be_there(b, "pull");
    input_log(b, "pull", 0);
    input_device_surprise(b);
    input_device_remove(b);
    b->marks++;
}

void input_device_plug(struct input_bench *b)
{
    input_log(b, "plug", 0);
    if (b->node != NULL)
        environment_failed("the device is plugged in already");
    b->bus->ops->plug(b->bus, b->bus->bdf);
    pci_device_restore(&b->device);
    b->gone = false;
    if (!input_device_add(b) || !input_open_collections(b)) {
        input_fail(b, "the device does not come back");
        return;
    }
    input_count_allocations(b, true);
}

void input_mark(struct input_bench *b)
{
    input_log(b, "mark", 0);
    b->marks++;
}
