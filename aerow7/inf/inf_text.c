/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_text.h"

#include <stdlib.h>
#include <string.h>

/* Bytes 0x80 to 0x9F of windows-1252; the five that it leaves out are the control characters of the same number. */
static const unsigned short windows_1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

struct decoder {
    const char *place;
    const unsigned char *bytes;
    size_t size;
    struct text *text;
    unsigned line;
};

static enum status bad_text(const struct decoder *decoder, const char *what)
{
    char *place = xformat("%s:%u", decoder->place, decoder->line);

    diag_error(place, "%s", what);
    free(place);
    return STATUS_BAD_INPUT;
}

static enum status add_character(struct decoder *decoder, unsigned long code)
{
    char utf8[4];
    size_t length;

    if ((code < 0x20 && (code < '\t' || code > '\r') && code != 0x1A) || code == 0x7F) {
        return bad_text(decoder, "holds a control character, so this is no INF file");
    }
    if (code < 0x80) {
        utf8[0] = (char)code;
        length = 1;
    } else if (code < 0x800) {
        utf8[0] = (char)(0xC0 | code >> 6);
        utf8[1] = (char)(0x80 | (code & 0x3F));
        length = 2;
    } else if (code < 0x10000) {
        utf8[0] = (char)(0xE0 | code >> 12);
        utf8[1] = (char)(0x80 | (code >> 6 & 0x3F));
        utf8[2] = (char)(0x80 | (code & 0x3F));
        length = 3;
    } else {
        utf8[0] = (char)(0xF0 | code >> 18);
        utf8[1] = (char)(0x80 | (code >> 12 & 0x3F));
        utf8[2] = (char)(0x80 | (code >> 6 & 0x3F));
        utf8[3] = (char)(0x80 | (code & 0x3F));
        length = 4;
    }
    text_add(decoder->text, utf8, length);
    decoder->line += code == '\n' ? 1 : 0;
    return STATUS_DONE;
}

static enum status decode_utf16(struct decoder *decoder)
{
    enum status status = STATUS_DONE;

    if (decoder->size % 2 != 0) {
        return bad_text(decoder, "is UTF-16 with half a character at its end");
    }
    for (size_t i = 0; i < decoder->size && status == STATUS_DONE; i += 2) {
        unsigned long unit = decoder->bytes[i] | (unsigned long)decoder->bytes[i + 1] << 8;
        unsigned long second = 0;

        if (unit >= 0xD800 && unit < 0xE000) {
            if (i + 3 < decoder->size) {
                second = decoder->bytes[i + 2] | (unsigned long)decoder->bytes[i + 3] << 8;
            }
            if (unit >= 0xDC00 || second < 0xDC00 || second >= 0xE000) {
                return bad_text(decoder, "holds half a surrogate pair");
            }
            unit = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
            i += 2;
        }
        status = add_character(decoder, unit);
    }
    return status;
}

/* The length of the UTF-8 character at `bytes`, or 0: over-long forms, surrogates and what lies beyond U+10FFFF too. */
static size_t utf8_character(const unsigned char *bytes, size_t size, unsigned long *code)
{
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xC2 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;

    if (length == 0 || bytes[0] > 0xF4 || length > size) {
        return 0;
    }
    *code = length == 1 ? bytes[0] : bytes[0] & (0x7FUL >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (bytes[i] & 0x3FUL);
    }
    return *code >= smallest[length] && *code <= 0x10FFFF && (*code < 0xD800 || *code >= 0xE000) ? length : 0;
}

static enum status decode_utf8(struct decoder *decoder)
{
    enum status status = STATUS_DONE;
    size_t length;

    for (size_t i = 0; i < decoder->size && status == STATUS_DONE; i += length) {
        unsigned long code = 0;

        length = utf8_character(decoder->bytes + i, decoder->size - i, &code);
        if (length == 0) {
            return bad_text(decoder, "has the mark of UTF-8 and is not UTF-8");
        }
        status = add_character(decoder, code);
    }
    return status;
}

static enum status decode_code_page(struct decoder *decoder, enum inf_encoding *encoding)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < decoder->size && status == STATUS_DONE; ++i) {
        unsigned char byte = decoder->bytes[i];

        if (byte >= 0x80) {
            *encoding = INF_CODE_PAGE;
        }
        status = add_character(decoder, byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte);
    }
    return status;
}

/* What IsTextUnicode goes by for plain text: characters of ASCII, so every other byte is zero. */
static bool looks_like_utf16(const unsigned char *bytes, size_t size)
{
    return size >= 4 && size % 2 == 0 && bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0;
}

enum status inf_text_decode(const char *place, const void *data, size_t size, enum inf_encoding *encoding,
                            struct text *text)
{
    struct decoder decoder = {.place = place, .bytes = data, .size = size, .text = text, .line = 1};
    enum status status;

    text_add(text, "", 0);
    if (size >= 2 && memcmp(data, "\xFE\xFF", 2) == 0) {
        return bad_text(&decoder, "is UTF-16 with the high byte first, which Windows does not read as an INF");
    }
    if (size >= 2 && memcmp(data, "\xFF\xFE", 2) == 0) {
        decoder.bytes += 2;
        decoder.size -= 2;
        *encoding = INF_UTF16_LE;
        status = decode_utf16(&decoder);
    } else if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        decoder.bytes += 3;
        decoder.size -= 3;
        *encoding = INF_UTF8_BOM;
        status = decode_utf8(&decoder);
    } else if (looks_like_utf16(data, size)) {
        *encoding = INF_UTF16_LE;
        status = decode_utf16(&decoder);
    } else {
        *encoding = INF_ASCII;
        status = decode_code_page(&decoder, encoding);
    }
    return status;
}
