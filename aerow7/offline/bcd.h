/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Boot configuration stores: boot\bcd and efi\microsoft\boot\bcd of install media, Boot\BCD of a disk, and the
 * BCD-Template that Setup makes new ones of. Only test signing is ever changed.
 */
#ifndef AEROW7_OFFLINE_BCD_H
#define AEROW7_OFFLINE_BCD_H

#include "base/file_io.h"

#include <stdbool.h>
#include <stddef.h>

#define BCD_SIZE_LIMIT ((size_t)16 << 20)

struct bcd_state {
    size_t loaders;      /* objects that start a Windows */
    size_t test_signing; /* how many of them have test signing on */
    size_t no_integrity; /* and how many have integrity checks off */
    bool settings;       /* what new loaders inherit ({bootloadersettings}) has test signing on */
    bool inheritable;    /* and it is there */
};

/* STATUS_BAD_INPUT, reported with `place`, for what is no boot configuration store. */
enum status bcd_read(const char *place, const struct bytes *content, struct bcd_state *state);

/*
 * Test signing on, in every OS loader object and in the boot loader settings that they inherit. `out` has size 0 and data
 * NULL when it was on already. STATUS_CHECK_FAILED, reported, when it has neither: nothing in it starts a Windows.
 */
enum status bcd_turn_on_test_signing(const char *place, const struct bytes *content, struct bytes *out);

#endif
