/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the files of the built-in hidclass.sys share.
 */
#ifndef NTHOST_HIDCLASS_INTERNAL_H
#define NTHOST_HIDCLASS_INTERNAL_H

#include "hidclass.h"

enum { HID_READS_MAX = 8 };
/* Reports per handle (HidD_SetNumInputBuffers). */
enum { HID_RING_DEFAULT = 32, HID_RING_MIN = 2, HID_RING_MAX = 512 };

struct hid_minidriver {
    DRIVER_OBJECT *object;
    ULONG extension_bytes;
    PVOID add_device, unload;
    PVOID dispatch[IRP_MJ_COUNT];
    struct hid_minidriver *next;
};

struct hid_read { /* a read request that goes round and round */
    struct hidclass_device *device;
    IRP *irp;
    uint8_t *buffer;
    bool pending, again; /* with the minidriver; completed while it was being sent */
    bool sending;
};

struct hid_ring {
    uint8_t *bytes[HID_RING_MAX];
    uint32_t length[HID_RING_MAX];
    unsigned first, count, size;
};

struct hid_file {
    FILE_OBJECT *object;
    struct hid_pdo *pdo;
    struct hid_ring ring;
    IRP *first, *last; /* waiting reads, linked by DriverContext[0] */
    struct hid_file *next;
};

struct hid_pdo {
    DEVICE_OBJECT *object;
    struct hidclass_device *device; /* NULL when the function device is gone */
    unsigned collection, opens;
    bool started, removed;
    bool delete_at_close; /* removed while programs hold it open */
    UNICODE_STRING link;
    struct hid_file *files;
};

struct hidclass_device {
    struct hid_minidriver *mini;
    DEVICE_OBJECT *fdo, *pdo, *lower;
    HID_DEVICE_EXTENSION *extension;
    void *mini_extension;
    bool running; /* started, in D0: reads may be outstanding */
    bool held;    /* reads that are over rest */
    bool described;
    HID_DEVICE_ATTRIBUTES attributes;
    uint8_t *descriptor;
    uint32_t descriptor_bytes;
    struct hid_layout layout;
    uint32_t longest_input;
    struct hid_read read[HID_READS_MAX];
    unsigned reads;
    struct hid_pdo *collection[HID_COLLECTIONS_MAX];
    struct hidclass_counts counts;
    void (*on_report)(void *context, const uint8_t *bytes, uint32_t length);
    void *on_report_context;
    struct host_request idle;
    bool idle_sent;
    unsigned *idle_called;
    void *idle_memory;
    struct hidclass_device *next;
};

/* hidclass.c */
struct hidclass_device *hidclass_of_fdo(const DEVICE_OBJECT *fdo);
struct hid_pdo *hidclass_pdo(const DEVICE_OBJECT *object);
struct hid_pdo *hidclass_pdo_create(struct hidclass_device *d, unsigned collection);
void hidclass_pdo_free(struct hid_pdo *p);
void hidclass_device_free(struct hidclass_device *d); /* detached and deleted, at removal */
/* Sends an IRP that is set up for the next location to the minidriver's routine, with the FDO. */
NTSTATUS hidclass_call(struct hidclass_device *d, IRP *irp);

/* hidclass_request.c: requests of HIDCLASS's own to the minidriver, which are waited for. */
NTSTATUS hidclass_neither(struct hidclass_device *d, ULONG code, PVOID type3, void *out, ULONG out_bytes,
                          ULONG_PTR *information);
NTSTATUS hidclass_transfer(struct hidclass_device *d, ULONG code, uint8_t id, uint8_t *report, ULONG bytes,
                           ULONG_PTR *information);
bool hidclass_describe(struct hidclass_device *d, NTSTATUS *status);
void hidclass_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* hidclass_pump.c */
void hidclass_pump_start(struct hidclass_device *d);
void hidclass_pump_stop(struct hidclass_device *d, const char *why); /* cancels the reads and waits for them */

/* hidclass_file.c: requests of programs. */
NTSTATUS hidclass_file_request(struct hid_pdo *p, IRP *irp);
void hidclass_deliver(struct hid_pdo *p, const uint8_t *report, uint32_t bytes);
void hidclass_files_fail(struct hid_pdo *p, NTSTATUS status); /* completes the reads that wait */

/* hidclass_pnp.c, hidclass_power.c */
NTSTATUS hidclass_fdo_pnp(struct hidclass_device *d, IRP *irp);
NTSTATUS hidclass_pdo_pnp(struct hid_pdo *p, IRP *irp);
NTSTATUS hidclass_fdo_power(struct hidclass_device *d, IRP *irp);
NTSTATUS hidclass_finish(IRP *irp, NTSTATUS status, ULONG_PTR information);

#endif
