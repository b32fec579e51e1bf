/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pe_check --machine amd64|x86 --imports ddk/imports-win7.txt --symbols DIR FOLDER
 * holds every .sys below FOLDER (.../DRIVER/DRIVER.sys) against pe_rules.h, with its PDB from DIR. It fails when there
 * is no .sys at all. Exit status: 0 every rule kept, 1 not, 2 usage, 3 something cannot be read.
 */
#include "base/file_io.h"
#include "base/options.h"
#include "pe/pe_image.h"
#include "pe_rules.h"
#include "base/text.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_LIMIT ((size_t)64 << 20)

static const char help[] = "usage: pe_check --machine amd64|x86 --imports FILE --symbols DIR FOLDER\n";

static enum status check_file(const char *path, uint16_t machine, const struct allow_list *imports, const char *symbols)
{
    const char *base = strrchr(path, '/') + 1;
    char *name = xformat("%.*s", (int)strlen(base) - 4, base);
    char *pdb_path = xformat("%s/%s.pdb", symbols, name);
    struct bytes sys = {0};
    struct bytes pdb = {0};
    struct findings findings = {0};
    enum status status = file_read(path, IMAGE_LIMIT, &sys);

    if (status == STATUS_DONE && access(pdb_path, F_OK) == 0) {
        status = file_read(pdb_path, IMAGE_LIMIT, &pdb);
    }
    if (status == STATUS_DONE) {
        const struct pe_subject subject = {
            .name = name,
            .machine = machine,
            .sys = sys.data,
            .sys_size = sys.size,
            .pdb = pdb.data,
            .pdb_size = pdb.size,
            .imports = imports,
        };

        pe_rules_check(&subject, &findings);
        for (size_t i = 0; i < findings.count; ++i) {
            printf("%s: %s: %s\n", path, findings.list[i].rule, findings.list[i].reason);
        }
        printf("%s: %s\n", path, findings.count > 0 ? "REFUSED" : "every rule kept");
        status = findings.count > 0 ? STATUS_CHECK_FAILED : STATUS_DONE;
    }
    findings_free(&findings);
    bytes_free(&pdb);
    bytes_free(&sys);
    free(pdb_path);
    free(name);
    return status;
}

int main(int argc, char **argv)
{
    const char *machine = NULL;
    const char *imports_path = NULL;
    const char *symbols = NULL;
    const char *folder = NULL;
    const struct option_spec options[] = {
        {.name = "--machine", .value = &machine, .required = true},
        {.name = "--imports", .value = &imports_path, .required = true},
        {.name = "--symbols", .value = &symbols, .required = true},
        {.name = NULL, .value = &folder, .required = true, .what = "FOLDER"},
    };
    struct allow_list imports;
    glob_t found;
    enum status status = options_parse("pe_check", help, options, 4, argc, argv);
    bool amd64;
    char *pattern;

    if (status != STATUS_DONE) {
        return (int)status;
    }
    amd64 = strcmp(machine, "amd64") == 0;
    if (!amd64 && strcmp(machine, "x86") != 0) {
        return (int)options_usage("pe_check", "--machine is amd64 or x86");
    }
    if (!allow_list_read(imports_path, &imports)) {
        return STATUS_BAD_INPUT;
    }
    pattern = xformat("%s/*/*.sys", folder);
    if (glob(pattern, 0, NULL, &found) != 0) {
        diag_error(pattern, "there is no driver to check");
        status = STATUS_BAD_INPUT;
    } else {
        for (size_t i = 0; i < found.gl_pathc; ++i) {
            enum status one =
                check_file(found.gl_pathv[i], amd64 ? PE_MACHINE_AMD64 : PE_MACHINE_X86, &imports, symbols);

            status = one > status ? one : status;
        }
        globfree(&found);
    }
    free(pattern);
    allow_list_free(&imports);
    return (int)status;
}
