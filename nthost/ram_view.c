/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "ram_view.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "guest_ram.h"
#include "verifier.h"

#if defined(__x86_64__)

static uint8_t *whole;

void ram_view_init(int fd, uint64_t bytes)
{
    whole = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (whole == MAP_FAILED)
        environment_failed("guest RAM of %llu bytes cannot be mapped", (unsigned long long)bytes);
}

uint8_t *frame_view(uint32_t frame)
{
    return whole + (uint64_t)frame * PAGE_BYTES;
}

uint8_t *frames_map(uint32_t frame, uint32_t pages)
{
    (void)pages;
    return frame_view(frame);
}

#else

enum { PIECE_FRAMES = 256, PIECES = 256, PIECE_BYTES = PIECE_FRAMES * PAGE_BYTES };

static int ram;
static uint64_t ram_bytes;
static struct {
    uint8_t *at;
    uint32_t piece;
} pieces[PIECES];

struct kept {
    uint32_t frame, pages;
    uint8_t *at;
    struct kept *next;
};
static struct kept *kept[256];

void ram_view_init(int fd, uint64_t bytes)
{
    ram = fd;
    ram_bytes = bytes;
}

static uint8_t *map(uint8_t *at, uint64_t offset, size_t bytes)
{
    int fixed = at != NULL ? MAP_FIXED : 0;
    uint8_t *view = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, ram, (off_t)offset);
    if (view == MAP_FAILED)
        environment_failed("no address space for a view of %zu bytes of guest RAM", bytes);
    return view;
}

uint8_t *frame_view(uint32_t frame)
{
    uint32_t piece = frame / PIECE_FRAMES;
    unsigned slot = piece % PIECES;
    if (pieces[slot].at == NULL || pieces[slot].piece != piece) {
        pieces[slot].at = map(pieces[slot].at, (uint64_t)piece * PIECE_BYTES, PIECE_BYTES);
        pieces[slot].piece = piece;
    }
    return pieces[slot].at + (frame % PIECE_FRAMES) * PAGE_BYTES;
}

uint8_t *frames_map(uint32_t frame, uint32_t pages)
{
    struct kept **bucket = &kept[frame % 256];
    for (const struct kept *k = *bucket; k != NULL; k = k->next) {
        if (k->frame == frame && k->pages >= pages)
            return k->at;
    }
    struct kept *k = malloc(sizeof(*k));
    if (k == NULL)
        environment_failed("no memory for a view of guest RAM");
    *k = (struct kept){frame, pages, map(NULL, (uint64_t)frame * PAGE_BYTES, (size_t)pages * PAGE_BYTES), *bucket};
    *bucket = k;
    return k->at;
}

#endif
