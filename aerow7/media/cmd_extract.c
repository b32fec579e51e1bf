/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/cmd_extract.h"

#include "base/file_io.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/report.h"
#include "base/text.h"
#include "media/file_digest.h"
#include "media/folder_output.h"
#include "media/virtio_win.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROVENANCE_NAME "virtio-win-provenance.json"

static const char help[] =
    "usage: aerow7 extract --virtio-win-iso FILE --out-root DIR [--provenance FILE] [--clean]\n"
    "                      [--driver NAME,...] [--all] [--json]\n"
    "\n"
    "Takes the drivers for Windows 7 out of a virtio-win ISO: DRIVER/OS/ARCH/ with the paths that they have there, "
    "and\n"
    "the licence, notice and version files of its root. No root rights and no mounting are needed. ISO 9660 with "
    "Joliet\n"
    "or Rock Ridge, ISO 9660:1999, UDF and ZIP are read; files that share their content on the medium come out whole.\n"
    "\n"
    "  --virtio-win-iso FILE   the ISO image (or a ZIP archive of the same layout). No default.\n"
    "  --out-root DIR          where to; it appears when it is complete, or not at all. A folder that is not empty is\n"
    "                          refused. No default.\n"
    "  --provenance FILE       where to write down what was taken from what: the image with its SHA-256 and label, "
    "every\n"
    "                          path. Default: DIR/" PROVENANCE_NAME ".\n"
    "  --clean                 replace a DIR that is not empty. Refused for the root of the file system or of a Git "
    "work\n"
    "                          tree, for a folder with the home folder, the current folder or the image in it.\n"
    "                          Default: off.\n"
    "  --driver NAME,...       which drivers: viostor, NetKVM, viosnd, vioinput; may be repeated. viostor and NetKVM "
    "are\n"
    "                          always taken and must be there. Default: all four, as far as they are there.\n"
    "  --all                   everything on the medium, whether it is a virtio-win ISO or not. Default: off.\n"
    "  --json                  report as one JSON object on standard output. Default: off.\n"
    "\n"
    "OS is the first of w7.1, w7_1, w7, win7 that the driver has; ARCH the first of amd64, x64 and of x86, i386.\n"
    "Refused: names that lead elsewhere, that Windows does not allow, or that differ in case only; links, if wanted.\n"
    "\n"
    "Exit status: 0 done; 1 viostor or NetKVM is not there for both architectures; 2 usage; 3 the medium is "
    "unreadable\n"
    "or malformed; 4 DIR or the provenance could not be written.\n"
    "\n"
    "Example: aerow7 extract --virtio-win-iso virtio-win.iso --out-root virtio-win\n";

struct extract_options {
    const char *iso;
    const char *out;
    const char *provenance;
    struct option_list drivers;
    bool clean;
    bool all;
    bool json;
};

struct extraction {
    struct virtio_win_selection selection;
    struct virtio_win_source source;
    struct folder_output output;
    cJSON *files;
    uint64_t total;
    bool begun;
    int descriptor; /* of the file that comes */
    struct sha256_stream digest;
};

static bool takes(void *context, const struct media_entry *entry)
{
    struct extraction *extraction = context;
    bool taken = virtio_win_takes(&extraction->source, &extraction->selection, entry->path);

    extraction->total += taken ? entry->size : 0;
    return taken;
}

static enum status write_piece(const struct extraction *extraction, const char *path, const char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = write(extraction->descriptor, bytes + done, size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(extraction->output.target, "\"%s\" cannot be written: %s", path, strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

static void note_file(struct extraction *extraction, const struct media_entry *entry)
{
    char text[SHA256_TEXT_SIZE];
    cJSON *file = cJSON_CreateObject();

    sha256_end(&extraction->digest, text);
    cJSON_AddStringToObject(file, "path", entry->path);
    cJSON_AddNumberToObject(file, "size", (double)entry->size);
    cJSON_AddStringToObject(file, "sha256", text);
    cJSON_AddItemToArray(extraction->files, file);
}

static enum status take_data(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct extraction *extraction = context;
    enum status status = STATUS_DONE;
    int descriptor;

    if (!extraction->begun) {
        extraction->begun = true;
        progress_begin("extracting", extraction->total);
    }
    if (extraction->descriptor < 0) {
        sha256_begin(&extraction->digest);
        status = folder_output_create(&extraction->output, entry->path, &extraction->descriptor);
    }
    if (status == STATUS_DONE && size != 0) {
        sha256_add(&extraction->digest, bytes, size);
        progress_add(size);
        return write_piece(extraction, entry->path, bytes, size);
    }
    if (status == STATUS_DONE) {
        descriptor = extraction->descriptor;
        extraction->descriptor = -1;
        note_file(extraction, entry);
        status = folder_output_close(&extraction->output, entry->path, descriptor, entry->modified);
    }
    return status;
}

static int compare_paths(const void *left, const void *right)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(*(cJSON *const *)left, "path");
    const cJSON *b = cJSON_GetObjectItemCaseSensitive(*(cJSON *const *)right, "path");

    return strcmp(a->valuestring, b->valuestring);
}

/* Media give files in the order of their contents; the report has the order of the paths. */
static void sort_files(cJSON *files)
{
    size_t count = (size_t)cJSON_GetArraySize(files);
    cJSON **items = xcalloc(count + 1, sizeof(*items));

    for (size_t i = 0; i < count; ++i) {
        items[i] = cJSON_DetachItemFromArray(files, 0);
    }
    if (count != 0) {
        qsort(items, count, sizeof(*items), compare_paths);
    }
    for (size_t i = 0; i < count; ++i) {
        cJSON_AddItemToArray(files, items[i]);
    }
    free(items);
}

static cJSON *describe_drivers(const struct extraction *extraction)
{
    cJSON *drivers = cJSON_CreateArray();

    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
        cJSON *driver = cJSON_CreateObject();

        if (!virtio_win_is_selected(&extraction->selection, i)) {
            cJSON_Delete(driver);
            continue;
        }
        cJSON_AddStringToObject(driver, "name", virtio_win_drivers[i].name);
        cJSON_AddBoolToObject(driver, "required", virtio_win_drivers[i].required);
        for (size_t arch = 0; arch < VIRTIO_WIN_ARCHES; ++arch) {
            const char *folder = extraction->source.found.folder[i][arch];

            cJSON_AddItemToObject(driver, virtio_win_arch_names[arch],
                                  folder == NULL ? cJSON_CreateNull() : cJSON_CreateString(folder));
        }
        cJSON_AddItemToArray(drivers, driver);
    }
    return drivers;
}

static cJSON *describe(const struct extraction *extraction, const struct extract_options *options)
{
    cJSON *object = cJSON_CreateObject();
    const cJSON *file;
    cJSON *paths;
    cJSON *iso;

    cJSON_AddNumberToObject(object, "schema_version", 1);
    iso = cJSON_AddObjectToObject(object, "virtio_win_iso");
    cJSON_AddStringToObject(iso, "path", options->iso);
    cJSON_AddStringToObject(iso, "sha256", extraction->source.sha256);
    cJSON_AddItemToObject(iso, "volume_id",
                          extraction->source.info.volume_label[0] == 0
                              ? cJSON_CreateNull()
                              : cJSON_CreateString(extraction->source.info.volume_label));
    cJSON_AddStringToObject(object, "backend", extraction->source.info.backend);
    cJSON_AddStringToObject(object, "names", extraction->source.info.names);
    cJSON_AddItemToObject(object, "drivers", describe_drivers(extraction));
    paths = cJSON_AddArrayToObject(object, "extracted_paths");
    cJSON_ArrayForEach(file, extraction->files)
    {
        cJSON_AddItemToArray(paths, cJSON_CreateString(cJSON_GetObjectItemCaseSensitive(file, "path")->valuestring));
    }
    cJSON_AddItemToObject(object, "files", cJSON_Duplicate(extraction->files, true));
    return object;
}

static enum status write_default_provenance(struct extraction *extraction, const char *text)
{
    enum status status = folder_output_create(&extraction->output, PROVENANCE_NAME, &extraction->descriptor);
    int descriptor = extraction->descriptor;

    if (status == STATUS_DONE) {
        status = write_piece(extraction, PROVENANCE_NAME, text, strlen(text));
        extraction->descriptor = -1;
    }
    if (status == STATUS_DONE) {
        status = folder_output_close(&extraction->output, PROVENANCE_NAME, descriptor, 0);
    } else if (descriptor >= 0) {
        close(descriptor);
    }
    return status;
}

static void print_summary(const struct extraction *extraction, const struct extract_options *options)
{
    printf("%s: %d files from %s (%s)\n", options->out, cJSON_GetArraySize(extraction->files), options->iso,
           extraction->source.info.names);
    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS && !options->all; ++i) {
        const char *x86 = extraction->source.found.folder[i][VIRTIO_WIN_X86];
        const char *amd64 = extraction->source.found.folder[i][VIRTIO_WIN_AMD64];

        if (virtio_win_is_selected(&extraction->selection, i)) {
            printf("  %-8s %s, %s\n", virtio_win_drivers[i].name, x86 == NULL ? "not there for x86" : x86,
                   amd64 == NULL ? "not there for amd64" : amd64);
        }
    }
}

/* With all files written: the provenance, the folder in its place, the report. */
static enum status finish(struct extraction *extraction, const struct extract_options *options)
{
    enum status status = STATUS_DONE;
    cJSON *object;
    char *text;

    sort_files(extraction->files);
    object = describe(extraction, options);
    text = cJSON_Print(object);
    if (text == NULL) {
        diag_error(options->out, "the provenance does not fit into memory");
        cJSON_Delete(object);
        return STATUS_NOT_WRITTEN;
    }
    if (options->provenance == NULL) {
        status = write_default_provenance(extraction, text);
    }
    if (status == STATUS_DONE) {
        status = folder_output_commit(&extraction->output);
    }
    if (status == STATUS_DONE && options->provenance != NULL) {
        status = file_write(options->provenance, text, strlen(text));
    }
    cJSON_free(text);
    if (status == STATUS_DONE && options->json) {
        return report_json(object);
    }
    if (status == STATUS_DONE) {
        print_summary(extraction, options);
    }
    cJSON_Delete(object);
    return status;
}

static enum status extract(struct extraction *extraction, const struct extract_options *options)
{
    const struct media_visitor visitor = {.context = extraction, .wants = takes, .data = take_data};
    enum status status = virtio_win_find(options->iso, &extraction->selection, &extraction->source);

    if (status == STATUS_DONE && extraction->source.sha256[0] == 0) {
        diag_error(options->iso, "is a folder, not an ISO image");
        status = STATUS_BAD_INPUT;
    }
    if (status != STATUS_DONE) {
        return status;
    }
    status = folder_output_begin(&extraction->output, options->out, options->clean, options->iso);
    if (status == STATUS_DONE) {
        status = media_read(options->iso, &visitor, NULL);
        progress_end();
    }
    if (extraction->descriptor >= 0) {
        close(extraction->descriptor);
        extraction->descriptor = -1;
    }
    if (status == STATUS_DONE) {
        status = finish(extraction, options);
    }
    folder_output_discard(&extraction->output);
    return status;
}

enum status cmd_extract(int argc, char **argv)
{
    struct extract_options options = {0};
    const struct option_spec specs[] = {
        {.name = "--virtio-win-iso", .value = &options.iso, .required = true},
        {.name = "--out-root", .value = &options.out, .required = true},
        {.name = "--provenance", .value = &options.provenance},
        {.name = "--driver", .list = &options.drivers},
        {.name = "--clean", .flag = &options.clean},
        {.name = "--all", .flag = &options.all},
        {.name = "--json", .flag = &options.json},
    };
    struct extraction extraction = {.descriptor = -1};
    enum status status = options_parse("extract", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = virtio_win_select(&extraction.selection, "extract", &options.drivers);
    }
    if (status == STATUS_DONE) {
        extraction.selection.everything = options.all;
        extraction.files = cJSON_CreateArray();
        status = extract(&extraction, &options);
        cJSON_Delete(extraction.files);
        sha256_free(&extraction.digest);
    }
    virtio_win_source_free(&extraction.source);
    virtio_win_selection_free(&extraction.selection);
    option_list_free(&options.drivers);
    return status;
}
