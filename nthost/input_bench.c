/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One run: bus, machine, driver, and the programs that read its collections.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

/* QEMU's q35 has exactly 2 GiB below 4 GiB when it has RAM above; the memory is sparse. */
#define RAM_LOW (2ull << 30)
#define RAM_HIGH (2ull << 30)
enum { PREEMPT_WITHIN = 500, REAL_DISPATCH_LIMIT_US = 5 * 1000 * 1000 };

static const GUID hid_interface = GUID_DEVINTERFACE_HID_VALUES;

void input_fail(struct input_bench *b, const char *format, ...)
{
    va_list list;
    if (b->failures++ > 20 || (b->options->quiet && (b->options->fail_nth != 0 || b->options->surprise_at != 0)))
        return;
    fputs("nthost: wrong: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

static void pull_device(void *context)
{
    input_device_surprise(context);
}

static void count_accesses(struct input_bench *b)
{
    struct virtio_regions regions;
    pci_find_virtio_regions(&b->device, &regions);
    b->doorbells =
        (struct access_counter){.name = "doorbells", .physical = regions.notify, .bytes = regions.notify_bytes};
    b->isr = (struct access_counter){.name = "isr", .physical = regions.isr, .bytes = regions.isr_bytes};
    access_counter_add(&b->doorbells);
    access_counter_add(&b->isr);
}

void input_open_bus(struct input_bench *b)
{
    struct input_options *o = b->options;
    ram_init(RAM_LOW, RAM_HIGH, o->seed);
    o->model.seed = o->seed;
    b->bus = o->use_model ? model_input_open(&o->model, &o->model_input) : qemu_bus_open(&o->qemu);
    cpu_init(o->processors, o->seed, b->bus);
    trap_init();
    if (b->bus->real_time)
        dispatch_time_limit_us(REAL_DISPATCH_LIMIT_US);
    cpu_preempt(o->preempt, PREEMPT_WITHIN);
    pci_device_setup(&b->device, b->bus);
    count_accesses(b);
    b->last = &b->first;
}

/* ---- programs ---- */

bool input_decode_text(struct input_bench *b, const struct input_report *r, char *text, size_t size)
{
    struct hid_decoded decoded;
    uint32_t status;
    if (b->decoder == NULL)
        return false;
    if (!hid_decode(b->decoder, r->data, r->bytes, &decoded, &status)) {
        input_fail(b, "hidparse.sys cannot make sense of a report with ID %u and %u bytes: %#x", r->data[0],
                   (unsigned)r->bytes, (unsigned)status);
        return false;
    }
    hid_decoded_text(&decoded, text, size);
    return true;
}

static void keep_report(struct input_bench *b, unsigned collection, const struct user_request *r)
{
    struct input_report *report = calloc(1, sizeof(*report));
    if (report == NULL || (report->data = malloc(r->bytes != 0 ? r->bytes : 1)) == NULL)
        environment_failed("no memory for a report");
    report->collection = collection;
    report->mark = b->marks;
    report->bytes = r->bytes;
    report->at_us = r->done_us;
    memcpy(report->data, r->data, r->bytes);
    *b->last = report;
    b->last = &report->next;
    if (b->next_expected == NULL)
        b->next_expected = report;
    b->reports++;
    if (b->latencies < sizeof(b->latency_first_us) / sizeof(b->latency_first_us[0]) && b->last_sent_us != 0)
        b->latency_first_us[b->latencies++] = report->at_us - b->last_sent_us;
}

static bool may_read(void *context)
{
    const struct input_reader *r = context;
    return r->stop || !r->paused;
}

static void read_on(void *context)
{
    struct input_reader *r = context;
    while (!r->stop) {
        struct user_request request;
        thread_wait(may_read, r, UINT64_MAX);
        if (r->stop)
            break;
        user_read(r->file, &request, r->bytes);
        r->request = &request;
        NTSTATUS status = user_wait(&request, UINT64_MAX);
        r->request = NULL;
        if (status == STATUS_SUCCESS)
            keep_report(r->bench, r->collection, &request);
        user_release(&request);
        if (status != STATUS_SUCCESS)
            break;
    }
}

static bool interface_there(void *context)
{
    return interface_device(&hid_interface, *(unsigned *)context) != NULL;
}

/* HidD_SetNumInputBuffers: what is lost between HIDCLASS and a program that sleeps is not the minidriver's fault. */
static void enlarge_ring(struct input_reader *r)
{
    const ULONG most = 512;
    struct user_request request;
    user_ioctl(r->file, &request, IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS, &most, sizeof(most), 0);
    user_wait(&request, UINT64_MAX);
    user_release(&request);
}

void input_pause(struct input_bench *b, bool pause)
{
    struct hidclass_device *d = b->node != NULL ? hidclass_device_of(b->node) : NULL;
    input_log(b, pause ? "pause" : "resume", 0);
    if (d != NULL)
        hidclass_hold(d, pause);
    for (unsigned i = 0; d == NULL && i < b->readers; i++)
        b->reader[i].paused = pause;
}

static uint32_t longest_of_all(const struct input_bench *b)
{
    uint32_t longest = 0;
    for (unsigned i = 0; i < b->layout.collection_count; i++) {
        uint32_t bytes = b->layout.collection[i].longest[HID_INPUT];
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

bool input_open_collections(struct input_bench *b)
{
    enum { PATIENCE_US = 5 * 1000 * 1000, MORE_US = 20 * 1000 };
    bool foreign = b->options->class_directory != NULL;
    b->readers = 0;
    for (unsigned i = 0; i < b->layout.collection_count; i++) {
        struct input_reader *r = &b->reader[i];
        if (!thread_wait(interface_there, &i, foreign && i > 0 ? MORE_US : PATIENCE_US)) {
            if (foreign && i > 0)
                break; /* Wine's makes one device object of all collections */
            input_fail(b, "collection %u of %u has no interface", i, b->layout.collection_count);
            return false;
        }
        *r = (struct input_reader){.bench = b,
                                   .collection = i,
                                   .device = interface_device(&hid_interface, i),
                                   .bytes = foreign ? longest_of_all(b) : b->layout.collection[i].longest[HID_INPUT]};
        NTSTATUS status = user_open(r->device, &r->file);
        if (!NT_SUCCESS(status)) {
            input_fail(b, "collection %u cannot be opened: %#x", i, (unsigned)status);
            return false;
        }
        b->readers++;
        if (!foreign)
            enlarge_ring(r);
        if (r->bytes != 0)
            r->thread = thread_create("reader", read_on, r);
    }
    return true;
}

void input_close_collections(struct input_bench *b)
{
    for (unsigned i = 0; i < b->readers; i++) {
        struct input_reader *r = &b->reader[i];
        r->stop = true;
        if (r->request != NULL)
            user_cancel(r->request);
        if (r->thread != NULL)
            thread_join(r->thread);
        user_close(r->file);
    }
    b->readers = 0;
}

/* ---- the driver ---- */

bool input_start(struct input_bench *b)
{
    struct input_options *o = b->options;
    NTSTATUS status;
    input_class_prepare(b);
    hidclass_set_reads(o->reads);
    cpu_at_step(o->surprise_at, pull_device, b);

    fail_point_arm(o->fail_nth);
    b->driver = wdm_driver_load(o->driver, NULL, "aero_virtio_input", &status);
    if (b->driver == NULL) {
        fprintf(stderr, "nthost: DriverEntry failed with %#x\n", (unsigned)status);
        return false;
    }
    if (!input_device_add(b) || !input_class_describe(b) || !input_class_decode(b) || !input_open_collections(b))
        return false;
    input_count_allocations(b, true);
    return true;
}

/* Texts for the JSON, while the parser can still be called. */
static void input_decode_all(struct input_bench *b)
{
    for (struct input_report *r = b->first; b->decoder != NULL && r != NULL; r = r->next) {
        char text[2048] = "";
        input_decode_text(b, r, text, sizeof(text));
        r->decoded = strdup(text);
    }
    if (b->decoder != NULL)
        hid_decoder_close(b->decoder);
    b->decoder = NULL;
}

void input_remove(struct input_bench *b)
{
    cpu_at_step(0, NULL, NULL);
    input_device_remove(b);
    input_decode_all(b);
    if (b->driver != NULL)
        wdm_driver_unload(b->driver);
    b->driver = NULL;
}

void input_close(struct input_bench *b)
{
    b->bus->ops->close(b->bus);
    free(b->descriptor);
    free(b->log);
    while (b->first != NULL) {
        struct input_report *r = b->first;
        b->first = r->next;
        free(r->data);
        free(r->decoded);
        free(r);
    }
}
