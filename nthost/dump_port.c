/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "dump_port.h"

#include <stdlib.h>
#include <string.h>

#include "storport_exports.h"
#include "storport_internal.h"

#define POLL_US 100u
#define REQUEST_TIMEOUT_US 10000000u
#define DUMP_TRANSFER_BYTES 65536u /* the dump stack maps 16 pages at a time */
#define NO_TIME_LIMIT UINT64_MAX
#define NORMAL_TIME_LIMIT_US 5000000u

struct dump_port {
    adapter *adapter;
    uint8_t old_irql;
    uint64_t polls;
};

static void release(struct dump_port *d)
{
    adapter *a = d->adapter;
    module *image = a->image;

    resources_release(a);
    slots_destroy(a);
    units_destroy(a);
    config_release(a);
    adapter_destroy(a);
    if (image != NULL)
        module_unload(image);
    no_yield_end();
    irql_lower(d->old_irql);
    dispatch_time_limit_us(NORMAL_TIME_LIMIT_US);
    free(d);
}

struct dump_port *dump_open(const struct adapter_options *options, struct pci_device *device, const char **failure)
{
    struct dump_port *d = calloc(1, sizeof(*d));
    uint32_t status;
    adapter *a;

    if (d == NULL)
        environment_failed("out of memory");
    storport_exports_register();
    dispatch_time_limit_us(NO_TIME_LIMIT);
    d->old_irql = irql_raise(HIGH_LEVEL);
    no_yield_begin();
    a = d->adapter = adapter_create(options, device, true);
    if (!adapter_driver_entry(a, &status))
        adapter_fail(a, "DriverEntry failed with 0x%08x", (unsigned)status);
    else if (start_find_adapter(a, "dump=1")) {
        a->state = ADAPTER_RUNNING;
        /* "The boot device must be accessible before the miniport returns from initialization routine" */
        if (start_initialize(a))
            return d;
    }
    *failure = strdup(adapter_failure(a));
    release(d);
    return NULL;
}

bool dump_execute(struct dump_port *d, struct request *r)
{
    adapter *a = d->adapter;
    uint64_t deadline = clock_us() + REQUEST_TIMEOUT_US;

    r->owner = a;
    r->finished = false;
    r->slot = NULL;
    r->starting = NULL;
    request_start(a, r);
    while (!r->finished && clock_us() < deadline) {
        d->polls++;
        callback_call(CALLBACK_INTERRUPT, a->init.HwInterrupt, 1, (uintptr_t)a->extension);
        if (r->finished)
            break;
        clock_stall(POLL_US);
        if (!a->device->bus->real_time)
            a->device->bus->ops->progress(a->device->bus, 0);
    }
    return r->finished;
}

uint32_t dump_transfer_limit(const struct dump_port *d)
{
    uint32_t limit = adapter_transfer_limit(d->adapter);

    return limit < DUMP_TRANSFER_BYTES ? limit : DUMP_TRANSFER_BYTES;
}

adapter *dump_adapter(struct dump_port *d)
{
    return d->adapter;
}

uint64_t dump_polls(const struct dump_port *d)
{
    return d->polls;
}

void dump_close(struct dump_port *d)
{
    release(d);
}
