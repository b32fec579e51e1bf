/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

static const char *const names[FAULT_KINDS] = {
    [FAULT_HANG] = "hang",
    [FAULT_LOST_REQUEST] = "lost-request",
    [FAULT_NEEDS_RESET] = "needs-reset",
    [FAULT_GONE] = "gone",
    [FAULT_BAD_USED_ID] = "bad-used-id",
    [FAULT_UNUSED_USED_ID] = "unused-used-id",
    [FAULT_DUPLICATE_USED_ID] = "duplicate-used-id",
    [FAULT_USED_LEN_TOO_LONG] = "used-len-too-long",
    [FAULT_USED_INDEX_JUMP] = "used-index-jump",
    [FAULT_USED_INDEX_BACK] = "used-index-back",
    [FAULT_BAD_STATUS_BYTE] = "bad-status-byte",
    [FAULT_NO_STATUS_BYTE] = "no-status-byte",
    [FAULT_UNSUPPORTED] = "unsupported",
    [FAULT_FAILED] = "failed",
    [FAULT_IOERR] = "ioerr",
    [FAULT_LATE_COMPLETION] = "late-completion",
    [FAULT_CONFIG_CHANGES] = "config-changes",
    [FAULT_CONFIG_TEAR] = "config-tear",
    [FAULT_GENERATION_RACES] = "generation-races",
    [FAULT_FEATURES_REFUSED] = "features-refused",
    [FAULT_VECTOR_REFUSED] = "vector-refused",
    [FAULT_RESET_HANGS] = "reset-hangs",
    [FAULT_INTERRUPT_LOST] = "interrupt-lost",
    [FAULT_SPURIOUS_INTERRUPT] = "spurious-interrupt",
    [FAULT_QUEUE_SIZE_ZERO] = "queue-size-zero",
    [FAULT_QUEUE_SIZE_ODD] = "queue-size-odd",
    [FAULT_NO_QUEUES] = "no-queues",
    [FAULT_NOTIFY_OFF_HUGE] = "notify-off-huge",
    [FAULT_CAP_BAD_BAR] = "cap-bad-bar",
    [FAULT_CAP_ABSENT_BAR] = "cap-absent-bar",
    [FAULT_CAP_BAD_OFFSET] = "cap-bad-offset",
    [FAULT_CAP_MISALIGNED] = "cap-misaligned",
    [FAULT_CAP_WRAPS] = "cap-wraps",
    [FAULT_CAP_SHORT] = "cap-short",
    [FAULT_CAP_LEN_SMALL] = "cap-len-small",
    [FAULT_CAP_LOOP] = "cap-loop",
    [FAULT_CAP_POINTER_ODD] = "cap-pointer-odd",
    [FAULT_NO_CAP_LIST] = "no-cap-list",
    [FAULT_NO_COMMON] = "no-common",
    [FAULT_NO_NOTIFY] = "no-notify",
    [FAULT_NO_ISR] = "no-isr",
    [FAULT_NO_DEVICE_CONFIG] = "no-device-config",
    [FAULT_WRONG_REVISION] = "wrong-revision",
};

bool model_fault_option(struct model_options *options, const char *fault)
{
    size_t length = strcspn(fault, ":+");
    struct model_fault_setting setting = {.from = 1};
    const char *rest = fault + length;
    char *end;

    if (options->fault_count == MODEL_FAULTS_MAX) {
        return false;
    }
    if (*rest == ':') {
        if (rest[1] < '0' || rest[1] > '9') {
            return false;
        }
        setting.from = strtoull(rest + 1, &end, 0);
        rest = end;
    }
    setting.onwards = *rest == '+';
    if (rest[setting.onwards] != '\0') {
        return false;
    }
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        if (strlen(names[kind]) == length && strncmp(names[kind], fault, length) == 0) {
            setting.kind = kind;
            options->faults[options->fault_count++] = setting;
            return true;
        }
    }
    return false;
}

const char *model_fault_names(void)
{
    static char text[1024];
    size_t used = 0;

    for (unsigned kind = 0; kind < FAULT_KINDS && used < sizeof text; kind++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", kind != 0 ? " " : "", names[kind]);
    }
    return text;
}

bool model_fault(struct model *m, enum model_fault_kind kind)
{
    bool now = false;

    for (unsigned i = 0; i < m->options.fault_count; i++) {
        struct model_fault_setting *setting = &m->options.faults[i];
        if (setting->kind == kind) {
            setting->occasions++;
            now =
                now || setting->occasions == setting->from || (setting->onwards && setting->occasions > setting->from);
        }
    }
    return now;
}

bool model_fault_armed(const struct model *m, enum model_fault_kind kind, unsigned long long *value)
{
    for (unsigned i = 0; i < m->options.fault_count; i++) {
        if (m->options.faults[i].kind == kind) {
            if (value != NULL) {
                *value = m->options.faults[i].from;
            }
            return true;
        }
    }
    return false;
}
