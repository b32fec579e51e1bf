/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A foreign hidparse.sys as decoder of reports.
 */
#include "hid_decode.h"
#include "hid_foreign.h"
#include "wdm_bus.h"

static const char *decoded(const uint8_t *descriptor, uint32_t bytes, const char *report, uint32_t report_bytes)
{
    static char text[512];
    struct hid_decoded out;
    uint32_t status, at;
    wdm_start_machine(1, 1);
    hid_decoder *d = hid_decoder_open(hid_foreign_parser(WINE_DIRECTORY), descriptor, bytes, &status, &at);
    CHECK(d != NULL);
    CHECK(hid_decode(d, (const uint8_t *)report, report_bytes, &out, &status));
    hid_decoded_text(&out, text, sizeof(text));
    hid_decoder_close(d);
    fprintf(stderr, "%s\n", text);
    return text;
}

#define ARRAY(usage_min, logical_min)                                                        \
    {0x05, 0x01,          0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, (usage_min), 0x29, 0x65, \
     0x15, (logical_min), 0x25, 0x65, 0x75, 0x08, 0x95, 0x02, 0x81, 0x00,        0xc0}

TEST(hid_decode_array_from_zero, EXIT_OK, NULL)
{
    static const uint8_t descriptor[] = ARRAY(0, 0);
    CHECK(strcmp(decoded(descriptor, sizeof(descriptor), "\0\x04\x05", 3), "0007:0004 0007:0005") == 0);
}

TEST(hid_decode_array_from_one, EXIT_OK, NULL)
{
    static const uint8_t descriptor[] = ARRAY(4, 1);
    CHECK(strcmp(decoded(descriptor, sizeof(descriptor), "\0\x01\x02", 3), "0007:0004 0007:0005") == 0);
}

TEST(hid_decode_array_from_four, EXIT_OK, NULL)
{
    static const uint8_t descriptor[] = ARRAY(4, 4);
    CHECK(strcmp(decoded(descriptor, sizeof(descriptor), "\0\x04\x05", 3), "0007:0004 0007:0005") == 0);
}
