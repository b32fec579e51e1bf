/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Parts of outputs that a killed run left behind. While something is written it is called TARGET.part-XXXXXX and is locked
 * (flock), so what has that name and no lock belongs to nobody any more.
 */
#ifndef AEROW7_STALE_PART_H
#define AEROW7_STALE_PART_H

/* "TARGET" + PART_SUFFIX is a template for mkostemp and mkdtemp. */
#define PART_SUFFIX ".part-XXXXXX"

/* Removes what earlier runs left beside `target`. What cannot be removed stays: it is in nobody's way. */
void stale_parts_remove(const char *target);

/* Marks a part as being written, until the descriptor is closed. */
void part_lock(int descriptor);

/* A folder with everything below it; links are removed, not followed. */
void folder_remove(const char *folder);

#endif
