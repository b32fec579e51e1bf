/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Random events, as a person with too many fingers would make them.
 */
#include <linux/input-event-codes.h>
#include <string.h>

#include "input.h"

enum { PACKET_MAX = 4, TOUCHES = 10, BUTTONS = 5, KEYS_MAX = 256, POSITION_MAX = 32767 };
/* Packets: one in so many is followed by a pause, which is no longer than the driver keeps reports for, or by something
 * that happens to the device. */
enum { PAUSE_ONE_IN = 200, PAUSE_MAX = 60, DISTURB_ONE_IN = 50, SETTLE_ONE_IN = 30, SETTLED_MS = 5, BACK_MS = 40 };

static const char *const button_names[BUTTONS] = {"left", "right", "middle", "side", "extra"};

static struct {
    bool key[KEYS_MAX], button[BUTTONS], touch[TOUCHES]; /* keys by QEMU's names, in their order */
} down;

static uint32_t draw(uint32_t below)
{
    return (uint32_t)(cpu_random() % below);
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static unsigned key_count(void)
{
    unsigned count = 0;
    while (input_key_name(count) != NULL && count < KEYS_MAX)
        count++;
    return count;
}

/* The key that is pressed or let go. Names of one key are the same key, and there are never more than three of those
 * down that share the four places of a consumer control's report: a fifth would rightly not be told. */
static unsigned draw_key(void)
{
    enum { RARE = 128, RARE_MAX = 3 };
    unsigned rare = 0, key;
    do {
        key = draw(key_count()); /* the menu key says what compose says, a line feed nothing at all */
    } while (input_key_code(input_key_name(key)) == KEY_MENU || input_key_code(input_key_name(key)) == KEY_LINEFEED);
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        if (!down.key[i])
            continue;
        uint16_t code = input_key_code(input_key_name(i));
        rare += code >= RARE;
        if (i != key && code == input_key_code(input_key_name(key)))
            return i;
    }
    return rare < RARE_MAX || down.key[key] || input_key_code(input_key_name(key)) < RARE ? key : 0;
}

static void random_key(struct input_bench *b)
{
    unsigned key = draw_key();
    down.key[key] = !down.key[key];
    input_key(b, input_key_name(key), down.key[key]);
}

static void random_button(struct input_bench *b)
{
    unsigned button = draw(BUTTONS);
    down.button[button] = !down.button[button];
    input_button(b, button_names[button], down.button[button]);
}

static void random_mouse(struct input_bench *b)
{
    static const char *const axes[] = {"x", "y", "wheel", "hwheel"};
    unsigned what = draw(6);
    if (what < 2)
        input_relative(b, axes[what], (int32_t)draw(2001) - 1000);
    else if (what < 4)
        input_relative(b, axes[what], draw(2) == 0 ? 1 : -1);
    else
        random_button(b);
}

static void random_tablet(struct input_bench *b)
{
    unsigned what = draw(4);
    if (what < 2)
        input_absolute(b, what == 0 ? "x" : "y", (int32_t)draw(POSITION_MAX + 1));
    else
        random_button(b);
}

static void random_touch(struct input_bench *b)
{
    unsigned slot = draw(TOUCHES);
    bool lift = down.touch[slot] && draw(3) == 0;
    down.touch[slot] = !lift;
    input_touch(b, slot, !lift, (int32_t)draw(POSITION_MAX + 1), (int32_t)draw(POSITION_MAX + 1));
}

static void random_event(struct input_bench *b)
{
    switch (b->options->kind) {
    case MODEL_KEYBOARD:
        random_key(b);
        break;
    case MODEL_MOUSE:
        random_mouse(b);
        break;
    case MODEL_TABLET:
        random_tablet(b);
        break;
    default:
        random_touch(b);
        break;
    }
}

static void release_all(struct input_bench *b)
{
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        if (down.key[i])
            input_key(b, input_key_name(i), false);
    }
    for (unsigned i = 0; i < BUTTONS; i++) {
        if (down.button[i])
            input_button(b, button_names[i], false);
    }
    for (unsigned i = 0; i < TOUCHES; i++) {
        if (down.touch[i])
            input_touch(b, i, false, 0, 0);
    }
    memset(&down, 0, sizeof(down));
    input_syn(b);
}

/* The device holds a few thousand events, QEMU's sixty-four: the typist waits for them to go. */
static bool device_has_room(void *context)
{
    enum { ROOM = 1024 };
    return model_input_waiting(((struct input_bench *)context)->bus) < ROOM;
}

static void wait_for_room(struct input_bench *b)
{
    enum { QEMU_US = 300, PATIENCE_US = 1000 * 1000 };
    static bool stuck; /* a device that takes nothing any more: then events are lost, as on a real one */
    if (b->options->use_model)
        stuck = !thread_wait(device_has_room, b, stuck ? 0 : PATIENCE_US);
    else
        thread_wait(never, NULL, QEMU_US);
}

static void settle(struct input_bench *b, uint32_t ms)
{
    thread_wait(never, NULL, ms * 1000);
    input_log(b, "wait", ms);
}

/* Sometimes when all is quiet, sometimes in the midst of it. Keys and buttons stay down as far as the user is concerned,
 * so what comes next may well be their release. */
static void disturb(struct input_bench *b)
{
    if (draw(2) == 0)
        settle(b, SETTLED_MS);
    switch (draw(b->options->use_model ? 4 : 3)) {
    case 0:
        input_device_sleep(b, true);
        input_device_sleep(b, false);
        break;
    case 1:
        input_device_stop(b);
        input_device_start(b);
        break;
    case 2:
        input_device_pull(b);
        input_device_plug(b);
        break;
    default:
        input_device_reset(b);
        break;
    }
    settle(b, BACK_MS);
    input_mark(b);
}

/* Returns how many packets from now on the programs go on reading; 0: they read. */
static unsigned pause_or_resume(struct input_bench *b, unsigned paused)
{
    if (paused == 0) {
        if (draw(PAUSE_ONE_IN) != 0)
            return 0;
        input_pause(b, true);
        return 1 + draw(PAUSE_MAX);
    }
    if (paused == 1) {
        input_pause(b, false);
        settle(b, SETTLED_MS);
    }
    return paused - 1;
}

void input_random(struct input_bench *b, uint64_t count, bool pauses)
{
    unsigned paused = 0;
    for (uint64_t sent = 0; sent < count && b->failures == 0;) {
        unsigned packet = 1 + draw(PACKET_MAX);
        for (unsigned i = 0; i < packet && sent < count; i++, sent++)
            random_event(b);
        input_syn(b);
        wait_for_room(b);
        if (pauses)
            paused = pause_or_resume(b, paused);
        if (pauses && paused == 0 && draw(DISTURB_ONE_IN) == 0)
            disturb(b);
        if (pauses && paused == 0 && draw(SETTLE_ONE_IN) == 0)
            settle(b, SETTLED_MS);
        if (draw(8) == 0)
            thread_wait(never, NULL, draw(500));
    }
    if (paused != 0)
        input_pause(b, false);
    settle(b, SETTLED_MS);
    release_all(b);
    settle(b, BACK_MS);
}
