/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Events, by QMP's input-send-event to QEMU or straight into the model. QEMU ends each command's events with a SYN of
 * its own; a packet is one command.
 */
#include <linux/input-event-codes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { PACKET_BYTES = 32768 };

static char packet[PACKET_BYTES];
static size_t used;
/* Of each contact. A device that was reset has told nobody yet that one is down. */
static struct contact {
    bool down, told;
    uint16_t tracking;
} contacts[64];
static uint16_t next_tracking_id; /* as Linux gives them: 0 to 65535, then again */

static const struct {
    const char *name;
    uint16_t code;
} buttons[] = {{"left", BTN_LEFT}, {"right", BTN_RIGHT}, {"middle", BTN_MIDDLE},
               {"side", BTN_SIDE}, {"extra", BTN_EXTRA}, {"touch", BTN_TOUCH}};

static void add(struct input_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct input_bench *b, const char *format, ...)
{
    va_list list;
    b->events++;
    if (used != 0 && used + 1 < sizeof(packet))
        packet[used++] = ',';
    va_start(list, format);
    int length = vsnprintf(packet + used, sizeof(packet) - used, format, list);
    va_end(list);
    if (length < 0 || used + (size_t)length >= sizeof(packet))
        environment_failed("a packet of events has more than %d bytes of JSON", PACKET_BYTES);
    used += (size_t)length;
}

static void log_add(struct input_bench *b, struct input_event_log entry)
{
    if (!b->options->log_events)
        return;
    if (b->logged == b->log_capacity) {
        b->log_capacity = b->log_capacity != 0 ? 2 * b->log_capacity : 1024;
        b->log = realloc(b->log, b->log_capacity * sizeof(*b->log));
        if (b->log == NULL)
            environment_failed("no memory for the log of events");
    }
    b->log[b->logged++] = entry;
}

/* In Linux' codes, on QEMU too. */
static void keep(struct input_bench *b, uint16_t type, uint16_t code, uint32_t value)
{
    log_add(b, (struct input_event_log){.type = type, .code = code, .value = value});
}

void input_log(struct input_bench *b, const char *command, uint32_t value)
{
    log_add(b, (struct input_event_log){.command = command, .value = value});
}

void input_raw(struct input_bench *b, uint16_t type, uint16_t code, uint32_t value)
{
    if (!b->options->use_model)
        environment_failed("raw events are for the model; QEMU takes key, btn, rel, abs and touch");
    b->events++;
    keep(b, type, code, value);
    model_input_event(b->bus, type, code, value);
}

void input_syn(struct input_bench *b)
{
    b->packets++;
    keep(b, EV_SYN, SYN_REPORT, 0);
    b->last_sent_us = clock_us();
    if (b->options->use_model) {
        model_input_event(b->bus, EV_SYN, SYN_REPORT, 0);
        return;
    }
    char *command = malloc(sizeof(packet) + 128), answer[512];
    if (command == NULL)
        environment_failed("no memory for a QMP command");
    packet[used] = '\0';
    snprintf(command, sizeof(packet) + 128, "{\"execute\":\"input-send-event\",\"arguments\":{\"events\":[%s]}}",
             packet);
    if (!qemu_qmp(b->bus, command, answer, sizeof(answer)))
        environment_failed("QEMU refuses input-send-event: %s", answer);
    free(command);
    used = 0;
}

bool input_key(struct input_bench *b, const char *name, bool down)
{
    uint16_t code = input_key_code(name);
    if (code == 0)
        return false;
    if (b->options->use_model) {
        input_raw(b, EV_KEY, code, down);
        return true;
    }
    keep(b, EV_KEY, code, down);
    add(b, "{\"type\":\"key\",\"data\":{\"down\":%s,\"key\":{\"type\":\"qcode\",\"data\":\"%s\"}}}",
        down ? "true" : "false", name);
    return true;
}

bool input_button(struct input_bench *b, const char *name, bool down)
{
    for (unsigned i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++) {
        if (strcmp(buttons[i].name, name) != 0)
            continue;
        if (b->options->use_model) {
            input_raw(b, EV_KEY, buttons[i].code, down);
            return true;
        }
        keep(b, EV_KEY, buttons[i].code, down);
        add(b, "{\"type\":\"btn\",\"data\":{\"down\":%s,\"button\":\"%s\"}}", down ? "true" : "false", name);
        return true;
    }
    return false;
}

/* QEMU's wheels are buttons; a click is a press and a release, and one event of the wheel. */
static void wheel_clicks(struct input_bench *b, const char *button, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        add(b, "{\"type\":\"btn\",\"data\":{\"down\":true,\"button\":\"%s\"}}", button);
        add(b, "{\"type\":\"btn\",\"data\":{\"down\":false,\"button\":\"%s\"}}", button);
    }
}

bool input_relative(struct input_bench *b, const char *axis, int32_t value)
{
    static const struct {
        const char *name;
        uint16_t code;
        const char *up, *down;
    } axes[] = {{"x", REL_X, NULL, NULL},
                {"y", REL_Y, NULL, NULL},
                {"wheel", REL_WHEEL, "wheel-up", "wheel-down"},
                {"hwheel", REL_HWHEEL, "wheel-right", "wheel-left"},
                {"wheel-fine", REL_WHEEL_HI_RES, NULL, NULL},
                {"hwheel-fine", REL_HWHEEL_HI_RES, NULL, NULL}};
    for (unsigned i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        if (strcmp(axes[i].name, axis) != 0)
            continue;
        if (!b->options->use_model)
            keep(b, EV_REL, axes[i].code, (uint32_t)value);
        if (b->options->use_model)
            input_raw(b, EV_REL, axes[i].code, (uint32_t)value);
        else if (axes[i].up != NULL)
            wheel_clicks(b, value > 0 ? axes[i].up : axes[i].down, value > 0 ? value : -value);
        else if (i < 2)
            add(b, "{\"type\":\"rel\",\"data\":{\"axis\":\"%s\",\"value\":%d}}", axis, (int)value);
        else
            return false;
        return true;
    }
    return false;
}

bool input_absolute(struct input_bench *b, const char *axis, int32_t value)
{
    if (strcmp(axis, "x") != 0 && strcmp(axis, "y") != 0)
        return false;
    uint16_t code = axis[0] == 'x' ? ABS_X : ABS_Y;
    if (b->options->use_model) {
        input_raw(b, EV_ABS, code, (uint32_t)value);
        return true;
    }
    keep(b, EV_ABS, code, (uint32_t)value);
    add(b, "{\"type\":\"abs\",\"data\":{\"axis\":\"%s\",\"value\":%d}}", axis, (int)value);
    return true;
}

static void forget_after_reset(struct input_bench *b)
{
    static uint64_t resets;
    uint64_t now = model_stats(b->bus)->resets;
    for (unsigned i = 0; now != resets && i < sizeof(contacts) / sizeof(contacts[0]); i++)
        contacts[i].told = false;
    resets = now;
}

/* A tracking ID is sent when a contact begins (Linux' multi-touch protocol, type B). */
static void touch_model(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y)
{
    forget_after_reset(b);
    input_raw(b, EV_ABS, ABS_MT_SLOT, slot);
    if (!down || !contacts[slot].told)
        input_raw(b, EV_ABS, ABS_MT_TRACKING_ID, down ? contacts[slot].tracking : UINT32_MAX);
    contacts[slot].told = down;
    if (down) {
        input_raw(b, EV_ABS, ABS_MT_POSITION_X, (uint32_t)x);
        input_raw(b, EV_ABS, ABS_MT_POSITION_Y, (uint32_t)y);
    }
}

/* As QEMU's user interfaces do it: an update names slot and tracking ID again, then come the axes. */
static void touch_qemu(struct input_bench *b, unsigned slot, bool begins, bool down, int32_t x, int32_t y)
{
    keep(b, EV_ABS, ABS_MT_SLOT, slot);
    keep(b, EV_ABS, ABS_MT_TRACKING_ID, down ? contacts[slot].tracking : UINT32_MAX);
    add(b, "{\"type\":\"mtt\",\"data\":{\"type\":\"%s\",\"slot\":%u,\"tracking-id\":%d,\"axis\":\"x\",\"value\":0}}",
        !down    ? "end"
        : begins ? "begin"
                 : "update",
        slot, down ? contacts[slot].tracking : -1);
    for (unsigned i = 0; down && i < 2; i++) {
        keep(b, EV_ABS, i == 0 ? ABS_MT_POSITION_X : ABS_MT_POSITION_Y, (uint32_t)(i == 0 ? x : y));
        add(b,
            "{\"type\":\"mtt\",\"data\":{\"type\":\"data\",\"slot\":%u,\"tracking-id\":%d,\"axis\":\"%s\",\"value\":%d}"
            "}",
            slot, contacts[slot].tracking, i == 0 ? "x" : "y", (int)(i == 0 ? x : y));
    }
}

bool input_touch(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y)
{
    if (slot >= sizeof(contacts) / sizeof(contacts[0]))
        return false;
    bool begins = down && !contacts[slot].down;
    if (begins)
        contacts[slot].tracking = next_tracking_id++;
    if (b->options->use_model)
        touch_model(b, slot, down, x, y);
    else
        touch_qemu(b, slot, begins, down, x, y);
    contacts[slot].down = down;
    return true;
}
