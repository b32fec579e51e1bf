/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The `blk` command: a StorPort miniport for a virtio disk, started on a device, given work, and watched.
 *
 * struct bench is one run: bus, adapter, disk, image. A scenario (blk_scenario.h) gets a bench that is not started yet
 * and decides what happens; `workload`, the default, starts, enumerates, runs --workload and unloads. What a scenario
 * expects and does not get it reports through bench_fail, which makes the run end with EXIT_WRONG; rules of the port
 * driver end it at once with EXIT_RULE.
 */
#ifndef NTHOST_BLK_H
#define NTHOST_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "model_bus.h"
#include "qemu_bus.h"
#include "storport_adapter.h"
#include "trap.h"
#include "verifier.h"

#define SECTOR_BYTES 512u

enum workload_kind { WORKLOAD_RANDREAD, WORKLOAD_RANDWRITE, WORKLOAD_READ, WORKLOAD_WRITE, WORKLOAD_MIXED };

struct workload {
    const char *text; /* as given */
    enum workload_kind kind;
    uint32_t block_bytes, queue_depth, jobs, burst;
    uint64_t count, span, offset; /* I/Os; bytes of the disk that are used, and where they start */
    unsigned read_percent, seconds;
    bool fua;
};

struct blk_options {
    struct adapter_options adapter;
    struct model_options model;
    struct qemu_options qemu;
    bool use_model;
    const char *image, *json, *scenario, *dump_driver, *device_text;
    uint64_t capacity; /* bytes; 0: the image file's */
    uint64_t seed;
    unsigned processors;
    unsigned preempt; /* one callback in this many is interrupted between two instructions; 0: none */
    bool verify, count_instructions, failure_sweep, keep_image, quiet;
    uint64_t fail_nth, surprise_at, repeat;
    struct workload workload;
    const char *faults[MODEL_FAULTS_MAX]; /* --model fault=..., as given: a scenario decides when they begin */
    unsigned fault_count;
};

/* What a class driver knows of the disk. */
struct disk {
    uint64_t blocks;
    uint32_t block_bytes;
    uint8_t inquiry[36];
    bool write_cache, read_only, fua;
    bool page_b0, page_b1, page_b2;
    char serial[64];
    unsigned units; /* found by the enumeration */
    uint32_t transfer_limit;
};

struct workload_result {
    uint64_t ios, bytes, errors, miscompares, retries, requests;
    uint64_t doorbells, isr_reads, other_mmio, interrupts, pool_allocations, instructions, common_reads, config_reads;
    double seconds; /* of the host's clock */
    uint32_t p50_us, p99_us, max_us;
    uint64_t second_path_sectors; /* compared through the image file */
};

struct bench {
    struct blk_options *options;
    pci_bus *bus;
    struct pci_device device;
    adapter *adapter;
    struct disk disk;
    int image_fd;
    uint64_t image_bytes;
    const char *image_path;
    bool gone;             /* the device has been pulled */
    thread *plug_and_play; /* notices that it has */
    bool unloading;
    unsigned messages;            /* granted at the last start; 0: INTx */
    struct adapter_counts counts; /* of the adapter that was unloaded last */
    struct logged_error log[16];
    unsigned log_count;
    struct access_counter doorbells, isr, common, config;
    struct workload_result result;
    bool measured;
    unsigned failures;
    char note[256]; /* what the scenario adds to its line of result */
};

void bench_fail(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_note(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- blk_options.c, blk_workload_text.c ---- */
bool blk_options_parse(struct blk_options *options, int argc, char **argv); /* false: said why on stderr */
void blk_help(void);
void faults_apply(struct blk_options *options); /* from the device's first moment on */
bool workload_parse(struct workload *w, const char *text);
uint64_t parse_size(const char *text, const char **end); /* 4k, 64M, 2T; *end NULL when it is not a size */

/* ---- blk_image.c ---- */
void image_open(struct bench *b); /* before the bus: creates, sizes */
void image_close(struct bench *b);

/* ---- blk_bench.c ---- */
void bench_open_bus(struct bench *b);
void bench_close_bus(struct bench *b);
void bench_counters_place(struct bench *b); /* after BARs have moved */
/* Loads, starts and enumerates; false (without counting it as a failure) when the miniport refuses. */
bool bench_start(struct bench *b);
/* The same, and a refusal is a failure of the scenario. */
bool bench_must_start(struct bench *b);
void bench_unload(struct bench *b);

/* ---- blk_disk.c: a class driver's commands, synchronous, with its retries ---- */
struct command {
    uint8_t cdb[16], cdb_length, lun, target, path;
    uint8_t function; /* SRB_FUNCTION_EXECUTE_SCSI unless set */
    bool in, out, no_sense, disable_autosense;
    uint32_t transfer;
    uint8_t *data; /* copied in and out */
    uint32_t timeout_seconds;
    bool no_retry;
    struct request result; /* of the last try */
};
uint8_t disk_command(struct bench *b, struct command *c);
bool disk_enumerate(struct bench *b);
bool disk_read_capacity(struct bench *b);
uint8_t disk_flush(struct bench *b);
bool disk_transfer(struct bench *b, bool write, uint64_t lba, uint32_t blocks, uint8_t *data);
/* Whether a class driver sends the request again: resets, unit attentions, busy conditions. */
bool disk_retries(const struct request *r);
void disk_cdb_transfer(struct bench *b, struct request *r, bool write, uint64_t lba, uint32_t blocks, bool fua);

/* ---- blk_pattern.c: what a sector holds, by number and generation ---- */
void pattern_init(struct bench *b, uint64_t first_sector, uint64_t sectors);
void pattern_fill(uint8_t *data, uint64_t sector, uint64_t sectors); /* of the current generations */
void pattern_next(uint64_t sector, uint64_t sectors);                /* new generation, to be written */
void pattern_forget(uint64_t sector, uint64_t sectors);              /* a write failed: either content is right */
bool pattern_check(const uint8_t *data, uint64_t sector, uint64_t sectors, uint64_t *wrong);
void pattern_write_image(struct bench *b, uint64_t sector, uint64_t sectors); /* host writes the image file */
uint64_t pattern_check_image(struct bench *b, uint64_t *compared); /* host reads it; returns miscompared sectors */

/* ---- blk_workload.c ---- */
void workload_run(struct bench *b, const struct workload *w, struct workload_result *result);
/* Runs in the background of a scenario: threads that go on until told to stop. */
struct workload_run;
struct workload_run *workload_begin(struct bench *b, const struct workload *w, struct workload_result *result);
void workload_stop(struct workload_run *run); /* asks the threads to finish */
void workload_join(struct workload_run *run); /* waits for them, fills in the result and frees the run */
bool workload_running(const struct workload_run *run);
uint64_t workload_ios(const struct workload_run *run);
/* Second path: flush, compare the image file with what was written, have the host rewrite parts of it and read them
 * through the driver. */
void workload_verify_second_path(struct bench *b, const struct workload *w, struct workload_result *result);

#endif
