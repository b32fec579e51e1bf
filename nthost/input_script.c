/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Scripts: one command a line, '#' begins a comment.
 *
 *   key NAME down|up|press       NAME of QEMU's QKeyCode; press: down, syn, up, syn
 *   btn NAME down|up|press       left right middle side extra touch
 *   rel AXIS VALUE               x y wheel hwheel
 *   abs AXIS VALUE               x y
 *   touch SLOT X Y | touch SLOT up
 *   event TYPE CODE VALUE        as it is; the model only
 *   syn                          ends a packet
 *   every-key                    presses every key of QEMU's, one after the other
 *   expect HEX                   the next report, as a program reads it, within a second
 *   usages LIST                  the next report, as hidparse.sys decodes it: PAGE:USAGE or PAGE:USAGE=VALUE, all of
 *                                them, in any order
 *   expect-none MS               no report for so long
 *   skip                         forgets the reports that have come so far
 *   wait MS
 *   write COLLECTION HEX         an output report
 *   feature COLLECTION ID BYTES  reads a feature report and prints it
 *   leds MASK                    what EV_LED said to the model, within a second; QEMU tells its VNC clients only
 *   string manufacturer|product|serial TEXT
 *   random COUNT [pauses]        so many events, drawn from the seed; programs pause now and then, and the device
 *                                sleeps, stops, asks for a reset, is pulled and plugged in again
 *   fuzz COUNT                   internal requests of any code and length
 *   pause | resume               nobody reads: the class driver sends no read requests (Wine's: programs read nothing)
 *   stop | start | sleep | wake | restart
 *   surprise                     the device is gone; Windows does not know until the end
 *   pull | plug                  the device is gone and removed, a mark; it is back, with new collections
 *   reset                        the device asks for a reset; the model only
 *   mark                         the JSON numbers reports by the marks set before they were read
 *   allocations N                so many has the driver made between its starts and stops
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { WORDS = 64, PATIENCE_US = 1000 * 1000, LINE_BYTES = 1024 };

struct line {
    struct input_bench *bench;
    unsigned number, count;
    char *word[WORDS];
};

static bool hex(const struct line *l, unsigned from, uint8_t *bytes, uint32_t size, uint32_t *count)
{
    *count = 0;
    for (unsigned i = from; i < l->count; i++) {
        const char *at = l->word[i];
        for (; *at != '\0'; at += 2) {
            unsigned value;
            if (at[1] == '\0' || *count == size || sscanf(at, "%2x", &value) != 1)
                return false;
            bytes[(*count)++] = (uint8_t)value;
        }
    }
    return *count != 0;
}

static bool number(const char *text, long long *value)
{
    char *end;
    *value = strtoll(text, &end, 0);
    return *text != '\0' && *end == '\0';
}

/* ---- events ---- */

static bool press(const struct line *l, bool (*send)(struct input_bench *, const char *, bool))
{
    struct input_bench *b = l->bench;
    if (l->count != 3)
        return false;
    if (strcmp(l->word[2], "press") == 0) {
        if (!send(b, l->word[1], true))
            return false;
        input_syn(b);
        send(b, l->word[1], false);
        input_syn(b);
        return true;
    }
    bool down = strcmp(l->word[2], "down") == 0;
    return (down || strcmp(l->word[2], "up") == 0) && send(b, l->word[1], down);
}

static bool do_key(struct line *l)
{
    return press(l, input_key);
}

static bool do_btn(struct line *l)
{
    return press(l, input_button);
}

static bool do_axis(struct line *l)
{
    long long value;
    if (l->count != 3 || !number(l->word[2], &value))
        return false;
    return (l->word[0][0] == 'r' ? input_relative : input_absolute)(l->bench, l->word[1], (int32_t)value);
}

static bool do_touch(struct line *l)
{
    long long slot, x = 0, y = 0;
    bool up = l->count == 3 && strcmp(l->word[2], "up") == 0;
    if (l->count < 3 || !number(l->word[1], &slot) ||
        (!up && (l->count != 4 || !number(l->word[2], &x) || !number(l->word[3], &y))))
        return false;
    return input_touch(l->bench, (unsigned)slot, !up, (int32_t)x, (int32_t)y);
}

static bool do_event(struct line *l)
{
    long long type, code, value;
    if (l->count != 4 || !number(l->word[1], &type) || !number(l->word[2], &code) || !number(l->word[3], &value))
        return false;
    input_raw(l->bench, (uint16_t)type, (uint16_t)code, (uint32_t)value);
    return true;
}

static bool do_syn(struct line *l)
{
    input_syn(l->bench);
    return l->count == 1;
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static bool do_every_key(struct line *l)
{
    enum { TYPIST_US = 2000 }; /* QEMU loses what its queue of 64 buffers cannot take */
    const char *name;
    for (unsigned i = 0; (name = input_key_name(i)) != NULL; i++) {
        for (unsigned down = 2; down-- > 0;) {
            input_key(l->bench, name, down == 1);
            input_syn(l->bench);
            thread_wait(never, NULL, TYPIST_US);
        }
    }
    return l->count == 1;
}

static bool do_random(struct line *l)
{
    long long count;
    bool pauses = l->count == 3 && strcmp(l->word[2], "pauses") == 0;
    if (l->count != (pauses ? 3u : 2u) || !number(l->word[1], &count) || count < 1)
        return false;
    input_random(l->bench, (uint64_t)count, pauses);
    return true;
}

static bool do_fuzz(struct line *l)
{
    long long count;
    if (l->count != 2 || !number(l->word[1], &count) || count < 1 || l->bench->node == NULL)
        return false;
    input_fuzz(l->bench, (uint64_t)count);
    return true;
}

/* ---- reports ---- */

static bool report_there(void *context)
{
    return ((struct input_bench *)context)->next_expected != NULL;
}

static void print_bytes(char *text, size_t size, const uint8_t *bytes, uint32_t count)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < count && used + 3 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%02x ", bytes[i]);
}

static bool do_expect(struct line *l)
{
    struct input_bench *b = l->bench;
    uint8_t bytes[256];
    uint32_t count;
    char wanted[800], got[800];
    if (!hex(l, 1, bytes, sizeof(bytes), &count))
        return false;
    print_bytes(wanted, sizeof(wanted), bytes, count);
    if (!thread_wait(report_there, b, PATIENCE_US)) {
        input_fail(b, "line %u: no report within a second; expected %s", l->number, wanted);
        return true;
    }
    const struct input_report *r = b->next_expected;
    b->next_expected = r->next;
    print_bytes(got, sizeof(got), r->data, r->bytes);
    if (r->bytes != count || memcmp(r->data, bytes, count) != 0)
        input_fail(b, "line %u: report %sinstead of %s", l->number, got, wanted);
    return true;
}

/* Whether each word of `wanted` is in `got`, and as many. */
static bool same_words(const struct line *l, const char *got)
{
    unsigned words = got[0] != '\0';
    for (const char *at = got; *at != '\0'; at++)
        words += *at == ' ';
    if (words != l->count - 1)
        return false;
    for (unsigned i = 1; i < l->count; i++) {
        size_t length = strlen(l->word[i]);
        const char *at = strstr(got, l->word[i]);
        while (at != NULL && ((at != got && at[-1] != ' ') || (at[length] != ' ' && at[length] != '\0')))
            at = strstr(at + 1, l->word[i]);
        if (at == NULL)
            return false;
    }
    return true;
}

static bool do_usages(struct line *l)
{
    struct input_bench *b = l->bench;
    char got[2048] = "";
    if (b->decoder == NULL)
        environment_failed("line %u: usages needs --parser or --class with a hidparse.sys", l->number);
    if (!thread_wait(report_there, b, PATIENCE_US)) {
        input_fail(b, "line %u: no report within a second", l->number);
        return true;
    }
    const struct input_report *r = b->next_expected;
    b->next_expected = r->next;
    if (input_decode_text(b, r, got, sizeof(got)) && !same_words(l, got))
        input_fail(b, "line %u: the report holds '%s'", l->number, got);
    return true;
}

static bool do_expect_none(struct line *l)
{
    struct input_bench *b = l->bench;
    long long ms;
    char got[800];
    if (l->count != 2 || !number(l->word[1], &ms))
        return false;
    if (thread_wait(report_there, b, (uint64_t)ms * 1000)) {
        print_bytes(got, sizeof(got), b->next_expected->data, b->next_expected->bytes);
        input_fail(b, "line %u: report %swhere none was expected", l->number, got);
        b->next_expected = b->next_expected->next;
    }
    return true;
}

static bool do_skip(struct line *l)
{
    l->bench->next_expected = NULL;
    return l->count == 1;
}

static bool do_wait(struct line *l)
{
    long long ms;
    if (l->count != 2 || !number(l->word[1], &ms))
        return false;
    thread_wait(never, NULL, (uint64_t)ms * 1000);
    input_log(l->bench, "wait", (uint32_t)ms);
    return true;
}

static struct input_reader *collection(const struct line *l)
{
    long long index;
    if (l->count < 2 || !number(l->word[1], &index) || index < 0 || index >= l->bench->readers)
        return NULL;
    return &l->bench->reader[index];
}

static bool do_write(struct line *l)
{
    struct input_reader *r = collection(l);
    struct user_request request;
    uint8_t bytes[256];
    uint32_t count;
    if (r == NULL || !hex(l, 2, bytes, sizeof(bytes), &count))
        return false;
    user_write(r->file, &request, bytes, count);
    NTSTATUS status = user_wait(&request, UINT64_MAX);
    if (!NT_SUCCESS(status))
        input_fail(l->bench, "line %u: the output report fails with %#x", l->number, (unsigned)status);
    user_release(&request);
    return true;
}

static bool do_feature(struct line *l)
{
    struct input_reader *r = collection(l);
    struct user_request request;
    long long id, bytes;
    char got[800];
    if (r == NULL || l->count != 4 || !number(l->word[2], &id) || !number(l->word[3], &bytes) || bytes > 4096)
        return false;
    uint8_t first = (uint8_t)id;
    user_ioctl(r->file, &request, IOCTL_HID_GET_FEATURE, &first, 1, (uint32_t)bytes);
    NTSTATUS status = user_wait(&request, UINT64_MAX);
    print_bytes(got, sizeof(got), request.data, request.bytes);
    if (!NT_SUCCESS(status))
        input_fail(l->bench, "line %u: the feature report fails with %#x", l->number, (unsigned)status);
    else if (!l->bench->options->quiet)
        printf("feature %u: %s\n", first, got);
    user_release(&request);
    return true;
}

static bool do_string(struct line *l)
{
    static const struct {
        const char *name;
        ULONG code;
    } strings[] = {{"manufacturer", IOCTL_HID_GET_MANUFACTURER_STRING},
                   {"product", IOCTL_HID_GET_PRODUCT_STRING},
                   {"serial", IOCTL_HID_GET_SERIALNUMBER_STRING}};
    struct user_request request;
    char got[128] = "", wanted[128] = "";
    unsigned which = 0;
    while (which < 3 && (l->count < 3 || strcmp(strings[which].name, l->word[1]) != 0))
        which++;
    if (which == 3 || l->bench->readers == 0)
        return false;
    for (unsigned i = 2; i < l->count; i++)
        snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s%s", i > 2 ? " " : "", l->word[i]);
    user_ioctl(l->bench->reader[0].file, &request, strings[which].code, NULL, 0, 254);
    NTSTATUS status = user_wait(&request, UINT64_MAX);
    for (uint32_t i = 0; i + 1 < request.bytes && i / 2 < sizeof(got) - 1; i += 2)
        got[i / 2] = (char)request.data[i];
    if (!NT_SUCCESS(status) || strcmp(got, wanted) != 0)
        input_fail(l->bench, "line %u: status %#x, string '%s' instead of '%s'", l->number, (unsigned)status, got,
                   wanted);
    user_release(&request);
    return true;
}

struct led_wait {
    struct input_bench *bench;
    uint32_t mask;
};

static bool leds_are(void *context)
{
    const struct led_wait *w = context;
    return model_input_stats(w->bench->bus)->leds == w->mask;
}

static bool do_leds(struct line *l)
{
    long long mask;
    if (l->count != 2 || !number(l->word[1], &mask))
        return false;
    if (!l->bench->options->use_model)
        environment_failed("line %u: leds is for the model; QEMU tells the state of its LEDs to VNC clients only",
                           l->number);
    struct led_wait w = {l->bench, (uint32_t)mask};
    if (!thread_wait(leds_are, &w, PATIENCE_US))
        input_fail(l->bench, "line %u: the LEDs are %#x instead of %#llx", l->number,
                   (unsigned)model_input_stats(l->bench->bus)->leds, mask);
    return true;
}

/* ---- the device ---- */

static bool do_reading(struct line *l)
{
    input_pause(l->bench, l->word[0][0] == 'p');
    return l->count == 1;
}

static void stop_and_start(struct input_bench *b)
{
    input_device_stop(b);
    input_device_start(b);
}

static void sleep_deep(struct input_bench *b)
{
    input_device_sleep(b, true);
}

static void wake_up(struct input_bench *b)
{
    input_device_sleep(b, false);
}

static bool do_device(struct line *l)
{
    static const struct {
        const char *name;
        void (*run)(struct input_bench *b);
    } what[] = {{"stop", input_device_stop},
                {"start", input_device_start},
                {"restart", stop_and_start},
                {"sleep", sleep_deep},
                {"wake", wake_up},
                {"reset", input_device_reset},
                {"surprise", input_device_surprise},
                {"pull", input_device_pull},
                {"plug", input_device_plug},
                {"mark", input_mark}};
    for (unsigned i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
        if (strcmp(what[i].name, l->word[0]) == 0)
            what[i].run(l->bench);
    }
    return l->count == 1;
}

static bool do_allocations(struct line *l)
{
    long long wanted;
    if (l->count != 2 || !number(l->word[1], &wanted))
        return false;
    if (input_allocations(l->bench) != (uint64_t)wanted)
        input_fail(l->bench, "line %u: the driver has made %llu allocations after its start instead of %lld", l->number,
                   (unsigned long long)input_allocations(l->bench), wanted);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct line *l);
} commands[] = {
    {"key", do_key},
    {"btn", do_btn},
    {"rel", do_axis},
    {"abs", do_axis},
    {"touch", do_touch},
    {"event", do_event},
    {"syn", do_syn},
    {"every-key", do_every_key},
    {"random", do_random},
    {"fuzz", do_fuzz},
    {"expect", do_expect},
    {"usages", do_usages},
    {"expect-none", do_expect_none},
    {"skip", do_skip},
    {"wait", do_wait},
    {"write", do_write},
    {"feature", do_feature},
    {"leds", do_leds},
    {"string", do_string},
    {"pause", do_reading},
    {"resume", do_reading},
    {"stop", do_device},
    {"start", do_device},
    {"restart", do_device},
    {"sleep", do_device},
    {"wake", do_device},
    {"surprise", do_device},
    {"pull", do_device},
    {"plug", do_device},
    {"reset", do_device},
    {"mark", do_device},
    {"allocations", do_allocations},
};

static bool run_line(struct line *l)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, l->word[0]) == 0)
            return commands[i].run(l);
    }
    return false;
}

bool input_script_run(struct input_bench *b, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char text[LINE_BYTES];
    struct line l = {.bench = b};
    if (file == NULL)
        environment_failed("script %s: %s", path, strerror(errno));
    while (fgets(text, sizeof(text), file) != NULL && b->failures == 0) {
        char *save = NULL;
        text[strcspn(text, "#\r\n")] = '\0';
        l.number++;
        l.count = 0;
        for (char *word = strtok_r(text, " \t", &save); word != NULL && l.count < WORDS;
             word = strtok_r(NULL, " \t", &save))
            l.word[l.count++] = word;
        if (l.count != 0 && !run_line(&l)) {
            input_fail(b, "%s, line %u: '%s' is not understood", path, l.number, l.word[0]);
            break;
        }
    }
    if (file != stdin)
        fclose(file);
    return b->failures == 0;
}
