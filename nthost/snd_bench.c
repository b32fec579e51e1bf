/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One run: bus, machine, driver.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "snd.h"
#include "snd_topology.h"
#include "trap.h"

/* QEMU's q35 has exactly 2 GiB below 4 GiB when it has RAM above; the memory is sparse. */
#define RAM_LOW (2ull << 30)
#define RAM_HIGH (2ull << 30)
enum { PREEMPT_WITHIN = 500, REAL_DISPATCH_LIMIT_US = 5 * 1000 * 1000, FAILURES_SHOWN = 20 };

static bool disturbed(const struct snd_bench *b)
{
    return b->options->fail_nth != 0 || b->options->surprise_at != 0;
}

void snd_fail(struct snd_bench *b, const char *format, ...)
{
    va_list list;
    if (b->failures++ > FAILURES_SHOWN || (b->options->quiet && disturbed(b)))
        return;
    fputs("nthost: wrong: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

/* Xorshift; a byte of each frame is never 0. */
uint8_t *snd_make_sound(size_t bytes, unsigned frame_bytes, uint32_t seed)
{
    uint8_t *sound = malloc(bytes != 0 ? bytes : 1);
    uint32_t x = 2463534242u ^ seed * 0x9e3779b9u;
    if (sound == NULL)
        environment_failed("no memory for sound");
    for (size_t i = 0; i < bytes; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        sound[i] = (uint8_t)(x >> 11);
        if ((i + 1) % frame_bytes == 0)
            sound[i] |= 1;
    }
    return sound;
}

static void pull_device(void *context)
{
    struct snd_bench *b = context;
    b->gone = true;
    b->bus->ops->surprise_remove(b->bus, b->bus->bdf);
}

static void count_accesses(struct snd_bench *b)
{
    struct virtio_regions regions;
    pci_find_virtio_regions(&b->device, &regions);
    b->doorbells =
        (struct access_counter){.name = "doorbells", .physical = regions.notify, .bytes = regions.notify_bytes};
    b->isr = (struct access_counter){.name = "isr", .physical = regions.isr, .bytes = regions.isr_bytes};
    access_counter_add(&b->doorbells);
    access_counter_add(&b->isr);
}

static void give_source(struct snd_bench *b)
{
    struct snd_options *o = b->options;
    const struct snd_format *f = &o->format[SND_CAPTURE];
    if (o->wav_in != NULL && !o->render) {
        snd_wav_read(o->wav_in, &b->source);
    } else if (o->use_model) {
        b->source.bytes = (size_t)((o->seconds + 10) * f->rate) * snd_frame_bytes(f);
        b->source.samples = b->source_made = snd_make_sound(b->source.bytes, snd_frame_bytes(f), 2);
    }
    if (o->use_model)
        model_snd_source(b->bus, b->source.samples, b->source.bytes);
    if (o->wav_in != NULL && o->render)
        snd_wav_read(o->wav_in, &b->input);
}

void snd_open_bus(struct snd_bench *b)
{
    struct snd_options *o = b->options;
    ram_init(RAM_LOW, RAM_HIGH, o->seed);
    o->model.seed = o->seed;
    b->bus = o->use_model ? model_snd_open(&o->model, &o->model_snd) : qemu_bus_open(&o->qemu);
    cpu_init(o->processors, o->seed, b->bus);
    trap_init();
    if (b->bus->real_time)
        dispatch_time_limit_us(REAL_DISPATCH_LIMIT_US);
    cpu_preempt(o->preempt, PREEMPT_WITHIN);
    pci_device_setup(&b->device, b->bus);
    count_accesses(b);
    give_source(b);
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        b->client[i].bench = b;
        b->client[i].direction = i;
    }
}

/* ---- the driver ---- */

bool snd_restart(struct snd_bench *b)
{
    NTSTATUS status = devnode_start(b->node);
    b->started = NT_SUCCESS(status);
    if (!b->started && !(b->options->quiet && disturbed(b)))
        fprintf(stderr, "nthost: the device does not start: %#x%s%s\n", (unsigned)status,
                portcls_failure() != NULL ? ": " : "", portcls_failure() != NULL ? portcls_failure() : "");
    return b->started;
}

bool snd_start(struct snd_bench *b)
{
    struct snd_options *o = b->options;
    NTSTATUS status;
    portcls_register();
    cpu_at_step(o->surprise_at, pull_device, b);
    fail_point_arm(o->fail_nth);
    b->driver = wdm_driver_load(o->driver, NULL, o->service, &status);
    if (b->driver == NULL) {
        fprintf(stderr, "nthost: DriverEntry failed with %#x\n", (unsigned)status);
        return false;
    }
    b->node = devnode_create(&b->device, &o->node);
    status = devnode_add(b->node, b->driver);
    if (!NT_SUCCESS(status)) {
        fprintf(stderr, "nthost: AddDevice failed with %#x\n", (unsigned)status);
        return false;
    }
    return snd_restart(b);
}

void snd_remove(struct snd_bench *b)
{
    const struct pc_device *d = b->node != NULL ? portcls_device_of(b->node) : NULL;
    if (d != NULL)
        b->counts = *portcls_counts(d);
    cpu_at_step(0, NULL, NULL);
    if (b->gone && b->started)
        devnode_surprise(b->node);
    snd_jack_forget(b);
    for (unsigned i = 0; i < SND_DIRECTIONS; i++)
        snd_client_close(&b->client[i]);
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        if (b->client[i].event != NULL)
            ks_event_free(b->client[i].event);
        b->client[i].event = NULL;
    }
    if (b->node != NULL) {
        if (b->node->driver != NULL)
            devnode_remove(b->node);
        devnode_free(b->node);
    }
    if (b->driver != NULL)
        wdm_driver_unload(b->driver);
    b->node = NULL;
    b->driver = NULL;
    b->started = false;
}

void snd_close(struct snd_bench *b)
{
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        free(b->client[i].content);
        free(b->client[i].heard);
        free(b->client[i].log);
    }
    free(b->source.samples);
    free(b->input.samples);
}
