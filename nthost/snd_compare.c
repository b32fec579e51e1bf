/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What came out against what went in. The first frame that went in is looked for; from there on every frame is held
 * against its counterpart. A frame out of place is a glitch, and so are frames that never came, and sound after the end.
 */
#include <stdlib.h>
#include <string.h>

#include "snd.h"
#include "trap.h"

enum { ANCHOR_FRAMES = 16 };

static bool silent(const uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

/* Where `wanted` begins in `found`; found_bytes when nowhere. Its first frames only: the rest may be wrong. */
static size_t align(const uint8_t *found, size_t found_bytes, const uint8_t *wanted, size_t wanted_bytes,
                    unsigned frame)
{
    size_t anchor = ANCHOR_FRAMES * (size_t)frame < wanted_bytes ? ANCHOR_FRAMES * (size_t)frame : wanted_bytes;
    for (size_t at = 0; at + anchor <= found_bytes; at += frame) {
        if (memcmp(found + at, wanted, anchor) == 0)
            return at;
    }
    return found_bytes;
}

void snd_compare(const uint8_t *found, size_t found_bytes, const uint8_t *wanted, size_t wanted_bytes, unsigned frame,
                 struct snd_comparison *result)
{
    size_t at = align(found, found_bytes, wanted, wanted_bytes, frame), there;
    *result = (struct snd_comparison){.compared = true, .found = at != found_bytes};
    result->frames = wanted_bytes / frame;
    if (!result->found) {
        result->missing = result->frames;
        return;
    }
    result->offset = at / frame;
    there = found_bytes - at < wanted_bytes ? found_bytes - at : wanted_bytes;
    result->missing = (wanted_bytes - there) / frame;
    for (size_t i = 0; i < there; i += frame)
        result->misplaced += memcmp(found + at + i, wanted + i, frame) != 0;
    for (size_t i = at + there; there == wanted_bytes && i + frame <= found_bytes; i += frame)
        result->behind += !silent(found + i, frame);
    for (size_t i = 0; i < at; i += frame)
        result->behind += !silent(found + i, frame);
}

static void judge(struct snd_bench *b, unsigned direction)
{
    const struct snd_comparison *r = &b->result[direction];
    if (b->options->inexact || (r->found && r->misplaced == 0 && r->missing == 0 && r->behind == 0))
        return;
    if (!r->found)
        snd_fail(b, "%s: the sound that went in did not come out", snd_direction_name(direction));
    else
        snd_fail(b,
                 "%s: of %llu frames %llu are out of place, %llu missing; %llu frames of sound before or behind them",
                 snd_direction_name(direction), (unsigned long long)r->frames, (unsigned long long)r->misplaced,
                 (unsigned long long)r->missing, (unsigned long long)r->behind);
}

static void compare_played(struct snd_bench *b, const uint8_t *played, size_t bytes, const struct snd_format *format)
{
    const struct snd_client *c = &b->client[SND_RENDER];
    if (b->options->played != NULL)
        snd_wav_write(b->options->played, format, played, bytes);
    if (c->content_bytes == 0)
        return;
    if (format->rate != c->format.rate || snd_frame_bytes(format) != c->frame_bytes) {
        snd_fail(b, "the file of the device is at %u Hz with frames of %u bytes, not at %u with %u",
                 (unsigned)format->rate, snd_frame_bytes(format), (unsigned)c->format.rate, c->frame_bytes);
        return;
    }
    snd_compare(played, bytes, c->content,
                (size_t)(c->content_at < c->content_bytes ? c->content_at : c->content_bytes), c->frame_bytes,
                &b->result[SND_RENDER]);
    judge(b, SND_RENDER);
}

/* What a program recorded is a part of the source: the device began somewhere, and ended somewhere. */
static void compare_heard(struct snd_bench *b, const uint8_t *source, size_t source_bytes)
{
    const struct snd_client *c = &b->client[SND_CAPTURE];
    struct snd_comparison *r = &b->result[SND_CAPTURE];
    size_t skip = 0, bytes = c->heard_bytes;
    if (b->options->heard != NULL && c->frame_bytes != 0)
        snd_wav_write(b->options->heard, &c->format, c->heard, c->heard_bytes);
    if (bytes == 0 || source == NULL)
        return;
    while (skip < bytes && silent(c->heard + skip, c->frame_bytes))
        skip += c->frame_bytes;
    snd_compare(source, source_bytes, c->heard + skip, bytes - skip, c->frame_bytes, r);
    if (r->missing != 0 && r->found &&
        silent(c->heard + bytes - (size_t)r->missing * c->frame_bytes, (size_t)r->missing * c->frame_bytes))
        r->missing = 0; /* recorded beyond the source's end */
    r->behind = 0;
    if (skip == bytes)
        *r = (struct snd_comparison){.compared = true, .missing = bytes / c->frame_bytes};
    judge(b, SND_CAPTURE);
}

static void compare_model(struct snd_bench *b)
{
    const struct snd_client *c = &b->client[SND_RENDER];
    size_t bytes;
    const uint8_t *played = model_snd_recorded(b->bus, 0, &bytes);
    if (c->frame_bytes != 0 && bytes >= c->played_before)
        compare_played(b, played + c->played_before, bytes - c->played_before, &c->format);
}

void snd_compare_now(struct snd_client *c)
{
    struct snd_bench *b = c->bench;
    if (!b->options->use_model)
        return;
    if (c->direction == SND_RENDER)
        compare_model(b);
    else
        compare_heard(b, b->source.samples, b->source.bytes);
    b->requests++;
    free(c->content);
    c->content = NULL;
    c->content_bytes = c->heard_bytes = 0;
    c->content_at = 0;
    model_snd_recorded(b->bus, 0, &c->played_before);
}

void snd_compare_all(struct snd_bench *b)
{
    if (b->options->quiet && (b->options->fail_nth != 0 || b->options->surprise_at != 0))
        return;
    if (b->options->use_model)
        compare_model(b);
    if (b->client[SND_CAPTURE].frame_bytes != 0)
        compare_heard(b, b->source.samples, b->source.bytes);
}

void snd_compare_closed(struct snd_bench *b)
{
    struct snd_wav wav;
    if (b->options->qemu_wav == NULL || b->options->use_model || b->client[SND_RENDER].content_bytes == 0 ||
        b->options->fail_nth != 0 || b->options->surprise_at != 0)
        return;
    snd_wav_read(b->options->qemu_wav, &wav);
    compare_played(b, wav.samples, wav.bytes, &wav.format);
    free(wav.samples);
}
