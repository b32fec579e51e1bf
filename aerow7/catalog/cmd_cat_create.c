/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/cmd_cat.h"

#include "base/epoch.h"
#include "base/options.h"
#include "base/text.h"
#include "catalog/catalog_package.h"
#include "catalog/catalog_show.h"
#include "catalog/catalog_spec_file.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND "cat create"
#define INF_SIZE_LIMIT ((size_t)16 << 20)

struct request {
    const char *inf;
    const char *spec;
    const char *architecture;
    const char *files;
    const char *os;
    const char *os_attribute;
    const char *epoch;
    const char *out;
    bool json;
};

static enum status create_from_spec(const struct request *request, struct bytes *out)
{
    struct catalog_spec_file file;
    bool given = false;
    time_t epoch = 0;
    enum status status = epoch_parse(request->epoch, &given, &epoch);

    if (status == STATUS_DONE) {
        status = catalog_spec_read(request->spec, &file);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    if (!file.has_time && !given) {
        diag_error(request->spec, "has no time, and there is no --source-date-epoch");
        status = STATUS_BAD_INPUT;
    } else {
        file.spec.time = file.has_time ? file.spec.time : epoch;
        status = file.has_identifier ? catalog_make(&file.spec, out) : catalog_make_identified(&file.spec, out);
    }
    catalog_spec_free(&file);
    return status;
}

static enum status time_of(const struct request *request, const struct catalog_wishes *wishes, time_t *out)
{
    bool given = false;
    enum status status = epoch_parse(request->epoch, &given, out);

    if (status == STATUS_DONE && !given) {
        *out = wishes->date != NULL ? catalog_date(wishes->date) : -1;
        if (*out == -1) {
            diag_error(request->inf, "its DriverVer has no date of 1970 or later, and there is no --source-date-epoch");
            status = STATUS_BAD_INPUT;
        }
    }
    return status;
}

static enum status create_from_inf(const struct request *request, struct bytes *out)
{
    const char *slash = strrchr(request->inf, '/');
    char *folder = request->files != NULL ? xstrdup(request->files)
                   : slash != NULL        ? xformat("%.*s", (int)(slash + 1 - request->inf), request->inf)
                                          : xstrdup(".");
    struct catalog_parameters parameters = {.os = request->os, .os_attribute = request->os_attribute};
    enum inf_architecture architecture = INF_AMD64;
    struct catalog_wishes wishes = {0};
    struct file_tree tree = {0};
    struct bytes inf = {0};
    enum status status = cat_architecture(COMMAND, request->architecture, &architecture);

    if (status == STATUS_DONE) {
        status = file_read(request->inf, INF_SIZE_LIMIT, &inf);
    }
    if (status == STATUS_DONE) {
        status = catalog_wishes_of(request->inf, &inf, architecture, &wishes);
    }
    if (status == STATUS_DONE) {
        status = time_of(request, &wishes, &parameters.time);
    }
    if (status == STATUS_DONE) {
        status = catalog_load_package(request->inf, &inf, folder, &wishes, &tree);
    }
    if (status == STATUS_DONE) {
        parameters.os = parameters.os != NULL ? parameters.os : catalog_os_name(architecture);
        status = catalog_of_wishes(&tree, wishes.paths[0], &wishes, &parameters, out);
    }
    file_tree_free(&tree);
    catalog_wishes_free(&wishes);
    bytes_free(&inf);
    free(folder);
    return status;
}

/* What was written is read again, so that what is shown is what is there. */
static enum status report(const struct request *request, const struct bytes *made)
{
    const struct signatures none = {0};
    struct catalog catalog;
    enum status status = catalog_parse(request->out, made, &catalog);

    if (status == STATUS_DONE) {
        status = report_json(catalog_json(request->out, &catalog, &none));
        catalog_free(&catalog);
    }
    return status;
}

enum status cmd_cat_create(const char *help, int argc, char **argv)
{
    struct request request = {.os_attribute = NULL};
    const struct option_spec options[] = {
        {.name = "--inf", .value = &request.inf},
        {.name = "--spec", .value = &request.spec},
        {.name = "--arch", .value = &request.architecture},
        {.name = "--files", .value = &request.files},
        {.name = "--os", .value = &request.os},
        {.name = "--os-attr", .value = &request.os_attribute},
        {.name = "--source-date-epoch", .value = &request.epoch},
        {.name = "--out", .value = &request.out, .required = true},
        {.name = "--json", .flag = &request.json},
    };
    struct bytes catalog = {0};
    enum status status = options_parse(COMMAND, help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if ((request.inf == NULL) == (request.spec == NULL)) {
        return options_usage(COMMAND, "give one of --inf and --spec");
    }
    if (request.inf != NULL && request.architecture == NULL) {
        return options_usage(COMMAND, "--inf needs --arch");
    }
    if (request.spec != NULL &&
        (request.architecture != NULL || request.files != NULL || request.os != NULL || request.os_attribute != NULL)) {
        return options_usage(COMMAND, "--arch, --files, --os and --os-attr go with --inf");
    }
    if (request.os_attribute == NULL) {
        request.os_attribute = CATALOG_OS_ATTRIBUTE;
    }
    status = request.inf != NULL ? create_from_inf(&request, &catalog) : create_from_spec(&request, &catalog);
    if (status == STATUS_DONE) {
        status = file_write(request.out, catalog.data, catalog.size);
    }
    if (status == STATUS_DONE && request.json) {
        status = report(&request, &catalog);
    }
    bytes_free(&catalog);
    return status;
}
