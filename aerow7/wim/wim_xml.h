/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a WIM's XML says about its images. It is only information for people and programs: nothing that is written
 * depends on it, so elements that are missing or malformed are taken for unknown.
 */
#ifndef AEROW7_WIM_XML_H
#define AEROW7_WIM_XML_H

#include "base/file_io.h"

#include <stdint.h>

struct wim_image {
    char *name; /* "Windows 7 PROFESSIONAL"; NULL: unknown, as with all of these */
    char *description;
    char *edition;      /* EDITIONID: "Professional" */
    char *installation; /* INSTALLATIONTYPE: "Client", "WindowsPE" */
    int architecture;   /* 0 x86, 9 amd64; -1 unknown */
    int major;          /* -1 unknown, as with all numbers */
    int minor;
    int build;
    int service_pack_build;
    int service_pack;
};
void wim_image_free(struct wim_image *image);

/* UTF-16LE with a byte order mark to UTF-8. */
enum status wim_xml_decode(const char *path, const struct bytes *raw, char **out);
void wim_xml_encode(const char *xml, struct bytes *out);

void wim_xml_image(const char *xml, unsigned index, struct wim_image *out);

/* What is counted about an image, and by how much it changed. */
struct wim_xml_delta {
    long long folders;
    long long files;
    long long bytes;
    long long hard_link_bytes;
    uint64_t modified; /* 100 ns since 1601 */
};

/* Elements that the image does not have are left out. The caller frees both. */
char *wim_xml_update_image(const char *xml, unsigned index, const struct wim_xml_delta *delta);
/* TOTALBYTES of the whole file. */
char *wim_xml_update_total(const char *xml, uint64_t total);

#endif
