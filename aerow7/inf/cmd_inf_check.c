/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/cmd_inf_check.h"

#include "inf/inf_check.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/text.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct checking {
    const struct contract *contract;
    struct findings findings;
    cJSON *files;
    size_t file_count;
    enum status status;
};

static void note_status(struct checking *checking, enum status status)
{
    checking->status = status > checking->status ? status : checking->status;
}

static void describe(struct checking *checking, const char *path, const struct findings *findings)
{
    cJSON *file = cJSON_CreateObject();

    cJSON_AddStringToObject(file, "file", path);
    cJSON_AddNumberToObject(file, "errors", (double)findings_count(findings, SEVERITY_ERROR));
    cJSON_AddNumberToObject(file, "warnings", (double)findings_count(findings, SEVERITY_WARNING));
    cJSON_AddItemToArray(checking->files, file);
    ++checking->file_count;
}

static void read_one(struct checking *checking, struct inf_set *set, const char *path)
{
    struct findings findings = {0};
    struct inf inf;
    enum status status = inf_read(path, &inf, &findings);

    note_status(checking, status);
    if (status == STATUS_DONE) {
        inf_check(&inf, checking->contract, &findings);
        describe(checking, path, &findings);
        set->list = xrealloc(set->list, (set->count + 1) * sizeof(*set->list));
        set->list[set->count++] = inf;
    }
    for (size_t i = 0; i < findings.count; ++i) {
        const struct finding *finding = &findings.list[i];

        findings_add(&checking->findings, finding->severity, finding->rule, finding->file, finding->line, "%s",
                     finding->message);
    }
    findings_free(&findings);
}

static void finish_set(struct checking *checking, struct inf_set *set, bool tree)
{
    inf_check_set(set, tree, &checking->findings);
    for (size_t i = 0; i < set->count; ++i) {
        inf_free(&set->list[i]);
    }
    free(set->list);
}

static bool is_inf_name(const char *name)
{
    size_t length = strlen(name);

    return (length > 4 && strcasecmp(name + length - 4, ".inf") == 0) ||
           (length > 13 && strcasecmp(name + length - 13, ".inf.disabled") == 0);
}

static int compare_entries(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void check_tree(struct checking *checking, const char *folder)
{
    char *path = xstrdup(folder);
    char *const paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, compare_entries);
    struct inf_set set = {0};
    FTSENT *entry;

    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            diag_error(entry->fts_path, "cannot be read: %s", strerror(entry->fts_errno));
            note_status(checking, STATUS_BAD_INPUT);
        } else if (entry->fts_level == 0 && entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
            diag_error(folder, "is no folder");
            note_status(checking, STATUS_BAD_INPUT);
        } else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP && is_inf_name(entry->fts_name)) {
            read_one(checking, &set, entry->fts_path);
            progress_add(1);
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    } else {
        diag_error(folder, "cannot be read: %s", strerror(errno));
        note_status(checking, STATUS_BAD_INPUT);
    }
    free(path);
    finish_set(checking, &set, true);
}

static enum status report(struct checking *checking, bool json)
{
    size_t errors = findings_count(&checking->findings, SEVERITY_ERROR);
    size_t warnings = findings_count(&checking->findings, SEVERITY_WARNING);
    enum status status = STATUS_DONE;

    if (errors > 0) {
        note_status(checking, STATUS_CHECK_FAILED);
    }
    if (json) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddItemToObject(object, "files", checking->files);
        cJSON_AddItemToObject(object, "findings", findings_json(&checking->findings));
        cJSON_AddNumberToObject(object, "errors", (double)errors);
        cJSON_AddNumberToObject(object, "warnings", (double)warnings);
        checking->files = NULL;
        status = report_json(object);
    } else {
        findings_print(&checking->findings);
        printf("%zu INF file%s: %zu error%s, %zu warning%s\n", checking->file_count,
               checking->file_count == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
    }
    return status != STATUS_DONE ? status : checking->status;
}

static enum status check_all(const struct option_list *files, const struct option_list *trees,
                             const struct contract *contract, bool json)
{
    struct checking checking = {.contract = contract, .files = cJSON_CreateArray(), .status = STATUS_DONE};
    struct inf_set set = {0};
    enum status status;

    progress_begin("checking INF files", files->count);
    for (size_t i = 0; i < files->count; ++i) {
        read_one(&checking, &set, files->items[i]);
        progress_add(1);
    }
    finish_set(&checking, &set, false);
    for (size_t i = 0; i < trees->count; ++i) {
        check_tree(&checking, trees->items[i]);
    }
    progress_end();
    if (checking.file_count == 0 && checking.status == STATUS_DONE) {
        diag_error("inf check", "there is no INF file in %s", trees->count > 0 ? trees->items[0] : "the list");
        checking.status = STATUS_BAD_INPUT;
    }
    status = report(&checking, json);
    cJSON_Delete(checking.files);
    findings_free(&checking.findings);
    return status;
}

static enum status print_rules(bool json)
{
    if (json) {
        return report_json(inf_rules_json());
    }
    inf_rules_print();
    return STATUS_DONE;
}

enum status cmd_inf_check(const char *help, int argc, char **argv)
{
    struct option_list files = {0};
    struct option_list trees = {0};
    const char *contract_path = NULL;
    bool json = false;
    bool rules = false;
    const struct option_spec options[] = {
        {.name = NULL, .list = &files, .what = "FILE"},
        {.name = "--tree", .list = &trees},
        {.name = "--contract", .value = &contract_path},
        {.name = "--json", .flag = &json},
        {.name = "--rules", .flag = &rules},
    };
    struct contract contract;
    enum status status = options_parse("inf check", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE && rules) {
        status = print_rules(json);
    } else if (status == STATUS_DONE && files.count + trees.count == 0) {
        status = options_usage("inf check", "a FILE or --tree DIR is expected");
    } else if (status == STATUS_DONE) {
        if (contract_path != NULL) {
            status = contract_load(contract_path, NULL, &contract);
        }
        if (status == STATUS_DONE) {
            status = check_all(&files, &trees, contract_path != NULL ? &contract : NULL, json);
            if (contract_path != NULL) {
                contract_free(&contract);
            }
        }
    }
    option_list_free(&files);
    option_list_free(&trees);
    return status;
}
