/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The sound model's knobs as "name=value".
 */
#include <linux/virtio_snd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_snd_internal.h"

#define HELP_BYTES 4096

static const char *const fault_names[MODEL_SND_FAULTS] = {
    [SND_CONTROL_BAD_MSG] = "control-bad-msg",
    [SND_CONTROL_NOT_SUPP] = "control-not-supp",
    [SND_CONTROL_IO_ERR] = "control-io-err",
    [SND_CONTROL_NONSENSE] = "control-nonsense",
    [SND_CONTROL_SHORT] = "control-short",
    [SND_CONTROL_LATE] = "control-late",
    [SND_CONTROL_NEVER] = "control-never",
    [SND_TRANSFER_BAD_MSG] = "transfer-bad-msg",
    [SND_TRANSFER_NOT_SUPP] = "transfer-not-supp",
    [SND_TRANSFER_IO_ERR] = "transfer-io-err",
    [SND_TRANSFER_NONSENSE] = "transfer-nonsense",
    [SND_TRANSFER_NO_STATUS] = "transfer-no-status",
    [SND_TRANSFER_SHORT] = "transfer-short",
    [SND_TRANSFER_LONG] = "transfer-long",
    [SND_TRANSFER_HALF] = "transfer-half",
    [SND_TRANSFER_AT_ONCE] = "transfer-at-once",
    [SND_TRANSFER_NEVER] = "transfer-never",
    [SND_TRANSFER_LATENCY] = "transfer-latency",
    [SND_EVENT_UNKNOWN] = "event-unknown",
    [SND_EVENT_SHORT] = "event-short",
    [SND_EVENT_LONG] = "event-long",
    [SND_EVENT_XRUN] = "event-xrun",
    [SND_EVENT_FLOOD] = "event-flood",
    [SND_INFO_NO_FORMATS] = "info-no-formats",
    [SND_INFO_NO_RATES] = "info-no-rates",
    [SND_INFO_NO_CHANNELS] = "info-no-channels",
    [SND_INFO_CHANNELS_REVERSED] = "info-channels-reversed",
    [SND_INFO_DIRECTION] = "info-direction",
    [SND_INFO_ONES] = "info-ones",
    [SND_INFO_SHORT] = "info-short",
    [SND_CONFIG_STREAMS_HUGE] = "config-streams-huge",
    [SND_CONFIG_STREAMS_ZERO] = "config-streams-zero",
    [SND_CONFIG_JACKS_HUGE] = "config-jacks-huge",
};

enum kind { NUMBER, SIGNED, SWITCH };
static const struct entry {
    const char *name;
    enum kind kind;
    size_t offset;
    int64_t low, high;
    const char *help;
} entries[] = {
#define FIELD(name, kind, field, low, high, help) \
    {name, kind, offsetof(struct model_snd_options, field), low, high, help}
    FIELD("input-first", SWITCH, input_first, 0, 0, "on|off: stream 0 records"),
    FIELD("period-events", SWITCH, period_events, 0, 0, "on|off: an event with every completion"),
    FIELD("xrun-events", SWITCH, xrun_events, 0, 0, "on|off: offered, and sent when the device starves"),
    FIELD("outputs", NUMBER, outputs, 0, 2, "N: playback streams"),
    FIELD("inputs", NUMBER, inputs, 0, 2, "N: capture streams"),
    FIELD("jacks", NUMBER, jacks, 0, MODEL_SND_JACKS_MAX, "N"),
    FIELD("rates", NUMBER, rates, 0, INT64_MAX, "MASK: bits of PCM_INFO; 0: 48000 alone"),
    FIELD("out-channels-min", NUMBER, channels_min[0], 0, 255, "N"),
    FIELD("out-channels", NUMBER, channels_max[0], 0, 255, "N: at most"),
    FIELD("in-channels-min", NUMBER, channels_min[1], 0, 255, "N"),
    FIELD("in-channels", NUMBER, channels_max[1], 0, 255, "N: at most"),
    FIELD("formats", NUMBER, formats, 0, INT64_MAX, "MASK: bits of PCM_INFO; 0: S16 alone"),
    FIELD("drift-ppm", SIGNED, drift_ppm, -100000, 100000, "N: how fast the device's clock is"),
    FIELD("jitter-us", NUMBER, jitter_us, 0, 1000000, "N: longest delay of a completion"),
    FIELD("ring-ms", NUMBER, ring_ms, 1, 10000, "N: of sound that an Aero device keeps (default 200)"),
    FIELD("tx-size", NUMBER, tx_size, 0, 32768, "N: of the transmit queue"),
#undef FIELD
};

void model_snd_options_default(struct model_snd_options *options)
{
    *options = (struct model_snd_options){
        .outputs = 1, .inputs = 1, .channels_min = {2, 1}, .channels_max = {2, 1}, .ring_ms = 200};
}

static bool set(struct model_snd_options *o, const struct entry *e, const char *value)
{
    void *field = (char *)o + e->offset;
    char *end;
    long long number;

    if (e->kind == SWITCH) {
        *(bool *)field = strcmp(value, "on") == 0;
        return *(bool *)field || strcmp(value, "off") == 0;
    }
    number = strtoll(value, &end, 0);
    if (*value == '\0' || *end != '\0' || number < e->low || number > e->high) {
        return false;
    }
    *(int64_t *)field = number;
    return true;
}

bool model_snd_arm_option(struct model_snd_options *options, const char *text)
{
    size_t length = strcspn(text, ":+");
    struct model_snd_fault_setting setting = {.from = 1};
    const char *rest = text + length;
    char *end;

    if (*rest == ':') {
        setting.from = strtoull(rest + 1, &end, 10);
        rest = end;
    }
    setting.onwards = *rest == '+';
    for (unsigned i = 0; i < MODEL_SND_FAULTS && setting.from != 0 && rest[setting.onwards] == '\0'; i++) {
        if (strlen(fault_names[i]) == length && strncmp(fault_names[i], text, length) == 0) {
            options->fault[i] = setting;
            return true;
        }
    }
    return false;
}

bool model_snd_option(struct model_snd_options *options, const char *name_equals_value)
{
    size_t length = strcspn(name_equals_value, "=");
    const char *value = name_equals_value + length + 1;

    if (name_equals_value[length] == '\0') {
        return false;
    }
    if (length == 5 && strncmp(name_equals_value, "fault", length) == 0) {
        return model_snd_arm_option(options, value);
    }
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strlen(entries[i].name) == length && strncmp(entries[i].name, name_equals_value, length) == 0) {
            return set(options, &entries[i], value);
        }
    }
    return false;
}

const char *model_snd_option_help(void)
{
    static char text[HELP_BYTES];
    size_t used = 0;

    for (size_t i = 0; i < sizeof entries / sizeof entries[0] && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%s\n", entries[i].name, entries[i].help);
    }
    if (used < sizeof text) {
        used += (size_t)snprintf(text + used, sizeof text - used, "faults (fault=NAME[:N][+]):");
    }
    for (size_t i = 0; i < MODEL_SND_FAULTS && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, " %s", fault_names[i]);
    }
    return text;
}
