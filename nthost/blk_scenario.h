/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What `nthost blk --scenario NAME` can do. Names follow Microsoft's hardware certification kit where it has such a
 * test.
 *
 * A plain scenario gets one bench, its bus open, and runs in a simulated thread at PASSIVE_LEVEL. A driving scenario
 * runs others, each in a process of its own (a device that misbehaves, a driver that breaks a rule end only that
 * process), and returns the exit status of the whole.
 */
#ifndef NTHOST_BLK_SCENARIO_H
#define NTHOST_BLK_SCENARIO_H

#include "blk.h"

struct scenario {
    const char *name, *help;
    void (*run)(struct bench *b);
    int (*drive)(const struct blk_options *options);
    bool verify;                                  /* always with --verify */
    void (*prepare)(struct blk_options *options); /* before the bus is opened */
};

const struct scenario *scenario_find(const char *name);
void scenario_list(void);

/* cmd_blk.c: one run of options->scenario, with its line of result; the exit status. */
int blk_run(struct blk_options *options);

/* Ends the run here and now, with its line of result: nothing of the simulated system goes on (a crash). */
_Noreturn void bench_end_process(struct bench *b);

struct child_report {
    uint64_t fail_points, steps;
    char note[256];
};
/* blk_child.c: blk_run in a process of its own. `report` may be NULL. The exit status, or EXIT_ENVIRONMENT when it died
 * of a signal. */
int child_run(const struct blk_options *options, struct child_report *report);
/* Where blk_run of this process leaves what its parent wants to know; NULL when there is no parent. */
struct child_report *child_report_of_this_process(void);

void scenario_workload(struct bench *b);
void scenario_disk_stress(struct bench *b);
void scenario_disk_verification(struct bench *b);
void scenario_seed_run(struct bench *b);
void scenario_third_party(struct bench *b);
void scenario_flush(struct bench *b);
void scenario_scsi_compliance(struct bench *b);
void scenario_lun_reset(struct bench *b);
void scenario_lun_reset_with_io(struct bench *b);
void scenario_bus_reset(struct bench *b);
void scenario_resets(struct bench *b);
void scenario_abort(struct bench *b);
void scenario_pnp(struct bench *b);
void scenario_sleep(struct bench *b);
void scenario_surprise(struct bench *b);
void scenario_crash_dump(struct bench *b);
void scenario_hibernate(struct bench *b);
void scenario_dump_only(struct bench *b);
void scenario_config_change(struct bench *b);
void scenario_hung_device(struct bench *b);
void scenario_hostile_run(struct bench *b);
void prepare_flush(struct blk_options *options);
void prepare_hostile(struct blk_options *options);
void scenario_ioctl(struct bench *b);
void scenario_fault_run(struct bench *b);
void scenario_feature_run(struct bench *b);
void scenario_no_version(struct bench *b);
int scenario_seeds(const struct blk_options *options);
int scenario_surprise_remove(const struct blk_options *options);
int scenario_fault_injection(const struct blk_options *options);
int scenario_feature_matrix(const struct blk_options *options);
int scenario_hostile_device(const struct blk_options *options);

#endif
