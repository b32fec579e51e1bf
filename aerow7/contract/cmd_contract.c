/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/cmd_contract.h"

#include "contract/contract.h"
#include "contract/contract_generate.h"
#include "base/file_io.h"
#include "base/options.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 contract check FILE [--schema FILE]\n"
    "       aerow7 contract generate --header [--contract FILE] --out FILE\n"
    "       aerow7 contract generate --inf TEMPLATE [--contract FILE] --out FILE\n"
    "\n"
    "check     holds a device contract file against its schema (devices.schema.json beside it, or --schema) and\n"
    "          against the rules of the contract; every violation is reported with its place.\n"
    "generate  writes what is made from the contract (default contract/devices.json):\n"
    "  --header        contract_ids.h, the IDs and names as C macros\n"
    "  --inf TEMPLATE  an INF whose @PLACEHOLDERS@ are filled, with CR LF line ends\n"
    "\n"
    "Exit status: 0 done, 1 the file breaks a rule, 2 usage, 3 input unreadable or malformed, 4 not written.\n";

static enum status check(int argc, char **argv)
{
    const char *file = NULL;
    const char *schema = NULL;
    const struct option_spec options[] = {
        {.name = NULL, .value = &file, .required = true, .what = "FILE"},
        {.name = "--schema", .value = &schema},
    };
    struct contract contract;
    enum status status = options_parse("contract check", help, options, 2, argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    status = contract_load(file, schema, &contract);
    if (status == STATUS_DONE) {
        printf("%s: %s %s, %zu devices, every rule kept\n", file, contract.name, contract.version,
               contract.device_count);
        contract_free(&contract);
    }
    return status;
}

static enum status generate(int argc, char **argv)
{
    const char *file = "contract/devices.json";
    const char *out = NULL;
    const char *inf = NULL;
    bool header = false;
    const struct option_spec options[] = {
        {.name = "--header", .flag = &header},
        {.name = "--inf", .value = &inf},
        {.name = "--contract", .value = &file},
        {.name = "--out", .value = &out, .required = true},
    };
    struct contract contract;
    struct text text = {0};
    enum status status = options_parse("contract generate", help, options, 4, argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if (header == (inf != NULL)) {
        return options_usage("contract generate", "give one of --header and --inf");
    }
    status = contract_load(file, NULL, &contract);
    if (status != STATUS_DONE) {
        return status;
    }
    if (header) {
        contract_generate_header(&contract, &text);
    } else {
        status = contract_fill_inf(&contract, inf, &text);
    }
    if (status == STATUS_DONE) {
        status = file_write_changed(out, text.data != NULL ? text.data : "", text.size);
    }
    text_free(&text);
    contract_free(&contract);
    return status;
}

enum status cmd_contract(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "check") == 0) {
        return check(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "generate") == 0) {
        return generate(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("contract", "check or generate is expected");
}
