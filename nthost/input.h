/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The `input` command: a HID minidriver for a virtio input device, under a HID class driver, given events, and its
 * reports as programs read them.
 *
 * struct input_bench is one run. A script (input_script.c) says what happens; without one the device is started,
 * described and removed. What a script expects and does not get makes the run end with EXIT_WRONG.
 */
#ifndef NTHOST_INPUT_H
#define NTHOST_INPUT_H

#include <stdio.h>

#include "hid_decode.h"
#include "hidclass.h"
#include "model_input.h"
#include "qemu_bus.h"
#include "trap.h"

enum { INPUT_COLLECTIONS = HID_COLLECTIONS_MAX };

struct input_options {
    const char *driver, *script, *json, *class_directory; /* class_directory NULL: the built-in class driver */
    const char *parser_directory;                         /* where a hidparse.sys is; NULL: reports are not decoded */
    bool use_model, quiet, failure_sweep, surprise_sweep, count_instructions, log_events;
    enum model_input_kind kind;
    struct devnode_options node;
    struct model_options model;
    struct model_input_options model_input;
    struct qemu_options qemu;
    enum { EXPECT_START, EXPECT_REFUSAL, EXPECT_ANY } expect; /* of IRP_MN_START_DEVICE */
    uint64_t seed, surprise_at, fail_nth;
    unsigned processors, preempt, reads;
};

struct input_report {
    unsigned collection, mark; /* mark: how many had been set when it was read */
    uint32_t bytes;
    uint64_t at_us;
    uint8_t *data;
    char *decoded; /* by hidparse.sys, at the end of the run; NULL: not decoded */
    struct input_report *next;
};

struct input_reader {
    struct input_bench *bench;
    unsigned collection;
    uint32_t bytes; /* to ask for */
    DEVICE_OBJECT *device;
    user_file *file;
    thread *thread;
    struct user_request *request; /* waiting */
    bool stop, paused;
};

struct input_bench {
    struct input_options *options;
    pci_bus *bus;
    struct pci_device device;
    wdm_driver *driver;
    devnode *node;
    bool started, gone, removed;
    unsigned marks;
    uint8_t *descriptor;
    uint32_t descriptor_bytes;
    HID_DEVICE_ATTRIBUTES attributes;
    struct hid_layout layout;
    hid_decoder *decoder; /* NULL: there is none */
    struct input_reader reader[INPUT_COLLECTIONS];
    unsigned readers;
    struct input_report *first, **last; /* all reports read so far */
    struct input_report *next_expected;
    unsigned reports;
    /* measured */
    struct access_counter doorbells, isr;
    uint64_t events, packets, last_sent_us;
    struct input_event_log {
        const char *command; /* of a script, with `value` when that is not 0; NULL: an event */
        uint16_t type, code;
        uint32_t value;
    } *log; /* what was sent and done, for --json with --log-events */
    size_t logged, log_capacity;
    uint64_t latency_first_us[4096];
    unsigned latencies;
    uint64_t instructions;
    bool counting; /* the driver's allocations: between start and stop */
    uint64_t allocations, allocations_before;
    double seconds;
    struct hidclass_counts counts; /* of the built-in class driver, at the end; of all its devices */
    unsigned failures;
};

void input_fail(struct input_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* input_options.c */
bool input_options_parse(struct input_options *o, int argc, char **argv);
void input_help(void);

/* input_bench.c */
void input_open_bus(struct input_bench *b);
bool input_start(struct input_bench *b); /* loads the driver, starts the device, opens the collections */
bool input_open_collections(struct input_bench *b);
void input_close_collections(struct input_bench *b);
/* Nobody reads for a while: the built-in class driver sends no read requests; with another, programs read nothing. */
void input_pause(struct input_bench *b, bool pause);
void input_remove(struct input_bench *b); /* what is still there; unloads the driver, leak check */
void input_close(struct input_bench *b);
/* Which usages hidparse.sys finds in a report; false (after input_fail): it finds no sense, or there is none. */
bool input_decode_text(struct input_bench *b, const struct input_report *r, char *text, size_t size);

/* input_device.c: what happens to the device. */
bool input_device_add(struct input_bench *b);    /* AddDevice and the first start */
void input_device_remove(struct input_bench *b); /* with its collections; what is there of it */
void input_device_stop(struct input_bench *b);
void input_device_start(struct input_bench *b);
void input_device_sleep(struct input_bench *b, bool sleep); /* false: wakes */
void input_device_reset(struct input_bench *b);             /* it asks for one; the model only */
void input_device_surprise(struct input_bench *b);          /* it is gone; Windows does not know yet */
void input_device_pull(struct input_bench *b);              /* it is gone, and removed; sets a mark */
void input_device_plug(struct input_bench *b);              /* it is back, with new collections */
/* Reports that are read from now on are told from those before. */
void input_mark(struct input_bench *b);
void input_count_allocations(struct input_bench *b, bool on);
uint64_t input_allocations(const struct input_bench *b); /* while it was counted; a foreign class driver's, too */

/* input_class.c: the class driver. */
void input_class_prepare(struct input_bench *b);
bool input_class_describe(struct input_bench *b); /* asks the minidriver itself, as HIDCLASS does */
/* Opens the decoder; the foreign parser must see what we see in the descriptor. */
bool input_class_decode(struct input_bench *b);

/* input_send.c: events, to the device. A packet ends with input_syn. */
bool input_key(struct input_bench *b, const char *name, bool down);
bool input_button(struct input_bench *b, const char *name, bool down);
bool input_relative(struct input_bench *b, const char *axis, int32_t value);
bool input_absolute(struct input_bench *b, const char *axis, int32_t value);
bool input_touch(struct input_bench *b, unsigned slot, bool down, int32_t x, int32_t y);
void input_raw(struct input_bench *b, uint16_t type, uint16_t code, uint32_t value); /* the model only */
void input_syn(struct input_bench *b);
void input_log(struct input_bench *b, const char *command, uint32_t value); /* for --log-events */

/* input_random.c: `count` events of the device's kind, drawn from the scheduler's seed, in packets of one to four;
 * every key, button and touch that is down at the end is released. With `pauses` nobody reads now and then, and now and
 * then the device sleeps, stops, asks for a reset (the model's), or is pulled and plugged in again. */
void input_random(struct input_bench *b, uint64_t count, bool pauses);

/* input_fuzz.c: internal requests with any code and length, one after the other. */
void input_fuzz(struct input_bench *b, uint64_t count);

/* input_keys.c: QEMU's key names and Linux' key codes; 0: there is no such name. */
uint16_t input_key_code(const char *name);
const char *input_key_name(unsigned index); /* all of them, NULL at the end */

/* input_script.c: false at the first line that is not understood. */
bool input_script_run(struct input_bench *b, const char *path);

#endif
