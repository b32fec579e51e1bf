/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_undo.h"

#include "base/text.h"
#include "wim/wim_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status write_state(struct wim_file *wim, const struct wim_state *state, const char *out, bool in_place)
{
    struct wim_output output;
    enum status status = wim_output_open(&output, wim, out, in_place);

    if (status != STATUS_DONE) {
        return status;
    }
    if (in_place) {
        /* The header first: what is left behind by an interruption is then the original and more, never less. */
        status = wim_write_at(output.pending.descriptor, state->header, WIM_HEADER_SIZE, 0, out);
        if (status == STATUS_DONE && fsync(output.pending.descriptor) != 0) {
            diag_error(out, "cannot be written: %s", strerror(errno));
            status = STATUS_NOT_WRITTEN;
        }
    }
    if (status == STATUS_DONE && ftruncate(output.pending.descriptor, (off_t)state->size) != 0) {
        diag_error(out, "cannot be written: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    if (status != STATUS_DONE) {
        wim_output_discard(&output);
        return status;
    }
    return wim_output_commit(&output, state->header);
}

enum status wim_copy(struct wim_file *wim, const struct wim_state *state, const char *out)
{
    return write_state(wim, state, out, false);
}

enum status wim_undo(const char *path, const cJSON *manifest, const char *file, const char *out, bool in_place,
                     bool *changed)
{
    char *named = file == NULL ? inject_manifest_file(path, manifest) : xstrdup(file);
    struct wim_state original;
    struct wim_state present;
    struct wim_file *wim = NULL;
    enum status status = named == NULL ? STATUS_BAD_INPUT : wim_manifest_original(path, manifest, &original);
    bool same;

    *changed = false;
    if (status == STATUS_DONE) {
        status = wim_open(named, &wim);
    }
    if (status != STATUS_DONE) {
        goto free_name;
    }
    present.size = wim->size;
    memcpy(present.header, wim->header, WIM_HEADER_SIZE);
    same = wim_state_is(&original, &present) && present.size == original.size;
    if (!wim_state_is(&original, &present) &&
        (present.size < original.size || !wim_manifest_knows(manifest, &present))) {
        diag_error(named, "is not as the injection left it: something else has written it since; nothing was undone");
        status = STATUS_CHECK_FAILED;
    } else if (!same || (out != NULL && strcmp(out, named) != 0)) {
        status = write_state(wim, &original, out == NULL ? named : out, in_place);
        *changed = !same && status == STATUS_DONE;
    }
    wim_close(wim);
free_name:
    free(named);
    return status;
}
