/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any configuration: whatever each selector answers, with whatever size, the device becomes something whose descriptor
 * fits its buffer, whose axes can be scaled, and which reads the same a second time.
 * Input: the kind that the subsystem hints at, then for each question the size and the bytes of the answer.
 */
#include "fuzz.h"

#include "report.h"
#include "report_descriptor.h"

static uint8_t answer(void *context, uint8_t select, uint8_t subsel, uint8_t payload[INPUT_TEXT_LENGTH])
{
    struct fuzz_input *input = context;
    uint8_t size = fuzz_byte(input);

    (void)select;
    (void)subsel;
    /* The size may lie; what is written is what there is room for. */
    for (uint8_t i = 0; i < size && i < INPUT_TEXT_LENGTH; i++) {
        payload[i] = fuzz_byte(input);
    }
    return size;
}

static void check_axis(INPUT_RANGE range)
{
    static const int32_t values[] = {INT32_MIN, -32768, -1, 0, 1, 32767, 32768, INT32_MAX};
    const uint16_t first = InputScale(range.Minimum, range);
    const uint16_t last = InputScale(range.Maximum, range);

    FUZZ_CHECK(first == 0 && last == (range.Minimum == range.Maximum ? 0 : INPUT_AXIS_MAXIMUM));
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        FUZZ_CHECK(InputScale(values[i], range) <= INPUT_AXIS_MAXIMUM);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    INPUT_KIND hint = (INPUT_KIND)(fuzz_byte(&input) % (InputKindMultitouch + 1));
    struct fuzz_input again = input;
    INPUT_CAPABILITIES capabilities;
    INPUT_CAPABILITIES second;
    /* Allocated exactly, so that the sanitizer sees a step beyond. */
    uint8_t *descriptor = malloc(INPUT_DESCRIPTOR_BYTES_MAX);

    FUZZ_CHECK(descriptor != NULL);
    InputReadCapabilities(answer, &input, hint, &capabilities);
    FUZZ_CHECK(capabilities.Collections != 0 && capabilities.Kind != InputKindUnknown);
    FUZZ_CHECK(capabilities.NameLength <= INPUT_TEXT_LENGTH && capabilities.SerialLength <= INPUT_TEXT_LENGTH);
    FUZZ_CHECK(capabilities.Leds <= 0x1F && capabilities.TouchSlots <= INPUT_TOUCH_SLOTS);
    FUZZ_CHECK((capabilities.Collections & INPUT_HAS_TOUCH) == 0 || capabilities.TouchSlots != 0);
    if ((capabilities.Collections & (INPUT_HAS_TABLET | INPUT_HAS_TOUCH)) != 0) {
        check_axis(capabilities.X);
        check_axis(capabilities.Y);
    }
    for (int more = 0; more < 2; more++) {
        uint16_t length = InputBuildReportDescriptor(&capabilities, more != 0, descriptor);

        FUZZ_CHECK(length != 0 && length <= INPUT_DESCRIPTOR_BYTES_MAX);
        FUZZ_CHECK(InputLongestReport(&capabilities, more != 0) <= INPUT_REPORT_BYTES_MAX);
    }
    InputReadCapabilities(answer, &again, hint, &second);
    FUZZ_CHECK(InputSameCapabilities(&capabilities, &second));
    free(descriptor);
    return 0;
}
