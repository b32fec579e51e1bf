/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Good media with any bytes of theirs changed: reading ends, and what it gives is what it promises. Names are good and
 * each is there once, contents are as long as they are said to be, one after the other. The media are the files of the
 * folder FUZZ_MEDIA_BASES (media_bases.py makes them).
 * Input: which medium, with bit 7 where it ends; then changes: sector among those that are not empty, offset, bytes.
 */
#include "fuzz.h"

#include "media/install_source.h"
#include "media/media_name.h"
#include "media/media_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASES_LIMIT 16
#define SECTOR 2048U

struct base {
    uint8_t *bytes;
    size_t size;
    uint32_t *sectors; /* that are not empty */
    size_t sector_count;
    int descriptor; /* in memory, with the same content between inputs */
    char path[64];
};

static struct base bases[BASES_LIMIT];
static size_t base_count;

static void load_base(const char *path)
{
    struct base *base = &bases[base_count++];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    FUZZ_CHECK(file >= 0 && fstat(file, &info) == 0 && base_count <= BASES_LIMIT);
    base->size = (size_t)info.st_size;
    base->bytes = malloc(base->size);
    FUZZ_CHECK(base->bytes != NULL && read(file, base->bytes, base->size) == (ssize_t)base->size);
    close(file);
    base->sectors = calloc(base->size / SECTOR + 1, sizeof(*base->sectors));
    for (uint32_t i = 0; (i + 1) * SECTOR <= base->size; ++i) {
        const uint8_t *sector = base->bytes + (size_t)i * SECTOR;

        if (sector[0] != 0 || memcmp(sector, sector + 1, SECTOR - 1) != 0) {
            base->sectors[base->sector_count++] = i;
        }
    }
    base->descriptor = memfd_create("medium", MFD_CLOEXEC);
    FUZZ_CHECK(base->descriptor >= 0 && base->sector_count > 0);
    FUZZ_CHECK(write(base->descriptor, base->bytes, base->size) == (ssize_t)base->size);
    snprintf(base->path, sizeof(base->path), "/proc/self/fd/%d", base->descriptor);
}

static void load_bases(void)
{
    struct dirent **entries;
    int count = scandir(FUZZ_MEDIA_BASES, &entries, NULL, alphasort);

    for (int i = 0; i < count; ++i) {
        if (entries[i]->d_name[0] != '.') {
            char path[4096];

            snprintf(path, sizeof(path), "%s/%s", FUZZ_MEDIA_BASES, entries[i]->d_name);
            load_base(path);
        }
        free(entries[i]);
    }
    FUZZ_CHECK(base_count > 0);
    free(entries);
}

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

static void change(struct base *base, struct fuzz_input *input, bool back)
{
    while (input->left != 0) {
        size_t at = (size_t)base->sectors[fuzz_word(input, 2) % base->sector_count] * SECTOR;
        uint8_t bytes[16];
        size_t count;

        at += fuzz_word(input, 2) % SECTOR;
        count = (size_t)(fuzz_byte(input) & 15) + 1;
        for (size_t i = 0; i < count; ++i) {
            bytes[i] = fuzz_byte(input);
        }
        if (count > base->size - at) {
            count = base->size - at;
        }
        FUZZ_CHECK(pwrite(base->descriptor, back ? base->bytes + at : bytes, count, (off_t)at) == (ssize_t)count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .left = size};
    struct fuzz_input again;
    struct base *base;
    uint8_t first = fuzz_byte(&input);
    size_t end;

    if (base_count == 0) {
        load_bases();
    }
    base = &bases[(first & 0x7F) % base_count];
    end = (first & 0x80) != 0 ? fuzz_word(&input, 2) * (size_t)SECTOR / 8 % (base->size + 1) : base->size;
    again = input;
    change(base, &input, false);
    FUZZ_CHECK(ftruncate(base->descriptor, (off_t)end) == 0);
    read_medium(base->path);
    read_install_media(base->path);
    FUZZ_CHECK(ftruncate(base->descriptor, (off_t)base->size) == 0);
    if (end != base->size) {
        FUZZ_CHECK(pwrite(base->descriptor, base->bytes + end, base->size - end, (off_t)end) ==
                   (ssize_t)(base->size - end));
    }
    change(base, &again, true);
    return 0;
}
