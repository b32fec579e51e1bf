/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * qemu_option(): QEMU's knobs as "name=value", so that a command passes them on without knowing them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_bus.h"

static bool append(const char **list, unsigned *count, unsigned limit, const char *value)
{
    if (*count == limit) {
        return false;
    }
    list[(*count)++] = value;
    return true;
}

bool qemu_option(struct qemu_options *options, const char *name_equals_value)
{
    const char *value = strchr(name_equals_value, '=');
    char name[32], *end;

    if (value == NULL || (size_t)(value - name_equals_value) >= sizeof name) {
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(value - name_equals_value), name_equals_value);
    value++;
    if (strcmp(name, "device") == 0) {
        return append(options->devices, &options->device_count, QEMU_DEVICES_MAX, value);
    }
    if (strcmp(name, "argument") == 0) {
        return append(options->arguments, &options->argument_count, QEMU_ARGUMENTS_MAX, value);
    }
    if (strcmp(name, "image") == 0) {
        options->image = value;
    } else if (strcmp(name, "drive") == 0) {
        options->drive_extra = value;
    } else if (strcmp(name, "binary") == 0) {
        options->binary = value;
    } else if (strcmp(name, "readonly") == 0) {
        options->read_only = strcmp(value, "on") == 0;
        return options->read_only || strcmp(value, "off") == 0;
    } else if (strcmp(name, "timeout-ms") == 0) {
        options->timeout_ms = (unsigned)strtoul(value, &end, 10);
        return *end == '\0' && options->timeout_ms != 0;
    } else {
        return false;
    }
    return true;
}

const char *qemu_option_help(void)
{
    return "device=DEVICE        as after -device; the first is the one under test\n"
           "image=FILE           raw image of the disk\n"
           "drive=PROPERTIES     more -drive properties, such as cache=none\n"
           "readonly=on|off      attach the image read-only\n"
           "argument=TEXT        one more argument for QEMU\n"
           "binary=FILE          another qemu-system-x86_64\n"
           "timeout-ms=N         longest wait for any answer\n";
}
