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
static int32_t next_tracking_id;
static bool slot_down[64];

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

/* In Linux' codes, on QEMU too. */
static void keep(struct input_bench *b, uint16_t type, uint16_t code, uint32_t value)
{
    if (!b->options->log_events)
        return;
    if (b->logged == b->log_capacity) {
        b->log_capacity = b->log_capacity != 0 ? 2 * b->log_capacity : 1024;
        b->log = realloc(b->log, b->log_capacity * sizeof(*b->log));
        if (b->log == NULL)
            environment_failed("no memory for the log of events");
    }
    b->log[b->logged++] = (struct input_event_log){type, code, value};
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

static void touch_model(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y)
{
    input_raw(b, EV_ABS, ABS_MT_SLOT, slot);
    if (!down || !slot_down[slot])
        input_raw(b, EV_ABS, ABS_MT_TRACKING_ID, down ? (uint32_t)next_tracking_id++ : UINT32_MAX);
    if (down) {
        input_raw(b, EV_ABS, ABS_MT_POSITION_X, (uint32_t)x);
        input_raw(b, EV_ABS, ABS_MT_POSITION_Y, (uint32_t)y);
    }
}

static void touch_qemu(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y)
{
    const char *type = !down ? "end" : slot_down[slot] ? "update" : "begin";
    add(b, "{\"type\":\"mtt\",\"data\":{\"type\":\"%s\",\"slot\":%u,\"tracking-id\":%d,\"axis\":\"x\",\"value\":0}}",
        type, slot, (int)(down ? next_tracking_id++ : -1));
    if (!down)
        return;
    add(b, "{\"type\":\"mtt\",\"data\":{\"type\":\"data\",\"slot\":%u,\"tracking-id\":0,\"axis\":\"x\",\"value\":%d}}",
        slot, (int)x);
    add(b, "{\"type\":\"mtt\",\"data\":{\"type\":\"data\",\"slot\":%u,\"tracking-id\":0,\"axis\":\"y\",\"value\":%d}}",
        slot, (int)y);
}

bool input_touch(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y)
{
    if (slot >= sizeof(slot_down))
        return false;
    if (b->options->use_model)
        touch_model(b, slot, down, x, y);
    else
        touch_qemu(b, slot, down, x, y);
    slot_down[slot] = down;
    return true;
}
