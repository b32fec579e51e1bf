/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes as an INF: read, evaluated for both architectures, held to every rule with the contract, compared with
 * itself as an alias. Nothing may crash, leak or take long, and what was read obeys what inf_file.h promises.
 */
#include "inf/inf_check.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static struct contract contract;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (contract_load(FUZZ_CONTRACT, NULL, &contract) != STATUS_DONE) {
        abort();
    }
    return 0;
}

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_promises(const struct inf *inf)
{
    unsigned line = 0;

    for (size_t i = 0; i < inf->section_count; ++i) {
        const struct inf_section *section = &inf->sections[i];

        require(section->line > line && inf_section(inf, section->name) == section);
        line = section->line;
        for (size_t j = 0; j < section->line_count; ++j) {
            const struct inf_line *entry = &section->lines[j];

            require(entry->line > section->line);
            for (size_t k = 0; k < entry->value_count; ++k) {
                require(entry->values[k].text != NULL && entry->values[k].source != NULL &&
                        entry->values[k].line >= entry->line && entry->values[k].column > 0);
            }
        }
    }
}

static bool is_inside(const char *folder, const char *name)
{
    return strcmp(folder, "..") != 0 && strncmp(folder, "../", 3) != 0 && strstr(folder, "/../") == NULL &&
           strpbrk(name, "/\\") == NULL && strcmp(name, "..") != 0 && name[0] != 0;
}

static void evaluate(const struct inf *inf, enum inf_architecture architecture)
{
    struct inf_target target = {.architecture = architecture, .major = 6, .minor = 1};
    struct inf_package package;
    enum status status = inf_package_of(inf, target, &package);

    require(status == STATUS_DONE || status == STATUS_CHECK_FAILED);
    for (size_t i = 0; i < package.file_count; ++i) {
        /* A package that is whole names no file outside of itself. */
        require(status != STATUS_DONE || (is_inside(package.files[i].source_folder, package.files[i].source) &&
                                          is_inside(package.files[i].target_folder, package.files[i].target)));
    }
    inf_package_free(&package);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct findings findings = {0};
    struct inf pair[2];
    struct inf_set set = {pair, 2};

    if (inf_parse("x86/virtio-blk.inf", data, size, &pair[0], &findings) == STATUS_DONE) {
        check_promises(&pair[0]);
        evaluate(&pair[0], INF_X86);
        evaluate(&pair[0], INF_AMD64);
        inf_check(&pair[0], &contract, &findings);
        require(inf_parse("x86/aero_virtio_blk.inf", data, size, &pair[1], NULL) == STATUS_DONE);
        inf_check_set(&set, true, &findings);
        inf_free(&pair[1]);
        inf_free(&pair[0]);
    }
    findings_free(&findings);
    return 0;
}
