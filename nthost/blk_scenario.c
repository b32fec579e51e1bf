/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "blk_scenario.h"

#include <stdio.h>
#include <string.h>

static const struct scenario scenarios[] = {
    {.name = "workload", .help = "start, enumerate, --workload, unload", .run = scenario_workload},
    {.name = "third-party",
     .help = "the same for a miniport that is not ours, verified",
     .run = scenario_third_party,
     .verify = true},
    {.name = "disk-stress",
     .help = "mixed I/O of many sizes and depths, verified",
     .run = scenario_disk_stress,
     .verify = true},
    {.name = "disk-verification",
     .help = "the disk written and read back, through the driver and the image file",
     .run = scenario_disk_verification,
     .verify = true},
    {.name = "flush",
     .help = "what is flushed survives a power cut (model); flushes reach the drive (QEMU)",
     .run = scenario_flush,
     .prepare = prepare_flush},
    {.name = "seed-run",
     .help = "verified I/O with resets and power cycles in between",
     .run = scenario_seed_run,
     .verify = true},
    {.name = "seeds",
     .help = "the same for --repeat seeds, one to four processors, both kinds of interrupt (default 50)",
     .drive = scenario_seeds},
    {.name = "scsi-compliance",
     .help = "CDBs with expected status, sense and length; every other operation code",
     .run = scenario_scsi_compliance},
    {.name = "lun-reset",
     .help = "resets of unit and target without outstanding I/O",
     .run = scenario_lun_reset,
     .verify = true},
    {.name = "lun-reset-with-io",
     .help = "the same in the middle of I/O",
     .run = scenario_lun_reset_with_io,
     .verify = true},
    {.name = "bus-reset",
     .help = "HwStorResetBus and RESET_BUS, with and without I/O",
     .run = scenario_bus_reset,
     .verify = true},
    {.name = "resets",
     .help = "--repeat resets in a row (default 100000 on the model, 1000 on QEMU), no leak",
     .run = scenario_resets,
     .verify = true},
    {.name = "abort",
     .help = "SRB_FUNCTION_ABORT_COMMAND of requests that are outstanding, and of none",
     .run = scenario_abort,
     .verify = true},
    {.name = "pnp-disable-enable-with-io",
     .help = "stop and start, other addresses each time, I/O going on",
     .run = scenario_pnp,
     .verify = true},
    {.name = "sleep-with-io", .help = "D3 and back, I/O going on", .run = scenario_sleep, .verify = true},
    {.name = "surprise",
     .help = "one life with the device pulled at --surprise-at",
     .run = scenario_surprise,
     .verify = true},
    {.name = "surprise-remove",
     .help = "the same at every step (--repeat N: at about N of them)",
     .drive = scenario_surprise_remove},
    {.name = "fault-run", .help = "one life with --fail-nth", .run = scenario_fault_run, .verify = true},
    {.name = "systematic-fault-injection",
     .help = "the same for every call that may fail",
     .drive = scenario_fault_injection},
    {.name = "crash-dump",
     .help = "a dump written by a second copy of the driver in the middle of I/O",
     .run = scenario_crash_dump,
     .verify = true},
    {.name = "hibernate",
     .help = "the same for a hibernation file, then the runtime copy goes on",
     .run = scenario_hibernate,
     .verify = true},
    {.name = "dump-only", .help = "the second copy starts, answers and goes", .run = scenario_dump_only},
    {.name = "config-change",
     .help = "the disk changes its size, idle and in the middle of I/O",
     .run = scenario_config_change,
     .verify = true},
    {.name = "hung-device",
     .help = "the model stops answering until it is reset; then it does not even reset",
     .run = scenario_hung_device,
     .verify = true},
    {.name = "hostile-run",
     .help = "one --model fault=",
     .run = scenario_hostile_run,
     .verify = true,
     .prepare = prepare_hostile},
    {.name = "hostile-device", .help = "every fault of the model, or the given one", .drive = scenario_hostile_device},
    {.name = "feature-run",
     .help = "short verified I/O with the model's features as given",
     .run = scenario_feature_run,
     .verify = true},
    {.name = "feature-none", .help = "a device without VERSION_1 is refused", .run = scenario_no_version},
    {.name = "feature-matrix",
     .help = "every legal combination of feature bits (--repeat N: about N of them)",
     .drive = scenario_feature_matrix},
    {.name = "ioctl", .help = "the AEROVBLK miniport control", .run = scenario_ioctl},
};

const struct scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    }
    return NULL;
}

void scenario_list(void)
{
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        printf("  %-34s %s\n", scenarios[i].name, scenarios[i].help);
}
