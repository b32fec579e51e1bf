/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pnputil.exe as Windows 7 has it (-a, -i -a, -d, -f -d) and certutil.exe (-hashfile, -addstore, -store, -delstore). */
#include "standin.h"

#include <windows.h>

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKAGES = 100 };

static const char *published(int number)
{
    return case_path("root\\inf\\oem%d.inf", number);
}

static int add_package(const char *inf, bool install)
{
    int status = install && machine_is("busy") ? 3010 : 0;
    int unused = -1;

    for (int i = PACKAGES - 1; i >= 0; --i) {
        if (GetFileAttributesA(published(i)) == INVALID_FILE_ATTRIBUTES) {
            unused = i;
        } else if (same_content(inf, published(i))) {
            /* Through Wine's cmd this arrives as 0; see the README of guest/. */
            return install ? 259 : 0;
        }
    }
    if (unused < 0 || !CopyFileA(inf, published(unused), TRUE)) {
        return 2;
    }
    printf("Mwjqpt PnP Utility\r\n\r\nQwert uiop :            %s\r\nAsdf :            oem%d.inf\r\n", inf, unused);
    return status;
}

int run_pnputil(int argc, char **argv)
{
    const char *oem = argv[argc > 0 ? argc - 1 : 0];
    bool force = argc == 3 && is(argv[0], "-f") && is(argv[1], "-d");

    if ((argc == 2 && is(argv[0], "-a")) || (argc == 3 && is(argv[0], "-i") && is(argv[1], "-a"))) {
        return add_package(oem, argc == 3);
    }
    if ((argc == 2 && is(argv[0], "-d")) || force) {
        if (machine_is("in-use") && !force) {
            return 1;
        }
        if (strchr(oem, '\\') != NULL || !DeleteFileA(case_path("root\\inf\\%s", oem))) {
            return 2;
        }
        return 0;
    }
    return EXIT_USAGE;
}

/* Hexadecimal digits of the file's digest, two by two, with `separator` between them. */
static bool digest(const char *path, LPCWSTR algorithm, const char *separator, char *out, size_t room)
{
    BCRYPT_ALG_HANDLE provider = NULL;
    UCHAR hash[32];
    ULONG length = wcscmp(algorithm, BCRYPT_SHA1_ALGORITHM) == 0 ? 20 : 32;
    size_t size = 0;
    char *content = read_whole(path, &size);
    bool good = false;

    if (content != NULL && BCryptOpenAlgorithmProvider(&provider, algorithm, NULL, 0) == 0) {
        BCRYPT_HASH_HANDLE handle = NULL;

        good = BCryptCreateHash(provider, &handle, NULL, 0, NULL, 0, 0) == 0 &&
               BCryptHashData(handle, (PUCHAR)content, (ULONG)size, 0) == 0 &&
               BCryptFinishHash(handle, hash, length, 0) == 0;
        BCryptDestroyHash(handle);
        BCryptCloseAlgorithmProvider(provider, 0);
    }
    free(content);
    out[0] = 0;
    for (ULONG i = 0; good && i < length; ++i) {
        size_t used = strlen(out);

        snprintf(out + used, room - used, "%s%02x", i > 0 ? separator : "", hash[i]);
    }
    return good;
}

static int hash_file(const char *path, const char *name)
{
    LPCWSTR algorithm = is(name, "SHA1") ? BCRYPT_SHA1_ALGORITHM : is(name, "SHA256") ? BCRYPT_SHA256_ALGORITHM : NULL;
    size_t size = 0;
    char text[128];

    if (algorithm == NULL) {
        return EXIT_USAGE;
    }
    free(read_whole(path, &size));
    /* It maps the file, and an empty one cannot be mapped: HRESULT_FROM_WIN32(ERROR_FILE_INVALID). */
    if (size == 0) {
        return (int)0x800703EE;
    }
    if (!digest(path, algorithm, " ", text, sizeof(text))) {
        return (int)0x80070002;
    }
    printf("%s qwert asdf %s:\r\n%s\r\nCertUtil: -hashfile qwert.\r\n", name, path, text);
    return 0;
}

int run_certutil(int argc, char **argv)
{
    char hash[64];

    if (argc == 3 && is(argv[0], "-hashfile")) {
        return hash_file(argv[1], argv[2]);
    }
    if (argc == 4 && is(argv[0], "-addstore") && is(argv[1], "-f")) {
        if (!digest(argv[3], BCRYPT_SHA1_ALGORITHM, "", hash, sizeof(hash))) {
            return (int)0x80070002;
        }
        CreateDirectoryA(case_path("stores"), NULL);
        CreateDirectoryA(case_path("stores\\%s", argv[2]), NULL);
        return CopyFileA(argv[3], case_path("stores\\%s\\%s", argv[2], hash), FALSE) ? 0 : (int)0x80070005;
    }
    if (argc == 3 && is(argv[0], "-store")) {
        bool there = GetFileAttributesA(case_path("stores\\%s\\%s", argv[1], argv[2])) != INVALID_FILE_ATTRIBUTES;

        return there ? 0 : (int)0x80090011; /* NTE_NOT_FOUND */
    }
    if (argc == 3 && is(argv[0], "-delstore")) {
        return DeleteFileA(case_path("stores\\%s\\%s", argv[1], argv[2])) ? 0 : (int)0x80090011;
    }
    return EXIT_USAGE;
}
