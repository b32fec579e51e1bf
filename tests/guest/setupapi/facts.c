/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "facts.h"

#include <stdio.h>
#include <wchar.h>

#define DEEPEST_KEY 8u

bool failed(const char *step)
{
    printf("failed\t%s\t%08lX\n", step, GetLastError());
    return false;
}

static void print_wide(const wchar_t *text)
{
    char utf8[4096];

    if (WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof(utf8), NULL, NULL) == 0) {
        strcpy(utf8, "(too long)");
    }
    fputs(utf8, stdout);
}

void print_fact(const char *kind, const wchar_t *first, const wchar_t *second)
{
    printf("%s\t", kind);
    print_wide(first);
    putchar('\t');
    print_wide(second);
    putchar('\n');
}

static void print_values(const char *kind, HKEY key, const wchar_t *path)
{
    for (DWORD i = 0;; i++) {
        wchar_t name[256];
        BYTE data[4096];
        DWORD name_length = ARRAYSIZE(name);
        DWORD size = sizeof(data);
        DWORD type;

        if (RegEnumValueW(key, i, name, &name_length, NULL, &type, data, &size) != ERROR_SUCCESS) {
            return;
        }
        printf("%s\t", kind);
        print_wide(path);
        putchar('\t');
        print_wide(name);
        printf("\t%lu\t", type);
        for (DWORD at = 0; at < size; at++) {
            printf("%02x", data[at]);
        }
        putchar('\n');
    }
}

static void print_tree(const char *kind, HKEY key, const wchar_t *path, unsigned depth)
{
    print_values(kind, key, path);
    for (DWORD i = 0; depth < DEEPEST_KEY; i++) {
        wchar_t name[256];
        wchar_t below[1024];
        wchar_t kind_text[16];
        DWORD name_length = ARRAYSIZE(name);
        HKEY subkey;

        if (RegEnumKeyExW(key, i, name, &name_length, NULL, NULL, NULL, NULL) != ERROR_SUCCESS ||
            RegOpenKeyExW(key, name, 0, KEY_READ, &subkey) != ERROR_SUCCESS) {
            return;
        }
        swprintf(below, ARRAYSIZE(below), L"%ls%ls%ls", path, *path != 0 ? L"\\" : L"", name);
        swprintf(kind_text, ARRAYSIZE(kind_text), L"%hs", kind);
        print_fact("key", kind_text, below);
        print_tree(kind, subkey, below, depth + 1);
        RegCloseKey(subkey);
    }
}

void print_key_as(const char *kind, HKEY key, const wchar_t *path)
{
    print_tree(kind, key, path, 0);
}

void print_key(const char *kind, HKEY key)
{
    print_tree(kind, key, L"", 0);
}
