/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Good media with any bytes of theirs changed: reading ends, and what it gives is what it promises. Names are good and
 * each is there once, contents are as long as they are said to be, one after the other. The media are the files of the
 * folder FUZZ_MEDIA_BASES (media_bases.py makes them).
 * Input: which medium, with bit 7 where it ends; then changes: sector among those that are not empty, offset, bytes.
 */
#include "changed_image.h"

#include "media/install_source.h"
#include "media/media_name.h"
#include "media/media_read.h"

#define SECTOR 2048U

static struct images images;

struct visit {
    struct path_set paths;
    char *current; /* the file that comes */
    uint64_t done;
    bool asked;
};

static bool wants(void *context, const struct media_entry *entry)
{
    struct visit *visit = context;

    visit->asked = true;
    FUZZ_CHECK(media_path_fault(entry->path) == NULL);
    FUZZ_CHECK(path_set_add(&visit->paths, entry->path, false) == NULL);
    /* A medium of a megabyte may say of many files that they are all of it; some of that is enough. */
    return entry->size < 1 << 16;
}

static enum status take(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct visit *visit = context;
    volatile uint8_t last;

    if (visit->current == NULL) {
        visit->current = strdup(entry->path);
        visit->done = 0;
    }
    FUZZ_CHECK(strcmp(visit->current, entry->path) == 0);
    if (size != 0) {
        last = ((const uint8_t *)bytes)[size - 1];
        (void)last;
        visit->done += size;
        FUZZ_CHECK(visit->done <= entry->size);
        return STATUS_DONE;
    }
    FUZZ_CHECK(visit->done == entry->size);
    free(visit->current);
    visit->current = NULL;
    return STATUS_DONE;
}

static void read_medium(const char *path)
{
    struct visit visit = {0};
    const struct media_visitor visitor = {.context = &visit, .wants = wants, .data = take};
    struct media_info info = {.names = NULL};
    enum status status = media_read(path, &visitor, &info);

    FUZZ_CHECK(status == STATUS_DONE || status == STATUS_BAD_INPUT);
    FUZZ_CHECK(status != STATUS_DONE || (info.names != NULL && visit.current == NULL));
    FUZZ_CHECK(!visit.asked || utf16_from_utf8(info.volume_label, NULL, 0) != SIZE_MAX);
    free(visit.current);
    path_set_free(&visit.paths);
}

/* The same as install media: the boot catalog, and files read from their ends. */
static void read_install_media(const char *path)
{
    struct install_source source;
    enum status status = install_source_open_iso(path, &source);

    FUZZ_CHECK(status == STATUS_DONE || status == STATUS_BAD_INPUT);
    FUZZ_CHECK(source.boot.count <= ISO_BOOT_LIMIT && (status != STATUS_DONE || source.boot.count != 0));
    for (size_t i = 0; i < source.count && status == STATUS_DONE; ++i) {
        uint64_t size = source.inputs[i].size;
        char tail[64];
        size_t wanted = size < sizeof(tail) ? (size_t)size : sizeof(tail);

        if (!source.inputs[i].folder) {
            status = install_source_read(&source, i, size - wanted, tail, wanted);
            FUZZ_CHECK(status == STATUS_DONE || status == STATUS_BAD_INPUT);
        }
    }
    install_source_close(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .left = size};
    struct fuzz_input again;
    struct image *base;
    uint8_t first = fuzz_byte(&input);
    size_t end;

    if (images.count == 0) {
        images_load(&images, FUZZ_MEDIA_BASES, SECTOR);
    }
    base = &images.list[(first & 0x7F) % images.count];
    end = (first & 0x80) != 0 ? fuzz_word(&input, 2) * (size_t)SECTOR / 8 % (base->size + 1) : base->size;
    again = input;
    image_change(base, &input, false);
    FUZZ_CHECK(ftruncate(base->descriptor, (off_t)end) == 0);
    read_medium(base->path);
    read_install_media(base->path);
    FUZZ_CHECK(ftruncate(base->descriptor, (off_t)base->size) == 0);
    if (end != base->size) {
        FUZZ_CHECK(pwrite(base->descriptor, base->bytes + end, base->size - end, (off_t)end) ==
                   (ssize_t)(base->size - end));
    }
    image_change(base, &again, true);
    return 0;
}
