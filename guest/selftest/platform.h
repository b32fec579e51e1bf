/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the self-test asks of Windows, so that everything else is plain C and is tested without it. Texts are UTF-8.
 * Errors are Windows error codes, 0 for none. Nothing here waits longer than it is told, or some seconds.
 */
#ifndef SELFTEST_PLATFORM_H
#define SELFTEST_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_DEVICES 128u
#define MOST_HARDWARE_IDS 8u

/* A PCI device that is present, as the Plug and Play manager knows it. */
struct pci_device {
    char instance[256];
    char hardware_ids[MOST_HARDWARE_IDS][128]; /* most specific first */
    size_t hardware_id_count;
    char service[64];        /* empty: no driver is installed */
    char driver_version[32]; /* of the INF that was installed, empty when unknown */
    char driver_provider[64];
    uint32_t problem; /* CM_PROB_*, 0: it works */
};

/* A top-level collection of a HID device. */
struct hid_collection {
    char path[512];
    uint16_t vendor;
    uint16_t product;
    uint16_t version;
    uint16_t usage_page;
    uint16_t usage;
    uint16_t input_bytes; /* of the longest report, its ID included */
    uint16_t output_bytes;
    uint16_t feature_bytes;
    uint16_t button_fields; /* HIDP_CAPS NumberInputButtonCaps, NumberInputValueCaps */
    uint16_t value_fields;
};

enum sound_direction { SOUND_RENDER, SOUND_CAPTURE };

enum input_kind {
    INPUT_KEY,      /* code: set-1 scan code, 0xE0xx with that prefix; value 1 down, 0 up */
    INPUT_BUTTON,   /* code: 1 left, 2 right, 3 middle, 4 and 5 the side ones; value 1 down, 0 up */
    INPUT_MOTION,   /* x, y: relative */
    INPUT_POSITION, /* x, y: absolute, 0 to 65535 */
    INPUT_WHEEL,    /* value: 120 for a notch */
    INPUT_MEDIA,    /* a report of a consumer collection; value: whether anything in it is set */
};

struct input_event {
    char path[512]; /* of the collection */
    enum input_kind kind;
    uint16_t code;
    int32_t value;
    int32_t x;
    int32_t y;
};

struct interface_path {
    char path[512];
};

struct sound_device {
    char name[128];
};

struct sound_format {
    uint32_t rate;
    uint16_t channels;
    uint16_t bits;
};

/* One stream of a run: played from or recorded into `buffer`, in one piece. */
struct sound_stream {
    enum sound_direction direction;
    size_t device;
    struct sound_format format;
    void *buffer;
    uint32_t bytes;
    uint32_t done_bytes;   /* out: recorded, or played */
    uint32_t error;        /* out: MMRESULT */
    bool finished;         /* out: within the time */
    uint32_t milliseconds; /* out: from start to the end of this stream */
};

enum open_how {
    OPEN_CONTROL, /* for io_control alone: no access to the data */
    OPEN_READ,
    OPEN_READ_WRITE,
    OPEN_CREATE, /* a new file, unbuffered, written through, deleted when closed */
};

struct platform {
    void *context;
    const char *system; /* "6.1.7601 amd64" */

    /* One line, without its end, to the console, COM1 and the log. */
    void (*write_line)(void *context, const char *line);
    /* NULL when not set. Valid until the next call. */
    const char *(*environment)(void *context, const char *name);
    uint64_t (*microseconds)(void *context);
    void (*sleep)(void *context, uint32_t milliseconds);
    /* Buffers that unbuffered files take; NULL when there is no memory. */
    void *(*allocate)(void *context, size_t bytes);
    void (*release)(void *context, void *memory);

    uint32_t (*pci_devices)(void *context, struct pci_device *devices, size_t capacity, size_t *count);
    uint32_t (*hid_collections)(void *context, struct hid_collection *collections, size_t capacity, size_t *count);

    uint32_t (*open)(void *context, const char *path, enum open_how how, void **handle);
    void (*close)(void *context, void *handle);
    uint32_t (*read_at)(void *context, void *handle, uint64_t offset, void *buffer, uint32_t bytes, uint32_t *done);
    uint32_t (*write_at)(void *context, void *handle, uint64_t offset, const void *buffer, uint32_t bytes,
                         uint32_t *done);
    uint32_t (*flush)(void *context, void *handle);
    /* `in` and `out` may be one buffer. */
    uint32_t (*io_control)(void *context, void *handle, uint32_t code, const void *in, uint32_t in_bytes, void *out,
                           uint32_t out_bytes, uint32_t *returned);
    /*
     * What keyboards and pointers did since the last call, at most for so long. Windows keeps their collections to
     * itself, so this is what it makes of their reports (raw input), not the reports.
     */
    uint32_t (*input_events)(void *context, struct input_event *events, size_t capacity, uint32_t milliseconds,
                             size_t *count);
    /* An output report of the collection with these usages of the LED page set and all others clear. */
    uint32_t (*set_leds)(void *context, const char *path, const uint16_t *usages, size_t count);

    /* A feature report of the collection, whose longest has `bytes`: the first byte is its ID, before and after. */
    uint32_t (*get_feature)(void *context, const char *path, uint8_t *report, uint32_t bytes);

    /* Device interfaces of KSCATEGORY_AUDIO: paths that open() takes. */
    uint32_t (*audio_filters)(void *context, struct interface_path *paths, size_t capacity, size_t *count);
    size_t (*sound_devices)(void *context, enum sound_direction direction, struct sound_device *devices,
                            size_t capacity);
    bool (*sound_supports)(void *context, enum sound_direction direction, size_t device, struct sound_format format);
    /* Runs all streams at once, for at most so long. */
    void (*sound_run)(void *context, struct sound_stream *streams, size_t count, uint32_t milliseconds);
};

/* Windows error codes that the logic knows. */
#define ERROR_IS_FILE_NOT_FOUND 2u
#define ERROR_IS_ACCESS_DENIED 5u

#endif
