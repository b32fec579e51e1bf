/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * RIFF WAVE files: PCM and IEEE float, WAVEFORMATEX and WAVEFORMATEXTENSIBLE.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snd.h"

enum { CHUNK_HEADER = 8, RIFF_HEADER = 12, FORMAT_BYTES = 16, EXTENSIBLE_BYTES = 40, TAG_AT_SUBFORMAT = 24 };

bool snd_format_parse(const char *text, struct snd_format *format)
{
    char rest[16] = "";
    unsigned rate, channels, bits, container;
    *format = (struct snd_format){0};
    if (sscanf(text, "%u:%u:%u%15s", &rate, &channels, &bits, rest) < 3 || rate == 0 || channels == 0 ||
        channels > 64 || bits == 0 || bits > 64)
        return false;
    *format = (struct snd_format){.rate = rate, .channels = channels, .bits = bits, .valid = bits};
    if (strcmp(rest, "f") == 0) {
        format->floating = true;
    } else if (rest[0] == '/' && sscanf(rest + 1, "%u", &container) == 1 && container >= bits && container <= 64) {
        format->bits = container;
    } else if (rest[0] != '\0') {
        return false;
    }
    return format->bits % 8 == 0;
}

unsigned snd_frame_bytes(const struct snd_format *format)
{
    return format->channels * format->bits / 8;
}

static uint32_t word(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

static uint8_t *read_all(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    if (in != NULL && fseek(in, 0, SEEK_END) == 0)
        size = ftell(in);
    if (size >= 0 && fseek(in, 0, SEEK_SET) == 0)
        data = malloc((size_t)size + 1);
    if (data == NULL || fread(data, 1, (size_t)size, in) != (size_t)size)
        environment_failed("cannot read %s: %s", path, strerror(errno));
    fclose(in);
    *bytes = (size_t)size;
    return data;
}

static bool take_format(const uint8_t *at, uint32_t bytes, struct snd_format *f)
{
    uint32_t tag;
    if (bytes < FORMAT_BYTES)
        return false;
    tag = word(at, 2);
    *f = (struct snd_format){.rate = word(at + 4, 4), .channels = word(at + 2, 2), .bits = word(at + 14, 2)};
    f->valid = f->bits;
    if (tag == WAVE_FORMAT_EXTENSIBLE && bytes >= EXTENSIBLE_BYTES) {
        f->valid = word(at + 18, 2);
        tag = word(at + TAG_AT_SUBFORMAT, 2);
    }
    f->floating = tag == WAVE_FORMAT_IEEE_FLOAT;
    return (tag == WAVE_FORMAT_PCM || f->floating) && f->channels != 0 && f->bits != 0 && f->bits % 8 == 0;
}

void snd_wav_read(const char *path, struct snd_wav *wav)
{
    size_t bytes, at = RIFF_HEADER;
    uint8_t *data = read_all(path, &bytes);
    bool formatted = false;
    *wav = (struct snd_wav){0};
    if (bytes < RIFF_HEADER || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        environment_failed("%s is no WAVE file", path);
    while (bytes - at >= CHUNK_HEADER) {
        uint32_t length = word(data + at + 4, 4);
        size_t left = bytes - at - CHUNK_HEADER;
        bool samples = memcmp(data + at, "data", 4) == 0;
        if (length > left || (samples && length == 0))
            length = (uint32_t)left;
        if (memcmp(data + at, "fmt ", 4) == 0) {
            formatted = take_format(data + at + CHUNK_HEADER, length, &wav->format);
        } else if (samples && formatted) {
            wav->bytes = length - length % snd_frame_bytes(&wav->format);
            memmove(data, data + at + CHUNK_HEADER, wav->bytes);
            wav->samples = data;
            return;
        }
        at += CHUNK_HEADER + length + length % 2;
        if (at > bytes)
            break;
    }
    environment_failed("%s has no %s", path, formatted ? "samples" : "format that is known here");
}

static void put(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void snd_wav_write(const char *path, const struct snd_format *f, const void *samples, size_t bytes)
{
    uint8_t header[44] = "RIFF....WAVEfmt ";
    FILE *out = fopen(path, "wb");
    unsigned frame = snd_frame_bytes(f);
    put(header + 4, (uint32_t)(bytes + sizeof(header) - 8), 4);
    put(header + 16, FORMAT_BYTES, 4);
    put(header + 20, f->floating ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM, 2);
    put(header + 22, f->channels, 2);
    put(header + 24, f->rate, 4);
    put(header + 28, f->rate * frame, 4);
    put(header + 32, frame, 2);
    put(header + 34, f->bits, 2);
    memcpy(header + 36, "data", 4);
    put(header + 40, (uint32_t)bytes, 4);
    if (out == NULL || fwrite(header, 1, sizeof(header), out) != sizeof(header) ||
        fwrite(samples, 1, bytes, out) != bytes || fclose(out) != 0)
        environment_failed("cannot write %s: %s", path, strerror(errno));
}
