/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What Wine's hidclass.sys and hidparse.sys import besides ntoskrnl.exe: heap, strings and threads of user mode. Wine's
 * debug output goes where ours goes, when NTHOST_DEBUG is set. Input that Wine would give to its own window system
 * (__wine_send_input) is dropped: programs read reports.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hid_foreign.h"
#include "wdm.h"

/* Its memory is not the driver's under test, so it comes from the host's heap. */
static PVOID NTAPI heap_alloc(HANDLE heap, ULONG flags, SIZE_T bytes)
{
    (void)heap;
    return (flags & 8) != 0 ? calloc(1, bytes != 0 ? bytes : 1) : malloc(bytes != 0 ? bytes : 1);
}

static PVOID NTAPI heap_realloc(HANDLE heap, ULONG flags, PVOID memory, SIZE_T bytes)
{
    (void)heap;
    (void)flags;
    return realloc(memory, bytes);
}

static ULONG NTAPI get_tick_count(void)
{
    return (ULONG)(clock_us() / 1000);
}

static int NTAPI mul_div(int a, int b, int c)
{
    if (c == 0)
        return -1;
    int64_t product = (int64_t)a * b, half = c / 2;
    return (int)((product + (product < 0 ? -half : half)) / c);
}

static BOOLEAN NTAPI disable_thread_library_calls(HANDLE image)
{
    (void)image;
    return TRUE;
}

static void NTAPI raise_exception(ULONG code, ULONG flags, ULONG count, const ULONG_PTR *arguments)
{
    (void)flags;
    (void)count;
    (void)arguments;
    environment_failed("the class driver's module raises exception %#x", (unsigned)code);
}

static BOOLEAN NTAPI is_bad_string_ptr(PCWSTR text, ULONG_PTR count)
{
    (void)count;
    return text == NULL;
}

/* ---- debug channels: ntdll's functions, looked up by name ---- */

static UCHAR NTAPIV channel_flags(PVOID channel)
{
    (void)channel;
    return getenv("NTHOST_DEBUG") != NULL ? 3 /* errors and "fixme" */ : 0;
}

static int NTAPIV debug_output(PCSTR text)
{
    return fputs(text, stderr);
}

static PCSTR NTAPIV debug_strdup(PCSTR text)
{
    static char kept[8][512];
    static unsigned next;
    char *copy = kept[next++ % 8];
    snprintf(copy, sizeof(kept[0]), "%s", text);
    return copy;
}

static int NTAPIV debug_header(int level, PVOID channel, PCSTR function)
{
    if ((channel_flags(channel) >> level & 1) == 0)
        return -1; /* nothing is printed */
    return fprintf(stderr, "%s ", function);
}

static HANDLE NTAPI get_module_handle(PCWSTR name)
{
    (void)name;
    return (HANDLE)(uintptr_t)1;
}

static PVOID NTAPI get_proc_address(HANDLE image, PCSTR name)
{
    static const struct export_entry functions[] = {
        EXPORT("__wine_dbg_get_channel_flags", channel_flags),
        EXPORT("__wine_dbg_output", debug_output),
        EXPORT("__wine_dbg_strdup", debug_strdup),
        EXPORT("__wine_dbg_header", debug_header),
        EXPORT_END,
    };
    (void)image;
    for (const struct export_entry *e = functions; e->name != NULL; e++) {
        if (strcmp(e->name, name) == 0)
            return e->address;
    }
    return NULL;
}

/* ---- C run-time ---- */

static PVOID NTAPIV crt_malloc(SIZE_T bytes)
{
    return malloc(bytes != 0 ? bytes : 1);
}

static PVOID NTAPIV crt_calloc(SIZE_T count, SIZE_T bytes)
{
    return calloc(count != 0 ? count : 1, bytes != 0 ? bytes : 1);
}

static PVOID NTAPIV crt_realloc(PVOID memory, SIZE_T bytes)
{
    return realloc(memory, bytes);
}

static void NTAPIV crt_free(PVOID memory)
{
    free(memory);
}

static PSTR NTAPIV crt_strdup(PCSTR text)
{
    return strdup(text);
}

static PSTR NTAPIV crt_getenv(PCSTR name)
{
    (void)name;
    return NULL;
}

static PVOID NTAPIV crt_iob(ULONG index)
{
    return index == 1 ? (PVOID)stdout : (PVOID)stderr;
}

static SIZE_T NTAPIV crt_fwrite(const VOID *bytes, SIZE_T size, SIZE_T count, PVOID file)
{
    return fwrite(bytes, size, count, file);
}

static int NTAPIV crt_memcmp(const VOID *a, const VOID *b, SIZE_T bytes)
{
    return memcmp(a, b, bytes);
}

static PVOID NTAPIV crt_memmove(PVOID to, const VOID *from, SIZE_T bytes)
{
    return memmove(to, from, bytes);
}

static PSTR NTAPIV crt_strchr(PCSTR text, int c)
{
    return strchr(text, c);
}

static int NTAPIV crt_strcmp(PCSTR a, PCSTR b)
{
    return strcmp(a, b);
}

static PSTR NTAPIV crt_strcpy(PSTR to, PCSTR from)
{
    return strcpy(to, from);
}

static SIZE_T NTAPIV crt_strcspn(PCSTR text, PCSTR reject)
{
    return strcspn(text, reject);
}

static SIZE_T NTAPIV crt_strlen(PCSTR text)
{
    return strlen(text);
}

static int NTAPIV crt_vsprintf(uint64_t options, PSTR out, SIZE_T size, PCSTR format, PVOID locale, nt_va_list list)
{
    (void)options;
    (void)locale;
    size_t length = nt_format(out, size, format, list);
    return length < size ? (int)length : -1;
}

static int NTAPIV crt_vswprintf(uint64_t options, PWSTR out, SIZE_T size, PCWSTR format, PVOID locale, nt_va_list list)
{
    char plain[512], text[1024];
    unsigned i = 0;
    (void)options;
    (void)locale;
    for (; format[i] != 0 && i + 1 < sizeof(plain); i++)
        plain[i] = (char)format[i];
    plain[i] = '\0';
    /* In a wide format %s is a wide string, which is %S of a narrow one. */
    for (char *at = plain; (at = strchr(at, '%')) != NULL;) {
        at += 1 + strspn(at + 1, "-+ #0123456789.*");
        if (*at == 's')
            *at = 'S';
    }
    size_t length = nt_format(text, sizeof(text), plain, list);
    for (size_t k = 0; k < length + 1 && k < size; k++)
        out[k] = (UCHAR)text[k];
    return length < size ? (int)length : -1;
}

static int NTAPIV vsnprintf_ntdll(PSTR out, SIZE_T size, PCSTR format, nt_va_list list)
{
    size_t length = nt_format(out, size, format, list);
    return length < size ? (int)length : -1;
}

/* ---- window system ---- */

static HANDLE NTAPI get_process_window_station(void)
{
    return (HANDLE)(uintptr_t)0x20;
}

static BOOLEAN NTAPI send_input(HANDLE window, const VOID *input, const VOID *raw)
{
    (void)window;
    (void)input;
    (void)raw;
    return TRUE;
}

static const struct export_entry kernel32_entries[] = {
    EXPORT("DisableThreadLibraryCalls", disable_thread_library_calls),
    EXPORT("GetModuleHandleW", get_module_handle),
    EXPORT("GetProcAddress", get_proc_address),
    EXPORT("GetTickCount", get_tick_count),
    EXPORT("HeapAlloc", heap_alloc),
    EXPORT("HeapReAlloc", heap_realloc),
    EXPORT("IsBadStringPtrW", is_bad_string_ptr),
    EXPORT("MulDiv", mul_div),
    EXPORT("RaiseException", raise_exception),
    EXPORT_END,
};
static const struct export_entry ucrtbase_entries[] = {
    EXPORT("__acrt_iob_func", crt_iob),
    EXPORT("__stdio_common_vsprintf", crt_vsprintf),
    EXPORT("__stdio_common_vswprintf", crt_vswprintf),
    EXPORT("_strdup", crt_strdup),
    EXPORT("calloc", crt_calloc),
    EXPORT("free", crt_free),
    EXPORT("fwrite", crt_fwrite),
    EXPORT("getenv", crt_getenv),
    EXPORT("malloc", crt_malloc),
    EXPORT("memcmp", crt_memcmp),
    EXPORT("memmove", crt_memmove),
    EXPORT("realloc", crt_realloc),
    EXPORT("strchr", crt_strchr),
    EXPORT("strcmp", crt_strcmp),
    EXPORT("strcpy", crt_strcpy),
    EXPORT("strcspn", crt_strcspn),
    EXPORT("strlen", crt_strlen),
    EXPORT_END,
};
static const struct export_entry ntdll_entries[] = {EXPORT("_vsnprintf", vsnprintf_ntdll), EXPORT_END};
static const struct export_entry user32_entries[] = {EXPORT("GetProcessWindowStation", get_process_window_station),
                                                     EXPORT_END};
static const struct export_entry win32u_entries[] = {EXPORT("__wine_send_input", send_input), EXPORT_END};

void hid_foreign_register_exports(void)
{
    static const struct export_table tables[] = {{"kernel32.dll", kernel32_entries},
                                                 {"ucrtbase.dll", ucrtbase_entries},
                                                 {"ntdll.dll", ntdll_entries},
                                                 {"user32.dll", user32_entries},
                                                 {"win32u.dll", win32u_entries}};
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        exports_register(&tables[i]);
    exports_register(&hid_foreign_thread_exports);
    wdm_exports_register();
}
