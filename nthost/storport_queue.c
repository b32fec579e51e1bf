/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The queues in front of the miniport, one per logical unit ("Storport Queue Management"): depth, busy, pause, hold,
 * and what happens after a completion.
 */
#include "storport_internal.h"

#include <stdlib.h>
#include <string.h>

#include "storport_exports.h"

#define MAXIMUM_DEPTH 254u
#define RETRY_US 10000u /* after BUSY with nothing outstanding that could end the condition */
#define EXECUTE_TIMEOUT_US 600000000u
#define BYPASS_TRIES 100u
#define SCSI_STATUS_BUSY 0x08u
#define SCSI_STATUS_QUEUE_FULL 0x28u

/* ---- units and their queues ---- */

struct unit *unit_get(adapter *a, uint8_t path, uint8_t target, uint8_t lun)
{
    struct unit *unit;

    for (unit = a->units; unit != NULL; unit = unit->next) {
        if (unit->path == path && unit->target == target && unit->lun == lun)
            return unit;
    }
    unit = calloc(1, sizeof(*unit));
    if (unit == NULL)
        environment_failed("out of memory");
    unit->path = path;
    unit->target = target;
    unit->lun = lun;
    unit->depth = PORT_DEFAULT_QUEUE_DEPTH;
    unit->queue_end = &unit->queue;
    if (a->agreed.SpecificLuExtensionSize != 0) {
        unit->extension = ram_alloc(a->agreed.SpecificLuExtensionSize, 0, "logical unit extension");
        memset(unit->extension, 0, a->agreed.SpecificLuExtensionSize);
    }
    unit->next = a->units;
    a->units = unit;
    return unit;
}

void units_destroy(adapter *a)
{
    while (a->units != NULL) {
        struct unit *unit = a->units;

        a->units = unit->next;
        if (unit->extension != NULL)
            ram_free(unit->extension);
        free(unit);
    }
}

void queue_append(struct unit *unit, struct request *r)
{
    r->next = NULL;
    *unit->queue_end = r;
    unit->queue_end = &r->next;
}

void queue_prepend(struct unit *unit, struct request *r)
{
    r->next = unit->queue;
    unit->queue = r;
    if (r->next == NULL)
        unit->queue_end = &r->next;
}

static struct request *queue_pop(struct unit *unit)
{
    struct request *r = unit->queue;

    unit->queue = r->next;
    if (unit->queue == NULL)
        unit->queue_end = &unit->queue;
    r->next = NULL;
    return r;
}

/* ---- what may start ---- */

static void wake_at(adapter *a, uint64_t due_us)
{
    uint64_t now = clock_us();

    if (!a->retry_timer.set)
        timer_set(&a->retry_timer, due_us > now ? due_us - now : 1);
}

static bool adapter_ready(adapter *a)
{
    if (a->held || a->link_down || a->state != ADAPTER_RUNNING)
        return false;
    if (a->busy) {
        if (a->outstanding_count != 0 && a->counts.completed < a->busy_until)
            return false;
        a->busy = false;
    }
    if (a->paused_until != 0) {
        if (clock_us() < a->paused_until) {
            wake_at(a, a->paused_until);
            return false;
        }
        a->paused_until = 0;
    }
    return a->agreed.MaxNumberOfIO == 0 || a->outstanding_count < a->agreed.MaxNumberOfIO;
}

static bool unit_ready(adapter *a, struct unit *unit)
{
    if (unit->queue == NULL || unit->outstanding >= unit->depth)
        return false;
    if (unit->busy_until != 0) {
        if (unit->outstanding != 0 && unit->completed < unit->busy_until)
            return false;
        unit->busy_until = 0;
    }
    if (unit->paused_until != 0) {
        if (clock_us() < unit->paused_until) {
            wake_at(a, unit->paused_until);
            return false;
        }
        unit->paused_until = 0;
    }
    return true;
}

/* A request that came back busy waits a little when nothing else is outstanding. */
static bool may_retry(adapter *a, const struct unit *unit)
{
    const struct request *r = unit->queue;

    if (r->retries == 0 || unit->outstanding != 0 || clock_us() >= r->due_us)
        return true;
    wake_at(a, r->due_us);
    return false;
}

void port_dispatch(adapter *a)
{
    bool progress = true;

    while (progress) {
        progress = false;
        for (struct unit *unit = a->units; unit != NULL; unit = unit->next) {
            if (!adapter_ready(a))
                return;
            if (!unit_ready(a, unit) || !may_retry(a, unit))
                continue;
            request_start(a, queue_pop(unit));
            progress = true;
        }
    }
}

void request_fail(struct request *r, uint8_t srb_status)
{
    r->srb_status = srb_status;
    r->sense_valid = false;
    r->scsi_status = 0;
    r->transferred = 0;
    r->checksum_bytes = 0;
    r->finished_us = clock_us();
    r->finished = true;
    if (r->done != NULL)
        r->done(r);
}

void queues_fail(adapter *a, uint8_t srb_status)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);

    for (struct unit *unit = a->units; unit != NULL; unit = unit->next) {
        while (unit->queue != NULL)
            request_fail(queue_pop(unit), srb_status);
    }
    irql_lower(old);
}

void request_submit(adapter *a, struct request *r)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);

    r->owner = a;
    r->slot = NULL;
    r->starting = NULL;
    r->finished = false;
    r->retries = 0;
    r->submitted_us = clock_us();
    if (a->state == ADAPTER_REMOVED || a->state == ADAPTER_FAILED || a->removed)
        request_fail(r, SRB_STATUS_NO_DEVICE);
    else if (r->bypass)
        request_start(a, r);
    else {
        queue_append(unit_get(a, r->path, r->target, r->lun), r);
        port_dispatch(a);
    }
    irql_lower(old);
}

static bool is_finished(void *context)
{
    return ((struct request *)context)->finished;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

uint8_t request_execute(adapter *a, struct request *r)
{
    for (unsigned tries = 0;; tries++) {
        request_submit(a, r);
        if (!thread_wait(is_finished, r, EXECUTE_TIMEOUT_US))
            rule_broken("srb-never-completed",
                        "function %02x, CDB %02x: not completed after %u seconds and every reset", r->function,
                        r->cdb[0], EXECUTE_TIMEOUT_US / 1000000u);
        if (!r->bypass || r->srb_status != SRB_STATUS_BUSY || tries == BYPASS_TRIES)
            return r->srb_status;
        thread_wait(never, NULL, RETRY_US);
    }
}

/* ---- after the completion ---- */

void port_finish_slot(adapter *a, struct request_slot *slot)
{
    struct request *r = slot->request;
    uint8_t status = slot->result.SrbStatus & (uint8_t)~(SRB_STATUS_AUTOSENSE_VALID | SRB_STATUS_QUEUE_FROZEN);
    struct unit *unit = slot->unit;

    r->srb_status = status;
    r->sense_valid = (slot->result.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) != 0;
    r->sense_length = r->sense_valid ? slot->result.SenseInfoBufferLength : 0;
    r->scsi_status = slot->result.ScsiStatus;
    r->transferred = slot->result.DataTransferLength;
    if (r->function == SRB_FUNCTION_EXECUTE_SCSI && r->cdb[0] == 0x12 && status == SRB_STATUS_SUCCESS)
        unit->exists = true;
    slot_release(a, slot);
    r->slot = NULL;
    if (!a->dump && !r->bypass &&
        (status == SRB_STATUS_BUSY || r->scsi_status == SCSI_STATUS_BUSY || r->scsi_status == SCSI_STATUS_QUEUE_FULL)) {
        /* "the port driver will retry the request an indefinite number of times" */
        a->counts.busy_retries++;
        r->retries++;
        r->due_us = clock_us() + RETRY_US;
        queue_prepend(unit, r);
        return;
    }
    r->finished_us = clock_us();
    r->finished = true;
    if (r->done != NULL)
        r->done(r);
}

static void completion_work(dpc *self, void *argument1, void *argument2)
{
    adapter *a = self->context;

    (void)argument1, (void)argument2;
    while (a->completed != NULL) {
        struct request_slot *slot = a->completed;

        a->completed = slot->next_completed;
        if (a->completed == NULL)
            a->completed_end = &a->completed;
        port_finish_slot(a, slot);
    }
    port_dispatch(a);
}

static void retry_due(timer *self)
{
    port_dispatch(self->context);
}

void queue_init(adapter *a)
{
    dpc_init(&a->completion_dpc, completion_work, a);
    a->retry_timer.routine = retry_due;
    a->retry_timer.context = a;
}

/* ---- hold and release ---- */

static bool is_idle(void *context)
{
    adapter *a = context;

    return a->outstanding_count == 0 && a->completed == NULL;
}

bool adapter_wait_idle(adapter *a, uint64_t timeout_us)
{
    return thread_wait(is_idle, a, timeout_us);
}

bool callbacks_quiet(const adapter *a)
{
    for (const struct port_dpc *d = a->dpcs; d != NULL; d = d->next) {
        if (d->queue_entry.queued)
            return false;
    }
    return a->active == 0;
}

static bool is_quiet(void *context)
{
    return callbacks_quiet(context);
}

void adapter_wait_quiet(adapter *a)
{
    thread_wait(is_quiet, a, UINT64_MAX);
}

void adapter_hold(adapter *a)
{
    a->held = true;
}

void adapter_release(adapter *a)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);

    a->held = false;
    port_dispatch(a);
    irql_lower(old);
}

unsigned adapter_outstanding(const adapter *a)
{
    return a->outstanding_count;
}

unsigned adapter_queue_depth(const adapter *a)
{
    for (const struct unit *unit = a->units; unit != NULL; unit = unit->next) {
        if (unit->path == 0 && unit->target == 0 && unit->lun == 0)
            return unit->depth;
    }
    return PORT_DEFAULT_QUEUE_DEPTH;
}

/* ---- exported routines ---- */

static struct unit *find_unit(const adapter *a, UCHAR path, UCHAR target, UCHAR lun)
{
    for (struct unit *unit = a->units; unit != NULL; unit = unit->next) {
        if (unit->path == path && unit->target == target && unit->lun == lun)
            return unit;
    }
    return NULL;
}

static BOOLEAN NTAPI set_device_queue_depth(PVOID extension, UCHAR path, UCHAR target, UCHAR lun, ULONG depth)
{
    adapter *a = port_enter(extension, "StorPortSetDeviceQueueDepth", DEVICE_LEVEL, IN_ANY);
    struct unit *unit = find_unit(a, path, target, lun);

    if (a->dump)
        return FALSE;
    if (unit == NULL || !unit->inquired)
        port_rule(
            a, "queue-depth-early",
            "StorPortSetDeviceQueueDepth(%u:%u:%u): \"should be called when the miniport driver receives the first "
            "SCSI Inquiry command [...] (but not before)\"",
            path, target, lun);
    if (unit == NULL || depth == 0 || depth > MAXIMUM_DEPTH || fail_point("queue-depth"))
        return FALSE;
    unit->depth = depth;
    return TRUE;
}

static BOOLEAN NTAPI busy(PVOID extension, ULONG requests)
{
    adapter *a = port_enter(extension, "StorPortBusy", DEVICE_LEVEL, IN_ANY);

    /* More than are outstanding: until all outstanding requests are completed. */
    a->busy = true;
    a->busy_until = a->counts.completed + (requests < a->outstanding_count ? requests : a->outstanding_count);
    return TRUE;
}

static BOOLEAN NTAPI ready(PVOID extension)
{
    adapter *a = port_enter(extension, "StorPortReady", DEVICE_LEVEL, IN_ANY);

    a->busy = false;
    timer_set(&a->retry_timer, 1);
    return TRUE;
}

static BOOLEAN NTAPI pause_adapter(PVOID extension, ULONG seconds)
{
    adapter *a = port_enter(extension, "StorPortPause", DEVICE_LEVEL, IN_ANY);

    a->paused_until = clock_us() + (uint64_t)seconds * 1000000u;
    return TRUE;
}

static BOOLEAN NTAPI resume_adapter(PVOID extension)
{
    adapter *a = port_enter(extension, "StorPortResume", DEVICE_LEVEL, IN_ANY);

    a->paused_until = 0;
    timer_set(&a->retry_timer, 1);
    return TRUE;
}

static BOOLEAN NTAPI device_busy(PVOID extension, UCHAR path, UCHAR target, UCHAR lun, ULONG requests)
{
    adapter *a = port_enter(extension, "StorPortDeviceBusy", DEVICE_LEVEL, IN_ANY);
    struct unit *unit = find_unit(a, path, target, lun);

    if (unit == NULL)
        return FALSE;
    unit->busy_until = unit->completed + (requests < unit->outstanding ? requests : unit->outstanding);
    return TRUE;
}

static BOOLEAN NTAPI device_ready(PVOID extension, UCHAR path, UCHAR target, UCHAR lun)
{
    adapter *a = port_enter(extension, "StorPortDeviceReady", DEVICE_LEVEL, IN_ANY);
    struct unit *unit = find_unit(a, path, target, lun);

    if (unit == NULL)
        return FALSE;
    unit->busy_until = 0;
    timer_set(&a->retry_timer, 1);
    return TRUE;
}

static BOOLEAN NTAPI pause_device(PVOID extension, UCHAR path, UCHAR target, UCHAR lun, ULONG seconds)
{
    adapter *a = port_enter(extension, "StorPortPauseDevice", DEVICE_LEVEL, IN_ANY);
    struct unit *unit = find_unit(a, path, target, lun);

    if (unit == NULL)
        return FALSE;
    unit->paused_until = clock_us() + (uint64_t)seconds * 1000000u;
    return TRUE;
}

static BOOLEAN NTAPI resume_device(PVOID extension, UCHAR path, UCHAR target, UCHAR lun)
{
    adapter *a = port_enter(extension, "StorPortResumeDevice", DEVICE_LEVEL, IN_ANY);
    struct unit *unit = find_unit(a, path, target, lun);

    if (unit == NULL)
        return FALSE;
    unit->paused_until = 0;
    timer_set(&a->retry_timer, 1);
    return TRUE;
}

static const struct export_entry entries[] = {
    {"StorPortSetDeviceQueueDepth", (void *)set_device_queue_depth},
    {"StorPortBusy", (void *)busy},
    {"StorPortReady", (void *)ready},
    {"StorPortPause", (void *)pause_adapter},
    {"StorPortResume", (void *)resume_adapter},
    {"StorPortDeviceBusy", (void *)device_busy},
    {"StorPortDeviceReady", (void *)device_ready},
    {"StorPortPauseDevice", (void *)pause_device},
    {"StorPortResumeDevice", (void *)resume_device},
    {NULL, NULL},
};
const struct export_table storport_queue_exports = {"storport.sys", entries};
