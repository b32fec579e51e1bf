/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verifier.h"

#define BUCKETS 16384u
#define PAGE_SECTORS 8u

/* Memory-backed contents; absent pages are zero. */
struct page {
    struct page *next;
    uint64_t number;
    uint8_t bytes[PAGE_SECTORS * SECTOR_BYTES];
};

/* A sector written but not stable. */
struct record {
    struct record *next_in_bucket, **from_bucket;
    struct record *next, **from;
    uint64_t sector, write_id;
    uint64_t completed; /* number of the first completed write since it was stable; 0: none has completed */
    uint8_t stable[SECTOR_BYTES];
};

struct model_disk {
    int fd; /* -1: memory */
    const char *image;
    bool track;
    uint64_t record_count;
    struct record *records;
    struct record *record_bucket[BUCKETS];
    struct page *page_bucket[BUCKETS];
};

static unsigned bucket_of(uint64_t number)
{
    return (unsigned)((number * 0x9e3779b97f4a7c15ull) >> 50) % BUCKETS;
}

struct model_disk *model_disk_open(const char *image, bool read_only, bool track, uint64_t *sectors)
{
    struct model_disk *disk = calloc(1, sizeof *disk);
    struct stat status;

    if (disk == NULL) {
        environment_failed("out of memory");
    }
    disk->fd = -1;
    disk->image = image;
    disk->track = track;
    *sectors = 0;
    if (image != NULL) {
        disk->fd = open(image, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (disk->fd < 0 || fstat(disk->fd, &status) != 0) {
            environment_failed("image %s: %s", image, strerror(errno));
        }
        *sectors = (uint64_t)status.st_size / SECTOR_BYTES;
    }
    return disk;
}

static void drop_record(struct model_disk *disk, struct record *record)
{
    *record->from = record->next;
    if (record->next != NULL) {
        record->next->from = record->from;
    }
    *record->from_bucket = record->next_in_bucket;
    if (record->next_in_bucket != NULL) {
        record->next_in_bucket->from_bucket = record->from_bucket;
    }
    disk->record_count--;
    free(record);
}

void model_disk_close(struct model_disk *disk)
{
    while (disk->records != NULL) {
        drop_record(disk, disk->records);
    }
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (disk->page_bucket[i] != NULL) {
            struct page *page = disk->page_bucket[i];
            disk->page_bucket[i] = page->next;
            free(page);
        }
    }
    if (disk->fd >= 0) {
        close(disk->fd);
    }
    free(disk);
}

/* ---- contents ---- */

static struct page *find_page(struct model_disk *disk, uint64_t number, bool make)
{
    struct page **bucket = &disk->page_bucket[bucket_of(number)], *page = *bucket;

    while (page != NULL && page->number != number) {
        page = page->next;
    }
    if (page == NULL && make) {
        page = calloc(1, sizeof *page);
        if (page == NULL) {
            environment_failed("out of memory for the model's disk");
        }
        page->number = number;
        page->next = *bucket;
        *bucket = page;
    }
    return page;
}

static bool file_get(const struct model_disk *disk, uint64_t sector, uint8_t *buffer, size_t bytes)
{
    uint64_t at = sector * SECTOR_BYTES;

    for (size_t done = 0; done < bytes;) {
        ssize_t got = pread(disk->fd, buffer + done, bytes - done, (off_t)(at + done));
        if (got < 0 && errno != EINTR) {
            return false;
        }
        if (got == 0) { /* the disk may be larger than its file */
            memset(buffer + done, 0, bytes - done);
            return true;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool file_put(const struct model_disk *disk, uint64_t sector, const uint8_t *buffer, size_t bytes)
{
    uint64_t at = sector * SECTOR_BYTES;

    for (size_t done = 0; done < bytes;) {
        ssize_t now = pwrite(disk->fd, buffer + done, bytes - done, (off_t)(at + done));
        if (now < 0 && errno != EINTR) {
            return false;
        }
        done += now > 0 ? (size_t)now : 0;
    }
    return true;
}

bool model_disk_get(struct model_disk *disk, uint64_t sector, void *buffer, size_t sectors)
{
    uint8_t *target = buffer;

    if (disk->fd >= 0) {
        return file_get(disk, sector, target, sectors * SECTOR_BYTES);
    }
    for (size_t i = 0; i < sectors; i++, target += SECTOR_BYTES) {
        const struct page *page = find_page(disk, (sector + i) / PAGE_SECTORS, false);
        if (page != NULL) {
            memcpy(target, page->bytes + (sector + i) % PAGE_SECTORS * SECTOR_BYTES, SECTOR_BYTES);
        } else {
            memset(target, 0, SECTOR_BYTES);
        }
    }
    return true;
}

static bool put(struct model_disk *disk, uint64_t sector, const uint8_t *source, size_t sectors)
{
    if (disk->fd >= 0) {
        return file_put(disk, sector, source, sectors * SECTOR_BYTES);
    }
    for (size_t i = 0; i < sectors; i++, source += SECTOR_BYTES) {
        struct page *page = find_page(disk, (sector + i) / PAGE_SECTORS, true);
        memcpy(page->bytes + (sector + i) % PAGE_SECTORS * SECTOR_BYTES, source, SECTOR_BYTES);
    }
    return true;
}

/* ---- what a power cut would lose ---- */

static struct record *find_record(const struct model_disk *disk, uint64_t sector)
{
    struct record *record = disk->record_bucket[bucket_of(sector)];

    while (record != NULL && record->sector != sector) {
        record = record->next_in_bucket;
    }
    return record;
}

static struct record *add_record(struct model_disk *disk, uint64_t sector)
{
    struct record **bucket = &disk->record_bucket[bucket_of(sector)], *record = calloc(1, sizeof *record);

    if (record == NULL) {
        environment_failed("out of memory for the model's unflushed writes");
    }
    record->sector = sector;
    model_disk_get(disk, sector, record->stable, 1);
    record->next_in_bucket = *bucket;
    record->from_bucket = bucket;
    if (*bucket != NULL) {
        (*bucket)->from_bucket = &record->next_in_bucket;
    }
    *bucket = record;
    record->next = disk->records;
    record->from = &disk->records;
    if (disk->records != NULL) {
        disk->records->from = &record->next;
    }
    disk->records = record;
    disk->record_count++;
    return record;
}

bool model_disk_put(struct model_disk *disk, uint64_t sector, const void *buffer, size_t sectors, uint64_t write_id)
{
    for (uint64_t i = 0; disk->track && write_id != 0 && i < sectors; i++) {
        struct record *record = find_record(disk, sector + i);
        if (record == NULL) {
            record = add_record(disk, sector + i);
        }
        record->write_id = write_id;
    }
    return put(disk, sector, buffer, sectors);
}

void model_disk_settle(struct model_disk *disk, uint64_t sector, uint64_t sectors, uint64_t write_id, uint64_t number)
{
    for (uint64_t i = 0; disk->track && i < sectors; i++) {
        struct record *record = find_record(disk, sector + i);
        if (record == NULL) {
            continue;
        }
        if (number == 0 && record->write_id == write_id) {
            drop_record(disk, record);
        } else if (number != 0 && record->completed == 0) {
            record->completed = number;
        }
    }
}

bool model_disk_flush(struct model_disk *disk, uint64_t up_to)
{
    for (struct record *record = disk->records, *next; record != NULL; record = next) {
        next = record->next;
        if (record->completed != 0 && record->completed <= up_to) {
            drop_record(disk, record);
        }
    }
    return true;
}

uint64_t model_disk_volatile(const struct model_disk *disk)
{
    return disk->record_count;
}

uint64_t model_disk_power_cut(struct model_disk *disk)
{
    uint64_t lost = 0;

    while (disk->records != NULL) {
        struct record *record = disk->records;
        if (!put(disk, record->sector, record->stable, 1)) {
            environment_failed("image %s: %s", disk->image, strerror(errno));
        }
        drop_record(disk, record);
        lost++;
    }
    return lost;
}
