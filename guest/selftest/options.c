/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum kind { FLAG, TEXT, NUMBER };

struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    uint32_t least;
    uint32_t most;
    const char *value; /* of help; NULL for a flag */
    const char *help;
};

#define AT(field) offsetof(struct options, field)
#define FLAG_OPTION(name, field, help) {"--" name, FLAG, AT(field), 0, 0, NULL, help}
#define TEXT_OPTION(name, field, value, help) {"--" name, TEXT, AT(field), 0, 0, value, help}
#define NUMBER_OPTION(name, field, least, most, help) {"--" name, NUMBER, AT(field), least, most, "N", help}

static const struct option options_known[] = {
    TEXT_OPTION("blk-root", blk_root, "DIR", "folder for the disk test's file (a volume on the virtio disk)"),
    NUMBER_OPTION("io-size-mib", io_size_mib, 1, 65536, "size of that file in MiB (32)"),
    NUMBER_OPTION("io-chunk-kib", io_chunk_kib, 4, 65536, "size of one read or write in KiB, a multiple of 4 (1024)"),
    FLAG_OPTION("expect-blk-msi", expect_blk_msi, "the disk must use message interrupts"),
    FLAG_OPTION("test-blk-reset", test_blk_reset, "reset the disk's device and read again"),
    FLAG_OPTION("test-blk-resize", test_blk_resize, "wait for the host to change the disk's size"),
    FLAG_OPTION("require-input-msix", require_input_msix, "every input device must use message interrupts"),
    FLAG_OPTION("test-input-events", test_input_events, "wait for keys and pointer motion from the host"),
    FLAG_OPTION("test-input-events-buttons", test_input_events_buttons, "... for side buttons"),
    FLAG_OPTION("test-input-events-extended", test_input_events_extended, "... for modifiers, buttons and wheel"),
    FLAG_OPTION("test-input-events-modifiers", test_input_events_modifiers, "... for Shift, Ctrl and Alt"),
    FLAG_OPTION("test-input-events-wheel", test_input_events_wheel, "... for the wheel"),
    FLAG_OPTION("test-input-media-keys", test_input_media_keys, "... for media keys"),
    FLAG_OPTION("test-input-tablet-events", test_input_tablet_events, "... for the tablet's pointer"),
    FLAG_OPTION("test-tablet-events", test_input_tablet_events, "the same"),
    FLAG_OPTION("test-input-led", test_input_led, "set one keyboard light and see it sent"),
    FLAG_OPTION("test-input-leds", test_input_leds, "set every keyboard light, one after the other"),
    NUMBER_OPTION("event-timeout-sec", event_timeout_sec, 1, 3600, "how long to wait for the host's events (60)"),
    FLAG_OPTION("test-snd", test_snd, "sound is expected: the same as --require-snd"),
    FLAG_OPTION("test-snd-capture", test_snd_capture, "recording is expected: the same as --require-snd-capture"),
    FLAG_OPTION("test-snd-buffer-limits", test_snd_buffer_limits, "play and record with very long buffers"),
    FLAG_OPTION("require-snd", require_snd, "a sound device that does not play is a failure, not skipped"),
    FLAG_OPTION("require-snd-capture", require_snd_capture, "one that does not record, too"),
    FLAG_OPTION("require-non-silence", require_non_silence, "what is recorded must not be silence"),
    FLAG_OPTION("require-snd-msix", require_snd_msix, "the sound device must use message interrupts"),
    FLAG_OPTION("allow-virtio-snd-transitional", allow_virtio_snd_transitional, "take the transitional device ID, too"),
    FLAG_OPTION("disable-snd", disable_snd, "leave sound out"),
    FLAG_OPTION("disable-snd-capture", disable_snd_capture, "leave recording out"),
    FLAG_OPTION("disable-blk", disable_blk, "leave the disk out"),
    FLAG_OPTION("disable-input", disable_input, "leave input out"),
    FLAG_OPTION("disable-net", disable_net, "leave the network out"),
    TEXT_OPTION("http-url", http_url, "URL", "what the network test gets (http://10.0.2.2:18080/aero-virtio-selftest)"),
    TEXT_OPTION("dns-host", dns_host, "NAME", "what it resolves (host.lan)"),
    NUMBER_OPTION("udp-port", udp_port, 1, 65535, "where it sends datagrams (18081)"),
    NUMBER_OPTION("net-timeout-sec", net_timeout_sec, 1, 3600, "how long it waits (120)"),
    FLAG_OPTION("require-net-msix", require_net_msix, "the network device must use message interrupts"),
    FLAG_OPTION("test-net-link-flap", test_net_link_flap, "wait for the host to take the link down and up"),
    TEXT_OPTION("log-file", log_file, "FILE", "where the lines are also written (C:\\aero-virtio-selftest.log)"),
    FLAG_OPTION("help", help, "this text"),
};
#define OPTION_COUNT (sizeof(options_known) / sizeof(options_known[0]))

void options_print_help(const struct platform *platform)
{
    char line[256];

    platform->write_line(platform->context, "aero-selftest: tests Aero's virtio drivers in a running Windows 7.");
    platform->write_line(platform->context, "usage: aero-selftest [option...]");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options_known[i];
        char name[64];

        snprintf(name, sizeof(name), "%s%s%s", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "");
        snprintf(line, sizeof(line), "  %-32s %s", name, option->help);
        platform->write_line(platform->context, line);
    }
    platform->write_line(platform->context,
                         "Each option can also be set in the environment: AERO_VIRTIO_SELFTEST_IO_SIZE_MIB=64.");
    platform->write_line(platform->context, "Exit status: 0 passed, 1 something failed, 2 usage.");
}

static bool parse_number(const char *text, uint32_t *number)
{
    uint64_t value = 0;

    if (*text == 0) {
        return false;
    }
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *number = (uint32_t)value;
    return true;
}

static bool set_value(struct options *options, const struct option *option, const char *value, char *reason,
                      size_t reason_size)
{
    char *at = (char *)options + option->offset;
    uint32_t number;

    if (option->kind == TEXT) {
        if (*value == 0) {
            snprintf(reason, reason_size, "%s: the value is empty", option->name);
            return false;
        }
        memcpy(at, &value, sizeof(value));
        return true;
    }
    if (!parse_number(value, &number) || number < option->least || number > option->most) {
        snprintf(reason, reason_size, "%s: '%s' is not a number from %u to %u", option->name, value,
                 (unsigned)option->least, (unsigned)option->most);
        return false;
    }
    memcpy(at, &number, sizeof(number));
    return true;
}

static bool set_flag(struct options *options, const struct option *option, const char *value)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"", "0", "false", "no", "off"};
    bool *flag = (bool *)((char *)options + option->offset);

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(value, yes[i]) == 0) {
            *flag = true;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (strcmp(value, no[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_environment(struct options *options, const struct platform *platform, char *reason,
                              size_t reason_size)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options_known[i];
        char name[96] = "AERO_VIRTIO_SELFTEST_";
        size_t length = strlen(name);
        const char *value;

        for (const char *c = option->name + 2; *c != 0 && length + 1 < sizeof(name); c++) {
            name[length++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
        }
        name[length] = 0;
        value = platform->environment(platform->context, name);
        if (value == NULL) {
            continue;
        }
        if (option->kind == FLAG) {
            if (!set_flag(options, option, value)) {
                snprintf(reason, reason_size, "%s: '%s' is neither 1 nor 0", name, value);
                return false;
            }
            continue;
        }
        if (option->kind == TEXT) {
            char *stored = options->storage[options->stored];

            if (strlen(value) >= sizeof(options->storage[0]) ||
                options->stored == sizeof(options->storage) / sizeof(options->storage[0])) {
                snprintf(reason, reason_size, "%s is too long", name);
                return false;
            }
            options->stored++;
            value = strcpy(stored, value);
        }
        if (option->offset == AT(log_file)) {
            options->log_file_given = true;
        }
        if (!set_value(options, option, value, reason, reason_size)) {
            return false;
        }
    }
    return true;
}

static const struct option *find_option(const char *argument, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options_known[i].name) == length && strncmp(options_known[i].name, argument, length) == 0) {
            return &options_known[i];
        }
    }
    return NULL;
}

static bool parse_argument(struct options *options, int argc, char *const *argv, int *at, char *reason,
                           size_t reason_size)
{
    const char *argument = argv[*at];
    const char *equals = strchr(argument, '=');
    const struct option *option =
        find_option(argument, equals != NULL ? (size_t)(equals - argument) : strlen(argument));
    const char *value;

    if (option == NULL) {
        snprintf(reason, reason_size, "unknown option '%s'", argument);
        return false;
    }
    if (option->kind == FLAG) {
        if (equals != NULL) {
            snprintf(reason, reason_size, "%s takes no value", option->name);
            return false;
        }
        *(bool *)((char *)options + option->offset) = true;
        return true;
    }
    value = equals != NULL ? equals + 1 : NULL;
    if (value == NULL) {
        if (*at + 1 >= argc) {
            snprintf(reason, reason_size, "%s needs a value", option->name);
            return false;
        }
        value = argv[++*at];
    }
    if (option->offset == AT(log_file)) {
        options->log_file_given = true;
    }
    return set_value(options, option, value, reason, reason_size);
}

bool options_parse(struct options *options, const struct platform *platform, int argc, char *const *argv, char *reason,
                   size_t reason_size)
{
    memset(options, 0, sizeof(*options));
    options->http_url = "http://10.0.2.2:18080/aero-virtio-selftest";
    options->dns_host = "host.lan";
    options->log_file = "C:\\aero-virtio-selftest.log";
    options->udp_port = 18081;
    options->net_timeout_sec = 120;
    options->io_size_mib = 32;
    options->io_chunk_kib = 1024;
    options->event_timeout_sec = 60;
    if (!parse_environment(options, platform, reason, reason_size)) {
        return false;
    }
    for (int i = 1; i < argc; i++) {
        if (!parse_argument(options, argc, argv, &i, reason, reason_size)) {
            return false;
        }
    }
    /* Unbuffered files are read and written in whole sectors, of up to 4096 bytes. */
    if (options->io_chunk_kib % 4 != 0 || options->io_chunk_kib > options->io_size_mib * 1024) {
        snprintf(reason, reason_size, "--io-chunk-kib: %u is not a multiple of 4 within the file's %u MiB",
                 (unsigned)options->io_chunk_kib, (unsigned)options->io_size_mib);
        return false;
    }
    options->require_snd = options->require_snd || options->test_snd;
    options->require_snd_capture = options->require_snd_capture || options->test_snd_capture;
    if (options->test_input_events_extended) {
        options->test_input_events_modifiers = true;
        options->test_input_events_buttons = true;
        options->test_input_events_wheel = true;
    }
    return true;
}
