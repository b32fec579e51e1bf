/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the files of the built-in portcls.sys share.
 */
#ifndef NTHOST_PC_INTERNAL_H
#define NTHOST_PC_INTERNAL_H

#include <string.h>

#include "portcls.h"

#define STATUS_INVALID_BUFFER_SIZE ((NTSTATUS)0xC0000206)
#define STATUS_DEVICE_BUSY ((NTSTATUS)0x80000011)

extern const GUID IID_IUnknown, IID_IPort, IID_IPortTopology, IID_IMiniportTopology, CLSID_PortTopology,
    IID_IPortWaveRT, CLSID_PortWaveRT, IID_IPortWaveRTStream, IID_IMiniportWaveRT, IID_IMiniportWaveRTStream,
    IID_IMiniportWaveRTStreamNotification, IID_IPortEvents, IID_IPortClsVersion, IID_IUnregisterSubdevice,
    IID_IUnregisterPhysicalConnection, IID_IResourceList, IID_IServiceGroup, IID_IServiceSink, IID_IRegistryKey,
    IID_IAdapterPowerManagement, IID_IPowerNotify;
bool guid_is(const GUID *a, const GUID *b);

/* ---- objects (pc_object.c) ---- */

/* An object of PortCls's. The driver sees `memory`: one pointer to a table of methods for each interface; it is freed
 * with the last reference, so a later use faults. References that the driver holds and PortCls's own are counted
 * apart, so that each side's mistakes are its own. */
enum { COM_INTERFACES = 6 };
struct com_object {
    const void **memory;
    const char *name;
    unsigned interfaces, by_driver, own;
    const struct com_interface *const *table;
    void (*destroy)(struct com_object *o);
    struct com_object *next;
};
struct com_interface {
    const GUID *id, *base;      /* base: another name under which QueryInterface gives it, or NULL */
    const void *const *methods; /* QueryInterface, AddRef, Release, ... */
};
/* First member of what it describes. `interfaces` ends with NULL; IUnknown is the first. */
void com_create(struct com_object *o, const char *name, const struct com_interface *const *interfaces,
                void (*destroy)(struct com_object *));
PVOID com_pointer(const struct com_object *o, unsigned interface);
void com_reference(struct com_object *o); /* PortCls's own */
void com_release(struct com_object *o);
void com_give(struct com_object *o); /* a reference that the driver has to release */
/* The object behind an interface pointer that a driver passes; another kind or none: rule com-interface. */
struct com_object *com_of(const void *pointer, const char *api);
struct com_object *com_find(const void *pointer, const struct com_interface *interface);
void com_check_none_left(void);

NTSTATUS NTAPI com_query_interface(PVOID self, const GUID *id, PVOID *result);
ULONG NTAPI com_add_ref(PVOID self);
ULONG NTAPI com_release_method(PVOID self);
#define COM_UNKNOWN COM_METHOD(com_query_interface), COM_METHOD(com_add_ref), COM_METHOD(com_release_method)
#define COM_METHOD(function) ((const void *)(uintptr_t)(function))

/* Objects of the driver's. Slots count from 0, QueryInterface. */
enum { SLOT_QUERY_INTERFACE, SLOT_ADD_REF, SLOT_RELEASE, SLOT_FIRST };
uintptr_t com_call(PVOID object, unsigned slot, const char *method, unsigned count, ...); /* without `this` */
void driver_object_reference(PVOID object, const char *what);
ULONG driver_object_release(PVOID object, const char *what); /* what Release returned */
/* QueryInterface; NULL when it is refused. Referenced. */
PVOID driver_object_query(PVOID object, const GUID *id, const char *what, unsigned methods);

/* ---- devices ---- */

enum { PC_CONNECTIONS = 32 };

struct pc_event { /* an enabled KS event of a program */
    KSEVENT_ENTRY *entry;
    struct pc_file *file;
    struct pc_port *port;
    GUID set;
    ULONG id, node, pin;
    const PCEVENT_ITEM *item;
    KSEVENTDATA *data; /* the program's: its identity */
    PVOID event;       /* KEVENT */
    bool listed, oneshot, dead;
    struct pc_event *next;
};

struct pc_port {
    struct com_object com; /* IPort first */
    bool wave;
    struct pc_device *device; /* after Init */
    PVOID unknown_miniport;   /* as Init was given it */
    PVOID miniport;           /* IMiniportWaveRT or IMiniportTopology, referenced */
    PVOID power_notify;
    const PCFILTER_DESCRIPTOR *filter;
    unsigned *pin_instances; /* by pin, of the whole subdevice */
    struct pc_event *events;
};

struct pc_subdevice {
    const WCHAR *name; /* the driver's string, "must remain valid for the lifetime of the device object" */
    char text[64];
    struct pc_port *port;
    bool enabled;
    struct pc_subdevice *next;
};

struct pc_device {
    DRIVER_OBJECT *driver;
    DEVICE_OBJECT *fdo, *pdo, *lower;
    PVOID start_device;
    ULONG max_objects;
    bool started, surprised, removed;
    bool locked;
    LONG power; /* DEVICE_D0 ... */
    PVOID power_management;
    struct pc_subdevice *subdevices;
    struct pc_connection connection[PC_CONNECTIONS];
    const struct pc_port *from_port[PC_CONNECTIONS], *to_port[PC_CONNECTIONS];
    struct pc_file *files;
    struct pc_timeout *timeouts;
    struct portcls_counts counts;
    unsigned running; /* streams in KSSTATE_RUN */
    uint64_t allocations_at_run;
    struct pc_device *next;
};

struct pc_pages { /* an MDL of IPortWaveRTStream */
    MDL *mdl;
    void *memory; /* the pages, hidden while the driver has not mapped them */
    ULONG pages;
    unsigned mapped;
    struct pc_pages *next;
};

struct pc_stream {
    struct com_object com; /* IPortWaveRTStream */
    struct pc_device *device;
    struct pc_file *file; /* NULL when the pin is closed and the driver still has references */
    struct pc_pages *pages;
    PVOID stream;       /* IMiniportWaveRTStream, referenced */
    PVOID notification; /* IMiniportWaveRTStreamNotification, referenced; NULL when it has none */
    PVOID power_notify;
    ULONG pin, state;
    bool capture, paused_for_power;
    struct pc_pages *buffer;
    ULONG buffer_bytes, buffer_offset;
    bool buffer_with_notification;
    uint8_t *user; /* the program's mapping */
    size_t user_bytes;
    struct pc_notification *notifications;
    KSDATAFORMAT *format;
    ULONG format_bytes;
};

struct pc_notification {
    PVOID event; /* KEVENT */
    struct pc_notification *next;
};

struct pc_file { /* an open filter or pin */
    FILE_OBJECT *object;
    struct pc_device *device;
    struct pc_port *port;
    struct pc_file *filter; /* of a pin */
    struct pc_stream *stream;
    unsigned *pin_instances; /* of a filter, by pin */
    unsigned pins;
    struct pc_file *next;
};

/* pc_adapter.c */
struct pc_device *pc_device_of(const DEVICE_OBJECT *fdo);
struct pc_device *pc_device_must_be(const DEVICE_OBJECT *fdo, const char *api);
void pc_device_free(struct pc_device *d);
/* One at a time: opening and closing files, changes of a stream, changes of the power state. Requests for a position or
 * to a property handler overlap with these, and so does plug and play. */
void pc_lock(struct pc_device *d);
void pc_unlock(struct pc_device *d);
void pc_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
NTSTATUS pc_finish(IRP *irp, NTSTATUS status, ULONG_PTR information);
NTSTATUS pc_forward_and_wait(struct pc_device *d, IRP *irp);

/* pc_pnp.c, pc_power.c */
NTSTATUS pc_pnp(struct pc_device *d, IRP *irp);
NTSTATUS pc_power(struct pc_device *d, IRP *irp);
void pc_power_unregister(struct pc_device *d);

/* pc_service.c */
void pc_timeouts_check(const struct pc_device *d);

/* pc_resource.c */
struct com_object *pc_resource_list(const CM_RESOURCE_LIST *translated, const CM_RESOURCE_LIST *raw);

/* pc_registry.c */
NTSTATUS pc_device_property(struct pc_device *d, ULONG property, ULONG length, PVOID buffer, PULONG result_length);
NTSTATUS pc_new_registry_key(const char *api, PVOID *key, ULONG type, PVOID attributes, PULONG disposition);

/* pc_port.c */
extern const struct com_interface pc_port_wave_interface, pc_port_topology_interface;
struct pc_port *pc_port_of(const void *pointer, const char *api);
struct pc_port *pc_port_create(bool wave);
/* pc_subdevice.c */
struct pc_subdevice *pc_subdevice_find(const struct pc_device *d, const char *name);
void pc_subdevices_enable(struct pc_device *d, bool on);
void pc_subdevices_unregister(struct pc_device *d);
NTSTATUS NTAPI pc_unregister_subdevice(PVOID self, DEVICE_OBJECT *device, PVOID port);
extern const void *const pc_unregister_connection_methods[6];

/* pc_descriptor.c */
void pc_check_descriptor(const PCFILTER_DESCRIPTOR *f);
const PCPROPERTY_ITEM *pc_item(const PCAUTOMATION_TABLE *table, bool event, const GUID *set, ULONG id, bool *set_found);

/* pc_file.c */
NTSTATUS pc_create(struct pc_device *d, IRP *irp);
NTSTATUS pc_close(struct pc_device *d, IRP *irp);
struct pc_file *pc_file_of(const FILE_OBJECT *object);

/* pc_property.c, pc_filter.c, pc_pin.c: IOCTL_KS_PROPERTY. */
struct pc_request { /* copied from the program's */
    struct pc_file *file;
    IRP *irp;
    const uint8_t *in;
    KSPROPERTY property;
    ULONG in_bytes, out_bytes, node, verb;
    uint8_t *out; /* out_bytes of it; for SET the value */
    ULONG_PTR information;
};
NTSTATUS pc_property(struct pc_file *file, IRP *irp);
/* A property that is not the port driver's own. */
#define PC_NOT_MINE STATUS_MORE_PROCESSING_REQUIRED
NTSTATUS pc_filter_property(struct pc_request *r);
NTSTATUS pc_intersect(struct pc_request *r, ULONG pin); /* pc_intersect.c */
NTSTATUS pc_pin_property(struct pc_request *r);
NTSTATUS pc_give(struct pc_request *r, const void *value, ULONG bytes);
NTSTATUS pc_check_wave_format(const void *format, ULONG bytes);
bool pc_format_fits(const KSDATAFORMAT *format, const KSDATARANGE *range);

/* pc_stream.c */
extern const struct com_interface pc_stream_interface;
NTSTATUS pc_stream_open(struct pc_file *pin, ULONG pin_id, const void *format, ULONG bytes);
void pc_stream_close(struct pc_stream *s);
NTSTATUS pc_stream_set_state(struct pc_stream *s, ULONG state);
NTSTATUS pc_stream_step(struct pc_stream *s, ULONG state); /* one step; counts what runs */
NTSTATUS pc_stream_buffer(struct pc_stream *s, ULONG bytes, ULONG notifications, KSRTAUDIO_BUFFER *buffer);
NTSTATUS pc_stream_position(struct pc_stream *s, KSAUDIO_POSITION *position);
/* pc_pages.c */
extern const void *const pc_stream_methods[10];
struct pc_pages *pc_pages_of(struct pc_stream *s, const MDL *mdl);
uint8_t *pc_user_map(const struct pc_pages *p, size_t *bytes);
void pc_user_unmap(uint8_t *at, size_t bytes);

/* pc_event.c */
extern const void *const pc_events_methods[5];
NTSTATUS pc_enable_event(struct pc_file *file, IRP *irp);
NTSTATUS pc_disable_event(struct pc_file *file, IRP *irp);
void pc_file_disable_events(struct pc_file *file);

/* pc_client.c */
PVOID pc_event_of_handle(HANDLE handle); /* KEVENT, NULL for a handle that is none */

#endif
