/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command line of `nthost snd`.
 */
#include <linux/virtio_snd.h>
#include <stdlib.h>
#include <string.h>

#include "command_options.h"
#include "snd.h"

struct option {
    struct option_words words;
    bool (*set)(struct snd_options *o, const char *value);
};

static bool ranged(const char *text, unsigned low, unsigned high, unsigned *value)
{
    uint64_t parsed;
    bool good = option_number(text, &parsed) && parsed >= low && parsed <= high;
    *value = (unsigned)parsed;
    return good;
}

#define SETTER(name) static bool set_##name(struct snd_options *o, const char *value)
#define TEXT(name, field)      \
    SETTER(name)               \
    {                          \
        o->field = value;      \
        return *value != '\0'; \
    }
#define FLAG(name, field) \
    SETTER(name)          \
    {                     \
        (void)value;      \
        o->field = true;  \
        return true;      \
    }
TEXT(driver, driver)
TEXT(service, service)
TEXT(script, script)
TEXT(json, json)
TEXT(wav_in, wav_in)
TEXT(wav_out, wav_out)
TEXT(heard, heard)
TEXT(played, played)
FLAG(sweep, failure_sweep)
FLAG(surprise_sweep, surprise_sweep)
FLAG(count, count_instructions)
FLAG(positions, positions)
FLAG(inexact, inexact)
FLAG(quiet, quiet)

SETTER(device)
{
    o->use_model = strcmp(value, "model") == 0;
    return o->use_model || strcmp(value, "qemu") == 0;
}

SETTER(mode)
{
    bool duplex = strcmp(value, "duplex") == 0;
    o->render = duplex || strcmp(value, "render") == 0;
    o->capture = duplex || strcmp(value, "capture") == 0;
    return o->render || o->capture;
}

SETTER(format)
{
    o->formatted = snd_format_parse(value, &o->format[SND_RENDER]);
    o->format[SND_CAPTURE] = o->format[SND_RENDER];
    return o->formatted;
}

SETTER(capture_format)
{
    return snd_format_parse(value, &o->format[SND_CAPTURE]);
}

SETTER(dialect)
{
    bool legacy = strcmp(value, "legacy") == 0;

    o->model_snd.standard = legacy || strcmp(value, "standard") == 0;
    o->model.layout = legacy ? MODEL_LAYOUT_LEGACY : o->model_snd.standard ? MODEL_LAYOUT_QEMU : MODEL_LAYOUT_CONTRACT;
    o->model.isr_spec = o->model_snd.standard;
    o->model.vectors = o->model_snd.standard ? 2 : 5;
    return o->model_snd.standard || strcmp(value, "aero") == 0;
}

SETTER(irq)
{
    o->node.msix = strcmp(value, "msix") == 0;
    return o->node.msix || strcmp(value, "intx") == 0;
}

SETTER(messages)
{
    return ranged(value, 0, 2048, &o->node.messages);
}

SETTER(period)
{
    return ranged(value, 500, 1000000, &o->period_us);
}

SETTER(periods)
{
    return ranged(value, 1, 1024, &o->periods);
}

SETTER(notifications)
{
    return ranged(value, 0, 1024, &o->notifications);
}

SETTER(poll)
{
    return ranged(value, 0, 1000000, &o->poll_us);
}

SETTER(seconds)
{
    char *end;
    o->seconds = strtod(value, &end);
    return *value != '\0' && *end == '\0' && o->seconds > 0 && o->seconds < 100000;
}

SETTER(seed)
{
    return option_number(value, &o->seed);
}

SETTER(processors)
{
    return ranged(value, 1, 16, &o->processors);
}

SETTER(preempt)
{
    return ranged(value, 0, 1000000, &o->preempt);
}

SETTER(model)
{
    return model_snd_option(&o->model_snd, value) || model_option(&o->model, value);
}

SETTER(qemu)
{
    return qemu_option(&o->qemu, value);
}

/* Written where the driver looks: the device's key, below it, and the service's. */
SETTER(registry)
{
    static const char *const keys[] = {
        "\\Device\\Device Parameters", "\\Device\\Device Parameters\\Parameters",
        "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\aero_virtio_snd\\Parameters"};
    const char *equals = strchr(value, '=');
    char name[64];
    uint64_t parsed;
    (void)o;
    if (equals == NULL || (size_t)(equals - value) >= sizeof(name) || !option_number(equals + 1, &parsed))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        registry_set_dword(keys[i], name, (uint32_t)parsed);
    return true;
}

SETTER(expect)
{
    static const char *const words[] = {"start", "refusal", "any"};
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], value) == 0) {
            o->expect = i;
            return true;
        }
    }
    return false;
}

SETTER(surprise)
{
    return option_number(value, &o->surprise_at);
}

SETTER(sweep_runs)
{
    return ranged(value, 1, 100000, &o->sweep_runs);
}

SETTER(fail)
{
    return option_number(value, &o->fail_nth);
}

static const struct option options_table[] = {
    {{"driver", "FILE.sys", "the adapter driver (required)"}, set_driver},
    {{"device", "qemu|model", "stock QEMU's device, or the model (default model)"}, set_device},
    {{"dialect", "aero|standard|legacy",
      "the model's: contract v1, VIRTIO 1.x in QEMU's layout, or that behind virtio 0.9.5's I/O ports (default aero)"},
     set_dialect},
    {{"mode", "MODE", "render|capture|duplex (default render)"}, set_mode},
    {{"format", "RATE:CHANNELS:BITS", "48000:2:16, 96000:6:32f, 44100:2:24/32 (default: the baseline)"}, set_format},
    {{"capture-format", "FORMAT", "where it is another than --format"}, set_capture_format},
    {{"period-us", "N", "length of a period (default 10000)"}, set_period},
    {{"periods", "N", "of the cyclic buffer (default 2)"}, set_periods},
    {{"notifications", "N", "of a cycle; 0: a buffer without (default 2)"}, set_notifications},
    {{"poll-us", "N", "reads the position between notifications, too, at random moments at most N apart"}, set_poll},
    {{"seconds", "N", "of sound (default 1)"}, set_seconds},
    {{"wav-in", "FILE", "what is played; of --mode capture, what the model's device hears"}, set_wav_in},
    {{"wav-out", "FILE", "what came out: what the device played, or the program recorded"}, set_wav_out},
    {{"played", "FILE", "what the device played, in duplex"}, set_played},
    {{"heard", "FILE", "what the program recorded, in duplex"}, set_heard},
    {{"irq", "intx|msix", "interrupts (default intx)"}, set_irq},
    {{"messages", "N", "MessageNumberLimit of the INF (default 8)"}, set_messages},
    {{"script", "FILE", "what happens ('-': standard input); list below"}, set_script},
    {{"json", "FILE", "results as JSON ('-': standard output)"}, set_json},
    {{"positions", NULL, "the JSON lists every position that was read"}, set_positions},
    {{"inexact", NULL, "what came out need not be what went in"}, set_inexact},
    {{"processors", "N", "simulated processors (default 2)"}, set_processors},
    {{"preempt", "N", "interrupt one callback in N at any instruction"}, set_preempt},
    {{"seed", "N", "of the scheduler and the memory layout (default: from the clock, printed)"}, set_seed},
    {{"model", "KEY=VALUE", "a property of the model device, may be repeated"}, set_model},
    {{"qemu", "KEY=VALUE", "a property of the QEMU run, may be repeated"}, set_qemu},
    {{"registry", "NAME=NUMBER", "a DWORD in the driver's and in the device's key"}, set_registry},
    {{"service", "NAME", "of the driver (default aero_virtio_snd)"}, set_service},
    {{"expect", "start|refusal|any", "what the driver does with the device (default start)"}, set_expect},
    {{"surprise-at", "N", "pull the device at the N-th kernel call or device access of the driver"}, set_surprise},
    {{"fail-nth", "N", "fail the N-th allocation, mapping or other call that may fail"}, set_fail},
    {{"failure-sweep", NULL, "the run again for every such call, until none is left"}, set_sweep},
    {{"surprise-sweep", NULL, "the run again with the device pulled at each of some hundred steps, evenly spread"},
     set_surprise_sweep},
    {{"sweep-runs", "N", "how many steps --surprise-sweep tries (default 200)"}, set_sweep_runs},
    {{"count-instructions", NULL, "exact numbers of the driver's instructions"}, set_count},
    {{"quiet", NULL, "only the line of result"}, set_quiet},
};
static const struct option_table options = OPTION_TABLE("snd", options_table);

void snd_help(void)
{
    puts("nthost snd: runs an audio driver for a virtio sound device on Linux, under PortCls\n\n"
         "usage: nthost snd --driver FILE.sys [options]\n");
    option_print_help(&options);
    printf("\nproperties of the model (--model), besides those of every virtio device (nthost blk --help):\n%s\n\n"
           "properties of QEMU (--qemu):\n%s\n",
           model_snd_option_help(), qemu_option_help());
    puts("commands of a script, WHICH being render or capture:\n"
         "  open WHICH [FORMAT], run WHICH [SECONDS], finish WHICH, halt WHICH, close WHICH, pause WHICH, go WHICH,\n"
         "  state WHICH stop|acquire|pause|run, format WHICH FORMAT [refused], refused WHICH FORMAT, stall WHICH MS,\n"
         "  wait MS, check WHICH,\n"
         "  volume WHICH CHANNEL VALUE, mute WHICH CHANNEL 0|1, watch-jack N, jack-is N on|off, jack-event N,\n"
         "  jack N on|off, event CODE DATA, fault NAME, topology, diagnostics, formats WHICH, fuzz COUNT,\n"
         "  storm WHICH COUNT, sleep, wake, stop, start, restart, surprise\n\n"
         "Exit status: 0 as expected, 1 something was wrong, 2 usage, 3 the driver broke a rule, 4 the environment is "
         "not fit.");
}

static bool parse_one(struct snd_options *o, int argc, char **argv, int *at)
{
    const char *value;
    const struct option *option = option_take(&options, argc, argv, at, &value);
    return option != NULL && (option->set(o, value) || option_refuse(&options, option, value));
}

/* The wav backend, fixed to the format that is played: QEMU's mixer then has nothing to convert, and at nominal volume
 * gives back what it took. Without the mixer the file's header says 44,100 Hz whatever is played. */
static void add_qemu(struct snd_options *o)
{
    static char wav[600];
    const struct snd_format *f = &o->format[SND_RENDER];
    o->qemu_wav = o->played;
    if (o->qemu.device_count == 0)
        o->qemu.devices[o->qemu.device_count++] = "virtio-sound-pci,audiodev=audio0";
    for (unsigned i = 0; i < o->qemu.argument_count; i++) {
        if (strcmp(o->qemu.arguments[i], "-audiodev") == 0) {
            o->qemu_wav = NULL; /* whoever gave it looks at what it played */
            return;
        }
    }
    snprintf(wav, sizeof(wav), "wav,id=audio0,path=%s,out.frequency=%u,out.channels=%u,out.format=%s",
             o->played != NULL ? o->played : "/dev/null", (unsigned)f->rate, f->channels,
             f->floating     ? "f32"
             : f->bits == 8  ? "u8"
             : f->bits == 32 ? "s32"
                             : "s16");
    o->qemu.arguments[o->qemu.argument_count++] = "-audiodev";
    o->qemu.arguments[o->qemu.argument_count++] = wav;
}

bool snd_options_parse(struct snd_options *o, int argc, char **argv)
{
    memset(o, 0, sizeof(*o));
    o->use_model = o->render = true;
    o->node.messages = 8;
    o->processors = 2;
    o->sweep_runs = 200;
    o->period_us = 10000;
    o->periods = o->notifications = 2;
    o->seconds = 1;
    o->service = "aero_virtio_snd";
    o->format[SND_RENDER] = (struct snd_format){48000, 2, 16, 16, false};
    o->format[SND_CAPTURE] = (struct snd_format){48000, 1, 16, 16, false};
    model_options_default(&o->model);
    model_snd_options_default(&o->model_snd);
    o->model.queue_size = 64; /* contract 7.4 */
    o->model.vectors = 5;
    for (int i = 0; i < argc; i++) {
        if (!parse_one(o, argc, argv, &i))
            return false;
    }
    if (o->driver == NULL) {
        fputs("nthost snd: --driver FILE.sys is needed (see nthost snd --help)\n", stderr);
        return false;
    }
    if (o->wav_out != NULL && o->render)
        o->played = o->wav_out;
    else if (o->wav_out != NULL)
        o->heard = o->wav_out;
    if (!o->use_model)
        add_qemu(o);
    return true;
}
