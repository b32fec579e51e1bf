/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack.h"

#include "base/text.h"
#include "pack/contract_match.h"
#include "pack/fault.h"
#include "pack/pack_content.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPT_IN "opt-in/"

/* A path of the build taken apart: ARCH/[opt-in/]DRIVER/FILE. */
struct build_path {
    enum inf_architecture architecture;
    bool opt_in;
    char *driver;
    const char *file; /* points into the path */
};

static bool take_apart(const char *path, struct build_path *out)
{
    const char *rest = path_below(path, "x86");
    const char *slash;

    *out = (struct build_path){.architecture = rest != NULL ? INF_X86 : INF_AMD64};
    rest = rest != NULL ? rest : path_below(path, "amd64");
    if (rest == NULL) {
        return false;
    }
    out->opt_in = starts_with(rest, OPT_IN);
    rest += out->opt_in ? strlen(OPT_IN) : 0;
    slash = strchr(rest, '/');
    if (slash == NULL || strchr(slash + 1, '/') != NULL) {
        return false;
    }
    out->driver = xformat("%.*s", (int)(slash - rest), rest);
    out->file = slash + 1;
    return true;
}

/* Two packages may carry one driver; then its symbols are the same, too. */
static enum status take_symbols(struct pack *pack, const struct build_path *path, const struct tree_file *file)
{
    char *target = xformat("%s/%s", architecture_name(path->architecture), path->file);
    const struct tree_file *present = file_tree_find(&pack->symbols, target);
    enum status status = STATUS_DONE;

    if (present == NULL) {
        status = file_tree_add_copy(&pack->symbols, target, file->content.data, file->content.size);
    } else if (present->content.size != file->content.size ||
               memcmp(present->content.data, file->content.data, file->content.size) != 0) {
        status = fault(pack->from, file->path, "differs from the symbols that another package has under this name");
    }
    free(target);
    return status;
}

static bool is_wanted(const struct driver_folder *folder, const char *file)
{
    (void)folder;
    return !ends_with(file, ".pdb");
}

static enum status take_folder(struct pack *pack, const struct file_tree *input, const struct build_path *path)
{
    struct pack_wish wish = {
        .architecture = path->architecture, .name = path->driver, .opt_in = path->opt_in, .wanted = is_wanted};
    char *folder = xformat("%s/%s%s", architecture_name(path->architecture), path->opt_in ? OPT_IN : "", path->driver);
    enum status status;

    wish.path = folder;
    status = pack_take_folder(pack, input, &wish);
    free(folder);
    return status;
}

static enum status check_name(const struct pack *pack, const struct build_path *path, const struct tree_file *file)
{
    if (ends_with(path->file, ".sys") && !is_driver_for(&file->content, path->architecture)) {
        return fault(pack->from, file->path, "is not a driver for this architecture");
    }
    if (ends_with(path->file, ".inf") && !path->opt_in &&
        !contract_names_inf(pack->options->contract, path->file, NULL)) {
        return fault(pack->from, file->path, "the contract names no such INF");
    }
    return STATUS_DONE;
}

static bool same_folder(const struct build_path *left, const struct build_path *right)
{
    return left->architecture == right->architecture && left->opt_in == right->opt_in &&
           strcmp(left->driver, right->driver) == 0;
}

/* The input is sorted, so the files of a folder follow each other. */
static enum status take_input(struct pack *pack, const struct file_tree *input)
{
    struct build_path last = {.driver = xstrdup("")};
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < input->count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &input->files[i];
        struct build_path path;

        if (!take_apart(file->path, &path)) {
            status = fault(pack->from, file->path,
                           "is not at ARCH/DRIVER/FILE or ARCH/opt-in/DRIVER/FILE with ARCH x86 or amd64");
            break;
        }
        status = check_name(pack, &path, file);
        if (status == STATUS_DONE && !same_folder(&path, &last)) {
            status = take_folder(pack, input, &path);
        }
        if (status == STATUS_DONE && ends_with(path.file, ".pdb")) {
            status = take_symbols(pack, &path, file);
        }
        free(last.driver);
        last = path;
    }
    free(last.driver);
    return status;
}

/* Every file of a driver folder has a reason to be there, and every driver has its symbols. */
static enum status check_file(const struct pack *pack, const struct driver_folder *folder, const char *name)
{
    enum status status = STATUS_DONE;
    char *symbols;
    char *path;

    if (ends_with(name, ".inf") || ends_with(name, ".inf" DISABLED_SUFFIX) || ends_with(name, ".pdb")) {
        return STATUS_DONE;
    }
    path = xformat("%s/%s", folder->path, name);
    if (!driver_folder_copies(folder, name)) {
        status = fault(pack->from, path, "is neither .inf nor .pdb, and no INF beside it copies it");
    }
    if (ends_with(name, ".sys")) {
        symbols =
            xformat("%s/%.*s.pdb", architecture_name(folder->architecture), (int)(strlen(name) - strlen(".sys")), name);
        if (file_tree_find(&pack->symbols, symbols) == NULL) {
            status =
                fault(pack->from, path, "%s is missing: a driver is packed with its symbols or not at all", symbols);
        }
        free(symbols);
    }
    free(path);
    return status;
}

/* One catalog is made of one INF; two of one name would overwrite each other. */
static enum status check_catalogs(const struct pack *pack, const struct driver_folder *folder)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < folder->inf_count; ++i) {
        for (size_t j = 0; j < i; ++j) {
            if (strcasecmp(folder->infs[i].package.catalog, folder->infs[j].package.catalog) == 0) {
                status = fault(pack->from, folder->infs[i].path, "has the CatalogFile of another INF beside it, %s",
                               folder->infs[j].name);
            }
        }
    }
    return status;
}

static enum status check_folder(const struct pack *pack, const struct file_tree *input,
                                const struct pack_folder *folder)
{
    const struct driver_folder *driver = &folder->driver;
    enum status status = check_catalogs(pack, driver);

    for (size_t i = 0; i < input->count; ++i) {
        const char *name = path_below(input->files[i].path, driver->path);

        if (name != NULL && check_file(pack, driver, name) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    for (size_t i = 0; i < driver->inf_count && !folder->opt_in; ++i) {
        if (!driver->infs[i].disabled &&
            contract_check_inf(pack->from, pack->options->contract, &driver->infs[i], true) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    return status;
}

static bool has_inf(const struct pack_folder *folder, const struct folder_inf *inf)
{
    for (size_t i = 0; i < folder->driver.inf_count; ++i) {
        if (strcmp(folder->driver.infs[i].path + strlen(folder->driver.path), strrchr(inf->path, '/')) == 0) {
            return true;
        }
    }
    return false;
}

/* A package that one architecture lacks an INF of would be a disk or a keyboard less for half of the users. */
static enum status check_other_architecture(const struct pack *pack, const struct pack_folder *folder)
{
    const struct pack_folder *other = NULL;
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < pack->folder_count; ++i) {
        const struct pack_folder *candidate = &pack->folders[i];

        if (candidate->driver.architecture != folder->driver.architecture && candidate->opt_in == folder->opt_in &&
            strcmp(candidate->name, folder->name) == 0) {
            other = candidate;
        }
    }
    if (other == NULL) {
        return fault(pack->from, folder->driver.path,
                     "is missing for the other architecture: a driver is packed for both or not at all");
    }
    for (size_t i = 0; i < folder->driver.inf_count; ++i) {
        if (!has_inf(other, &folder->driver.infs[i])) {
            status = fault(pack->from, folder->driver.infs[i].path, "the other architecture does not have this INF");
        }
    }
    return status;
}

static enum status check_complete(const struct pack *pack, const struct file_tree *input)
{
    enum status status = pack->driver_count > 0 ? STATUS_DONE : fault(pack->from, ".", "has no driver in it");

    for (size_t i = 0; i < pack->folder_count; ++i) {
        if (check_folder(pack, input, &pack->folders[i]) != STATUS_DONE ||
            check_other_architecture(pack, &pack->folders[i]) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    return status;
}

enum status pack_from_build(const struct pack_options *options, const char *build)
{
    struct file_tree input = {0};
    struct pack pack;
    enum status status = file_tree_load(&input, build);

    pack_begin(&pack, options, build);
    pack.built_here = true;
    if (status == STATUS_DONE) {
        status = take_input(&pack, &input);
    }
    if (status == STATUS_DONE) {
        status = check_complete(&pack, &input);
    }
    if (status == STATUS_DONE) {
        status = pack_finish(&pack);
    }
    pack_free(&pack);
    file_tree_free(&input);
    return status;
}
