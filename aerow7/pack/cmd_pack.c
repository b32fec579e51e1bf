/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/cmd_pack.h"

#include "contract/contract.h"
#include "base/options.h"
#include "pack/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static const char help[] =
    "usage: aerow7 pack --from-build DIR --out DIR [--contract FILE] [--source-date-epoch SECONDS]\n"
    "\n"
    "Makes the driver pack from DIR/{x86,amd64}/DRIVER/ (.sys, .inf, .pdb):\n"
    "  OUT/aero-win7-driver-pack/     win7/{x86,amd64}/DRIVER/ and manifest.json\n"
    "  OUT/aero-win7-driver-pack.zip  the same, the same bytes each time\n"
    "  OUT/symbols/{x86,amd64}/       the PDBs\n"
    "  OUT/manifest.json              every file with its size and SHA-256\n"
    "\n"
    "Files are dated by --source-date-epoch, else by the environment's SOURCE_DATE_EPOCH, else 1980.\n"
    "\n"
    "Exit status: 0 done, 1 a driver is incomplete or not in the contract, 2 usage, 3 input unreadable or malformed,\n"
    "4 not written.\n";

/* 9999-12-31: what the manifest's date can express. */
#define LAST_EPOCH 253402300799LL

static enum status parse_epoch(const char *text, time_t *epoch)
{
    char *end = NULL;
    long long value;

    *epoch = 0;
    if (text == NULL || *text == 0) {
        text = getenv("SOURCE_DATE_EPOCH");
    }
    if (text == NULL || *text == 0) {
        return STATUS_DONE;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || value < 0 || value > LAST_EPOCH) {
        diag_error(text, "is not a number of seconds since 1970");
        return STATUS_USAGE;
    }
    *epoch = (time_t)value;
    return STATUS_DONE;
}

enum status cmd_pack(int argc, char **argv)
{
    const char *build = NULL;
    const char *out = NULL;
    const char *file = "contract/devices.json";
    const char *epoch_text = NULL;
    const struct option_spec options[] = {
        {.name = "--from-build", .value = &build, .required = true},
        {.name = "--out", .value = &out, .required = true},
        {.name = "--contract", .value = &file},
        {.name = "--source-date-epoch", .value = &epoch_text},
    };
    struct contract contract;
    time_t epoch = 0;
    enum status status = options_parse("pack", help, options, 4, argc, argv);

    if (status == STATUS_DONE) {
        status = parse_epoch(epoch_text, &epoch);
    }
    if (status == STATUS_DONE) {
        status = contract_load(file, NULL, &contract);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    status = pack_make(build, out, &contract, epoch);
    contract_free(&contract);
    return status;
}
