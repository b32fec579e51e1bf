/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/cmd_cat.h"

#include "base/options.h"
#include "catalog/catalog_show.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 cat create --inf FILE --arch x86|amd64 --out FILE [--files DIR] [--os NAMES] [--os-attr LIST]\n"
    "                         [--source-date-epoch SECONDS] [--json]\n"
    "       aerow7 cat create --spec FILE --out FILE [--source-date-epoch SECONDS] [--json]\n"
    "       aerow7 cat show FILE [--json]\n"
    "       aerow7 cat verify FILE [--files DIR] [--inf FILE] [--arch x86|amd64] [--root CERT]...\n"
    "                         [--allow-unsigned] [--json]\n"
    "\n"
    "Security catalogs: lists of a driver package's hashes, by which Windows knows a package for the one that was\n"
    "signed.\n"
    "What is written is version 1, the only one that Windows 7 reads: members by their SHA-1 hash, of a PE image its\n"
    "Authenticode hash, of any other file the hash of all its bytes.\n"
    "\n"
    "create   writes an unsigned catalog (aerow7 sign signs it): the same input gives the same bytes.\n"
    "  --inf FILE      the package's INF. Members are the INF and every file that it copies on Windows 7; hardware\n"
    "                  IDs are taken over as HWIDn. The INF must be final, since every byte of it counts\n"
    "  --arch ARCH     the architecture whose models and files count\n"
    "  --files DIR     where the files are; default the folder of the INF\n"
    "  --os NAMES      the catalog's OS attribute; default 7X86 or 7X64\n"
    "  --os-attr LIST  the members' OSAttr; default 2:6.1, Windows 7\n"
    "  --spec FILE     instead of an INF, a JSON file with every parameter; only members is required:\n"
    "                    {\"identifier\": \"32 hexadecimal digits; default: derived from the rest\",\n"
    "                     \"time\": \"2026-01-31T23:59:59Z\",\n"
    "                     \"os\": \"7X64\", \"hwids\": [\"pci\\\\ven_1af4&dev_1042\"],\n"
    "                     \"attributes\": [{\"name\": \"...\", \"value\": \"...\"}],  before OS and HWIDn\n"
    "                     \"osattr\": \"2:6.1\",\n"
    "                     \"members\": [{\"file\": \"a path, from the JSON file's folder\"},\n"
    "                                 {\"name\": \"a.sys\", \"kind\": \"pe\", \"sha1\": \"40 digits\"},\n"
    "                                 {\"name\": \"a.inf\", \"kind\": \"flat\", \"sha1\": \"40 digits\",\n"
    "                                  \"osattr\": \"2:6.0,2:6.1\"}]}\n"
    "  --out FILE      the catalog\n"
    "  --source-date-epoch SECONDS\n"
    "                  the catalog's time, in seconds since 1970; default the environment's SOURCE_DATE_EPOCH, else\n"
    "                  the date of the INF's DriverVer. A time in --spec stands\n"
    "  --json          what was written as one JSON object, as show has it\n"
    "show     prints everything in a catalog of version 1 or 2.\n"
    "  --json          as one JSON object: file, version, identifier, time, attributes, members, signatures\n"
    "verify   checks that Windows 7 reads the catalog and can use it (version, OS, OSAttr, hashes that agree with\n"
    "         themselves) and that its signature is one of this content.\n"
    "  --files DIR     each member must have its unchanged file in or below DIR; default with --inf the INF's folder,\n"
    "                  else files are not looked at\n"
    "  --inf FILE      the INF, every file that it copies and its hardware IDs must be in the catalog, no other\n"
    "                  hardware ID may, and the catalog must have the name that the INF calls it by\n"
    "  --arch ARCH     for --inf; default what the catalog's OS attribute names\n"
    "  --root CERT     a certificate (DER or PEM) that the signer's must lead to; may be repeated. Default: the\n"
    "                  chain is not judged\n"
    "  --allow-unsigned\n"
    "                  a catalog without signature will do; default: it is an error\n"
    "  --json          one JSON object: ok, files_checked, chain_checked, findings, catalog (as show has it)\n"
    "\n"
    "Exit status: 0 done, 1 a check failed (verify) or the package lacks a file (create), 2 usage, 3 input unreadable\n"
    "or malformed, 4 the output could not be written.\n"
    "\n"
    "Example:\n"
    "  aerow7 cat create --inf aero_virtio_blk.inf --arch amd64 --out aero_virtio_blk.cat\n"
    "  aerow7 sign aero_virtio_blk.cat --cert test.cer --key test.pem\n"
    "  aerow7 cat verify aero_virtio_blk.cat --inf aero_virtio_blk.inf --root test.cer\n";

enum status cat_architecture(const char *command, const char *text, enum inf_architecture *out)
{
    if (strcmp(text, "x86") != 0 && strcmp(text, "amd64") != 0) {
        return options_usage(command, "--arch must be x86 or amd64");
    }
    *out = strcmp(text, "x86") == 0 ? INF_X86 : INF_AMD64;
    return STATUS_DONE;
}

static enum status show(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    const struct option_spec options[] = {
        {.value = &path, .required = true, .what = "FILE"},
        {.name = "--json", .flag = &json},
    };
    struct signatures signatures = {0};
    struct catalog catalog = {0};
    struct bytes file = {0};
    enum status status = options_parse("cat show", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = file_read(path, CATALOG_SIZE_LIMIT, &file);
    }
    if (status == STATUS_DONE) {
        status = catalog_parse(path, &file, &catalog);
    }
    if (status == STATUS_DONE) {
        status = authenticode_read_catalog(path, &file, NULL, &signatures);
    }
    if (status == STATUS_DONE && json) {
        status = report_json(catalog_json(path, &catalog, &signatures));
    } else if (status == STATUS_DONE) {
        catalog_print(path, &catalog, &signatures);
    }
    signatures_free(&signatures);
    catalog_free(&catalog);
    bytes_free(&file);
    return status;
}

enum status cmd_cat(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "create") == 0) {
        return cmd_cat_create(help, argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "verify") == 0) {
        return cmd_cat_verify(help, argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("cat", "create, show or verify is expected");
}
