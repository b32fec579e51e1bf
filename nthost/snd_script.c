/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Scripts: one command a line, '#' begins a comment; WHICH is render or capture.
 *
 *   open WHICH [FORMAT]          a filter, a pin, a buffer
 *   run WHICH [SECONDS]          fills the buffer and runs; so much sound, then silence
 *   finish WHICH                 plays it all, or records no more; stops
 *   halt WHICH                   stops at once
 *   close WHICH
 *   pause WHICH | go WHICH       KSSTATE_PAUSE and back to KSSTATE_RUN; time goes on for the script
 *   stall WHICH MS               the program sleeps: it neither writes nor reads
 *   state WHICH stop|acquire|pause|run
 *   format WHICH FORMAT [refused]     of the open pin, while it is stopped
 *   refused WHICH FORMAT         a pin that must not open
 *   diagnostics                  the driver's private interfaces, checked
 *   check WHICH                  compares now; what follows is compared by itself (the model, all clients stopped)
 *   wait MS
 *   jack N on|off | event CODE DATA | fault NAME[:N][+]    the model's
 *   topology | formats WHICH     every property of every filter, pin and node; every format that is offered
 *   fuzz COUNT                   requests of any content
 *   storm WHICH COUNT            opens, closes and changes state in any order
 *   volume WHICH CHANNEL VALUE | mute WHICH CHANNEL 0|1     KSPROPERTY_AUDIO_VOLUMELEVEL in 1/65536 dB; channel -1: all
 *   watch-jack N                 asks to be told of its changes
 *   jack-is N on|off             what Windows is told of it, within a tenth of a second
 *   jack-event N                 it was told so, within a tenth of a second
 *   sleep | wake | stop | start | restart | surprise
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snd.h"
#include "snd_topology.h"

enum { WORDS = 16, LINE_BYTES = 512 };

struct line {
    struct snd_bench *bench;
    unsigned number, count;
    char *word[WORDS];
};

static struct snd_client *which(const struct line *l)
{
    for (unsigned i = 0; i < SND_DIRECTIONS && l->count > 1; i++) {
        if (strcmp(l->word[1], snd_direction_name(i)) == 0)
            return &l->bench->client[i];
    }
    return NULL;
}

static bool number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return *text != '\0' && *end == '\0';
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static void pass(double ms)
{
    thread_wait(never, NULL, (uint64_t)(ms * 1000));
}

/* ---- pins ---- */

static bool do_open(struct line *l)
{
    struct snd_client *c = which(l);
    struct snd_format f;
    if (c == NULL || l->count > 3)
        return false;
    f = l->bench->options->format[c->direction];
    if (l->count == 3 && !snd_format_parse(l->word[2], &f))
        return false;
    snd_client_open(c, &f);
    return true;
}

static bool do_run(struct line *l)
{
    struct snd_client *c = which(l);
    double seconds = l->bench->options->seconds;
    if (c == NULL || l->count > 3 || (l->count == 3 && !number(l->word[2], &seconds)))
        return false;
    snd_client_run(c, seconds);
    return true;
}

static bool do_finish(struct line *l)
{
    if (which(l) == NULL)
        return false;
    snd_client_finish(which(l));
    return l->count == 2;
}

static bool do_halt(struct line *l)
{
    if (which(l) == NULL)
        return false;
    snd_client_stop(which(l));
    return l->count == 2;
}

static bool do_close(struct line *l)
{
    if (which(l) == NULL)
        return false;
    snd_client_close(which(l));
    return l->count == 2;
}

static bool do_pause(struct line *l)
{
    if (which(l) == NULL)
        return false;
    snd_client_pause(which(l), strcmp(l->word[0], "pause") == 0);
    return l->count == 2;
}

static bool do_stall(struct line *l)
{
    struct snd_client *c = which(l);
    double ms;
    if (c == NULL || l->count != 3 || !number(l->word[2], &ms))
        return false;
    c->stalled = true;
    pass(ms);
    c->resync = true;
    c->stalled = false;
    return true;
}

static bool do_state(struct line *l)
{
    static const char *const names[] = {"stop", "acquire", "pause", "run"};
    struct snd_client *c = which(l);
    if (c == NULL || l->count != 3)
        return false;
    for (ULONG i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], l->word[2]) == 0) {
            if (c->open)
                snd_client_state(c, i);
            return true;
        }
    }
    return false;
}

static bool do_format(struct line *l)
{
    struct snd_client *c = which(l);
    bool refused = l->count == 4 && strcmp(l->word[3], "refused") == 0;
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE wave;
    struct snd_format f;
    if (c == NULL || l->count != (refused ? 4u : 3u) || !snd_format_parse(l->word[2], &f))
        return false;
    ULONG bytes = ks_format(&wave, f.rate, f.channels, f.bits, f.valid, f.floating, f.channels > 2 || f.bits > 16);
    NTSTATUS status = c->open ? ks_set_format(c->pin, &wave, bytes) : STATUS_INVALID_HANDLE;
    if (NT_SUCCESS(status) == refused)
        snd_fail(l->bench, "line %u: the format of an open pin: %#x", l->number, (unsigned)status);
    return true;
}

static bool do_refused(struct line *l)
{
    struct snd_client *c = which(l);
    struct snd_format f;
    ks_file *filter, *pin;
    if (c == NULL || l->count != 3 || !snd_format_parse(l->word[2], &f))
        return false;
    NTSTATUS status = snd_open_pin(l->bench, c->direction, &f, &filter, &pin);
    if (NT_SUCCESS(status)) {
        snd_fail(l->bench, "line %u: a pin opens with %s", l->number, l->word[2]);
        ks_close(pin);
        ks_close(filter);
    }
    return true;
}

static bool do_check(struct line *l)
{
    struct snd_client *c = which(l);
    if (c == NULL || l->count != 2 || c->thread != NULL)
        return false;
    snd_compare_now(c);
    return true;
}

/* ---- the device ---- */

static bool do_wait(struct line *l)
{
    double ms;
    if (l->count != 2 || !number(l->word[1], &ms) || ms < 0)
        return false;
    pass(ms);
    return true;
}

static bool do_jack(struct line *l)
{
    double jack;
    bool on = l->count == 3 && strcmp(l->word[2], "on") == 0;
    if (l->count != 3 || !number(l->word[1], &jack) || (!on && strcmp(l->word[2], "off") != 0) ||
        !l->bench->options->use_model)
        return false;
    model_snd_jack(l->bench->bus, (unsigned)jack, on);
    return true;
}

static bool do_event(struct line *l)
{
    if (l->count != 3 || !l->bench->options->use_model)
        return false;
    model_snd_event(l->bench->bus, (uint32_t)strtoul(l->word[1], NULL, 0), (uint32_t)strtoul(l->word[2], NULL, 0));
    return true;
}

static bool do_fault(struct line *l)
{
    return l->count == 2 && l->bench->options->use_model &&
           (model_snd_arm(l->bench->bus, l->word[1]) || model_arm_fault(l->bench->bus, l->word[1]));
}

static bool do_volume(struct line *l)
{
    struct snd_client *c = which(l);
    double channel, value;
    if (c == NULL || l->count != 4 || !number(l->word[2], &channel) || !number(l->word[3], &value))
        return false;
    NTSTATUS status = snd_set_node(l->bench, c->direction, strcmp(l->word[0], "mute") == 0, (LONG)channel, (LONG)value);
    if (!NT_SUCCESS(status))
        snd_fail(l->bench, "line %u: %s: %#x", l->number, l->word[0], (unsigned)status);
    return true;
}

static bool jack_number(const struct line *l, unsigned *jack)
{
    double value;
    bool good = l->count > 1 && number(l->word[1], &value) && value >= 0 && value < 2;
    *jack = good ? (unsigned)value : 0;
    return good;
}

static bool do_watch_jack(struct line *l)
{
    unsigned jack;
    return jack_number(l, &jack) && snd_jack_watch(l->bench, jack);
}

static bool do_jack_is(struct line *l)
{
    enum { ROUNDS = 20, ROUND_MS = 5 };
    bool on = l->count == 3 && strcmp(l->word[2], "on") == 0, is = !on;
    unsigned jack;
    if (l->count != 3 || !jack_number(l, &jack))
        return false;
    for (unsigned i = 0; i < ROUNDS && is != on; i++) {
        if (!snd_jack_connected(l->bench, jack, &is))
            return true;
        if (is != on)
            pass(ROUND_MS);
    }
    if (is != on)
        snd_fail(l->bench, "line %u: Windows sees jack %u the other way", l->number, jack);
    return true;
}

static bool do_jack_event(struct line *l)
{
    unsigned jack;
    if (l->count != 2 || !jack_number(l, &jack))
        return false;
    if (!snd_jack_changed(l->bench, jack, 100000))
        snd_fail(l->bench, "line %u: no event of jack %u", l->number, jack);
    return true;
}

static bool do_topology(struct line *l)
{
    snd_topology_walk(l->bench);
    return l->count == 1;
}

static bool do_formats(struct line *l)
{
    if (which(l) == NULL)
        return false;
    snd_formats_walk(l->bench, which(l)->direction);
    return l->count == 2;
}

static bool do_fuzz(struct line *l)
{
    double count;
    if (l->count != 2 || !number(l->word[1], &count))
        return false;
    snd_fuzz(l->bench, (uint64_t)count);
    return true;
}

static bool do_storm(struct line *l)
{
    double count;
    if (which(l) == NULL || l->count != 3 || !number(l->word[2], &count))
        return false;
    snd_storm(l->bench, which(l)->direction, (uint64_t)count);
    return true;
}

/* ---- plug and play, power ---- */

static void power(struct snd_bench *b, LONG state)
{
    NTSTATUS status = devnode_system_power(b->node, state);
    if (!NT_SUCCESS(status))
        snd_fail(b, "system power state %d: %#x", (int)state, (unsigned)status);
}

/* Programs do not run while the system sleeps. */
static bool do_sleep(struct line *l)
{
    l->bench->asleep = true;
    for (unsigned i = 0; i < SND_DIRECTIONS; i++)
        snd_client_park(&l->bench->client[i], true);
    power(l->bench, SYSTEM_SLEEPING_3);
    return l->count == 1;
}

static bool do_wake(struct line *l)
{
    power(l->bench, SYSTEM_WORKING);
    l->bench->asleep = false;
    for (unsigned i = 0; i < SND_DIRECTIONS; i++)
        snd_client_park(&l->bench->client[i], false);
    return l->count == 1;
}

static bool do_stop(struct line *l)
{
    NTSTATUS status = devnode_query_stop(l->bench->node);
    if (NT_SUCCESS(status))
        devnode_stop(l->bench->node);
    else
        snd_fail(l->bench, "line %u: the device does not stop: %#x", l->number, (unsigned)status);
    return l->count == 1;
}

static bool do_start(struct line *l)
{
    if (!snd_restart(l->bench))
        snd_fail(l->bench, "line %u: the device does not start again", l->number);
    return l->count == 1;
}

static bool do_restart(struct line *l)
{
    return do_stop(l) && do_start(l);
}

static bool do_surprise(struct line *l)
{
    struct snd_bench *b = l->bench;
    b->bus->ops->surprise_remove(b->bus, b->bus->bdf);
    devnode_surprise(b->node);
    b->started = false;
    return l->count == 1;
}

static bool do_diagnostics(struct line *l)
{
    return l->count == 1 && snd_diagnostics(l->bench);
}

static const struct {
    const char *name;
    bool (*run)(struct line *l);
} commands[] = {
    {"diagnostics", do_diagnostics},
    {"open", do_open},
    {"run", do_run},
    {"finish", do_finish},
    {"halt", do_halt},
    {"close", do_close},
    {"pause", do_pause},
    {"go", do_pause},
    {"stall", do_stall},
    {"state", do_state},
    {"format", do_format},
    {"refused", do_refused},
    {"check", do_check},
    {"wait", do_wait},
    {"jack", do_jack},
    {"event", do_event},
    {"fault", do_fault},
    {"fuzz", do_fuzz},
    {"storm", do_storm},
    {"topology", do_topology},
    {"formats", do_formats},
    {"sleep", do_sleep},
    {"wake", do_wake},
    {"stop", do_stop},
    {"start", do_start},
    {"restart", do_restart},
    {"surprise", do_surprise},
    {"volume", do_volume},
    {"mute", do_volume},
    {"watch-jack", do_watch_jack},
    {"jack-is", do_jack_is},
    {"jack-event", do_jack_event},
};

static bool run_line(struct line *l, char *text)
{
    char *save, *comment = strchr(text, '#');
    if (comment != NULL)
        *comment = '\0';
    l->count = 0;
    for (char *w = strtok_r(text, " \t\r\n", &save); w != NULL && l->count < WORDS;
         w = strtok_r(NULL, " \t\r\n", &save))
        l->word[l->count++] = w;
    if (l->count == 0)
        return true;
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, l->word[0]) == 0)
            return commands[i].run(l);
    }
    return false;
}

bool snd_script_run(struct snd_bench *b, const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    struct line l = {.bench = b};
    char text[LINE_BYTES], copy[LINE_BYTES];
    bool good = true;
    if (in == NULL)
        environment_failed("cannot read %s: %s", path, strerror(errno));
    while (good && fgets(text, sizeof(text), in) != NULL) {
        l.number++;
        strcpy(copy, text);
        good = run_line(&l, text);
        if (!good)
            snd_fail(b, "line %u of the script is not understood: %s", l.number, copy);
    }
    if (in != stdin)
        fclose(in);
    return good;
}

void snd_script_default(struct snd_bench *b)
{
    const struct snd_options *o = b->options;
    const bool wanted[SND_DIRECTIONS] = {o->render, o->capture};
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        if (wanted[i])
            snd_client_open(&b->client[i], &o->format[i]);
    }
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        if (b->client[i].open)
            snd_client_run(&b->client[i], o->seconds);
    }
    if (!o->render || !b->client[SND_RENDER].running)
        pass(o->seconds * 1000);
    for (unsigned i = 0; i < SND_DIRECTIONS; i++) {
        if (b->client[i].open && b->client[i].thread != NULL)
            snd_client_finish(&b->client[i]);
        snd_client_close(&b->client[i]);
    }
}
