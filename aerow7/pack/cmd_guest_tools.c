/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/cmd_guest_tools.h"

#include "base/options.h"
#include "base/epoch.h"
#include "pack/guest_tools.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 guest-tools --drivers-dir DIR --guest-tools-dir DIR --out-dir DIR --spec FILE [options]\n"
    "\n"
    "Makes the guest tools: OUT/aero-guest-tools.iso, OUT/aero-guest-tools.zip and a manifest, the same bytes each "
    "time.\n"
    "\n"
    "  --drivers-dir DIR         {x86,amd64}/DRIVER/ (also win32 or i386, x64 or x86_64) with .inf, .sys, .cat; or a\n"
    "                            driver pack, whose win7/ is taken\n"
    "  --guest-tools-dir DIR     setup.cmd, uninstall.cmd, verify.cmd, verify.ps1, README.md, certs/, licenses/, "
    "tools/\n"
    "  --out-dir DIR             where to\n"
    "  --spec FILE               the packaging spec: which drivers, and what each has to be (packaging/specs/)\n"
    "  --windows-device-contract FILE   the device contract that INFs are held against and config/devices.cmd is made\n"
    "                            from (default: contract/devices.json)\n"
    "  --contract-schema FILE    its schema (default: devices.schema.json beside it)\n"
    "  --version V               (default: 0.0.0)\n"
    "  --build-id ID             (default: local)\n"
    "  --volume-id LABEL         of the ISO, at most 16 of A-Z, 0-9 and _ (default: AERO_GUEST_TOOLS)\n"
    "  --signing-policy P        test (or testsigning): certs/ has to hold the drivers' certificate; production (or "
    "prod,\n"
    "                            whql) and none (or nointegritychecks): it must not hold any (default: the "
    "environment's\n"
    "                            AERO_GUEST_TOOLS_SIGNING_POLICY, else test)\n"
    "  --source-date-epoch N     date of everything, in seconds since 1970 (default: the environment's\n"
    "                            SOURCE_DATE_EPOCH, else 0)\n"
    "  --manifest FILE           where the manifest goes (default: OUT/manifest.json)\n"
    "  --json                    report as one JSON object on stdout\n"
    "\n"
    "Refused, and nothing is written: private keys in any form, symbolic links, names that Windows or a "
    "case-insensitive\n"
    "folder does not take, files and drivers that nothing lists, drivers without INF, SYS and CAT on an architecture,\n"
    "services and hardware IDs that are not as the spec and the contract say. Build leftovers (.pdb, .obj, ...) are "
    "left\n"
    "out and named.\n"
    "\n"
    "Exit status: 0 done, 1 a check failed, 2 usage, 3 input unreadable or malformed, 4 not written.\n"
    "\n"
    "Example: aerow7 guest-tools --drivers-dir dist/aero-win7-driver-pack --guest-tools-dir build/guest-tools \\\n"
    "             --out-dir dist --spec packaging/specs/win7-aero-guest-tools.json --version 1.2.3\n";

/* What goes into file names, batch variables and registry values of a guest, so: no more than these. */
static bool is_plain(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-_";
    size_t length = strlen(text);

    return length > 0 && length <= 64 && strspn(text, allowed) == length;
}

static bool is_label(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t length = strlen(text);

    return length > 0 && length <= 16 && strspn(text, allowed) == length;
}

static enum status check(struct guest_tools_options *options, const char *policy)
{
    if (policy == NULL) {
        policy = getenv("AERO_GUEST_TOOLS_SIGNING_POLICY");
    }
    if (policy != NULL && *policy != 0 && !signing_policy_parse(policy, &options->policy)) {
        diag_error(policy, "is no signing policy: test, production or none");
        return STATUS_USAGE;
    }
    if (!is_plain(options->version) || !is_plain(options->build_id)) {
        return options_usage("guest-tools", "--version and --build-id are 1 to 64 letters, digits and .+-_");
    }
    if (!is_label(options->volume_id)) {
        return options_usage("guest-tools", "--volume-id is 1 to 16 of A-Z, 0-9 and _");
    }
    return STATUS_DONE;
}

enum status cmd_guest_tools(int argc, char **argv)
{
    const char *epoch = NULL;
    const char *policy = NULL;
    struct guest_tools_options options = {
        .contract = "contract/devices.json",
        .version = "0.0.0",
        .build_id = "local",
        .volume_id = "AERO_GUEST_TOOLS",
        .policy = POLICY_TEST,
    };
    const struct option_spec specs[] = {
        {.name = "--drivers-dir", .value = &options.drivers_dir, .required = true},
        {.name = "--guest-tools-dir", .value = &options.guest_tools_dir, .required = true},
        {.name = "--out-dir", .value = &options.out, .required = true},
        {.name = "--spec", .value = &options.spec, .required = true},
        {.name = "--windows-device-contract", .value = &options.contract},
        {.name = "--contract-schema", .value = &options.contract_schema},
        {.name = "--version", .value = &options.version},
        {.name = "--build-id", .value = &options.build_id},
        {.name = "--volume-id", .value = &options.volume_id},
        {.name = "--signing-policy", .value = &policy},
        {.name = "--source-date-epoch", .value = &epoch},
        {.name = "--manifest", .value = &options.manifest},
        {.name = "--json", .flag = &options.json},
    };
    enum status status = options_parse("guest-tools", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = check(&options, policy);
    }
    if (status == STATUS_DONE) {
        status = epoch_parse(epoch, NULL, &options.epoch);
    }
    return status == STATUS_DONE ? guest_tools_make(&options) : status;
}
