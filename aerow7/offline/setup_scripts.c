/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/setup_scripts.h"

#include "base/text.h"
#include "media/media_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Exit statuses of pnputil that are no failure: 0; 259, ERROR_NO_MORE_ITEMS, nothing that this package is for is there
 * or what is there has a better driver already; 3010, ERROR_SUCCESS_REBOOT_REQUIRED. Labels instead of || and &&, as in
 * the guest tools.
 */
static const char script_head[] =
    "@echo off\r\n"
    "rem SPDX-License-Identifier: MIT OR Apache-2.0\r\n"
    "rem Adds the driver packages beside this file to the driver store and installs them. Started once by Windows,\r\n"
    "rem as SYSTEM; may be started again by an administrator. The log says what happened. Exit status: how many "
    "failed.\r\n"
    "setlocal\r\n"
    "set \"log=%~dp0install-drivers.log\"\r\n"
    "set /a failed=0\r\n"
    "set \"restart=no\"\r\n"
    ">>\"%log%\" echo %date% %time% begin\r\n";

static const char script_tail[] =
    ">>\"%log%\" echo %date% %time% end: %failed% failed, restart needed: %restart%\r\n"
    "if not \"%~1\"==\"service\" exit /b %failed%\r\n"
    "rem What could not be installed is tried again at the next start.\r\n"
    "if \"%failed%\"==\"0\" \"%SystemRoot%\\System32\\sc.exe\" delete " INSTALL_SERVICE " >>\"%log%\" 2>&1\r\n"
    "exit /b %failed%\r\n"
    "\r\n"
    ":package\r\n"
    "\"%SystemRoot%\\System32\\pnputil.exe\" -i -a \"%~dp0%~1\" >>\"%log%\" 2>&1\r\n"
    "set \"code=%errorlevel%\"\r\n"
    ">>\"%log%\" echo %~1: pnputil exit status %code%\r\n"
    "if \"%code%\"==\"0\" exit /b 0\r\n"
    "if \"%code%\"==\"259\" exit /b 0\r\n"
    "if \"%code%\"==\"3010\" set \"restart=yes\"\r\n"
    "if \"%code%\"==\"3010\" exit /b 0\r\n"
    "set /a failed+=1\r\n"
    "exit /b 1\r\n";

static const char complete_line[] = "@call \"" STAGING_FOLDER_WINDOWS "\\" INSTALL_SCRIPT "\"\r\n";

struct bytes install_script(const char *const *infs, size_t count)
{
    struct text out = {0};

    text_add(&out, script_head, sizeof(script_head) - 1);
    for (size_t i = 0; i < count; ++i) {
        text_format(&out, "call :package \"%s\"\r\n", infs[i]);
    }
    text_add(&out, script_tail, sizeof(script_tail) - 1);
    return (struct bytes){.data = out.data, .size = out.size};
}

/* Case-insensitive, as cmd reads it. */
static bool contains(const struct bytes *text, const char *what)
{
    size_t length = strlen(what);

    for (size_t i = 0; i + length <= text->size; ++i) {
        if (strncasecmp(text->data + i, what, length) == 0) {
            return true;
        }
    }
    return false;
}

enum status setup_complete(const char *place, const struct bytes *present, struct bytes *out)
{
    struct text text = {0};

    *out = (struct bytes){0};
    if (memchr(present->data != NULL ? present->data : "", 0, present->size) != NULL) {
        diag_error(place, "is no text that cmd.exe reads (UTF-16?), so nothing can be added to it");
        return STATUS_CHECK_FAILED;
    }
    /* Ours first: what is there may end the script with "exit". */
    if (!contains(present, "\\" INSTALL_SCRIPT "\"")) {
        text_add(&text, complete_line, sizeof(complete_line) - 1);
    }
    text_add(&text, present->data != NULL ? present->data : "", present->size);
    *out = (struct bytes){.data = text.data, .size = text.size};
    return STATUS_DONE;
}

/* winpeshl.ini as UTF-8; Windows reads INI files as UTF-16LE with a mark, or in its code page. */
struct ini {
    bool wide;
    struct text text;
};

static enum status ini_decode(const char *place, const struct bytes *present, struct ini *ini)
{
    const unsigned char *data = (const unsigned char *)present->data;
    uint16_t *units;
    size_t count;

    *ini = (struct ini){0};
    text_add(&ini->text, "", 0);
    if (present->size < 2 || data[0] != 0xFF || data[1] != 0xFE) {
        if (memchr(present->data != NULL ? present->data : "", 0, present->size) != NULL) {
            diag_error(place, "is in no encoding that Windows reads an INI file in");
            return STATUS_CHECK_FAILED;
        }
        text_add(&ini->text, present->data != NULL ? present->data : "", present->size);
        return STATUS_DONE;
    }
    ini->wide = true;
    count = present->size / 2 - 1;
    units = xcalloc(count + 1, sizeof(*units));
    for (size_t i = 0; i < count; ++i) {
        units[i] = (uint16_t)(data[2 + 2 * i] | data[3 + 2 * i] << 8);
    }
    text_free(&ini->text);
    ini->text.data = xcalloc(3 * count + 1, 1);
    utf8_from_utf16(units, count, ini->text.data);
    ini->text.size = strlen(ini->text.data);
    ini->text.capacity = 3 * count + 1;
    free(units);
    return STATUS_DONE;
}

static struct bytes ini_encode(const struct ini *ini)
{
    struct text out = {0};
    uint16_t *units;
    size_t count;

    if (!ini->wide) {
        text_add(&out, ini->text.data, ini->text.size);
        return (struct bytes){.data = out.data, .size = out.size};
    }
    units = xcalloc(ini->text.size + 1, sizeof(*units));
    count = utf16_from_utf8(ini->text.data, units, ini->text.size);
    text_add(&out, "\xFF\xFE", 2);
    for (size_t i = 0; count != SIZE_MAX && i < count; ++i) {
        const char unit[2] = {(char)(units[i] & 0xFF), (char)(units[i] >> 8)};

        text_add(&out, unit, 2);
    }
    free(units);
    return (struct bytes){.data = out.data, .size = out.size};
}

/* Of a line, without the spaces around it; `next` is where the one after it begins. */
static const char *line_of(const char *at, size_t *length, const char **next)
{
    size_t whole = strcspn(at, "\n");

    *next = at + whole + (at[whole] == '\n' ? 1 : 0);
    while (whole > 0 && (at[whole - 1] == '\r' || at[whole - 1] == ' ' || at[whole - 1] == '\t')) {
        --whole;
    }
    while (whole > 0 && (*at == ' ' || *at == '\t')) {
        ++at;
        --whole;
    }
    *length = whole;
    return at;
}

static bool line_is(const char *line, size_t length, const char *what)
{
    return length == strlen(what) && strncasecmp(line, what, length) == 0;
}

/* Where the line after a section's header begins, or NULL. */
static const char *section_of(const char *text, const char *header)
{
    while (*text != 0) {
        const char *next;
        size_t length;
        const char *line = line_of(text, &length, &next);

        if (line_is(line, length, header)) {
            return next;
        }
        text = next;
    }
    return NULL;
}

/* "AppPath = program" of [LaunchApp], or NULL. The caller frees it. */
static char *app_path_of(const char *text)
{
    const char *at = section_of(text, "[LaunchApp]");

    while (at != NULL && *at != 0) {
        const char *next;
        size_t length;
        const char *line = line_of(at, &length, &next);
        const char *equals = memchr(line, '=', length);

        if (length > 0 && *line == '[') {
            return NULL;
        }
        if (equals != NULL && strncasecmp(line, "AppPath", 7) == 0 &&
            strspn(line + 7, " \t") == (size_t)(equals - line) - 7) {
            size_t skip = (size_t)(equals - line) + 1 + strspn(equals + 1, " \t");

            return xformat("%.*s", (int)(length - skip), line + skip);
        }
        at = next;
    }
    return NULL;
}

static void add_drivers(struct text *out, const char *text, const char *const *infs, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        char *line = xformat("%%SYSTEMROOT%%\\System32\\drvload.exe, %%SYSTEMROOT%%\\Drivers\\Aero\\%s", infs[i]);
        struct bytes all = {.data = (char *)(uintptr_t)text, .size = strlen(text)};

        if (!contains(&all, line)) {
            text_format(out, "%s\r\n", line);
        }
        free(line);
    }
}

/*
 * "If Winpeshl.ini does exist and it contains apps to launch, these apps are executed instead of Cmd.exe" (WinPE: Create
 * Apps), so what would run without it is named after the drivers.
 */
static void add_shell(struct text *out, bool setup, const char *app)
{
    if (app != NULL) {
        text_format(out, "%s\r\n", app);
    } else if (setup) {
        text_format(out, "%%SYSTEMDRIVE%%\\setup.exe\r\n");
    } else {
        text_format(out, "%%SYSTEMROOT%%\\System32\\cmd.exe, /k %%SYSTEMROOT%%\\System32\\startnet.cmd\r\n");
    }
}

/* What was there, with [LaunchApp] and its lines as comments: they are in [LaunchApps] now. */
static void add_rest(struct text *out, const char *text)
{
    bool inside = false;

    while (*text != 0) {
        const char *next;
        size_t length;
        const char *line = line_of(text, &length, &next);

        inside = length > 0 && *line == '[' ? line_is(line, length, "[LaunchApp]") : inside;
        text_format(out, "%s", inside && length > 0 ? "; " : "");
        text_add(out, text, (size_t)(next - text));
        text = next;
    }
}

enum status winpeshl(const char *place, const struct bytes *present, bool setup, const char *const *infs, size_t count,
                     struct bytes *out)
{
    struct ini ini;
    struct text text = {0};
    enum status status = ini_decode(place, present, &ini);
    const char *before = ini.text.data;
    const char *apps = status == STATUS_DONE ? section_of(before, "[LaunchApps]") : NULL;

    *out = (struct bytes){0};
    if (status != STATUS_DONE) {
        text_free(&ini.text);
        return status;
    }
    if (apps != NULL) {
        text_add(&text, before, (size_t)(apps - before));
        if (apps > before && apps[-1] != '\n') {
            text_add(&text, "\r\n", 2);
        }
        add_drivers(&text, before, infs, count);
        text_add(&text, apps, strlen(apps));
    } else {
        /* What [LaunchApp] names runs after the drivers; both sections in one file are not documented. */
        char *app = app_path_of(before);

        text_format(&text, "[LaunchApps]\r\n");
        add_drivers(&text, "", infs, count);
        add_shell(&text, setup, app);
        add_rest(&text, before);
        free(app);
    }
    text_free(&ini.text);
    ini.text = text;
    *out = ini_encode(&ini);
    text_free(&ini.text);
    return STATUS_DONE;
}
