/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "command_options.h"
#include "input.h"

static const char *const kind_names[MODEL_INPUT_KINDS] = {"keyboard", "mouse", "tablet", "multitouch"};
static const char *const qemu_devices[MODEL_INPUT_KINDS] = {"virtio-keyboard-pci", "virtio-mouse-pci",
                                                            "virtio-tablet-pci", "virtio-multitouch-pci"};

struct option {
    struct option_words words;
    bool (*set)(struct input_options *o, const char *value);
};

static bool small(const char *text, unsigned *value)
{
    uint64_t parsed;
    bool good = option_number(text, &parsed) && parsed <= 1000000;
    *value = (unsigned)parsed;
    return good;
}

static bool set_driver(struct input_options *o, const char *value)
{
    o->driver = value;
    return true;
}

static bool set_device(struct input_options *o, const char *value)
{
    o->use_model = strcmp(value, "model") == 0;
    return o->use_model || strcmp(value, "qemu") == 0;
}

static bool set_kind(struct input_options *o, const char *value)
{
    for (unsigned i = 0; i < MODEL_INPUT_KINDS; i++) {
        if (strcmp(kind_names[i], value) == 0) {
            o->kind = o->model_input.kind = (enum model_input_kind)i;
            return true;
        }
    }
    return false;
}

static bool set_irq(struct input_options *o, const char *value)
{
    o->node.msix = strcmp(value, "msix") == 0;
    return o->node.msix || strcmp(value, "intx") == 0;
}

static bool set_messages(struct input_options *o, const char *value)
{
    return small(value, &o->node.messages);
}

static bool set_class(struct input_options *o, const char *value)
{
    o->class_directory = strcmp(value, "builtin") == 0 ? NULL : value;
    return true;
}

static bool set_parser(struct input_options *o, const char *value)
{
    o->parser_directory = value;
    return true;
}

static bool set_script(struct input_options *o, const char *value)
{
    o->script = value;
    return true;
}

static bool set_json(struct input_options *o, const char *value)
{
    o->json = value;
    return true;
}

static bool set_seed(struct input_options *o, const char *value)
{
    return option_number(value, &o->seed);
}

static bool set_processors(struct input_options *o, const char *value)
{
    return small(value, &o->processors) && o->processors >= 1 && o->processors <= 16;
}

static bool set_preempt(struct input_options *o, const char *value)
{
    return small(value, &o->preempt);
}

static bool set_reads(struct input_options *o, const char *value)
{
    return small(value, &o->reads) && o->reads >= 1 && o->reads <= 8;
}

static bool set_model(struct input_options *o, const char *value)
{
    return model_input_option(&o->model_input, value) || model_option(&o->model, value);
}

static bool set_qemu(struct input_options *o, const char *value)
{
    return qemu_option(&o->qemu, value);
}

/* The driver's own key, Services\NAME\Parameters. */
static bool set_registry(struct input_options *o, const char *value)
{
    const char *equals = strchr(value, '=');
    char name[64];
    uint64_t parsed;
    (void)o;
    if (equals == NULL || (size_t)(equals - value) >= sizeof(name) || !option_number(equals + 1, &parsed))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
    registry_set_dword("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\aero_virtio_input\\Parameters", name,
                       (uint32_t)parsed);
    registry_set_dword("\\Device\\Device Parameters", name, (uint32_t)parsed);
    return true;
}

static bool set_expect(struct input_options *o, const char *value)
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

static bool set_surprise(struct input_options *o, const char *value)
{
    return option_number(value, &o->surprise_at);
}

static bool set_fail(struct input_options *o, const char *value)
{
    return option_number(value, &o->fail_nth);
}

static bool set_sweep(struct input_options *o, const char *value)
{
    (void)value;
    o->failure_sweep = true;
    return true;
}

static bool set_surprise_sweep(struct input_options *o, const char *value)
{
    (void)value;
    o->surprise_sweep = true;
    return true;
}

static bool set_count(struct input_options *o, const char *value)
{
    (void)value;
    o->count_instructions = true;
    return true;
}

static bool set_log(struct input_options *o, const char *value)
{
    (void)value;
    o->log_events = true;
    return true;
}

static bool set_quiet(struct input_options *o, const char *value)
{
    (void)value;
    o->quiet = true;
    return true;
}

static const struct option options_table[] = {
    {{"driver", "FILE.sys", "the minidriver (required)"}, set_driver},
    {{"device", "qemu|model", "stock QEMU's device, or the model of contract v1 (default model)"}, set_device},
    {{"kind", "KIND", "keyboard|mouse|tablet|multitouch (default keyboard)"}, set_kind},
    {{"irq", "intx|msix", "interrupts (default intx)"}, set_irq},
    {{"messages", "N", "MessageNumberLimit of the INF (default 8)"}, set_messages},
    {{"class", "builtin|DIR", "the HID class driver: nthost's, or hidclass.sys and hidparse.sys of a folder"},
     set_class},
    {{"parser", "DIR", "the folder of the hidparse.sys that decodes reports (default: that of --class)"}, set_parser},
    {{"script", "FILE", "what happens ('-': standard input); list below"}, set_script},
    {{"json", "FILE", "results as JSON ('-': standard output)"}, set_json},
    {{"reads", "N", "read requests that the built-in class driver keeps with the minidriver (default 2)"}, set_reads},
    {{"processors", "N", "simulated processors (default 2)"}, set_processors},
    {{"preempt", "N", "interrupt one callback in N at any instruction"}, set_preempt},
    {{"seed", "N", "of the scheduler and the memory layout (default: from the clock, printed)"}, set_seed},
    {{"model", "KEY=VALUE", "a property of the model device, may be repeated"}, set_model},
    {{"qemu", "KEY=VALUE", "a property of the QEMU run, may be repeated"}, set_qemu},
    {{"registry", "NAME=NUMBER", "a DWORD in the driver's Parameters and in the device's key"}, set_registry},
    {{"expect", "start|refusal|any", "what the driver does with the device (default start)"}, set_expect},
    {{"surprise-at", "N", "pull the device at the N-th kernel call or device access of the driver"}, set_surprise},
    {{"fail-nth", "N", "fail the N-th allocation, mapping or other call that may fail"}, set_fail},
    {{"failure-sweep", NULL, "the run again for every such call, until none is left"}, set_sweep},
    {{"surprise-sweep", NULL, "the run again with the device pulled at each of some hundred steps, evenly spread"},
     set_surprise_sweep},
    {{"count-instructions", NULL, "exact numbers of the driver's instructions"}, set_count},
    {{"log-events", NULL, "the JSON lists what was sent and done, too"}, set_log},
    {{"quiet", NULL, "only the line of result"}, set_quiet},
};
static const struct option_table options = OPTION_TABLE("input", options_table);

void input_help(void)
{
    puts("nthost input: runs a HID minidriver for a virtio input device on Linux\n\n"
         "usage: nthost input --driver FILE.sys [options]\n");
    option_print_help(&options);
    printf("\nproperties of the model (--model), besides those of every virtio device (nthost blk --help):\n%s\n"
           "properties of QEMU (--qemu):\n%s\n",
           model_input_option_help(), qemu_option_help());
    puts(
        "commands of a script:\n"
        "  key NAME down|up|press, btn NAME down|up|press, rel x|y|wheel|hwheel N, abs x|y N, touch SLOT X Y,\n"
        "  touch SLOT up, event TYPE CODE VALUE, syn, every-key, expect HEX, usages LIST, expect-none MS, skip,\n"
        "  wait MS,\n"
        "  write COLLECTION HEX, feature COLLECTION ID BYTES, leds MASK, string manufacturer|product|serial TEXT,\n"
        "  random COUNT [pauses], fuzz COUNT, pause, resume, stop, start, restart, sleep, wake, surprise, pull, plug,\n"
        "  reset, mark, allocations N\n\n"
        "Exit status: 0 as expected, 1 something was wrong, 2 usage, 3 the driver broke a rule, 4 the environment is "
        "not fit.");
}

static bool parse_one(struct input_options *o, int argc, char **argv, int *at)
{
    const char *value;
    const struct option *option = option_take(&options, argc, argv, at, &value);
    return option != NULL && (option->set(o, value) || option_refuse(&options, option, value));
}

bool input_options_parse(struct input_options *o, int argc, char **argv)
{
    memset(o, 0, sizeof(*o));
    o->use_model = true;
    o->node.messages = 8;
    o->processors = 2;
    o->reads = 2;
    model_options_default(&o->model);
    o->model.queue_size = 64; /* contract 1.6 */
    o->model.vectors = 3;
    model_input_options_default(&o->model_input, MODEL_KEYBOARD);
    for (int i = 0; i < argc; i++) {
        if (!parse_one(o, argc, argv, &i))
            return false;
    }
    if (o->driver == NULL) {
        fputs("nthost input: --driver FILE.sys is needed (see nthost input --help)\n", stderr);
        return false;
    }
    if (o->parser_directory == NULL)
        o->parser_directory = o->class_directory;
    if (!o->use_model && o->qemu.device_count == 0) {
        o->qemu.devices[0] = qemu_devices[o->kind];
        o->qemu.device_count = 1;
    }
    return true;
}
