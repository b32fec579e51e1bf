/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "keyboard.h"

static bool TestBit(const uint8_t *bits, uint16_t index)
{
    return (bits[index / 8] & (1u << (index % 8))) != 0;
}

static void SetBit(uint8_t *bits, uint16_t index, bool value)
{
    if (value) {
        bits[index / 8] |= (uint8_t)(1u << (index % 8));
    } else {
        bits[index / 8] &= (uint8_t)~(1u << (index % 8));
    }
}

static void MarkDirty(INPUT_KEYBOARD *keyboard, uint8_t id)
{
    keyboard->Dirty |= (1u << id) & keyboard->Reports;
}

static bool HasMoreKeys(const INPUT_KEYBOARD *keyboard)
{
    return (keyboard->Reports & (1u << INPUT_REPORT_MORE_KEYS)) != 0;
}

void InputKeyboardInit(INPUT_KEYBOARD *keyboard, uint32_t collections, bool moreKeys)
{
    *keyboard = (INPUT_KEYBOARD){0};
    if ((collections & INPUT_HAS_KEYBOARD) != 0) {
        keyboard->Reports |= 1u << INPUT_REPORT_KEYBOARD;
        keyboard->Reports |= moreKeys ? 1u << INPUT_REPORT_MORE_KEYS : 0;
    }
    if ((collections & INPUT_HAS_CONSUMER) != 0) {
        keyboard->Reports |= 1u << INPUT_REPORT_CONSUMER_KEYS | 1u << INPUT_REPORT_CONSUMER_LIST;
    }
    if ((collections & INPUT_HAS_SYSTEM) != 0) {
        keyboard->Reports |= 1u << INPUT_REPORT_SYSTEM;
    }
}

bool InputKeyboardChangedTwice(const INPUT_KEYBOARD *keyboard, uint16_t code, bool down)
{
    return TestBit(keyboard->Changed, code) && TestBit(keyboard->Down, code) != down;
}

static bool RemoveFromFirstSix(INPUT_KEYBOARD *keyboard, uint8_t usage)
{
    uint8_t i = 0;

    while (i < INPUT_KEYS_AT_ONCE && keyboard->FirstSix[i] != usage) {
        i++;
    }
    if (i == INPUT_KEYS_AT_ONCE) {
        return false;
    }
    for (; i + 1 < INPUT_KEYS_AT_ONCE; i++) {
        keyboard->FirstSix[i] = keyboard->FirstSix[i + 1];
    }
    keyboard->FirstSix[INPUT_KEYS_AT_ONCE - 1] = 0;
    return true;
}

static bool AddToFirstSix(INPUT_KEYBOARD *keyboard, uint8_t usage)
{
    for (uint8_t i = 0; i < INPUT_KEYS_AT_ONCE; i++) {
        if (keyboard->FirstSix[i] == 0) {
            keyboard->FirstSix[i] = usage;
            return true;
        }
    }
    return false;
}

static bool InFirstSix(const INPUT_KEYBOARD *keyboard, uint8_t usage)
{
    for (uint8_t i = 0; i < INPUT_KEYS_AT_ONCE; i++) {
        if (keyboard->FirstSix[i] == usage) {
            return true;
        }
    }
    return false;
}

/* Without the second collection: who was left out while there were more than six comes in when there is room. */
static void RefillFirstSix(INPUT_KEYBOARD *keyboard)
{
    for (uint8_t usage = 1; usage <= INPUT_USAGE_KEY_MAXIMUM; usage++) {
        if (TestBit(keyboard->Usages, usage) && !InFirstSix(keyboard, usage) && !AddToFirstSix(keyboard, usage)) {
            return;
        }
    }
}

static void PressUsage(INPUT_KEYBOARD *keyboard, uint8_t usage)
{
    keyboard->UsageCount++;
    if (AddToFirstSix(keyboard, usage) || !HasMoreKeys(keyboard)) {
        MarkDirty(keyboard, INPUT_REPORT_KEYBOARD);
        return;
    }
    SetBit(keyboard->Beyond, usage, true);
    MarkDirty(keyboard, INPUT_REPORT_MORE_KEYS);
}

static void ReleaseUsage(INPUT_KEYBOARD *keyboard, uint8_t usage)
{
    keyboard->UsageCount--;
    if (TestBit(keyboard->Beyond, usage)) {
        SetBit(keyboard->Beyond, usage, false);
        MarkDirty(keyboard, INPUT_REPORT_MORE_KEYS);
        return;
    }
    RemoveFromFirstSix(keyboard, usage);
    if (!HasMoreKeys(keyboard)) {
        RefillFirstSix(keyboard);
    }
    MarkDirty(keyboard, INPUT_REPORT_KEYBOARD);
}

static void KeyboardUsage(INPUT_KEYBOARD *keyboard, uint8_t usage, bool down)
{
    if (usage >= INPUT_USAGE_FIRST_MODIFIER) {
        uint8_t bit = (uint8_t)(1u << (usage - INPUT_USAGE_FIRST_MODIFIER));

        keyboard->Modifiers = (uint8_t)(down ? keyboard->Modifiers | bit : keyboard->Modifiers & ~bit);
        MarkDirty(keyboard, INPUT_REPORT_KEYBOARD);
        return;
    }
    SetBit(keyboard->Usages, usage, down);
    if (down) {
        PressUsage(keyboard, usage);
    } else {
        ReleaseUsage(keyboard, usage);
    }
}

static void ConsumerUsage(INPUT_KEYBOARD *keyboard, uint16_t usage, bool down)
{
    static const uint16_t bits[] = {0xE2, 0xEA, 0xE9, 0xCD, 0xB5, 0xB6, 0xB7};
    uint16_t from = down ? 0 : usage;
    uint16_t to = down ? usage : 0;

    for (uint8_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if (bits[i] == usage) {
            keyboard->ConsumerKeys =
                (uint8_t)(down ? keyboard->ConsumerKeys | (1u << i) : keyboard->ConsumerKeys & ~(1u << i));
            MarkDirty(keyboard, INPUT_REPORT_CONSUMER_KEYS);
            return;
        }
    }
    /* A fifth key at a time finds no place and is not seen, its release neither. */
    for (uint8_t i = 0; i < INPUT_CONSUMER_AT_ONCE; i++) {
        if (keyboard->ConsumerList[i] == from) {
            keyboard->ConsumerList[i] = to;
            MarkDirty(keyboard, INPUT_REPORT_CONSUMER_LIST);
            return;
        }
    }
}

static void SystemUsage(INPUT_KEYBOARD *keyboard, uint16_t usage, bool down)
{
    uint8_t bit = (uint8_t)(1u << (usage - 0x81));

    keyboard->System = (uint8_t)(down ? keyboard->System | bit : keyboard->System & ~bit);
    MarkDirty(keyboard, INPUT_REPORT_SYSTEM);
}

/* Another key that means the same is still down. */
static bool HeldByAnother(const INPUT_KEYBOARD *keyboard, const INPUT_USAGE *usage)
{
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        const INPUT_USAGE *other = &InputKeymap[i];

        if (other->Usage == usage->Usage && other->Page == usage->Page && other->Code != usage->Code &&
            TestBit(keyboard->Down, other->Code)) {
            return true;
        }
    }
    return false;
}

void InputKeyboardKey(INPUT_KEYBOARD *keyboard, const INPUT_USAGE *usage, bool down)
{
    if (TestBit(keyboard->Down, usage->Code) == down) {
        return;
    }
    SetBit(keyboard->Down, usage->Code, down);
    SetBit(keyboard->Changed, usage->Code, true);
    if (HeldByAnother(keyboard, usage)) {
        return;
    }
    switch (usage->Page) {
    case InputPageKeyboard:
        KeyboardUsage(keyboard, (uint8_t)usage->Usage, down);
        break;
    case InputPageConsumer:
        ConsumerUsage(keyboard, usage->Usage, down);
        break;
    default:
        SystemUsage(keyboard, usage->Usage, down);
        break;
    }
}

void InputKeyboardRelease(INPUT_KEYBOARD *keyboard)
{
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        InputKeyboardKey(keyboard, &InputKeymap[i], false);
    }
}

static uint8_t ComposeKeyboard(const INPUT_KEYBOARD *keyboard, INPUT_KEYBOARD_REPORT *report)
{
    bool rollOver = !HasMoreKeys(keyboard) && keyboard->UsageCount > INPUT_KEYS_AT_ONCE;

    report->Modifiers = keyboard->Modifiers;
    report->Reserved = 0;
    for (uint8_t i = 0; i < INPUT_KEYS_AT_ONCE; i++) {
        report->Keys[i] = rollOver ? INPUT_USAGE_ERROR_ROLLOVER : keyboard->FirstSix[i];
    }
    return sizeof(*report);
}

static uint8_t ComposeMoreKeys(const INPUT_KEYBOARD *keyboard, INPUT_MORE_KEYS_REPORT *report)
{
    for (uint8_t i = 0; i < sizeof(report->Keys); i++) {
        report->Keys[i] = keyboard->Beyond[i];
    }
    return sizeof(*report);
}

static uint8_t ComposeConsumerList(const INPUT_KEYBOARD *keyboard, INPUT_CONSUMER_LIST_REPORT *report)
{
    for (uint8_t i = 0; i < INPUT_CONSUMER_AT_ONCE; i++) {
        report->Usages[i] = keyboard->ConsumerList[i];
    }
    return sizeof(*report);
}

uint8_t InputKeyboardCompose(const INPUT_KEYBOARD *keyboard, uint8_t id, void *report)
{
    if (id > 31 || (keyboard->Reports & (1u << id)) == 0) {
        return 0;
    }
    *(uint8_t *)report = id;
    switch (id) {
    case INPUT_REPORT_KEYBOARD:
        return ComposeKeyboard(keyboard, (INPUT_KEYBOARD_REPORT *)report);
    case INPUT_REPORT_MORE_KEYS:
        return ComposeMoreKeys(keyboard, (INPUT_MORE_KEYS_REPORT *)report);
    case INPUT_REPORT_CONSUMER_KEYS:
        ((INPUT_CONSUMER_KEYS_REPORT *)report)->Keys = keyboard->ConsumerKeys;
        return sizeof(INPUT_CONSUMER_KEYS_REPORT);
    case INPUT_REPORT_CONSUMER_LIST:
        return ComposeConsumerList(keyboard, (INPUT_CONSUMER_LIST_REPORT *)report);
    default:
        ((INPUT_SYSTEM_REPORT *)report)->Keys = keyboard->System;
        return sizeof(INPUT_SYSTEM_REPORT);
    }
}

uint8_t InputKeyboardReport(INPUT_KEYBOARD *keyboard, void *report)
{
    for (uint8_t id = 0; keyboard->Dirty >> id != 0; id++) {
        if ((keyboard->Dirty & (1u << id)) != 0) {
            keyboard->Dirty &= ~(1u << id);
            return InputKeyboardCompose(keyboard, id, report);
        }
    }
    for (uint8_t i = 0; i < sizeof(keyboard->Changed); i++) {
        keyboard->Changed[i] = 0;
    }
    return 0;
}

void InputKeyboardResend(INPUT_KEYBOARD *keyboard)
{
    keyboard->Dirty = keyboard->Reports;
}
