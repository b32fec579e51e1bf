/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "ram_frames.h"

#include <stdlib.h>
#include <string.h>

#include "guest_ram.h"
#include "ram_view.h"
#include "verifier.h"

enum { FIRST_FRAME = 256 /* 1 MiB */, QUARANTINE_FRAMES = 4096, TRIES = 64, TAG_BYTES = 24 };
#define RESTING_BYTE 0xdb

static struct {
    uint32_t low, count;
    uint8_t *used; /* one byte a frame */
    uint64_t random_state;
    struct {
        uint32_t frame;
        char tag[TAG_BYTES];
    } resting[QUARANTINE_FRAMES];
    uint32_t rest_first, rest_count;
} frames;

uint64_t frames_random(void)
{
    uint64_t z = frames.random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

void frames_init(uint64_t low_bytes, uint64_t high_bytes, uint64_t seed)
{
    frames.low = (uint32_t)(low_bytes / PAGE_BYTES);
    frames.count = frames.low + (uint32_t)(high_bytes / PAGE_BYTES);
    frames.random_state = seed ^ 0x52414d; /* not the scheduler's sequence */
    frames.used = calloc(frames.count, 1);
    if (frames.used == NULL)
        environment_failed("no memory for %u page frames", frames.count);
    memset(frames.used, 1, frames.low < FIRST_FRAME ? frames.low : FIRST_FRAME);
}

uint32_t frames_count(void)
{
    return frames.count;
}

uint32_t frames_low_count(void)
{
    return frames.low;
}

uint64_t frame_physical(uint32_t frame)
{
    if (frame < frames.low)
        return (uint64_t)frame * PAGE_BYTES;
    return HIGH_RAM_BASE + (uint64_t)(frame - frames.low) * PAGE_BYTES;
}

uint32_t frame_of_physical(uint64_t physical)
{
    if (physical / PAGE_BYTES < frames.low)
        return (uint32_t)(physical / PAGE_BYTES);
    if (physical < HIGH_RAM_BASE || (physical - HIGH_RAM_BASE) / PAGE_BYTES >= frames.count - frames.low)
        return NO_FRAME;
    return frames.low + (uint32_t)((physical - HIGH_RAM_BASE) / PAGE_BYTES);
}

static bool free_run(uint32_t first, uint32_t pages, uint32_t end)
{
    return pages <= end - first && memchr(frames.used + first, 1, pages) == NULL;
}

uint32_t frames_take(uint32_t pages, bool low)
{
    uint32_t begin = low ? 0 : frames.low, end = low ? frames.low : frames.count;
    if (pages == 0 || pages > end - begin)
        return NO_FRAME;
    uint32_t found = NO_FRAME;
    for (unsigned i = 0; i < TRIES && found == NO_FRAME; i++) {
        uint32_t at = begin + (uint32_t)(frames_random() % (end - begin));
        if (free_run(at, pages, end))
            found = at;
    }
    for (uint32_t at = begin; at < end && found == NO_FRAME; at++) {
        if (free_run(at, pages, end))
            found = at;
    }
    if (found != NO_FRAME)
        memset(frames.used + found, 1, pages);
    return found;
}

static void check_rested(uint32_t frame, const char *tag)
{
    const uint8_t *page = frame_view(frame);
    for (unsigned i = 0; i < PAGE_BYTES; i++) {
        if (page[i] != RESTING_BYTE)
            rule_broken("dma-after-free",
                        "physical %#llx, which belonged to '%s' until it was freed, was written to afterwards",
                        (unsigned long long)(frame_physical(frame) + i), tag);
    }
}

void frame_release(uint32_t frame, const char *tag)
{
    memset(frame_view(frame), RESTING_BYTE, PAGE_BYTES);
    if (frames.rest_count == QUARANTINE_FRAMES) {
        uint32_t rested = frames.resting[frames.rest_first].frame;
        check_rested(rested, frames.resting[frames.rest_first].tag);
        frames.used[rested] = 0;
        frames.rest_first = (frames.rest_first + 1) % QUARANTINE_FRAMES;
        frames.rest_count--;
    }
    uint32_t slot = (frames.rest_first + frames.rest_count++) % QUARANTINE_FRAMES;
    frames.resting[slot].frame = frame;
    strncpy(frames.resting[slot].tag, tag, TAG_BYTES - 1);
}

void frames_check_resting(void)
{
    for (uint32_t i = 0; i < frames.rest_count; i++) {
        uint32_t slot = (frames.rest_first + i) % QUARANTINE_FRAMES;
        check_rested(frames.resting[slot].frame, frames.resting[slot].tag);
    }
}
