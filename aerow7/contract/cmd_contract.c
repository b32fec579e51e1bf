/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/cmd_contract.h"

#include "contract/contract.h"
#include "contract/contract_devices_cmd.h"
#include "contract/contract_generate.h"
#include "contract/contract_variant.h"
#include "base/file_io.h"
#include "base/options.h"
#include "base/report.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 contract check FILE [--schema FILE] [--json]\n"
    "       aerow7 contract generate WHAT [--contract FILE] --out FILE\n"
    "\n"
    "check     holds a device contract file against its schema and against the rules of the contract; every violation\n"
    "          is reported with its place.\n"
    "  --schema FILE   the schema (default: devices.schema.json beside the contract file)\n"
    "  --json          the result as one JSON object on stdout\n"
    "\n"
    "generate  writes what is made from the contract. WHAT is one of:\n"
    "  --header        contract_ids.h, the IDs and names as C macros\n"
    "  --inf TEMPLATE  an INF whose @PLACEHOLDERS@ are filled, with CR LF line ends\n"
    "  --virtio-win    the variant of the contract that names the services and INFs of virtio-win\n"
    "  --devices-cmd   devices.cmd, the services and hardware IDs as batch variables for the guest tools\n"
    "and further:\n"
    "  --contract FILE the contract (default: contract/devices.json)\n"
    "  --out FILE      where to; a file that has this content already is not touched\n"
    "\n"
    "Exit status: 0 done, 1 the file breaks a rule, 2 usage, 3 input unreadable or malformed, 4 not written.\n"
    "\n"
    "Example: aerow7 contract generate --virtio-win --out build/devices-virtio-win.json\n";

/* `contract` is NULL when a rule is broken; the violations are on stderr, each with its place. */
static enum status report_check(const char *file, const struct contract *contract)
{
    cJSON *report = cJSON_CreateObject();

    cJSON_AddStringToObject(report, "file", file);
    cJSON_AddBoolToObject(report, "valid", contract != NULL);
    if (contract != NULL) {
        cJSON_AddStringToObject(report, "contract_name", contract->name);
        cJSON_AddStringToObject(report, "contract_version", contract->version);
        cJSON_AddNumberToObject(report, "devices", (double)contract->device_count);
    }
    return report_json(report);
}

static enum status check(int argc, char **argv)
{
    const char *file = NULL;
    const char *schema = NULL;
    bool json = false;
    const struct option_spec options[] = {
        {.name = NULL, .value = &file, .required = true, .what = "FILE"},
        {.name = "--schema", .value = &schema},
        {.name = "--json", .flag = &json},
    };
    struct contract contract;
    enum status status = options_parse("contract check", help, options, 3, argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    status = contract_load(file, schema, &contract);
    if (json && (status == STATUS_DONE || status == STATUS_CHECK_FAILED)) {
        enum status written = report_check(file, status == STATUS_DONE ? &contract : NULL);

        status = written != STATUS_DONE ? written : status;
    } else if (status == STATUS_DONE) {
        printf("%s: %s %s, %zu devices, every rule kept\n", file, contract.name, contract.version,
               contract.device_count);
    }
    if (status == STATUS_DONE) {
        contract_free(&contract);
    }
    return status;
}

struct wanted {
    bool header;
    bool virtio_win;
    bool devices_cmd;
    const char *inf;
};

static enum status make(const struct wanted *wanted, const char *file, struct contract *contract, struct text *text)
{
    enum status status;

    if (wanted->header) {
        contract_generate_header(contract, text);
        return STATUS_DONE;
    }
    if (wanted->virtio_win) {
        status = contract_make_variant(file, contract);
        if (status == STATUS_DONE) {
            contract_print(contract, text);
        }
        return status;
    }
    if (wanted->devices_cmd) {
        return contract_generate_devices_cmd(file, contract, text);
    }
    return contract_fill_inf(contract, wanted->inf, text);
}

static enum status generate(int argc, char **argv)
{
    const char *file = "contract/devices.json";
    const char *out = NULL;
    struct wanted wanted = {0};
    const struct option_spec options[] = {
        {.name = "--header", .flag = &wanted.header},
        {.name = "--inf", .value = &wanted.inf},
        {.name = "--virtio-win", .flag = &wanted.virtio_win},
        {.name = "--devices-cmd", .flag = &wanted.devices_cmd},
        {.name = "--contract", .value = &file},
        {.name = "--out", .value = &out, .required = true},
    };
    struct contract contract;
    struct text text = {0};
    enum status status = options_parse("contract generate", help, options, 6, argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if (wanted.header + wanted.virtio_win + wanted.devices_cmd + (wanted.inf != NULL) != 1) {
        return options_usage("contract generate", "give one of --header, --inf, --virtio-win and --devices-cmd");
    }
    status = contract_load(file, NULL, &contract);
    if (status != STATUS_DONE) {
        return status;
    }
    status = make(&wanted, file, &contract, &text);
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
