/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The HID report descriptor of a device with given collections ("Device Class Definition for HID 1.11", 6.2.2).
 * Portable.
 */
#ifndef AERO_INPUT_REPORT_DESCRIPTOR_H
#define AERO_INPUT_REPORT_DESCRIPTOR_H

#include "capabilities.h"
#include "report.h"

/* Enough for every collection at once; the builder asserts nothing and cuts nothing: a test builds all of them. */
#define INPUT_DESCRIPTOR_BYTES_MAX 1024

/* `moreKeys`: keys beyond six get their own collection. Returns the length. */
uint16_t InputBuildReportDescriptor(const INPUT_CAPABILITIES *capabilities, bool moreKeys,
                                    uint8_t descriptor[INPUT_DESCRIPTOR_BYTES_MAX]);

/* Bytes of the longest input report described, its identifier included: HIDCLASS reads into buffers of that size. */
uint8_t InputLongestReport(const INPUT_CAPABILITIES *capabilities, bool moreKeys);

/* Resolution Multiplier is described only for a device with high-resolution wheel events. */
static inline bool InputHasFineWheel(const INPUT_CAPABILITIES *capabilities)
{
    return InputHasRelative(capabilities, INPUT_REL_WHEEL_HI_RES) ||
           InputHasRelative(capabilities, INPUT_REL_HWHEEL_HI_RES);
}

#endif
