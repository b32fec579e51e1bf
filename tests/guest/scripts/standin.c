/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "standin.h"

#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *case_path(const char *format, ...)
{
    static char buffers[4][STANDIN_PATH];
    static unsigned turn;
    char *buffer = buffers[turn++ % 4];
    char rest[STANDIN_PATH];
    const char *folder = getenv("AERO_CASE");
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(rest, sizeof(rest), format, arguments);
    va_end(arguments);
    snprintf(buffer, STANDIN_PATH, "%s\\%s", folder != NULL ? folder : ".", rest);
    return buffer;
}

char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long length;

    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    text = malloc((size_t)length + 1);
    if (text == NULL || fread(text, 1, (size_t)length, file) != (size_t)length) {
        abort();
    }
    text[length] = 0;
    fclose(file);
    if (size != NULL) {
        *size = (size_t)length;
    }
    return text;
}

bool same_content(const char *path, const char *other)
{
    size_t size = 0;
    size_t other_size = 0;
    char *content = read_whole(path, &size);
    char *other_content = read_whole(other, &other_size);
    bool same =
        content != NULL && other_content != NULL && size == other_size && memcmp(content, other_content, size) == 0;

    free(content);
    free(other_content);
    return same;
}

bool is(const char *argument, const char *word)
{
    return _stricmp(argument, word) == 0;
}

bool machine_is(const char *word)
{
    char *text = read_whole(case_path("machine.txt"), NULL);
    bool found = text != NULL && strstr(text, word) != NULL;

    free(text);
    return found;
}

/* True, with the status, when fail.txt wants this call to fail. */
static bool wanted_failure(const char *call, int number, int *status)
{
    char *text = read_whole(case_path("fail.txt"), NULL);
    bool wanted = false;

    for (char *line = text != NULL ? strtok(text, "\r\n") : NULL; line != NULL && !wanted;
         line = strtok(NULL, "\r\n")) {
        char *rest = NULL;
        long value = strtol(line + 1, &rest, 0);

        if (line[0] == '#' && value == number) {
            *status = (int)strtol(rest, NULL, 0);
            wanted = true;
        } else if (line[0] == '=' && *rest == ' ' && strstr(call, rest + 1) != NULL) {
            *status = (int)value;
            wanted = true;
        }
    }
    free(text);
    return wanted;
}

static int run_find(int argc, char **argv)
{
    char *text = argc == 2 ? read_whole(argv[1], NULL) : NULL;
    int status = text == NULL ? 2 : strstr(text, argv[0]) != NULL ? 0 : 1;

    free(text);
    return status;
}

static int run_attrib(int argc, char **argv)
{
    if (argc != 2 || !is(argv[0], "-r")) {
        return EXIT_USAGE;
    }
    return SetFileAttributesA(argv[1], FILE_ATTRIBUTE_NORMAL) ? 0 : 1;
}

static int run_icacls(int argc, char **argv)
{
    return argc > 1 && GetFileAttributesA(argv[0]) != INVALID_FILE_ATTRIBUTES ? 0 : 2;
}

/* hold FILE END: has FILE open, as Windows has a loaded driver, until END is there. In time, whatever happens. */
static int run_hold(int argc, char **argv)
{
    HANDLE file = argc == 2 ? CreateFileA(argv[0], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL)
                            : INVALID_HANDLE_VALUE;

    for (int i = 0; file != INVALID_HANDLE_VALUE && i < 600; ++i) {
        if (GetFileAttributesA(argv[1]) != INVALID_FILE_ATTRIBUTES) {
            break;
        }
        Sleep(100);
    }
    return file != INVALID_HANDLE_VALUE && CloseHandle(file) ? 0 : 1;
}

/* What the scripts start to do something else: the answer is in TOOL.txt, 0 without one. */
static int run_answered(const char *tool)
{
    char *text = read_whole(case_path("%s.txt", tool), NULL);
    int status = text != NULL ? atoi(text) : 0;

    free(text);
    return status;
}

static int run(const char *tool, int argc, char **argv)
{
    if (is(tool, "reg")) {
        return run_reg(argc, argv);
    }
    if (is(tool, "bcdedit")) {
        return run_bcdedit(argc, argv);
    }
    if (is(tool, "pnputil")) {
        return run_pnputil(argc, argv);
    }
    if (is(tool, "certutil")) {
        return run_certutil(argc, argv);
    }
    if (is(tool, "find")) {
        return run_find(argc, argv);
    }
    if (is(tool, "attrib")) {
        return run_attrib(argc, argv);
    }
    if (is(tool, "icacls")) {
        return run_icacls(argc, argv);
    }
    if (is(tool, "fltmc")) {
        return machine_is("not-admin") ? (int)0x80070005 : 0;
    }
    if (is(tool, "hold")) {
        return run_hold(argc, argv);
    }
    return run_answered(tool);
}

static int lines_in(const char *path)
{
    char *text = read_whole(path, NULL);
    int lines = 0;

    for (const char *at = text; at != NULL && *at != 0; ++at) {
        lines += *at == '\n';
    }
    free(text);
    return lines;
}

/* In the system's code page; the arguments of the tests are ASCII. */
static char *narrow(const wchar_t *text)
{
    size_t room = 4 * wcslen(text) + 1;
    char *narrowed = calloc(room, 1);

    if (narrowed == NULL || WideCharToMultiByte(CP_ACP, 0, text, -1, narrowed, (int)room, NULL, NULL) == 0) {
        abort();
    }
    return narrowed;
}

int wmain(int argc, wchar_t **wide)
{
    char **argv = calloc((size_t)argc + 1, sizeof(*argv));
    int number = lines_in(case_path("calls.log")) + 1;
    char tool[64];
    char call[4 * STANDIN_PATH];
    const char *base;
    int status = 0;
    FILE *file;

    for (int i = 0; argv != NULL && i < argc; ++i) {
        argv[i] = narrow(wide[i]);
    }
    if (argv == NULL || argc < 1) {
        return EXIT_USAGE;
    }
    base = strrchr(argv[0], '\\');
    snprintf(tool, sizeof(tool), "%s", base != NULL ? base + 1 : argv[0]);
    tool[strcspn(tool, ".")] = 0;
    snprintf(call, sizeof(call), "%s", tool);
    for (int i = 1; i < argc; ++i) {
        size_t used = strlen(call);

        snprintf(call + used, sizeof(call) - used, " [%s]", argv[i]);
    }
    if (!wanted_failure(call, number, &status)) {
        status = run(tool, argc - 1, argv + 1);
    }
    file = fopen(case_path("calls.log"), "ab");
    if (file == NULL) {
        return EXIT_USAGE;
    }
    fprintf(file, "%s => %d\n", call, status);
    fclose(file);
    return status;
}
