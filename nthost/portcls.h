/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in portcls.sys, and kernel streaming as programs of the host see it. An adapter driver registers with it in
 * DriverEntry and AddDevice; its subdevices become filters that programs open by name, set up and stream with.
 *
 * What programs do here goes through the driver's dispatch routines as the requests that Windows sends
 * (IRP_MJ_CREATE with the filter's or pin's name, IOCTL_KS_PROPERTY, IOCTL_KS_ENABLE_EVENT ...), so a driver that hooks
 * them is tested with its hooks. Everything here is called from a simulated thread at PASSIVE_LEVEL. Requests return
 * the status that a program would get; a rule that the driver breaks ends the process (verifier.h).
 *
 * Requests to one file must not overlap; requests to different files, and those of other threads, may.
 */
#ifndef NTHOST_PORTCLS_H
#define NTHOST_PORTCLS_H

#include "pc_types.h"
#include "wdm.h"

#define STATUS_INVALID_DEVICE_STATE ((NTSTATUS)0xC0000184)
#define STATUS_NO_MATCH ((NTSTATUS)0xC0000272)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_MORE_ENTRIES ((NTSTATUS)0x105)
#define STATUS_DEVICE_REMOVED ((NTSTATUS)0xC00002B6)
/* KS: ERROR_SET_NOT_FOUND and ERROR_NOT_FOUND of a property that nobody has */
#define STATUS_PROPSET_NOT_FOUND ((NTSTATUS)0xC0000230)

void portcls_register(void); /* its exports; before the adapter driver is loaded */

/* ---- what the adapter driver has made ---- */

struct pc_device;
struct pc_device *portcls_device_of(const devnode *node); /* NULL before AddDevice and after removal */
const char *portcls_failure(void); /* why the last start, subdevice or pin was refused; NULL when none was */
unsigned portcls_subdevices(const struct pc_device *d);
const char *portcls_subdevice_name(const struct pc_device *d, unsigned index);
/* As the miniport's GetDescription gave it, checked; NULL when there is no such subdevice. */
const PCFILTER_DESCRIPTOR *portcls_descriptor(const struct pc_device *d, const char *name);
const PCPIN_DESCRIPTOR *portcls_pin(const PCFILTER_DESCRIPTOR *f, unsigned index); /* by PinSize; NULL beyond */
const PCNODE_DESCRIPTOR *portcls_node(const PCFILTER_DESCRIPTOR *f, unsigned index);
struct pc_connection { /* PcRegisterPhysicalConnection: names of subdevices, or of what is external */
    const char *from, *to;
    ULONG from_pin, to_pin;
};
const struct pc_connection *portcls_connection(const struct pc_device *d, unsigned index); /* NULL at the end */

struct portcls_counts {
    uint64_t pages_allocated, pages_freed;  /* of IPortWaveRTStream */
    uint64_t events_generated;              /* calls of IPortEvents::GenerateEventList */
    uint64_t events_signalled;              /* programs' KS events that it signalled */
    uint64_t pool_in_run;                   /* allocations of the driver while some stream was in KSSTATE_RUN */
    uint64_t positions;                     /* GetPosition calls */
    uint64_t properties, property_failures; /* requests that reached a property handler of the driver */
    unsigned streams_open, streams_most;    /* stream objects now, and at most at once */
    unsigned power_changes;                 /* PowerChangeState and PowerChangeNotify calls */
};
const struct portcls_counts *portcls_counts(const struct pc_device *d);

/* ---- files: filters and pins ---- */

typedef struct ks_file ks_file;
/* `name` is the reference string of the device interface, the name of the subdevice: "Wave". */
NTSTATUS ks_open_filter(devnode *node, const char *name, ks_file **filter);
/* A pin with the looped streaming interface and the device I/O medium. `format`: KSDATAFORMAT and what follows. */
NTSTATUS ks_open_pin(ks_file *filter, ULONG pin, const void *format, ULONG format_bytes, ks_file **file);
/* Any bytes in the place of KSPIN_CONNECT and the format: for fuzzing and tests of the checks. */
NTSTATUS ks_open_raw(ks_file *filter, const void *connect, ULONG bytes, ks_file **file);
/* Closing a pin stops it, takes its notification events back and frees its buffer, as Windows does. A filter is closed
 * after its pins. Before devnode_remove() everything is closed; after devnode_surprise() files are still open. */
void ks_close(ks_file *file);

/* ---- properties ---- */

/* IOCTL_KS_PROPERTY with these two buffers as they are: `property` begins with KSPROPERTY, Flags say what is asked.
 * *returned (may be NULL) is IoStatus.Information. */
NTSTATUS ks_property(ks_file *file, const void *property, ULONG property_bytes, void *value, ULONG value_bytes,
                     ULONG *returned);
NTSTATUS ks_get(ks_file *file, const GUID *set, ULONG id, void *value, ULONG bytes, ULONG *returned);
NTSTATUS ks_set(ks_file *file, const GUID *set, ULONG id, const void *value, ULONG bytes);
/* Of a pin factory, on its filter (KSP_PIN): KSPROPSETID_Pin, KSPROPSETID_Jack. */
NTSTATUS ks_pin_get(ks_file *filter, const GUID *set, ULONG id, ULONG pin, void *value, ULONG bytes, ULONG *returned);
/* Of a node (KSNODEPROPERTY, KSPROPERTY_TYPE_TOPOLOGY); `channel` >= -1 makes it KSNODEPROPERTY_AUDIO_CHANNEL,
 * KS_NO_CHANNEL not. `flags`: KSPROPERTY_TYPE_GET, SET, BASICSUPPORT. */
enum { KS_NO_CHANNEL = -2, KS_ALL_CHANNELS = -1 };
NTSTATUS ks_node(ks_file *file, const GUID *set, ULONG id, ULONG flags, ULONG node, LONG channel, void *value,
                 ULONG bytes, ULONG *returned);
/* KSPROPERTY_PIN_DATAINTERSECTION with one range of the program's; the format that results, STATUS_BUFFER_OVERFLOW with
 * *returned when bytes is 0. */
NTSTATUS ks_intersect(ks_file *filter, ULONG pin, const void *range, ULONG range_bytes, void *format, ULONG bytes,
                      ULONG *returned);
NTSTATUS ks_propose(ks_file *filter, ULONG pin, const void *format, ULONG bytes); /* KSPROPERTY_PIN_PROPOSEDATAFORMAT */

/* Fills in a KSDATAFORMAT_WAVEFORMATEXTENSIBLE (104 bytes) or, for 1 or 2 channels and not `extensible`, a
 * KSDATAFORMAT_WAVEFORMATEX (82); returns the size. `bits` of the container, `valid` of the sample. */
ULONG ks_format(KSDATAFORMAT_WAVEFORMATEXTENSIBLE *format, ULONG rate, unsigned channels, unsigned bits, unsigned valid,
                bool floating, bool extensible);

/* ---- streaming ---- */

/* KSPROPERTY_CONNECTION_STATE. The port driver takes every step between the two states, one SetState each; at a failure
 * it stays where it got to. */
NTSTATUS ks_set_state(ks_file *pin, ULONG state);
NTSTATUS ks_get_state(ks_file *pin, ULONG *state);
NTSTATUS ks_set_format(ks_file *pin, const void *format, ULONG bytes); /* KSPROPERTY_CONNECTION_DATAFORMAT */

struct ks_buffer {
    uint8_t *address; /* the program's own mapping of the cyclic buffer; valid until the pin is closed */
    ULONG bytes;      /* ActualBufferSize */
    bool memory_barrier;
};
/* KSPROPERTY_RTAUDIO_BUFFER, or ..._WITH_NOTIFICATION when `notifications` is not 0 (1 or 2 of a cycle). */
NTSTATUS ks_allocate_buffer(ks_file *pin, ULONG bytes, ULONG notifications, struct ks_buffer *buffer);
NTSTATUS ks_position(ks_file *pin, KSAUDIO_POSITION *position);
NTSTATUS ks_latency(ks_file *pin, KSRTAUDIO_HWLATENCY *latency);
NTSTATUS ks_position_register(ks_file *pin, KSRTAUDIO_HWREGISTER *result);
NTSTATUS ks_clock_register(ks_file *pin, KSRTAUDIO_HWREGISTER *result);

/* ---- events ---- */

typedef struct ks_event ks_event;
ks_event *ks_event_create(void); /* a synchronization event: a wait that succeeds resets it */
void ks_event_free(ks_event *e);
bool ks_event_wait(ks_event *e, uint64_t timeout_us); /* false at the time-out */
uint64_t ks_event_signals(const ks_event *e);         /* how often it was set so far, counted at each set */
uint64_t ks_event_last_us(const ks_event *e);         /* clock_us() of the last set */
/* KSPROPERTY_RTAUDIO_REGISTER_NOTIFICATION_EVENT and its opposite. */
NTSTATUS ks_register_notification(ks_file *pin, ks_event *e);
NTSTATUS ks_unregister_notification(ks_file *pin, ks_event *e);
/* IOCTL_KS_ENABLE_EVENT with KSEVENTF_EVENT_HANDLE, on a node unless `node` is PCFILTER_NODE; `pin` for KSE_PIN events
 * unless it is PCFILTER_NODE. One KS event of a ks_event at a time. */
NTSTATUS ks_enable_event(ks_file *file, const GUID *set, ULONG id, ULONG flags, ULONG node, ULONG pin, ks_event *e);
NTSTATUS ks_disable_event(ks_file *file, ks_event *e);
NTSTATUS ks_event_support(ks_file *file, const GUID *set, ULONG id, ULONG node);

#endif
