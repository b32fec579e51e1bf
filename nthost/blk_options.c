/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk.h"
#include "command_options.h"
#include "blk_scenario.h"

enum value_kind { VALUE_NONE, VALUE_STRING, VALUE_NUMBER, VALUE_SIZE, VALUE_UNSIGNED, VALUE_CALL };

struct option {
    struct option_words words;
    enum value_kind kind;
    size_t offset;
    bool (*call)(struct blk_options *options, const char *value);
};

static bool set_device(struct blk_options *o, const char *value)
{
    o->use_model = strcmp(value, "model") == 0;
    return o->use_model || strcmp(value, "qemu") == 0;
}

static bool set_qemu_device(struct blk_options *o, const char *value)
{
    o->qemu.devices[0] = value;
    o->qemu.device_count = 1;
    o->device_text = value;
    return true;
}

static bool set_irq(struct blk_options *o, const char *value)
{
    o->adapter.msix = strcmp(value, "msix") == 0;
    return o->adapter.msix || strcmp(value, "intx") == 0;
}

static bool set_workload(struct blk_options *o, const char *value)
{
    return workload_parse(&o->workload, value);
}

static bool set_model(struct blk_options *o, const char *value)
{
    struct model_options probe;

    if (strncmp(value, "fault=", 6) != 0)
        return model_option(&o->model, value);
    model_options_default(&probe);
    if (o->fault_count == MODEL_FAULTS_MAX || !model_fault_option(&probe, value + 6))
        return false;
    o->faults[o->fault_count++] = value + 6;
    return true;
}

void faults_apply(struct blk_options *o)
{
    for (unsigned i = 0; i < o->fault_count; i++)
        model_fault_option(&o->model, o->faults[i]);
}

static bool set_qemu(struct blk_options *o, const char *value)
{
    return qemu_option(&o->qemu, value);
}

static bool set_scenario(struct blk_options *o, const char *value)
{
    o->scenario = value;
    return scenario_find(value) != NULL;
}

#define AT(field) offsetof(struct blk_options, field)

static const struct option options_table[] = {
    {{"driver", "FILE.sys", "the miniport (required)"}, VALUE_STRING, AT(adapter.driver), NULL},
    {{"device", "qemu|model", "stock QEMU's device, or the model of contract v1 (default model)"},
     VALUE_CALL,
     0,
     set_device},
    {{"qemu-device", "TEXT", "QEMU's -device (default 'virtio-blk-pci,disable-legacy=on')"},
     VALUE_CALL,
     0,
     set_qemu_device},
    {{"image", "FILE", "raw disk image, overwritten; default: a temporary one"}, VALUE_STRING, AT(image), NULL},
    {{"capacity", "SIZE", "size of the image, which is created or resized (sparse); default: the file's, or 64M"},
     VALUE_SIZE,
     AT(capacity),
     NULL},
    {{"irq", "intx|msix", "interrupts (default intx)"}, VALUE_CALL, 0, set_irq},
    {{"messages", "N", "MessageNumberLimit of the INF (default 4)"}, VALUE_UNSIGNED, AT(adapter.messages), NULL},
    {{"processors", "N", "simulated processors (default 2)"}, VALUE_UNSIGNED, AT(processors), NULL},
    {{"preempt", "N", "interrupt one callback in N at any instruction, not only at kernel calls and device accesses"},
     VALUE_UNSIGNED,
     AT(preempt),
     NULL},
    {{"seed", "N", "of the scheduler, the memory layout and the workload (default: from the clock, printed)"},
     VALUE_NUMBER,
     AT(seed),
     NULL},
    {{"workload", "KIND:KEY=VALUE:...",
      "randread|randwrite|read|write|mixed with bs=4k qd=32 count=20000 jobs= burst= read=70 span= offset= fua=1 "
      "seconds="},
     VALUE_CALL,
     0,
     set_workload},
    {{"verify", NULL,
      "every sector carries its number and generation; compared on reads and through the image file, both ways"},
     VALUE_NONE,
     AT(verify),
     NULL},
    {{"count-instructions", NULL, "exact instructions_per_io by single-stepping the driver's code"},
     VALUE_NONE,
     AT(count_instructions),
     NULL},
    {{"json", "FILE", "results as JSON ('-': standard output)"}, VALUE_STRING, AT(json), NULL},
    {{"scenario", "NAME", "what to run (list below; default workload)"}, VALUE_CALL, 0, set_scenario},
    {{"repeat", "N", "how often, for scenarios that repeat something"}, VALUE_NUMBER, AT(repeat), NULL},
    {{"model", "KEY=VALUE", "a property of the model device, may be repeated"}, VALUE_CALL, 0, set_model},
    {{"qemu", "KEY=VALUE", "a property of the QEMU run, may be repeated"}, VALUE_CALL, 0, set_qemu},
    {{"modules", "DIR", "where modules that nthost does not build in are found"},
     VALUE_STRING,
     AT(adapter.modules),
     NULL},
    {{"argument", "TEXT", "DriverParameter: the ArgumentString of HwStorFindAdapter"},
     VALUE_STRING,
     AT(adapter.argument),
     NULL},
    {{"config-length", "N", "length of PORT_CONFIGURATION_INFORMATION, for an older port driver"},
     VALUE_UNSIGNED,
     AT(adapter.config_length),
     NULL},
    {{"dump-driver", "FILE.sys", "the copy that dump scenarios load (default: the driver itself)"},
     VALUE_STRING,
     AT(dump_driver),
     NULL},
    {{"timeout", "SECONDS", "TimeOutValue of requests (default 10)"},
     VALUE_UNSIGNED,
     AT(adapter.timeout_seconds),
     NULL},
    {{"reset-hold", "MS", "rest of the queues after a bus reset (default 0)"},
     VALUE_UNSIGNED,
     AT(adapter.reset_hold_ms),
     NULL},
    {{"reset-bus-only", NULL, "a timeout calls HwStorResetBus at once instead of resetting the unit first"},
     VALUE_NONE,
     AT(adapter.reset_bus_only),
     NULL},
    {{"tolerate", "RULE,...", "report these rules of the port driver, but go on"},
     VALUE_STRING,
     AT(adapter.tolerate),
     NULL},
    {{"surprise-at", "N", "pull the device at the N-th kernel call or device access of the driver"},
     VALUE_NUMBER,
     AT(surprise_at),
     NULL},
    {{"fail-nth", "N", "fail the N-th allocation, mapping or other call that may fail"},
     VALUE_NUMBER,
     AT(fail_nth),
     NULL},
    {{"failure-sweep", NULL, "the scenario again for every such call, until none is left"},
     VALUE_NONE,
     AT(failure_sweep),
     NULL},
    {{"quiet", NULL, "only the line of result"}, VALUE_NONE, AT(quiet), NULL},
};
static const struct option_table options = OPTION_TABLE("blk", options_table);

void blk_help(void)
{
    puts("nthost blk: runs a StorPort miniport for a virtio disk on Linux\n\n"
         "usage: nthost blk --driver FILE.sys [options]\n");
    option_print_help(&options);
    printf("\nproperties of the model (--model):\n%s\nproperties of QEMU (--qemu):\n%s\nscenarios:\n",
           model_option_help(), qemu_option_help());
    scenario_list();
    puts("\nExit status: 0 every I/O right, no rule broken, the scenario's expectations met; 1 something was wrong; 2 "
         "usage; 3 the driver broke\n"
         "a rule; 4 the environment is not fit. A broken rule prints the driver's stack and the command that repeats "
         "the run.");
}

uint64_t parse_size(const char *text, const char **end)
{
    char *stop;
    unsigned shift = 0;
    uint64_t value;

    errno = 0;
    *end = NULL;
    value = strtoull(text, &stop, 10);
    if (stop == text || errno != 0)
        return 0;
    switch (*stop) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    case 't':
    case 'T':
        shift = 40;
        break;
    default:
        break;
    }
    if (shift != 0)
        stop++;
    if (value > UINT64_MAX >> shift)
        return 0;
    *end = stop;
    return value << shift;
}

static bool set_value(struct blk_options *o, const struct option *option, const char *value)
{
    char *at = (char *)o + option->offset;
    const char *end = NULL;
    uint64_t number = 0;

    switch (option->kind) {
    case VALUE_NONE:
        *(bool *)at = true;
        return true;
    case VALUE_STRING:
        *(const char **)at = value;
        return true;
    case VALUE_CALL:
        return option->call(o, value);
    default:
        number = parse_size(value, &end);
        if (end == NULL || *end != '\0')
            return false;
        if (option->kind != VALUE_UNSIGNED) {
            *(uint64_t *)at = number;
            return true;
        }
        *(unsigned *)at = (unsigned)number;
        return number <= UINT_MAX;
    }
}

static bool parse_one(struct blk_options *o, int argc, char **argv, int *at)
{
    const char *value;
    const struct option *option = option_take(&options, argc, argv, at, &value);
    return option != NULL && (set_value(o, option, value) || option_refuse(&options, option, value));
}

static bool complete(struct blk_options *o)
{
    if (o->adapter.driver == NULL) {
        fputs("nthost blk: --driver FILE.sys is needed (see nthost blk --help)\n", stderr);
        return false;
    }
    if (o->processors < 1 || o->processors > 16) {
        fprintf(stderr, "nthost blk: --processors %u: from 1 to 16\n", o->processors);
        return false;
    }
    if (o->adapter.config_length != 0 &&
        (o->adapter.config_length < offsetof(PORT_CONFIGURATION_INFORMATION, HwMSInterruptRoutine) ||
         o->adapter.config_length > sizeof(PORT_CONFIGURATION_INFORMATION))) {
        fprintf(stderr, "nthost blk: --config-length %u: from %zu to %zu\n", o->adapter.config_length,
                offsetof(PORT_CONFIGURATION_INFORMATION, HwMSInterruptRoutine), sizeof(PORT_CONFIGURATION_INFORMATION));
        return false;
    }
    return true;
}

bool blk_options_parse(struct blk_options *o, int argc, char **argv)
{
    memset(o, 0, sizeof(*o));
    o->use_model = true;
    o->adapter.messages = 4;
    o->adapter.timeout_seconds = 10;
    o->processors = 2;
    o->scenario = "workload";
    set_qemu_device(o, "virtio-blk-pci,disable-legacy=on");
    workload_parse(&o->workload, "randread");
    model_options_default(&o->model);
    for (int i = 0; i < argc; i++) {
        if (!parse_one(o, argc, argv, &i))
            return false;
    }
    return complete(o);
}
