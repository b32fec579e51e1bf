/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A Windows that a scenario file describes: a record a line, fields separated by tabs. Numbers as C writes them.
 *
 *   system TEXT                               what the platform calls itself
 *   env NAME VALUE                            the environment
 *   pci INSTANCE IDS SERVICE VERSION PROVIDER PROBLEM      a device; IDS separated by ','
 *   hid PATH VENDOR PRODUCT PAGE USAGE IN OUT BUTTONS VALUES FEATURE
 *   feature PATH ID ERROR HEX                 what a feature report gives, in order, the last one for ever
 *   path PATH [BYTES]                         something that opens; with BYTES a disk or file of that size
 *   io PATH CODE SUB ERROR HEX                what a control answers. SUB: the control code within SCSI_MINIPORT, or 0.
 *                                             Records of one control answer in order, the last one for ever
 *   fail WHAT PATH AT ERROR                   WHAT open, read, write, flush: fails with ERROR, from call AT on
 *   short WHAT PATH AT                        read or write number AT does half of what it is asked
 *   corrupt PATH AT                           read number AT gives one wrong byte; later ones do not
 *   misplace PATH AT                          read number AT gives what is at the start instead
 *   event PATH KIND CODE VALUE X Y            input, one in each call
 *   leds PATH ERROR
 *   filter PATH                               an audio filter
 *   sound DIRECTION NAME                      0 renders, 1 captures
 *   format DIRECTION RATE CHANNELS            that the endpoints take
 *   run ERROR FINISHED PERCENT MS PEAK        how the streams run, in order, the last one for ever
 *   error WHAT ERROR                          pci, hid, events, filters cannot be listed
 *   memory N                                  the allocation number N fails
 */
#ifndef TESTS_SELFTEST_FAKE_PLATFORM_H
#define TESTS_SELFTEST_FAKE_PLATFORM_H

#include "platform.h"

/* Ends the program with status 99 when the file cannot be read or understood. */
const struct platform *fake_platform(const char *scenario);

/* Whether every handle was closed and all memory released; says what was not. */
bool fake_platform_balanced(void);

#endif
