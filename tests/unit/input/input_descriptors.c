/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Prints the report descriptors that the driver builds, for descriptors_test.py. Each line: collections (INPUT_HAS_*),
 * "leds", "fine" and "more" as 0 or 1, bytes of the longest input report, the descriptor in hexadecimal. Then the sizes
 * of the reports as the driver fills them in: "size", type, identifier, bytes; and the key map: "key", Linux code, usage
 * page, usage.
 */
#include <stdio.h>

#include "keymap.h"
#include "report_descriptor.h"

#define ALL_COLLECTIONS 0x3Fu

static void print_descriptor(uint32_t collections, bool leds, bool fine, bool more)
{
    INPUT_CAPABILITIES capabilities = {.Collections = collections, .Leds = leds ? 0x1F : 0, .TouchSlots = 10};
    uint8_t descriptor[INPUT_DESCRIPTOR_BYTES_MAX];
    uint16_t length;

    capabilities.Relative = fine ? 1u << INPUT_REL_WHEEL_HI_RES : 0;
    length = InputBuildReportDescriptor(&capabilities, more, descriptor);
    printf("%u %d %d %d %u ", collections, leds, fine, more, InputLongestReport(&capabilities, more));
    for (uint16_t i = 0; i < length; i++) {
        printf("%02x", descriptor[i]);
    }
    putchar('\n');
}

int main(void)
{
    for (uint32_t collections = 0; collections <= ALL_COLLECTIONS; collections++) {
        for (unsigned flags = 0; flags < 8; flags++) {
            print_descriptor(collections, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
        }
    }
    printf("size input %d %zu\n", INPUT_REPORT_KEYBOARD, sizeof(INPUT_KEYBOARD_REPORT));
    printf("size output %d %zu\n", INPUT_REPORT_KEYBOARD, sizeof(INPUT_LED_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_MOUSE, sizeof(INPUT_POINTER_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_CONSUMER_KEYS, sizeof(INPUT_CONSUMER_KEYS_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_TABLET, sizeof(INPUT_POINTER_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_MORE_KEYS, sizeof(INPUT_MORE_KEYS_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_CONSUMER_LIST, sizeof(INPUT_CONSUMER_LIST_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_SYSTEM, sizeof(INPUT_SYSTEM_REPORT));
    printf("size input %d %zu\n", INPUT_REPORT_TOUCH, sizeof(INPUT_TOUCH_REPORT));
    printf("size feature %d %zu\n", INPUT_REPORT_TOUCH_MAXIMUM, sizeof(INPUT_TOUCH_MAXIMUM_FEATURE));
    printf("size feature %d %zu\n", INPUT_REPORT_MOUSE_WHEEL, sizeof(INPUT_WHEEL_FEATURE));
    printf("size feature %d %zu\n", INPUT_REPORT_TABLET_WHEEL, sizeof(INPUT_WHEEL_FEATURE));
    printf("size feature %d %d\n", INPUT_REPORT_COUNTERS, 1 + INPUT_COUNTERS_BYTES);
    printf("size feature %d %d\n", INPUT_REPORT_STATE, 1 + INPUT_STATE_BYTES);
    printf("size feature %d %d\n", INPUT_REPORT_INTERRUPTS, 1 + INPUT_INTERRUPTS_BYTES);
    printf("size feature %d %d\n", INPUT_REPORT_RESET_COUNTERS, 2);
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        static const unsigned pages[] = {
            [InputPageKeyboard] = 0x07, [InputPageConsumer] = 0x0C, [InputPageSystem] = 0x01};

        printf("key %u %u %u\n", InputKeymap[i].Code, pages[InputKeymap[i].Page], InputKeymap[i].Usage);
    }
    return 0;
}
