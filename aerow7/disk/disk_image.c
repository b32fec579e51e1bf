/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/disk_image.h"

#include "base/text.h"
#include "disk/nbd_server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libnbd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER_SIZE 104U
#define PIECE ((size_t)1 << 20) /* far below what an NBD server must take in one request */

struct disk_image {
    const char *path;
    const char *name;
    enum disk_format format;
    uint64_t size;
    int descriptor;
    struct nbd_handle *nbd; /* qcow2 */
    pid_t server;
    bool writable;
    bool failed;
    struct overlay overlay;
};

static enum status refuse(const char *name, const char *reason)
{
    diag_error(name, "%s", reason);
    return STATUS_BAD_INPUT;
}

static uint64_t big(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

/* QEMU, docs/interop/qcow2.txt: the header. */
static enum status check_qcow2(const char *name, const uint8_t *header)
{
    uint64_t version = big(header + 4, 4);
    uint64_t incompatible = version >= 3 ? big(header + 72, 8) : 0;

    if (version != 2 && version != 3) {
        return refuse(name, "is a qcow2 image of a version other than 2 and 3");
    }
    if (big(header + 8, 8) != 0) {
        return refuse(name, "is a qcow2 image on top of another file (a backing file): make one of both first, with "
                            "qemu-img convert -O qcow2");
    }
    if (big(header + 32, 4) != 0) {
        return refuse(name, "is an encrypted qcow2 image");
    }
    if (incompatible & 1) {
        return refuse(name, "is a qcow2 image that was not closed: qemu-img check -r all mends it");
    }
    if (incompatible & 2) {
        return refuse(name, "is a qcow2 image that is marked as damaged: see qemu-img check");
    }
    if (incompatible & 4) {
        return refuse(name, "is a qcow2 image with its data in another file");
    }
    /* Bit 3 is the compression type, bit 4 extended L2 entries: qemu-nbd reads both. */
    return incompatible & ~0x1FULL ? refuse(name, "is a qcow2 image with features that are not known") : STATUS_DONE;
}

/* Other virtual disks would be taken for raw ones without a partition. */
static enum status check_raw(const char *name, const uint8_t *header, size_t size)
{
    static const struct {
        size_t offset;
        const char *magic;
        const char *format;
    } others[] = {{0, "KDMV", "VMDK"},     {0, "# Disk DescriptorFile", "VMDK"}, {0, "conectix", "VHD"},
                  {0, "vhdxfile", "VHDX"}, {64, "\x7f\x10\xda\xbe", "VDI"},      {0, "LUKS\xba\xbe", "LUKS"}};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        size_t length = strlen(others[i].magic);

        if (size >= others[i].offset + length && memcmp(header + others[i].offset, others[i].magic, length) == 0) {
            diag_error(name, "is a %s file; raw and qcow2 images are taken: qemu-img convert -O qcow2 makes one",
                       others[i].format);
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

/* QEMU marks what it uses with locks on bytes 100 to 299 of the image (docs: "Image locking"). */
static enum status check_unused(const struct disk_image *image)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 200};

    if (fcntl(image->descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
        return refuse(image->name, "is in use by a virtual machine or another program: end that first");
    }
    return STATUS_DONE;
}

/* Commas separate options, and a doubled one is a comma (QEMU, "--image-opts"). */
static char *image_options(const char *path)
{
    struct text text = {0};

    text_format(&text, "driver=qcow2,file.driver=file,file.filename=");
    for (const char *at = path; *at != 0; ++at) {
        text_add(&text, *at == ',' ? ",," : at, *at == ',' ? 2 : 1);
    }
    return text.data;
}

static enum status start_nbd(struct disk_image *image)
{
    char *options = image_options(image->path);
    char *arguments[] = {"qemu-nbd", "--image-opts", options, image->writable ? NULL : "--read-only", NULL};
    int64_t size = -1;
    int connection;
    enum status status = nbd_server_start(arguments, image->name, &connection, &image->server);

    free(options);
    if (status != STATUS_DONE) {
        return status;
    }
    image->nbd = nbd_create();
    /* The socket is libnbd's from here on. */
    if (image->nbd == NULL || nbd_connect_socket(image->nbd, connection) != 0 ||
        (size = nbd_get_size(image->nbd)) < 0) {
        diag_error(image->name, "cannot be read: qcow2 images need qemu-nbd (Debian: qemu-utils): %s",
                   nbd_get_error() == NULL ? "no reason given" : nbd_get_error());
        return STATUS_BAD_INPUT;
    }
    image->size = (uint64_t)size;
    return STATUS_DONE;
}

static enum status open_image(struct disk_image *image)
{
    uint8_t header[HEADER_SIZE] = {0};
    struct stat info;
    ssize_t count;
    enum status status;

    image->descriptor = open(image->path, (image->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (image->descriptor < 0) {
        diag_error(image->name, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(image->descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        return refuse(image->name, "is not a regular file");
    }
    image->size = (uint64_t)info.st_size;
    count = pread(image->descriptor, header, sizeof(header), 0);
    if (count < 0) {
        diag_error(image->name, "cannot be read: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if ((size_t)count == sizeof(header) && memcmp(header, "QFI\xfb", 4) == 0) {
        image->format = DISK_QCOW2;
        status = check_qcow2(image->name, header);
    } else {
        image->format = DISK_RAW;
        status = check_raw(image->name, header, (size_t)count);
    }
    if (status == STATUS_DONE) {
        status = check_unused(image);
    }
    return status == STATUS_DONE && image->format == DISK_QCOW2 ? start_nbd(image) : status;
}

enum status disk_image_open(const char *path, const char *name, enum disk_access access, struct disk_image **image)
{
    enum status status;

    *image = xcalloc(1, sizeof(**image));
    **image = (struct disk_image){
        .path = path, .name = name, .writable = access == DISK_WRITE, .descriptor = -1, .server = -1};
    status = open_image(*image);
    if (status != STATUS_DONE) {
        (void)disk_image_close(*image);
        *image = NULL;
    }
    return status;
}

enum status disk_image_close(struct disk_image *image)
{
    enum status status = STATUS_DONE;
    bool connected = false;
    int ended = 0;

    if (image == NULL) {
        return STATUS_DONE;
    }
    if (image->nbd != NULL) {
        /* What never connected has nothing to shut down. */
        connected = nbd_aio_is_ready(image->nbd) == 1;
        if (connected && ((image->writable && nbd_flush(image->nbd, 0) != 0) || nbd_shutdown(image->nbd, 0) != 0)) {
            diag_error(image->name, "cannot be closed: %s", nbd_get_error());
            image->failed = true;
        }
        nbd_close(image->nbd);
    }
    if (image->server > 0 && !connected) {
        /* It waits for a connection that was never negotiated. */
        (void)kill(image->server, SIGKILL);
    }
    if (image->server > 0 && waitpid(image->server, &ended, 0) == image->server && connected && image->writable &&
        (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)) {
        diag_error(image->name, "cannot be written: qemu-nbd failed");
        image->failed = true;
    }
    if (image->writable && image->failed) {
        status = STATUS_NOT_WRITTEN;
    }
    if (image->descriptor >= 0) {
        close(image->descriptor);
    }
    overlay_free(&image->overlay);
    free(image);
    return status;
}

uint64_t disk_image_size(const struct disk_image *image)
{
    return image->size;
}

enum disk_format disk_image_format(const struct disk_image *image)
{
    return image->format;
}

const char *disk_image_name(const struct disk_image *image)
{
    return image->name;
}

int disk_image_descriptor(const struct disk_image *image)
{
    return image->descriptor;
}

const struct overlay *disk_image_overlay(const struct disk_image *image)
{
    return &image->overlay;
}

static bool is_within(const struct disk_image *image, uint64_t offset, size_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

enum status disk_image_read_file(struct disk_image *image, uint64_t offset, void *bytes, size_t size)
{
    if (!is_within(image, offset, size)) {
        diag_error(image->name, "ends before byte %" PRIu64, offset + size);
        return STATUS_BAD_INPUT;
    }
    for (size_t done = 0; done < size;) {
        size_t piece = size - done < PIECE ? size - done : PIECE;
        ssize_t count = (ssize_t)piece;
        const char *reason = "it ends there";

        if (image->nbd != NULL) {
            count = nbd_pread(image->nbd, (char *)bytes + done, piece, offset + done, 0) == 0 ? count : -1;
            reason = count < 0 ? nbd_get_error() : reason;
        } else {
            count = pread(image->descriptor, (char *)bytes + done, piece, (off_t)(offset + done));
            if (count < 0 && errno == EINTR) {
                continue;
            }
            reason = count < 0 ? strerror(errno) : reason;
        }
        if (count <= 0) {
            diag_error(image->name, "cannot be read at %" PRIu64 ": %s", offset + done, reason);
            return STATUS_BAD_INPUT;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

enum status disk_image_read(struct disk_image *image, uint64_t offset, void *bytes, size_t size)
{
    enum status status = disk_image_read_file(image, offset, bytes, size);

    if (status != STATUS_DONE || image->overlay.count == 0 || size == 0) {
        return status;
    }
    for (uint64_t index = offset / OVERLAY_BLOCK; index <= (offset + size - 1) / OVERLAY_BLOCK; ++index) {
        const uint8_t *data = overlay_find(&image->overlay, index);
        uint64_t begin = index * OVERLAY_BLOCK > offset ? index * OVERLAY_BLOCK : offset;
        uint64_t end = (index + 1) * OVERLAY_BLOCK < offset + size ? (index + 1) * OVERLAY_BLOCK : offset + size;

        if (data != NULL) {
            memcpy((char *)bytes + (begin - offset), data + begin % OVERLAY_BLOCK, (size_t)(end - begin));
        }
    }
    return STATUS_DONE;
}

/* A block's data, with what the file has there; the last block of a disk may be short. */
static enum status open_block(struct disk_image *image, uint64_t index, uint8_t **data)
{
    uint64_t offset = index * OVERLAY_BLOCK;
    size_t size = image->size - offset < OVERLAY_BLOCK ? (size_t)(image->size - offset) : OVERLAY_BLOCK;

    *data = overlay_find(&image->overlay, index);
    if (*data != NULL) {
        return STATUS_DONE;
    }
    *data = overlay_add(&image->overlay, index);
    if (*data == NULL) {
        diag_error(image->name, "more than 1 GiB of it would have to be changed");
        return STATUS_NOT_WRITTEN;
    }
    memset(*data, 0, OVERLAY_BLOCK);
    return disk_image_read_file(image, offset, *data, size);
}

static enum status write_overlay(struct disk_image *image, uint64_t offset, const void *bytes, size_t size)
{
    enum status status = STATUS_DONE;

    for (size_t done = 0; done < size && status == STATUS_DONE;) {
        size_t at = (size_t)((offset + done) % OVERLAY_BLOCK);
        size_t piece = size - done < OVERLAY_BLOCK - at ? size - done : OVERLAY_BLOCK - at;
        uint8_t *data;

        status = open_block(image, (offset + done) / OVERLAY_BLOCK, &data);
        if (status == STATUS_DONE) {
            memcpy(data + at, (const char *)bytes + done, piece);
        }
        done += piece;
    }
    return status;
}

static enum status write_file(struct disk_image *image, uint64_t offset, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t piece = size - done < PIECE ? size - done : PIECE;
        ssize_t count = (ssize_t)piece;
        const char *reason;

        if (image->nbd != NULL) {
            count = nbd_pwrite(image->nbd, (const char *)bytes + done, piece, offset + done, 0) == 0 ? count : -1;
            reason = count < 0 ? nbd_get_error() : "";
        } else {
            count = pwrite(image->descriptor, (const char *)bytes + done, piece, (off_t)(offset + done));
            if (count < 0 && errno == EINTR) {
                continue;
            }
            reason = strerror(errno);
        }
        if (count < 0) {
            diag_error(image->name, "cannot be written: %s", reason);
            image->failed = true;
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

enum status disk_image_write(struct disk_image *image, uint64_t offset, const void *bytes, size_t size)
{
    if (!is_within(image, offset, size)) {
        diag_error(image->name, "would have to be written beyond its end, at %" PRIu64, offset);
        return STATUS_NOT_WRITTEN;
    }
    return image->writable ? write_file(image, offset, bytes, size) : write_overlay(image, offset, bytes, size);
}
