/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The driver's private interfaces, as a tool reads them: the device object \\.\aero_virtio_snd_diag and the property
 * set of the topology filter. Layouts and values are written down here once more, for a tool has them so.
 */
#include <string.h>

#include "snd.h"

#define NAME "\\DosDevices\\aero_virtio_snd_diag"
#define QUERY 0x00226804u
#define NO_VECTOR 0xffffu

enum { VERSION = 1, COUNTERS_ID = 1, TIMEOUT_US = 1000000 };

static const GUID counters_set = {0x3c0f8a06, 0x4f4b, 0x4c49, {0x9d, 0x1a, 0x8f, 0xbe, 0x0b, 0x9e, 0x4b, 0x7a}};

struct diagnostics {
    uint32_t size, version, irq_mode, messages;
    uint16_t config_vector, reserved1, queue_vector[4];
    uint32_t reserved2, interrupts, dpcs, drains[4];
};
_Static_assert(sizeof(struct diagnostics) == 0x38, "interface");

static NTSTATUS ask(user_file *file, uint32_t code, uint32_t bytes, struct diagnostics *answer, uint32_t *returned)
{
    struct user_request r = {0};
    NTSTATUS status;

    user_ioctl(file, &r, code, NULL, 0, bytes);
    status = user_wait(&r, TIMEOUT_US);
    *returned = (uint32_t)r.host.result.Information;
    if (NT_SUCCESS(status) && *returned == sizeof(*answer))
        memcpy(answer, r.data, sizeof(*answer));
    user_release(&r);
    return status;
}

/* One vector for each queue, one for all of them, or the configuration's for everything. */
static bool is_a_plan(const struct diagnostics *d)
{
    bool each = true, shared = true, together = true;

    for (unsigned i = 0; i < 4; i++) {
        each = each && d->queue_vector[i] == i + 1;
        shared = shared && d->queue_vector[i] == 1;
        together = together && d->queue_vector[i] == 0;
    }
    return d->config_vector == 0 && ((each && d->messages >= 5) || (shared && d->messages >= 2) || together);
}

static bool no_vectors(const struct diagnostics *d)
{
    bool none = d->config_vector == NO_VECTOR;

    for (unsigned i = 0; i < 4; i++)
        none = none && d->queue_vector[i] == NO_VECTOR;
    return none;
}

static void check(struct snd_bench *b, const struct diagnostics *d)
{
    bool msix = b->options->node.msix;

    if (d->size != sizeof(*d) || d->version != VERSION || d->reserved1 != 0 || d->reserved2 != 0)
        snd_fail(b, "diagnostics: size %u, version %u", d->size, d->version);
    if (d->irq_mode != (msix ? 2u : 1u) ||
        (msix ? !is_a_plan(d) || d->messages == 0 : !no_vectors(d) || d->messages != 0))
        snd_fail(b, "diagnostics: interrupt mode %u, %u messages, vectors %#x and %#x %#x %#x %#x", d->irq_mode,
                 d->messages, d->config_vector, d->queue_vector[0], d->queue_vector[1], d->queue_vector[2],
                 d->queue_vector[3]);
    /* The streams were asked for by the control queue. */
    if (d->interrupts == 0 || d->dpcs == 0 || d->drains[0] == 0)
        snd_fail(b, "diagnostics: %u interrupts, %u DPCs, %u times the control queue", d->interrupts, d->dpcs,
                 d->drains[0]);
}

static void check_sizes(struct snd_bench *b, user_file *file)
{
    struct diagnostics d;
    uint32_t returned;

    for (uint32_t bytes = 0; bytes <= 2 * sizeof(d); bytes += 4) {
        NTSTATUS status = ask(file, QUERY, bytes, &d, &returned);
        bool fits = bytes >= sizeof(d);

        if (status != (fits ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL) || returned != (fits ? sizeof(d) : 0))
            snd_fail(b, "diagnostics in %u bytes: %#x, %u bytes", bytes, (unsigned)status, returned);
        b->requests++;
    }
    for (uint32_t code = QUERY - 64; code <= QUERY + 64; code++) {
        NTSTATUS status = (code & 3) == 3 || code == QUERY ? STATUS_INVALID_DEVICE_REQUEST
                                                           : ask(file, code, sizeof(d), &d, &returned);

        if (status != STATUS_INVALID_DEVICE_REQUEST)
            snd_fail(b, "control code %#x: %#x", code, (unsigned)status);
        b->requests++;
    }
}

static void check_other_requests(struct snd_bench *b, user_file *file)
{
    static const uint8_t data[16];
    struct user_request r[2] = {{0}, {0}};

    user_read(file, &r[0], sizeof(data));
    user_write(file, &r[1], data, sizeof(data));
    for (unsigned i = 0; i < 2; i++) {
        NTSTATUS status = user_wait(&r[i], TIMEOUT_US);

        if (status != STATUS_INVALID_DEVICE_REQUEST)
            snd_fail(b, "%s of the diagnostic device: %#x", i == 0 ? "a read" : "a write", (unsigned)status);
        user_release(&r[i]);
        b->requests++;
    }
}

static void check_counters(struct snd_bench *b)
{
    uint32_t counters[10];
    ULONG returned = 0;
    ks_file *filter;
    NTSTATUS status = ks_open_filter(b->node, "Topology", &filter);

    if (!NT_SUCCESS(status)) {
        snd_fail(b, "the topology filter: %#x", (unsigned)status);
        return;
    }
    status = ks_get(filter, &counters_set, COUNTERS_ID, counters, sizeof(counters), &returned);
    if (status != STATUS_SUCCESS || returned != sizeof(counters) || counters[0] != sizeof(counters) ||
        counters[2] > counters[1] ||
        counters[2] != counters[5] + counters[6] + counters[7] + counters[8] + counters[9] + counters[4])
        snd_fail(
            b,
            "event counters: %#x, %u bytes; size %u, %u buffers, %u parsed, %u unknown, %u %u jacks, %u %u streams, "
            "%u controls",
            (unsigned)status, (unsigned)returned, counters[0], counters[1], counters[2], counters[4], counters[5],
            counters[6], counters[7], counters[8], counters[9]);
    status = ks_get(filter, &counters_set, COUNTERS_ID, counters, sizeof(counters) - 4, &returned);
    if (status != STATUS_BUFFER_TOO_SMALL)
        snd_fail(b, "event counters in too few bytes: %#x", (unsigned)status);
    ks_close(filter);
}

bool snd_diagnostics(struct snd_bench *b)
{
    DEVICE_OBJECT *device = named_device(NAME);
    struct diagnostics d;
    uint32_t returned = 0;
    user_file *file;
    NTSTATUS status;

    if (device == NULL) {
        snd_fail(b, "there is no %s", NAME);
        return true;
    }
    status = user_open(device, &file);
    if (!NT_SUCCESS(status)) {
        snd_fail(b, "%s does not open: %#x", NAME, (unsigned)status);
        return true;
    }
    status = ask(file, QUERY, sizeof(d), &d, &returned);
    if (status != STATUS_SUCCESS || returned != sizeof(d))
        snd_fail(b, "diagnostics: %#x, %u bytes", (unsigned)status, returned);
    else
        check(b, &d);
    check_sizes(b, file);
    check_other_requests(b, file);
    user_close(file);
    check_counters(b);
    return true;
}
