/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Crash dump and hibernation: a second copy of the driver writes through the dump port driver; the host then looks at
 * the image file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "blk_scenario.h"
#include "dump_port.h"

#define DUMP_BYTES (4u << 20)
#define WORK_BEFORE_CRASH 60u

static bool ios_reached(void *context)
{
    const uint64_t *pair = context;

    return *(const volatile uint64_t *)(uintptr_t)pair[0] >= pair[1];
}

/* Follows from the place alone, whatever the sizes of the writes. */
static void fill(uint8_t *data, uint32_t bytes, uint64_t offset)
{
    for (uint32_t i = 0; i < bytes; i += 8) {
        uint64_t x = (offset + i) * 0x9E3779B97F4A7C15ull ^ 0x44554D5044554D50ull;

        x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9ull;
        memcpy(data + i, &x, 8);
    }
}

static uint64_t first_block(const struct bench *b)
{
    return b->disk.blocks / 2 + b->disk.blocks / 4;
}

static bool write_piece(struct bench *b, struct dump_port *d, uint64_t offset, uint32_t bytes)
{
    struct io_buffer *buffer = io_buffer_create(dump_adapter(d), bytes, 0);
    struct request r = {.buffer = buffer};
    bool good;

    fill(buffer->bytes, bytes, offset);
    disk_cdb_transfer(b, &r, true, first_block(b) + offset / b->disk.block_bytes, bytes / b->disk.block_bytes, false);
    good = dump_execute(d, &r) && r.srb_status == SRB_STATUS_SUCCESS && r.transferred == bytes;
    if (!good)
        bench_fail(b, "the dump's write of %u bytes at offset %llu: %s, SRB status %02x", (unsigned)bytes,
                   (unsigned long long)offset, r.finished ? "completed" : "not completed within ten seconds",
                   r.srb_status);
    if (r.finished)
        request_check_buffer(&r);
    else
        return false; /* the device may still read the buffer */
    io_buffer_destroy(buffer);
    return good;
}

static bool simple(struct bench *b, struct dump_port *d, uint8_t opcode, uint8_t length, uint32_t bytes)
{
    struct io_buffer *buffer = bytes != 0 ? io_buffer_create(dump_adapter(d), bytes, 0) : NULL;
    struct request r = {.cdb = {opcode, 0, 0, 0, opcode == 0x12 ? (uint8_t)bytes : 0},
                        .cdb_length = length,
                        .buffer = buffer,
                        .transfer = bytes,
                        .flags = bytes != 0 ? SRB_FLAGS_DATA_IN : 0,
                        .sense_capacity = PORT_SENSE_BYTES};
    bool good = dump_execute(d, &r) && r.srb_status == SRB_STATUS_SUCCESS;

    if (!good)
        bench_fail(b, "in dump mode the command %02x: %s, SRB status %02x", opcode,
                   r.finished ? "completed" : "not completed", r.srb_status);
    if (r.finished)
        io_buffer_destroy(buffer);
    return good;
}

/* Written in the sizes that Windows uses: headers of a page, then as much as a request takes. With `kept` the dump port
 * driver stays in charge: a crashed system never runs again. */
static bool write_dump(struct bench *b, struct dump_port **kept)
{
    const char *failure = NULL;
    struct adapter_options options = b->options->adapter;
    struct dump_port *d;
    bool good = true;
    uint32_t limit;

    if (b->options->dump_driver != NULL)
        options.driver = b->options->dump_driver;
    d = dump_open(&options, &b->device, &failure);
    if (d == NULL) {
        bench_fail(b, "the miniport does not start in dump mode: %s", failure);
        return false;
    }
    limit = dump_transfer_limit(d);
    good = simple(b, d, 0x12, 6, 36) && simple(b, d, 0x25, 10, 8);
    for (uint32_t at = 0; at < DUMP_BYTES && good;) {
        uint32_t piece = at < 4 * 4096 ? 4096 : DUMP_BYTES - at < limit ? DUMP_BYTES - at : limit;

        good = write_piece(b, d, at, piece);
        at += piece;
    }
    good = good && simple(b, d, 0x35, 10, 0);
    bench_note(b, "%u KiB dumped in requests of up to %u bytes, %llu polls", DUMP_BYTES >> 10, (unsigned)limit,
               (unsigned long long)dump_polls(d));
    if (kept != NULL)
        *kept = d;
    else
        dump_close(d);
    return good;
}

/* The second path: the image file, read by the host. */
static void check_dump(struct bench *b)
{
    static uint8_t wanted[4096], found[4096];
    uint64_t start = first_block(b) * b->disk.block_bytes;

    for (uint32_t at = 0; at < DUMP_BYTES && b->failures == 0; at += sizeof(found)) {
        fill(wanted, sizeof(wanted), at);
        if (pread(b->image_fd, found, sizeof(found), (off_t)(start + at)) != (ssize_t)sizeof(found))
            environment_failed("cannot read the image: %s", strerror(errno));
        if (memcmp(wanted, found, sizeof(found)) != 0)
            bench_fail(b, "the dump in the image differs within the page at offset %u", (unsigned)at);
    }
}

static struct workload_run *begin(struct bench *b, struct workload *w)
{
    uint64_t pair[2] = {(uintptr_t)&b->result.ios, WORK_BEFORE_CRASH};
    struct workload_run *run;

    workload_parse(w, "mixed:bs=4k:qd=32:count=1000000000:span=4M");
    b->options->verify = true;
    memset(&b->result, 0, sizeof(b->result));
    run = workload_begin(b, w, &b->result);
    if (!thread_wait(ios_reached, pair, 60000000))
        bench_fail(b, "no I/O before the dump");
    return run;
}

static bool has_room(struct bench *b)
{
    if ((b->disk.blocks - first_block(b)) * b->disk.block_bytes >= DUMP_BYTES)
        return true;
    bench_fail(b, "the disk is too small for the dump: at least 16 MiB");
    return false;
}

/* The system stops in the middle of I/O and never goes on: nothing of the runtime copy runs again, so there is no
 * unload either. */
void scenario_crash_dump(struct bench *b)
{
    struct dump_port *d;
    struct workload w;
    unsigned outstanding;

    if (!bench_must_start(b) || !has_room(b))
        return;
    begin(b, &w);
    outstanding = adapter_outstanding(b->adapter);
    if (outstanding == 0)
        bench_fail(b, "no request was outstanding at the crash: nothing was tested");
    if (write_dump(b, &d))
        check_dump(b);
    bench_note(b, "%u requests outstanding at the crash", outstanding);
    bench_end_process(b);
}

void scenario_hibernate(struct bench *b)
{
    struct workload_run *run;
    struct workload w;

    if (bench_must_start(b) && has_room(b)) {
        run = begin(b, &w);
        adapter_power_down(b->adapter, true);
        if (write_dump(b, NULL))
            check_dump(b);
        if (cpu_random() % 2 != 0) /* firmware and boot loader may or may not have used the device */
            adapter_lose_power(b->adapter);
        if (!adapter_power_up(b->adapter))
            bench_fail(b, "after hibernation the miniport does not restart: %s", adapter_failure(b->adapter));
        else {
            uint64_t pair[2] = {(uintptr_t)&b->result.ios, b->result.ios + WORK_BEFORE_CRASH};

            if (!thread_wait(ios_reached, pair, 60000000))
                bench_fail(b, "after hibernation I/O does not go on");
        }
        workload_stop(run);
        workload_join(run);
        if (b->result.errors != 0)
            bench_fail(b, "%llu I/Os failed", (unsigned long long)b->result.errors);
        workload_verify_second_path(b, &w, &b->result);
    }
    bench_unload(b);
}

/* Only that the second copy starts, answers and goes: for miniports whose disk has no contents. */
void scenario_dump_only(struct bench *b)
{
    struct adapter_options options = b->options->adapter;
    const char *failure = NULL;
    struct dump_port *d;

    if (b->options->dump_driver != NULL)
        options.driver = b->options->dump_driver;
    if (bench_must_start(b)) {
        adapter_power_down(b->adapter, true);
        d = dump_open(&options, &b->device, &failure);
        if (d == NULL)
            bench_fail(b, "the miniport does not start in dump mode: %s", failure);
        else {
            simple(b, d, 0x12, 6, 36);
            simple(b, d, 0x25, 10, 8);
            write_piece(b, d, 0, 4096);
            dump_close(d);
        }
        if (!adapter_power_up(b->adapter))
            bench_fail(b, "after the dump the miniport does not restart: %s", adapter_failure(b->adapter));
    }
    bench_unload(b);
}
