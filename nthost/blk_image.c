/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The disk image that device and host share. Without --image it is a nameless temporary file, which QEMU opens through
 * our process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blk.h"

#define DEFAULT_CAPACITY (64ull << 20)

static char temporary_path[64];

static void open_temporary(struct bench *b)
{
    const char *directory = getenv("TMPDIR");
    char name[4096];

    snprintf(name, sizeof(name), "%s/nthost-disk-XXXXXX", directory != NULL ? directory : "/tmp");
    b->image_fd = mkostemp(name, O_CLOEXEC);
    if (b->image_fd < 0)
        environment_failed("cannot create a temporary disk image %s: %s", name, strerror(errno));
    unlink(name);
    snprintf(temporary_path, sizeof(temporary_path), "/proc/%d/fd/%d", (int)getpid(), b->image_fd);
    b->image_path = temporary_path;
}

void image_open(struct bench *b)
{
    const struct blk_options *o = b->options;
    struct stat status;

    if (o->image == NULL)
        open_temporary(b);
    else {
        b->image_path = o->image;
        b->image_fd = open(o->image, O_RDWR | O_CLOEXEC | (o->capacity != 0 ? O_CREAT : 0), 0644);
        if (b->image_fd < 0)
            environment_failed("cannot open the disk image %s: %s", o->image, strerror(errno));
    }
    if (fstat(b->image_fd, &status) != 0)
        environment_failed("cannot read the size of %s: %s", b->image_path, strerror(errno));
    b->image_bytes = o->capacity != 0 ? o->capacity : status.st_size != 0 ? (uint64_t)status.st_size : DEFAULT_CAPACITY;
    b->image_bytes &= ~(uint64_t)(SECTOR_BYTES - 1);
    if ((uint64_t)status.st_size != b->image_bytes && ftruncate(b->image_fd, (off_t)b->image_bytes) != 0)
        environment_failed("cannot make %s %llu bytes long: %s", b->image_path, (unsigned long long)b->image_bytes,
                           strerror(errno));
}

void image_close(struct bench *b)
{
    if (b->image_fd >= 0)
        close(b->image_fd);
    b->image_fd = -1;
}
