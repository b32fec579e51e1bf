/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_output.h"

#include "base/file_copy.h"
#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status not_written(const struct wim_output *output)
{
    diag_error(output->pending.target, "cannot be written: %s", strerror(errno));
    return STATUS_NOT_WRITTEN;
}

/* The very file that was read, in the state in which it was read, and nobody else at work on it. */
static enum status open_in_place(struct wim_output *output)
{
    uint8_t header[WIM_HEADER_SIZE];
    struct stat here;
    struct stat there;
    enum status status;

    output->pending.descriptor = open(output->pending.target, O_RDWR | O_CLOEXEC);
    if (output->pending.descriptor < 0) {
        return not_written(output);
    }
    status = flock(output->pending.descriptor, LOCK_EX | LOCK_NB) == 0 ? STATUS_DONE : STATUS_CHECK_FAILED;
    if (status == STATUS_DONE) {
        status = wim_read_at(output->pending.descriptor, header, sizeof(header), 0, output->pending.target);
    }
    if (status == STATUS_CHECK_FAILED ||
        (status == STATUS_DONE &&
         (fstat(output->pending.descriptor, &here) != 0 || fstat(output->wim->descriptor, &there) != 0 ||
          here.st_dev != there.st_dev || here.st_ino != there.st_ino || (uint64_t)here.st_size != output->wim->size ||
          memcmp(header, output->wim->header, sizeof(header)) != 0))) {
        diag_error(output->pending.target, "is being written by another program");
        status = STATUS_CHECK_FAILED;
    }
    if (status != STATUS_DONE) {
        close(output->pending.descriptor);
    }
    return status;
}

static enum status open_copy(struct wim_output *output, const char *out)
{
    enum status status = pending_open(&output->pending, out);
    struct stat info;

    if (status != STATUS_DONE) {
        return status;
    }
    /* A file that takes the place of the WIM may be read and written by those who could before. */
    if (strcmp(out, output->wim->path) == 0 && fstat(output->wim->descriptor, &info) == 0) {
        (void)fchmod(output->pending.descriptor, info.st_mode & 0777);
    }
    progress_begin(out, output->wim->size);
    status = file_copy(output->wim->descriptor, output->wim->path, output->pending.descriptor, out);
    progress_end();
    if (status != STATUS_DONE) {
        pending_discard(&output->pending);
    }
    return status;
}

enum status wim_output_open(struct wim_output *output, struct wim_file *wim, const char *out, bool in_place)
{
    *output = (struct wim_output){.wim = wim, .in_place = in_place, .pending = {.target = out, .descriptor = -1}};
    return in_place ? open_in_place(output) : open_copy(output, out);
}

const char *wim_output_path(const struct wim_output *output)
{
    return output->in_place ? output->pending.target : output->pending.path;
}

enum status wim_output_commit(struct wim_output *output, const uint8_t header[WIM_HEADER_SIZE])
{
    enum status status = STATUS_DONE;

    /* What the header points at has to be on disk before the header is. */
    if (output->in_place && fsync(output->pending.descriptor) != 0) {
        status = not_written(output);
    }
    if (status == STATUS_DONE) {
        status = wim_write_at(output->pending.descriptor, header, WIM_HEADER_SIZE, 0, output->pending.target);
    }
    if (status != STATUS_DONE) {
        wim_output_discard(output);
        return status;
    }
    if (!output->in_place) {
        return pending_commit(&output->pending);
    }
    status = fsync(output->pending.descriptor) == 0 ? STATUS_DONE : not_written(output);
    close(output->pending.descriptor);
    return status;
}

void wim_output_discard(struct wim_output *output)
{
    if (!output->in_place) {
        pending_discard(&output->pending);
        return;
    }
    /* When this fails, bytes stay at the end that nothing refers to. */
    if (wim_write_at(output->pending.descriptor, output->wim->header, WIM_HEADER_SIZE, 0, output->pending.target) ==
        STATUS_DONE) {
        (void)ftruncate(output->pending.descriptor, (off_t)output->wim->size);
    }
    close(output->pending.descriptor);
}
