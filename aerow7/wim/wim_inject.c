/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_inject.h"

#include "base/room.h"
#include "base/text.h"
#include "offline/identify.h"
#include "wim/inject_manifest.h"
#include "wim/wim_source.h"
#include "wim/wim_undo.h"
#include "wim/wim_write.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Metadata, table and XML are written again: well below this, whatever the image. */
#define ROOM_FOR_METADATA ((uint64_t)64 << 20)

struct planned_image {
    unsigned index;
    enum offline_kind kind;
    struct changes changes;
};

struct injector {
    const struct wim_injection *injection;
    struct findings *findings;
    struct wim_file *wim;
    struct planned_image *images;
    size_t count;
    const char *out;
    cJSON *image_reports;
};

/* "all", or numbers from 1 with commas. The caller frees. */
static enum status parse_indexes(const struct wim_file *wim, const char *text, unsigned **out, size_t *count)
{
    *out = xcalloc(wim->image_count + 1U, sizeof(**out));
    *count = 0;
    if (text == NULL || strcmp(text, "all") == 0) {
        for (unsigned i = 1; i <= wim->image_count; ++i) {
            (*out)[(*count)++] = i;
        }
        return STATUS_DONE;
    }
    while (*text != 0) {
        char *end;
        unsigned long index = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

        if (index == 0 || (*end != 0 && (*end != ',' || end[1] == 0))) {
            diag_error(wim->path, "--index takes a number, several with commas, or all");
            return STATUS_USAGE;
        }
        if (index > wim->image_count) {
            diag_error(wim->path, "has no image %lu: it has %u", index, wim->image_count);
            return STATUS_BAD_INPUT;
        }
        for (size_t i = 0; i < *count; ++i) {
            if ((*out)[i] == index) {
                diag_error(wim->path, "--index has %lu twice", index);
                return STATUS_USAGE;
            }
        }
        (*out)[(*count)++] = (unsigned)index;
        text = *end == ',' ? end + 1 : end;
    }
    return STATUS_DONE;
}

static void report_image(struct injector *injector, const struct planned_image *image, bool refused)
{
    const char *name = wim_image(injector->wim, image->index)->name;
    cJSON *object = cJSON_CreateObject();

    cJSON_AddNumberToObject(object, "index", image->index);
    if (name != NULL) {
        cJSON_AddStringToObject(object, "name", name);
    }
    cJSON_AddStringToObject(object, "kind", offline_kind_name(image->kind));
    cJSON_AddBoolToObject(object, "refused", refused);
    cJSON_AddItemToObject(object, "changes", changes_json(&image->changes));
    cJSON_AddItemToArray(injector->image_reports, object);
}

/* Each finding names its image: paths are the same in all of them. */
static void add_findings(struct findings *all, const char *source_name, struct findings *of_image)
{
    for (size_t i = 0; i < of_image->count; ++i) {
        const struct finding *finding = &of_image->list[i];
        char *place = finding->file == NULL || strcmp(finding->file, source_name) == 0
                          ? xstrdup(source_name)
                          : xformat("%s, %s", source_name, finding->file);

        findings_add(all, finding->severity, finding->rule, place, finding->line, "%s", finding->message);
        free(place);
    }
    findings_free(of_image);
}

static enum status plan_image(struct injector *injector, struct planned_image *image)
{
    const struct source *source;
    struct identity identity = {0};
    struct findings findings = {0};
    enum status status = wim_source_open(injector->wim, image->index, &source);

    if (status != STATUS_DONE) {
        return status;
    }
    status = offline_identify(source, &identity);
    if (status == STATUS_DONE) {
        image->kind = identity.kind;
        status = offline_plan(source, image->kind, injector->injection->request, &image->changes, &findings);
        add_findings(injector->findings, source->name, &findings);
        report_image(injector, image, status != STATUS_DONE);
    }
    identity_free(&identity);
    wim_source_close(source);
    return status;
}

/* Every image is looked at, so that a user sees all that stands in the way at once. */
static enum status plan_images(struct injector *injector, size_t *total)
{
    enum status worst = STATUS_DONE;
    unsigned *indexes;
    enum status status = parse_indexes(injector->wim, injector->injection->indexes, &indexes, &injector->count);

    *total = 0;
    injector->images = xcalloc(injector->count + 1, sizeof(*injector->images));
    for (size_t i = 0; status == STATUS_DONE && i < injector->count; ++i) {
        enum status one;

        injector->images[i].index = indexes[i];
        one = plan_image(injector, &injector->images[i]);
        worst = worst == STATUS_DONE ? one : worst;
        *total += injector->images[i].changes.count;
    }
    free(indexes);
    return status == STATUS_DONE ? worst : status;
}

static enum status verify_image(struct wim_file *wim, unsigned index, enum offline_kind kind,
                                const struct offline_request *request, struct findings *findings)
{
    const struct source *source;
    struct findings of_image = {0};
    enum status status = wim_source_open(wim, index, &source);

    if (status == STATUS_DONE) {
        status = offline_verify(source, kind, request, &of_image);
        add_findings(findings, source->name, &of_image);
        wim_source_close(source);
    }
    return status;
}

static enum status write_manifest(struct injector *injector, const struct wim_state *after)
{
    const char *path = injector->injection->manifest;
    struct wim_state before = {.size = injector->wim->size};
    cJSON *present = NULL;
    cJSON *manifest;
    enum status status = STATUS_DONE;
    char *name;
    char *text;

    memcpy(before.header, injector->wim->header, WIM_HEADER_SIZE);
    if (access(path, F_OK) == 0) {
        /* Something else under this name is not ours to write over. */
        status = inject_manifest_read(path, &present);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    name = inject_manifest_name_of(path, injector->out);
    manifest = wim_manifest_make(name, present, &before, after, cJSON_Duplicate(injector->image_reports, true));
    text = cJSON_Print(manifest);
    status = file_write(path, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(manifest);
    cJSON_Delete(present);
    free(name);
    return status;
}

/* The result is read again, from the file, before it gets its name; the manifest is on disk by then. */
static enum status check_result(void *context, const char *path, const struct wim_state *state)
{
    struct injector *injector = context;
    struct wim_file *wim;
    enum status status = wim_open_state(path, injector->out, state, &wim);

    if (status != STATUS_DONE) {
        return status;
    }
    for (size_t i = 0; status == STATUS_DONE && i < injector->count; ++i) {
        status = verify_image(wim, injector->images[i].index, injector->images[i].kind, injector->injection->request,
                              injector->findings);
    }
    wim_close(wim);
    return status == STATUS_DONE && injector->injection->manifest != NULL ? write_manifest(injector, state) : status;
}

static enum status write_result(struct injector *injector)
{
    struct wim_image_changes *list = xcalloc(injector->count + 1, sizeof(*list));
    const struct wim_target target = {
        .out = injector->out, .in_place = injector->injection->in_place, .check = check_result, .context = injector};
    const char *manifest = injector->injection->manifest;
    uint64_t fresh = ROOM_FOR_METADATA;
    struct wim_state state;
    bool new_manifest = false;
    size_t count = 0;
    enum status status;

    for (size_t i = 0; i < injector->count; ++i) {
        const struct changes *changes = &injector->images[i].changes;

        for (size_t j = 0; j < changes->count; ++j) {
            fresh += changes->list[j].content.size;
        }
        if (changes->count > 0) {
            list[count++] = (struct wim_image_changes){.index = injector->images[i].index, .changes = changes};
        }
    }
    status = room_check(injector->out, target.in_place ? 0 : injector->wim->size, fresh);
    if (status == STATUS_DONE && target.in_place && manifest != NULL) {
        /* From the first byte that is appended, only the manifest knows where the original ended. */
        new_manifest = access(manifest, F_OK) != 0;
        status = write_manifest(injector, NULL);
    }
    if (status == STATUS_DONE) {
        status = wim_write(injector->wim, list, count, injector->injection->when, &target, &state);
    }
    if (status != STATUS_DONE && new_manifest) {
        (void)unlink(manifest);
    }
    free(list);
    return status;
}

static enum status carry_out(struct injector *injector, size_t total)
{
    struct wim_state state = {.size = injector->wim->size};

    if (injector->injection->dry_run) {
        return STATUS_DONE;
    }
    if (total > 0) {
        return write_result(injector);
    }
    if (strcmp(injector->out, injector->wim->path) == 0) {
        return STATUS_DONE;
    }
    memcpy(state.header, injector->wim->header, WIM_HEADER_SIZE);
    return wim_copy(injector->wim, &state, injector->out);
}

enum status wim_inject(const struct wim_injection *injection, struct findings *findings, cJSON *report, bool *changed)
{
    struct injector injector = {
        .injection = injection,
        .findings = findings,
        .out = injection->out == NULL ? injection->wim : injection->out,
        .image_reports = cJSON_AddArrayToObject(report, "images"),
    };
    enum status status = wim_open(injection->wim, &injector.wim);
    const char *refusal;
    size_t total = 0;

    *changed = false;
    cJSON_AddStringToObject(report, "wim", injection->wim);
    cJSON_AddStringToObject(report, "out", injector.out);
    if (status != STATUS_DONE) {
        return status;
    }
    refusal = wim_write_refusal(injector.wim);
    if (injection->in_place && injection->out != NULL) {
        diag_error(injection->wim, "cannot be written in place and as something else");
        status = STATUS_USAGE;
    }
    if (refusal != NULL) {
        diag_error(injection->wim, "%s", refusal);
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        status = plan_images(&injector, &total);
    }
    if (status == STATUS_DONE) {
        status = carry_out(&injector, total);
    }
    if (status == STATUS_DONE) {
        *changed = total > 0;
    }
    for (size_t i = 0; i < injector.count; ++i) {
        changes_free(&injector.images[i].changes);
    }
    free(injector.images);
    wim_close(injector.wim);
    return status;
}
