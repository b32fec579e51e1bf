/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * input_property [SEED]: a million random events of a keyboard, mouse and touch screen, read with random pauses, against
 * a reference model that knows nothing of reports: for every key, button and contact the sequence of its transitions,
 * for the mouse the sum of its motion. As long as the queue does not overflow, what the reports say is that sequence
 * exactly; after an overflow, the state is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_io.h"

#define EVENTS 1000000
#define PLACES 1024 /* key codes, then contacts */
#define FIRST_CONTACT 0x310
#define HISTORY 4096

/* Transitions that were sent and not yet seen; each is the state that it leads to. */
struct place {
    bool sent, seen;
    uint8_t pending[HISTORY];
    unsigned head, tail;
};

static struct place places[PLACES];
static int64_t sent_x, seen_x, sent_wheel, seen_wheel;
static bool lossy; /* an overflow happened: compare states once the queue is empty */
static INPUT_ENGINE engine;
static uint64_t random_state;
static unsigned long long overflows, transitions;

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % bound;
}

static void fail(const char *what, unsigned place)
{
    fprintf(stderr, "%s, place %#x\n", what, place);
    exit(1);
}

static void sent(unsigned index, bool down)
{
    struct place *place = &places[index];

    if (place->sent == down) {
        return;
    }
    place->sent = down;
    transitions++;
    place->pending[place->head++ % HISTORY] = down;
    if (place->head - place->tail > HISTORY) {
        fail("the model's history is too short", index);
    }
}

static void seen(unsigned index, bool down)
{
    struct place *place = &places[index];

    if (place->seen == down) {
        return;
    }
    place->seen = down;
    if (lossy) {
        return;
    }
    if (place->tail == place->head) {
        fail("a transition that was never sent", index);
    }
    if (place->pending[place->tail++ % HISTORY] != down) {
        fail("transitions in another order", index);
    }
}

/* One code per usage only: what means the same is tested elsewhere. */
static bool usable(uint16_t code)
{
    const INPUT_USAGE *usage = InputKeymapFind(code);

    if (usage == NULL) {
        return false;
    }
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        if (InputKeymap[i].Code < code && InputKeymap[i].Usage == usage->Usage && InputKeymap[i].Page == usage->Page) {
            return false;
        }
    }
    return usage->Page != InputPageConsumer || code == KEY_MUTE || code == KEY_VOLUMEUP || code == KEY_MAIL;
}

static uint8_t last[16][INPUT_REPORT_BYTES_MAX]; /* by report identifier */

static bool usage_in_keyboard(uint16_t usage)
{
    const INPUT_KEYBOARD_REPORT *boot = (const void *)last[INPUT_REPORT_KEYBOARD];
    const INPUT_MORE_KEYS_REPORT *more = (const void *)last[INPUT_REPORT_MORE_KEYS];

    if (usage >= 0xE0) {
        return (boot->Modifiers & (1u << (usage - 0xE0))) != 0;
    }
    for (int i = 0; i < INPUT_KEYS_AT_ONCE; i++) {
        if (boot->Keys[i] == usage) {
            return true;
        }
    }
    return (more->Keys[usage / 8] & (1u << (usage % 8))) != 0;
}

static bool usage_in_consumer(uint16_t usage)
{
    const INPUT_CONSUMER_LIST_REPORT *list = (const void *)last[INPUT_REPORT_CONSUMER_LIST];
    uint8_t bits = last[INPUT_REPORT_CONSUMER_KEYS][1];

    for (int i = 0; i < INPUT_CONSUMER_AT_ONCE; i++) {
        if (list->Usages[i] == usage) {
            return true;
        }
    }
    return (usage == 0xE2 && (bits & 1) != 0) || (usage == 0xE9 && (bits & 4) != 0);
}

static void see_keys(void)
{
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        const INPUT_USAGE *usage = &InputKeymap[i];

        if (!usable(usage->Code)) {
            continue;
        }
        if (usage->Page == InputPageKeyboard) {
            seen(usage->Code, usage_in_keyboard(usage->Usage));
        } else if (usage->Page == InputPageConsumer) {
            seen(usage->Code, usage_in_consumer(usage->Usage));
        } else {
            seen(usage->Code, (last[INPUT_REPORT_SYSTEM][1] & (1u << (usage->Usage - 0x81))) != 0);
        }
    }
}

static void see_mouse(void)
{
    const INPUT_POINTER_REPORT *report = (const void *)last[INPUT_REPORT_MOUSE];

    for (unsigned i = 0; i < 8; i++) {
        seen(BTN_LEFT + i, (report->Buttons & (1u << i)) != 0);
    }
    seen_x += (int16_t)report->X;
    seen_wheel += report->Wheel;
}

static void see_touch(void)
{
    const INPUT_TOUCH_REPORT *report = (const void *)last[INPUT_REPORT_TOUCH];

    for (uint8_t i = 0; i < report->Count && i < INPUT_CONTACTS_PER_REPORT; i++) {
        seen(FIRST_CONTACT + report->Contacts[i].Identifier, (report->Contacts[i].Flags & INPUT_CONTACT_TIP) != 0);
    }
}

static void read_reports(unsigned count)
{
    uint8_t report[INPUT_REPORT_BYTES_MAX];

    while (count-- != 0 && take(&engine, report) != 0) {
        memcpy(last[report[0]], report, sizeof(report));
        if (report[0] == INPUT_REPORT_MOUSE) {
            see_mouse();
        } else if (report[0] == INPUT_REPORT_TOUCH) {
            see_touch();
        } else {
            see_keys();
        }
    }
}

/* The queue is empty: everything that was sent has been seen, or is the state at least. */
static void compare(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (places[i].sent != places[i].seen) {
            fail("stuck", i);
        }
        if (!lossy && places[i].tail != places[i].head) {
            fail("transitions lost", i);
        }
        places[i].tail = places[i].head;
    }
    if (!lossy && (sent_x != seen_x || sent_wheel != seen_wheel)) {
        fail("motion lost", 0);
    }
    seen_x = sent_x;
    seen_wheel = sent_wheel;
    lossy = false;
}

static void random_key(const uint16_t *codes, unsigned count)
{
    uint16_t code = random_below(3) == 0 ? (uint16_t)(BTN_LEFT + random_below(8)) : codes[random_below(count)];
    bool down = random_below(2) != 0;

    send(&engine, EV_KEY, code, down);
    sent(code, down);
}

static void random_touch(void)
{
    int32_t index = (int32_t)random_below(10);
    bool down = random_below(2) != 0;

    send(&engine, EV_ABS, ABS_MT_SLOT, index);
    send(&engine, EV_ABS, ABS_MT_TRACKING_ID, down ? index + 50 : -1);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, (int32_t)random_below(32768));
    sent(FIRST_CONTACT + (unsigned)index, down);
}

static void random_motion(void)
{
    int32_t value = (int32_t)random_below(200) - 100;

    send(&engine, EV_REL, REL_X, value);
    sent_x += value;
    if (random_below(4) == 0) {
        send(&engine, EV_REL, REL_WHEEL, value / 50);
        sent_wheel += value / 50;
    }
}

static void release_everything(void)
{
    sync_report(&engine);
    InputEngineReleaseAll(&engine);
    for (unsigned i = 0; i < PLACES; i++) {
        sent(i, false);
    }
}

int main(int argc, char **argv)
{
    INPUT_CAPABILITIES capabilities =
        plain(INPUT_HAS_KEYBOARD | INPUT_HAS_CONSUMER | INPUT_HAS_SYSTEM | INPUT_HAS_MOUSE | INPUT_HAS_TOUCH);
    uint16_t codes[INPUT_KEY_COUNT];
    unsigned count = 0;

    random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 0x9E3779B97F4A7C15u;
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        if (usable(InputKeymap[i].Code)) {
            codes[count++] = InputKeymap[i].Code;
        }
    }
    InputEngineInit(&engine, &capabilities, true);
    for (unsigned i = 0; i < EVENTS; i++) {
        uint32_t overruns = engine.Queue.Overruns;

        switch (random_below(8)) {
        case 0:
        case 1:
            random_key(codes, count);
            break;
        case 2:
            random_touch();
            break;
        case 3:
        case 4:
            random_motion();
            break;
        default:
            sync_report(&engine);
            break;
        }
        if (random_below(20000) == 0) {
            release_everything();
        }
        if (engine.Queue.Overruns != overruns) {
            lossy = true;
            overflows++;
        }
        /* Mostly a reader that keeps up, at times one that sleeps. */
        if (random_below(5000) == 0 || (random_below(40) == 0 && i % 100000 < 90000)) {
            sync_report(&engine);
            lossy = lossy || engine.Queue.Overruns != overruns;
            read_reports(UINT32_MAX);
            compare();
        }
    }
    printf("%d events, %llu transitions, %llu overflows, deepest queue %u, seed %s\n", EVENTS, transitions, overflows,
           engine.Queue.Deepest, argc > 1 ? argv[1] : "0x9E3779B97F4A7C15");
    return transitions < EVENTS / 10 || overflows == 0;
}
