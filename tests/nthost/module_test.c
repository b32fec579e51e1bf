/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Loading images: what a good one becomes, and that each kind of bad one is refused by name.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_test.h"

TEST(module_loads_relocated_and_runs, EXIT_OK, NULL)
{
    start(1, 1);
    CHECK(driver_call("DriverEntry", module_entry(fixture), 2, (uintptr_t)0, (uintptr_t)0) == 0);
    CHECK(CALL("FixAddEight", 1, 2, 3, 4, 5, 6, 7, 8) == 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64);
    CHECK(module_at(module_entry(fixture)) == fixture && address_in_driver(module_base(fixture)));
    CHECK(!address_in_driver((uint8_t *)module_base(fixture) - 1));
    CHECK(strcmp(module_missing_import(fixture, 0), "ntoskrnl.exe!ThereIsNoSuchExport") == 0);
    CHECK(module_missing_import(fixture, 1) == NULL);
}

TEST(module_base_depends_on_the_seed, EXIT_OK, NULL)
{
    start(1, 1);
    module *again = module_load(FIXTURE_SYS, NULL);
    CHECK(module_base(again) != module_base(fixture));
    CHECK(module_at(module_entry(again)) == again);
}

TEST(module_imports_from_a_real_module_and_has_a_cookie, EXIT_OK, NULL)
{
    start(1, 1);
    module *user = module_load(FIXTURE_DIR "/user.sys", FIXTURE_DIR);
    CHECK(module_missing_import(user, 0) == NULL);
    CHECK(driver_call("DriverEntry", module_entry(user), 2, (uintptr_t)0, (uintptr_t)0) == 0);
}

TEST(rule_missing_import_of_a_missing_module, EXIT_RULE, "rule broken: missing-import", "provider.sys!ProviderAdd")
{
    start(1, 1);
    module *user = module_load(FIXTURE_DIR "/user.sys", NULL);
    CHECK(strcmp(module_missing_import(user, 0), "provider.sys!ProviderAdd") == 0);
    CHECK(strcmp(module_missing_import(user, 1), "provider.sys!ProviderStringLength") == 0);
    driver_call("DriverEntry", module_entry(user), 2, (uintptr_t)0, (uintptr_t)0);
}

TEST(module_refuses_imports_by_ordinal, EXIT_ENVIRONMENT, "imports ordinal 7 of provider.sys")
{
    start(1, 1);
    module_load(FIXTURE_DIR "/ordinal.sys", NULL);
}

TEST(instructions_of_support_modules_do_not_count, EXIT_OK, NULL)
{
    uint64_t count[2];
    start(1, 1);
    module *user = module_load(FIXTURE_DIR "/user.sys", FIXTURE_DIR);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t before = instruction_count();
        instruction_count_enable(true);
        driver_call("DriverEntry", module_entry(user), 2, (uintptr_t)0, (uintptr_t)0);
        instruction_count_enable(false);
        count[i] = instruction_count() - before;
    }
    CHECK(count[0] == count[1] && count[0] > 5 && count[0] < 40);
}

TEST(rule_execute_discarded_section, EXIT_RULE, "rule broken: execute-non-code", "section INIT", "discarded")
{
    start(1, 1);
    CALL("FixInit");
    module_discard_init(fixture);
    CALL("FixInit");
}

TEST(rule_call_into_unloaded_driver, EXIT_RULE, "rule broken: call-into-unloaded-driver", "fixture.sys")
{
    start(1, 1);
    void *entry = fixture_function("FixAssert");
    module_unload(fixture);
    driver_call("a forgotten timer", entry, 0);
}

/* As in the driver pack: pack/win7/ARCH/fixture/fixture.sys and symbols/ARCH/fixture.pdb. */
TEST(symbols_are_found_apart_from_the_image, EXIT_RULE, "FixNull at ")
{
    start(1, 1);
    module_unload(fixture);
    fixture = module_load(FIXTURE_DIR "/pack/win7/" FIXTURE_ARCH "/fixture/fixture.sys", NULL);
    CALL("FixNull");
}

TEST(report_ends_with_the_command_that_repeats_it, EXIT_RULE, "repeat with: nthost blk --driver 'a b.sys' --seed 42\n")
{
    static char *arguments[] = {"nthost", "blk", "--seed", "7", "--driver", "a b.sys", NULL};
    verifier_init(6, arguments);
    start(1, 42);
    CALL("FixNull");
}

TEST(debug_print_is_formatted, EXIT_OK, "fixture says hello 42")
{
    setenv("NTHOST_DEBUG", "1", 1);
    start(1, 1);
    CALL("FixPrint");
}

TEST(windows_printf_formats, EXIT_OK, NULL)
{
    char out[128];
    uint16_t wide[] = {'w', 'i', 'd', 'e', 0};
    start(1, 1);
    CALL("FixFormat", out, sizeof(out), wide);
    CHECK(strcmp(out, sizeof(void *) == 8 ? "-1|    7|ab   |0xcd|-5|0000000000001234|text|wide|c|0000BEEF"
                                          : "-1|    7|ab   |0xcd|-5|00001234|text|wide|c|0000BEEF") == 0);
    CHECK((int)CALL("FixFormat", out, 5, wide) == -1);
}

/* A copy of the fixture with `count` bytes at `offset` (from the PE header, or from the file's start) replaced. */
static void load_changed(bool from_header, long offset, const void *bytes, size_t count, long cut)
{
    static uint8_t file[1 << 20];
    char name[] = "module-test-XXXXXX";
    int fd = open(FIXTURE_SYS, O_RDONLY);
    ssize_t length = read(fd, file, sizeof(file));
    close(fd);
    CHECK(length > 1024);
    uint32_t header;
    memcpy(&header, file + 0x3c, 4);
    memcpy(file + offset + (from_header ? (long)header : 0), bytes, count);
    fd = mkstemp(name);
    CHECK(fd >= 0 && write(fd, file, (size_t)(cut > 0 ? cut : length)) == (cut > 0 ? cut : length));
    close(fd);
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", open(name, O_RDONLY));
    unlink(name);
    start(1, 1);
    module_load(path, NULL);
}

#define REFUSED(test, header, offset, bytes, text)                 \
    TEST(module_refuses_##test, EXIT_ENVIRONMENT, text)            \
    {                                                              \
        load_changed(header, offset, bytes, sizeof(bytes) - 1, 0); \
    }
#define OPTIONAL 24
#define DIRECTORIES (OPTIONAL + (sizeof(void *) == 8 ? 112 : 96))

REFUSED(no_mz, false, 0, "ZM", "no MZ signature")
REFUSED(no_pe, true, 0, "PF", "no PE signature")
REFUSED(header_outside, false, 0x3c, "\xff\xff\xff\x7f", "lies outside the file")
REFUSED(other_machine, true, 4, "\xc4\x01", "the machine is 0x1c4")
REFUSED(stripped_relocations, true, 22, "\x23\x00", "Characteristics")
REFUSED(other_subsystem, true, OPTIONAL + 68, "\x03\x00", "the subsystem is 3")
REFUSED(small_alignment, true, OPTIONAL + 32, "\x20\x00\x00\x00", "SectionAlignment")
REFUSED(huge_image, true, OPTIONAL + 56, "\x00\x00\x00\x70", "SizeOfImage")
REFUSED(entry_outside, true, OPTIONAL + 16, "\x00\x00\x00\x70", "AddressOfEntryPoint")
REFUSED(too_many_sections, true, 6, "\xff\x00", "NumberOfSections")
REFUSED(directory_outside, true, (long)DIRECTORIES + 8, "\x00\x00\x00\x70\x10", "data directory 1")
REFUSED(section_outside, true, (long)DIRECTORIES + 16 * 8 + 12, "\x00\x00\x00\x70", "lies outside the image")
REFUSED(raw_data_outside, true, (long)DIRECTORIES + 16 * 8 + 20, "\x00\x00\x00\x70", "lies outside the file")

/* Whatever a file says, loading it ends well or in a refusal: never in a fault, and never without end. */
TEST(module_survives_damaged_files, EXIT_OK, NULL)
{
    enum { FILES = 600, DAMAGES = 4, SECONDS = 20 };
    static uint8_t whole[1 << 20], file[1 << 20];
    unsigned refused = 0;
    int fd = open(FIXTURE_DIR "/user.sys", O_RDONLY);
    ssize_t length = read(fd, whole, sizeof(whole));
    close(fd);
    CHECK(length > 2048);
    fflush(stdout);
    for (unsigned i = 0; i < FILES; i++) {
        memcpy(file, whole, (size_t)length);
        for (unsigned k = 0; k < DAMAGES; k++) {
            /* Headers and tables are what the loader reads; the first 4 KiB have most of them. */
            size_t at = cpu_random() % (cpu_random() % 2 != 0 ? 1024 : (size_t)length);
            file[at] = (uint8_t)(cpu_random() % 3 == 0 ? 0xff : cpu_random());
        }
        pid_t child = fork();
        if (child == 0) {
            char path[64];
            int memory = memfd_create("damaged", 0);
            int quiet = open("/dev/null", O_WRONLY);
            alarm(SECONDS);
            dup2(quiet, 2);
            if (write(memory, file, (size_t)length) != length)
                _exit(77);
            snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
            module *m = module_load(path, FIXTURE_DIR);
            module_export(m, "Anything");
            _exit(EXIT_OK);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        if (!WIFEXITED(status) || (WEXITSTATUS(status) != EXIT_OK && WEXITSTATUS(status) != EXIT_ENVIRONMENT))
            fprintf(stderr, "file %u: status %#x\n", i, status);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == EXIT_OK || WEXITSTATUS(status) == EXIT_ENVIRONMENT);
        refused += WEXITSTATUS(status) == EXIT_ENVIRONMENT;
    }
    CHECK(refused > FILES / 10 && refused < FILES);
}

TEST(module_refuses_short_file, EXIT_ENVIRONMENT, "SizeOfHeaders is")
{
    load_changed(false, 0, "MZ", 2, 700);
}

TEST(module_refuses_what_is_not_there, EXIT_ENVIRONMENT, "no-such.sys: No such file")
{
    start(1, 1);
    module_load("no-such.sys", NULL);
}
