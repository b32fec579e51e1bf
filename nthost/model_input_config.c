/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_input_config.h"

#include "contract_ids.h"

#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "contract_ids.h"

enum {
    CFG_ID_NAME = 0x01,
    CFG_ID_SERIAL = 0x02,
    CFG_ID_DEVIDS = 0x03,
    CFG_PROP_BITS = 0x10,
    CFG_EV_BITS = 0x11,
    CFG_ABS_INFO = 0x12
};
enum { BUS_VIRTUAL = 6, PAYLOAD_BYTES = 128, SLOTS = 10, TRACKING_IDS = 65535, LAST_KEYBOARD_KEY = KEY_MICMUTE };

static const char *name_of(const struct model_input_options *o)
{
    static const char *const aero[MODEL_INPUT_KINDS] = {"Aero Virtio Keyboard", "Aero Virtio Mouse",
                                                        "Aero Virtio Tablet", "Aero Virtio Touchscreen"};
    static const char *const qemu[MODEL_INPUT_KINDS] = {"QEMU Virtio Keyboard", "QEMU Virtio Mouse",
                                                        "QEMU Virtio Tablet", "QEMU Virtio MultiTouch"};

    return (o->qemu_identity ? qemu : aero)[o->kind];
}

static uint8_t text(const char *value, uint8_t *payload)
{
    size_t length = strlen(value);

    memcpy(payload, value, length);
    return (uint8_t)length;
}

static uint8_t bits(const uint16_t *codes, size_t count, uint8_t *payload)
{
    uint8_t size = 0;

    for (size_t i = 0; i < count; i++) {
        payload[codes[i] / 8] |= (uint8_t)(1u << codes[i] % 8);
        size = codes[i] / 8 + 1 > size ? (uint8_t)(codes[i] / 8 + 1) : size;
    }
    return size;
}

#define BITS(list) bits((list), sizeof(list) / sizeof((list)[0]), payload)

static uint8_t key_bits(const struct model_input_options *o, uint8_t *payload)
{
    static const uint16_t mouse[] = {BTN_LEFT,  BTN_RIGHT,   BTN_MIDDLE, BTN_SIDE,
                                     BTN_EXTRA, BTN_FORWARD, BTN_BACK,   BTN_TASK};
    static const uint16_t tablet[] = {BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA, BTN_TOUCH};
    static const uint16_t touch[] = {BTN_TOUCH};

    switch (o->kind) {
    case MODEL_KEYBOARD:
        memset(payload, 0xff, LAST_KEYBOARD_KEY / 8 + 1);
        payload[0] = 0xfe; /* KEY_RESERVED is none */
        return LAST_KEYBOARD_KEY / 8 + 1;
    case MODEL_MOUSE:
        return BITS(mouse);
    case MODEL_TABLET:
        return BITS(tablet);
    default:
        return BITS(touch);
    }
}

static uint8_t rel_bits(const struct model_input_options *o, uint8_t *payload)
{
    static const uint16_t mouse[] = {REL_X, REL_Y, REL_WHEEL, REL_HWHEEL};
    static const uint16_t fine[] = {REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES};
    static const uint16_t tablet[] = {REL_WHEEL, REL_HWHEEL};
    uint8_t size;

    if (o->kind == MODEL_MOUSE) {
        size = BITS(mouse);
        return o->hi_res_wheel ? BITS(fine) : size;
    }
    return o->kind == MODEL_TABLET ? BITS(tablet) : 0;
}

static uint8_t abs_bits(const struct model_input_options *o, uint8_t *payload)
{
    static const uint16_t tablet[] = {ABS_X, ABS_Y};
    static const uint16_t touch[] = {ABS_MT_SLOT, ABS_MT_POSITION_X, ABS_MT_POSITION_Y, ABS_MT_TRACKING_ID};

    return o->kind == MODEL_TABLET ? BITS(tablet) : o->kind == MODEL_MULTITOUCH ? BITS(touch) : 0;
}

static uint8_t ev_bits(const struct model_input_options *o, uint8_t type, uint8_t *payload)
{
    static const uint16_t leds[] = {LED_NUML, LED_CAPSL, LED_SCROLLL, LED_COMPOSE, LED_KANA};

    switch (type) {
    case EV_KEY:
        return key_bits(o, payload);
    case EV_REL:
        return rel_bits(o, payload);
    case EV_ABS:
        return abs_bits(o, payload);
    case EV_LED:
        return o->kind == MODEL_KEYBOARD ? BITS(leds) : 0;
    case EV_REP:
        payload[0] = 3;
        return o->kind == MODEL_KEYBOARD && !o->contract_selectors ? 1 : 0;
    default:
        return 0;
    }
}

static uint8_t abs_info(const struct model_input_options *o, uint8_t axis, uint8_t *payload)
{
    uint8_t offered[PAYLOAD_BYTES] = {0};
    int32_t range[5] = {o->abs_min, o->abs_max, 0, 0, 0};

    if (abs_bits(o, offered) * 8u <= axis || (offered[axis / 8] >> axis % 8 & 1) == 0) {
        return 0;
    }
    if (axis == ABS_MT_SLOT || axis == ABS_MT_TRACKING_ID) {
        range[0] = 0;
        range[1] = axis == ABS_MT_SLOT ? SLOTS - 1 : TRACKING_IDS;
    }
    memcpy(payload, range, sizeof range);
    return sizeof range;
}

uint8_t model_input_answer(const struct model_input_options *o, uint8_t select, uint8_t subsel, uint8_t *payload)
{
    const uint16_t ids[4] = {BUS_VIRTUAL, AERO_VIRTIO_INPUT_VENDOR_ID, (uint16_t)(o->kind + 1), 1};

    memset(payload, 0, select == CFG_EV_BITS && subsel == EV_LED ? 16 : PAYLOAD_BYTES);
    switch (select) {
    case CFG_ID_NAME:
        return o->no_name ? 0 : text(name_of(o), payload);
    case CFG_ID_SERIAL:
        return o->contract_selectors ? 0 : text("00000001", payload);
    case CFG_ID_DEVIDS:
        if (subsel != 0) {
            return 0;
        }
        memcpy(payload, ids, sizeof ids);
        return sizeof ids;
    case CFG_PROP_BITS:
        payload[0] = 1 << INPUT_PROP_DIRECT;
        return o->kind == MODEL_MULTITOUCH && !o->contract_selectors ? 1 : 0;
    case CFG_EV_BITS:
        return o->no_ev_bits ? 0 : ev_bits(o, subsel, payload);
    case CFG_ABS_INFO:
        return o->no_abs_info ? 0 : abs_info(o, subsel, payload);
    default:
        return 0;
    }
}

/* ---- options ---- */

void model_input_options_default(struct model_input_options *options, enum model_input_kind kind)
{
    *options = (struct model_input_options){.kind = kind, .contract_selectors = true, .abs_max = 32767};
}

static bool word(const char *value, const char *off, const char *on, bool *result)
{
    *result = strcmp(value, on) == 0;
    return *result || strcmp(value, off) == 0;
}

static bool without(struct model_input_options *o, const char *value)
{
    bool *const field = strcmp(value, "abs_info") == 0  ? &o->no_abs_info
                        : strcmp(value, "ev_bits") == 0 ? &o->no_ev_bits
                        : strcmp(value, "name") == 0    ? &o->no_name
                                                        : NULL;

    if (field != NULL) {
        *field = true;
    }
    return field != NULL;
}

static bool number(const char *value, int32_t *result)
{
    char *end;
    long long parsed = strtoll(value, &end, 0);

    *result = (int32_t)parsed;
    return *value != '\0' && *end == '\0' && parsed == *result;
}

static bool arm(struct model_input_options *o, const char *text)
{
    static const char *const names[MODEL_INPUT_FAULTS] = {"event-short", "event-unknown", "event-twice",
                                                          "config-size-lies", "config-all-ones"};
    size_t length = strcspn(text, ":+");
    struct model_input_fault_setting setting = {.from = 1};
    const char *rest = text + length;
    char *end;

    if (*rest == ':') {
        setting.from = strtoull(rest + 1, &end, 10);
        rest = end;
    }
    setting.onwards = *rest == '+';
    for (unsigned i = 0; i < MODEL_INPUT_FAULTS && setting.from != 0 && rest[setting.onwards] == '\0'; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0) {
            o->fault[i] = setting;
            return true;
        }
    }
    return false;
}

bool model_input_option(struct model_input_options *o, const char *name_equals_value)
{
    const char *value = strchr(name_equals_value, '=');
    size_t length = value != NULL ? (size_t)(value - name_equals_value) : 0;

    if (value++ == NULL) {
        return false;
    }
#define IS(name) (length == strlen(name) && strncmp(name_equals_value, name, length) == 0)
    if (IS("selectors")) {
        return word(value, "all", "contract", &o->contract_selectors);
    }
    if (IS("identity")) {
        return word(value, "aero", "qemu", &o->qemu_identity);
    }
    if (IS("hi-res")) {
        return word(value, "off", "on", &o->hi_res_wheel);
    }
    if (IS("without")) {
        return without(o, value);
    }
    if (IS("fault")) {
        return arm(o, value);
    }
    if (IS("abs-min")) {
        return number(value, &o->abs_min);
    }
    return IS("abs-max") && number(value, &o->abs_max);
#undef IS
}

const char *model_input_option_help(void)
{
    return "selectors=contract|all    which selectors of the configuration answer\n"
           "without=abs_info|ev_bits|name   one that answers with size 0\n"
           "abs-min=N abs-max=N       of every axis (default 0 and 32767)\n"
           "identity=aero|qemu        subsystem ID and names\n"
           "hi-res=on|off             the mouse has high-resolution wheels\n"
           "fault=NAME[:N][+]         event-short event-unknown event-twice config-size-lies config-all-ones\n";
}
