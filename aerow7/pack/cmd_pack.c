/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/cmd_pack.h"

#include "base/options.h"
#include "base/text.h"
#include "contract/contract.h"
#include "contract/contract_variant.h"
#include "base/epoch.h"
#include "pack/pack.h"
#include "pack/pack_virtio_win.h"
#include "sign/signer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 pack --from-build DIR --out DIR [--cert CER --key PEM] [options]\n"
    "       aerow7 pack --virtio-win-iso FILE | --virtio-win-root DIR --out DIR [options]\n"
    "\n"
    "Makes the driver pack: of drivers that were built here, DIR/{x86,amd64}/DRIVER/ with .sys, .inf and .pdb, and\n"
    "DIR/{x86,amd64}/opt-in/DRIVER/ for what is installed only by those who ask for it; or of virtio-win's drivers "
    "for\n"
    "Windows 7, from its ISO or from a folder that one was extracted to.\n"
    "\n"
    "  OUT/aero-win7-driver-pack/           win7/{x86,amd64}/DRIVER/, opt-in/win7/..., install.cmd,\n"
    "                                       enable-testsigning.cmd, README.md, licenses/, certs/, manifest.json\n"
    "  OUT/aero-win7-driver-pack.zip        the same, the same bytes each time\n"
    "  OUT/aero-virtio-win7-drivers.iso     the same, for Windows Setup's \"Load driver\"; label AERO_VIRTIO\n"
    "  OUT/certs/NAME.cer                   the certificate of --cert\n"
    "  OUT/symbols/{x86,amd64}/             the PDBs of drivers that were built here\n"
    "  OUT/manifest.json                    every file with its size and SHA-256\n"
    "\n"
    "Every INF is read as Windows 7 reads it: what it copies has to be there, what it binds has to be in the "
    "contract.\n"
    "With --cert and --key each .sys gets an embedded signature and each INF a signed catalog; without them the "
    "drivers\n"
    "stay unsigned, the catalogs are made and not signed, and the pack says so.\n"
    "\n"
    "  --cert FILE               certificate, DER or PEM; needs --key\n"
    "  --key FILE                its private key, PEM, which nobody else may read\n"
    "  --cross-cert FILE         certificates that go into the signatures, too\n"
    "  --digest D                sha1 (default: what Windows 7 SP1 accepts as released), sha256 or dual\n"
    "  --page-hashes             with page hashes (default: without)\n"
    "\n"
    "Of virtio-win's drivers, which keep their signatures:\n"
    "  --drivers LIST            viostor, netkvm, viosnd, vioinput, with commas; may be repeated (default: all four;\n"
    "                            viostor and netkvm are in every pack). One that the medium lacks for either\n"
    "                            architecture is left out and a warning says so.\n"
    "  --strict-optional         instead, that is an error\n"
    "  --os-folder-candidates LIST    folders for Windows 7, best first (default: w7.1,w7_1,w7,win7)\n"
    "  --arch-candidates-amd64 LIST   folders for amd64 (default: amd64,x64)\n"
    "  --arch-candidates-x86 LIST     folders for x86 (default: x86,i386)\n"
    "\n"
    "Of both:\n"
    "  --contract FILE           the device contract (default: contract/devices.json)\n"
    "  --guest-dir DIR           where install.cmd and enable-testsigning.cmd are (default: guest)\n"
    "  --resources DIR           what else goes into the pack (default: packaging/driver-pack,\n"
    "                            or packaging/virtio-win-pack)\n"
    "  --license FILE            goes to licenses/; may be repeated (default: LICENSE-MIT and LICENSE-APACHE)\n"
    "  --source-date-epoch N     date of everything, in seconds since 1970 (default: the environment's\n"
    "                            SOURCE_DATE_EPOCH, else 0, which a ZIP shows as 1980)\n"
    "  --no-zip                  the folder only, no ZIP and no ISO\n"
    "  --json                    report as one JSON object on stdout\n"
    "\n"
    "Exit status: 0 done, 1 a driver is missing, incomplete or not as the contract says, 2 usage, 3 input unreadable "
    "or\n"
    "malformed, 4 not written.\n"
    "\n"
    "Examples: aerow7 pack --from-build build/packages --out dist --cert aero-test.cer --key aero-test.pem\n"
    "          aerow7 pack --virtio-win-iso virtio-win.iso --drivers viostor,netkvm --out out\n";

struct arguments {
    const char *build;
    const char *iso;
    const char *root;
    const char *contract;
    const char *epoch;
    const char *key;
    const char *cross;
    const char *digest;
    bool strict_optional;
    struct option_list licenses;
    struct option_list drivers;
    struct option_list folders[3]; /* as given: OS, amd64, x86 */
    struct pack_options pack;
};

static enum status parse_digest(const char *text, enum sign_digest *digest)
{
    static const char *const names[] = {[SIGN_SHA1] = "sha1", [SIGN_SHA256] = "sha256", [SIGN_DUAL] = "dual"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (strcmp(text, names[i]) == 0) {
            *digest = (enum sign_digest)i;
            return STATUS_DONE;
        }
    }
    return options_usage("pack", "--digest is sha1, sha256 or dual");
}

static enum status check(struct arguments *arguments)
{
    struct pack_options *pack = &arguments->pack;
    bool built = arguments->build != NULL;

    if (built + (arguments->iso != NULL) + (arguments->root != NULL) != 1) {
        return options_usage("pack", "give one of --from-build, --virtio-win-iso and --virtio-win-root");
    }
    if ((pack->certificate == NULL) != (arguments->key == NULL)) {
        return options_usage("pack", "--cert and --key go together");
    }
    if (!built && pack->certificate != NULL) {
        return options_usage("pack", "--cert is for drivers that were built here; virtio-win's are signed");
    }
    if (built && (arguments->strict_optional || arguments->drivers.count + arguments->folders[0].count +
                                                        arguments->folders[1].count + arguments->folders[2].count >
                                                    0)) {
        return options_usage("pack", "--drivers, --strict-optional and the folder candidates are for virtio-win");
    }
    if (pack->resources == NULL) {
        pack->resources = built ? "packaging/driver-pack" : "packaging/virtio-win-pack";
    }
    return STATUS_DONE;
}

static enum status parse(int argc, char **argv, struct arguments *arguments)
{
    struct pack_options *pack = &arguments->pack;
    const struct option_spec options[] = {
        {.name = "--from-build", .value = &arguments->build},
        {.name = "--virtio-win-iso", .value = &arguments->iso},
        {.name = "--virtio-win-root", .value = &arguments->root},
        {.name = "--out", .value = &pack->out, .required = true},
        {.name = "--cert", .value = &pack->certificate},
        {.name = "--key", .value = &arguments->key},
        {.name = "--cross-cert", .value = &arguments->cross},
        {.name = "--digest", .value = &arguments->digest},
        {.name = "--page-hashes", .flag = &pack->sign.page_hashes},
        {.name = "--drivers", .list = &arguments->drivers},
        {.name = "--strict-optional", .flag = &arguments->strict_optional},
        {.name = "--os-folder-candidates", .list = &arguments->folders[0]},
        {.name = "--arch-candidates-amd64", .list = &arguments->folders[1]},
        {.name = "--arch-candidates-x86", .list = &arguments->folders[2]},
        {.name = "--contract", .value = &arguments->contract},
        {.name = "--guest-dir", .value = &pack->guest_dir},
        {.name = "--resources", .value = &pack->resources},
        {.name = "--license", .list = &arguments->licenses},
        {.name = "--source-date-epoch", .value = &arguments->epoch},
        {.name = "--no-zip", .flag = &pack->no_zip},
        {.name = "--json", .flag = &pack->json},
    };
    enum status status = options_parse("pack", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = check(arguments);
    }
    if (status == STATUS_DONE) {
        status = parse_digest(arguments->digest, &pack->sign.digest);
    }
    return status == STATUS_DONE ? epoch_parse(arguments->epoch, NULL, &pack->epoch) : status;
}

static enum status pack_built(struct arguments *arguments)
{
    struct pack_options *pack = &arguments->pack;
    struct signer signer;
    enum status status = STATUS_DONE;

    if (pack->certificate != NULL) {
        status = signer_load(pack->certificate, arguments->key, arguments->cross, &signer);
        pack->signer = status == STATUS_DONE ? &signer : NULL;
    }
    if (status == STATUS_DONE) {
        status = pack_from_build(pack, arguments->build);
    }
    if (pack->signer != NULL) {
        signer_free(&signer);
    }
    return status;
}

/* "a,b" and "c" as a, b, c; the copies are freed with the list's items. */
static enum status split(const struct option_list *given, struct option_list *out)
{
    for (size_t i = 0; i < given->count; ++i) {
        const char *at = given->items[i];

        for (;;) {
            size_t length = strcspn(at, ",");

            if (length == 0 || memchr(at, '/', length) != NULL) {
                return options_usage("pack", "a list of folder names is expected: NAME,NAME");
            }
            out->items = xrealloc(out->items, (out->count + 1) * sizeof(*out->items));
            out->items[out->count++] = xformat("%.*s", (int)length, at);
            if (at[length] == 0) {
                break;
            }
            at += length + 1;
        }
    }
    return STATUS_DONE;
}

static void free_split(struct option_list *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        free((char *)(uintptr_t)list->items[i]);
    }
    option_list_free(list);
}

static enum status pack_virtio_win(struct arguments *arguments, struct contract *contract)
{
    struct virtio_win_selection selection = {0};
    enum status status = STATUS_DONE;

    /* A pack of virtio-win's drivers follows the contract under virtio-win's names. */
    if (!contract_is_variant(contract)) {
        status = contract_make_variant(arguments->contract, contract);
    }
    if (status == STATUS_DONE) {
        status = virtio_win_select(&selection, "pack", &arguments->drivers);
    }
    if (status == STATUS_DONE) {
        status = split(&arguments->folders[0], &selection.os_folders);
    }
    if (status == STATUS_DONE) {
        status = split(&arguments->folders[1], &selection.amd64_folders);
    }
    if (status == STATUS_DONE) {
        status = split(&arguments->folders[2], &selection.x86_folders);
    }
    if (status == STATUS_DONE) {
        status = pack_from_virtio_win(&arguments->pack, arguments->iso != NULL ? arguments->iso : arguments->root,
                                      arguments->iso != NULL, &selection, arguments->strict_optional);
    }
    free_split(&selection.os_folders);
    free_split(&selection.amd64_folders);
    free_split(&selection.x86_folders);
    virtio_win_selection_free(&selection);
    return status;
}

static enum status make(struct arguments *arguments)
{
    static const char *own_licenses[] = {"LICENSE-MIT", "LICENSE-APACHE"};
    const struct option_list licenses = {.items = own_licenses, .count = 2};
    struct pack_options *pack = &arguments->pack;
    struct contract contract;
    enum status status = contract_load(arguments->contract, NULL, &contract);

    if (status != STATUS_DONE) {
        return status;
    }
    pack->contract = &contract;
    pack->licenses = arguments->licenses.count > 0 ? &arguments->licenses : &licenses;
    status = arguments->build != NULL ? pack_built(arguments) : pack_virtio_win(arguments, &contract);
    contract_free(&contract);
    return status;
}

enum status cmd_pack(int argc, char **argv)
{
    struct arguments arguments = {
        .contract = "contract/devices.json",
        .digest = "sha1",
        .pack = {.guest_dir = "guest"},
    };
    enum status status = parse(argc, argv, &arguments);

    if (status == STATUS_DONE) {
        status = make(&arguments);
    }
    option_list_free(&arguments.licenses);
    option_list_free(&arguments.drivers);
    for (size_t i = 0; i < sizeof(arguments.folders) / sizeof(arguments.folders[0]); ++i) {
        option_list_free(&arguments.folders[i]);
    }
    return status;
}
