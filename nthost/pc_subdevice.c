/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Subdevices, their device interfaces and the physical connections between them. Pages PcNewPort, PcRegisterSubdevice,
 * PcRegisterPhysicalConnection, IUnregisterSubdevice, IUnregisterPhysicalConnection. The name is the driver's string
 * all the time: "must remain valid for the lifetime of the device object".
 */
#include <stdio.h>
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_registry.h"

/* ---- names ---- */

struct pc_subdevice *pc_subdevice_find(const struct pc_device *d, const char *name)
{
    char text[64];
    for (struct pc_subdevice *s = d->subdevices; s != NULL; s = s->next) {
        registry_wide_text(text, sizeof(text), s->name);
        if (strcmp(text, s->text) != 0)
            rule_broken("pc-subdevice",
                        "the name that PcRegisterSubdevice was given for '%s' has changed: the string "
                        "must remain valid for the lifetime of the device object",
                        s->text);
        if (strcmp(s->text, name) == 0)
            return s;
    }
    return NULL;
}

unsigned portcls_subdevices(const struct pc_device *d)
{
    unsigned count = 0;
    for (const struct pc_subdevice *s = d->subdevices; s != NULL; s = s->next)
        count++;
    return count;
}

const char *portcls_subdevice_name(const struct pc_device *d, unsigned index)
{
    const struct pc_subdevice *s = d->subdevices;
    while (s != NULL && index-- != 0)
        s = s->next;
    return s != NULL ? s->text : NULL;
}

const PCFILTER_DESCRIPTOR *portcls_descriptor(const struct pc_device *d, const char *name)
{
    const struct pc_subdevice *s = pc_subdevice_find(d, name);
    return s != NULL ? s->port->filter : NULL;
}

/* ---- interfaces ---- */

/* One for each category of the filter; without any, those that the pages of the port drivers name. */
static void set_interfaces(struct pc_device *d, struct pc_subdevice *s, bool on)
{
    static const GUID *const wave[] = {&KSCATEGORY_AUDIO, &KSCATEGORY_RENDER, &KSCATEGORY_CAPTURE, NULL},
                             *const topology[] = {&KSCATEGORY_AUDIO, &KSCATEGORY_TOPOLOGY, NULL};
    const PCFILTER_DESCRIPTOR *f = s->port->filter;
    if (s->enabled == on)
        return;
    s->enabled = on;
    for (ULONG i = 0; i < f->CategoryCount; i++)
        interface_set_reference(&f->Categories[i], d->pdo, s->text, on);
    const GUID *const *defaults = s->port->wave ? wave : topology;
    for (unsigned i = 0; f->CategoryCount == 0 && defaults[i] != NULL; i++)
        interface_set_reference(defaults[i], d->pdo, s->text, on);
}

void pc_subdevices_enable(struct pc_device *d, bool on)
{
    for (struct pc_subdevice *s = d->subdevices; s != NULL; s = s->next)
        set_interfaces(d, s, on);
}

/* ---- registration ---- */

static void forget_connections(struct pc_device *d, const struct pc_port *p)
{
    for (unsigned i = 0; i < PC_CONNECTIONS; i++) {
        if (d->connection[i].from == NULL || (d->from_port[i] != p && d->to_port[i] != p))
            continue;
        if (d->from_port[i] != NULL)
            com_release((struct com_object *)d->from_port[i]);
        if (d->to_port[i] != NULL)
            com_release((struct com_object *)d->to_port[i]);
        free((char *)d->connection[i].from);
        free((char *)d->connection[i].to);
        d->connection[i] = (struct pc_connection){0};
        d->from_port[i] = d->to_port[i] = NULL;
    }
}

static void unregister(struct pc_device *d, struct pc_subdevice *s)
{
    for (struct pc_subdevice **link = &d->subdevices; *link != NULL; link = &(*link)->next) {
        if (*link == s) {
            *link = s->next;
            break;
        }
    }
    set_interfaces(d, s, false);
    com_release(&s->port->com);
    free(s);
}

void pc_subdevices_unregister(struct pc_device *d)
{
    for (unsigned i = 0; i < PC_CONNECTIONS; i++) {
        const struct pc_port *p = d->from_port[i] != NULL ? d->from_port[i] : d->to_port[i];
        if (p != NULL)
            forget_connections(d, p);
    }
    while (d->subdevices != NULL)
        unregister(d, d->subdevices);
}

static NTSTATUS NTAPI register_subdevice(DEVICE_OBJECT *device, const WCHAR *name, PVOID unknown)
{
    char text[64];
    api_enter("PcRegisterSubdevice", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcRegisterSubdevice");
    struct pc_port *p = pc_port_of(unknown, "PcRegisterSubdevice");
    registry_wide_text(text, sizeof(text), name);
    if (p->device != d)
        rule_broken("pc-subdevice",
                    "PcRegisterSubdevice '%s' with a port that was not initialised by IPort::Init for "
                    "this device",
                    text);
    if (pc_subdevice_find(d, text) != NULL)
        rule_broken("pc-subdevice", "PcRegisterSubdevice '%s' a second time: \"must have a unique name\"", text);
    if (portcls_subdevices(d) == d->max_objects)
        rule_broken("pc-subdevice",
                    "PcRegisterSubdevice '%s' exceeds the MaxObjects of %u that PcAddAdapterDevice was "
                    "given",
                    text, (unsigned)d->max_objects);
    if (fail_point("subdevice"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pc_subdevice *s = calloc(1, sizeof(*s)), **link = &d->subdevices;
    if (s == NULL)
        environment_failed("no memory for a subdevice");
    s->name = name;
    snprintf(s->text, sizeof(s->text), "%s", text);
    s->port = p;
    com_reference(&p->com);
    while (*link != NULL)
        link = &(*link)->next;
    *link = s;
    if (d->started) /* a dynamic subdevice */
        set_interfaces(d, s, true);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI pc_unregister_subdevice(PVOID self, DEVICE_OBJECT *device, PVOID port)
{
    api_enter("IUnregisterSubdevice::UnregisterSubdevice", PASSIVE_LEVEL, PASSIVE_LEVEL);
    com_of(self, "UnregisterSubdevice");
    struct pc_device *d = pc_device_must_be(device, "UnregisterSubdevice");
    struct pc_port *p = pc_port_of(port, "UnregisterSubdevice");
    struct pc_subdevice *s = d->subdevices;
    while (s != NULL && s->port != p)
        s = s->next;
    if (s == NULL)
        rule_broken("pc-subdevice", "UnregisterSubdevice of a port that is not registered (any more)");
    unregister(d, s);
    return STATUS_SUCCESS;
}

/* ---- physical connections ---- */

struct end { /* a port of the driver's, or a name of an external filter */
    const struct pc_port *port;
    const UNICODE_STRING *string;
    ULONG pin;
};

static char *end_name(const struct pc_device *d, const struct end *e, const char *api)
{
    char text[160];
    if (e->port != NULL) {
        const struct pc_subdevice *s = d->subdevices;
        while (s != NULL && s->port != e->port)
            s = s->next;
        if (s == NULL)
            rule_broken("pc-connection", "%s with a port that is no registered subdevice", api);
        if (e->pin >= e->port->filter->PinCount)
            rule_broken("pc-connection", "%s with pin %u of '%s', which has %u pins", api, (unsigned)e->pin, s->text,
                        (unsigned)e->port->filter->PinCount);
        snprintf(text, sizeof(text), "%s", s->text);
    } else {
        registry_text(text, sizeof(text), e->string);
    }
    return strdup(text);
}

/* "the source (output) pin" has the data flow OUT, the sink pin IN, and neither can be opened: bridge pins. */
static void check_pin(const struct end *e, LONG flow, const char *api)
{
    if (e->port == NULL)
        return;
    const KSPIN_DESCRIPTOR *k = &portcls_pin(e->port->filter, e->pin)->KsPinDescriptor;
    if (k->DataFlow != flow)
        rule_broken("pc-connection", "%s: pin %u has data flow %d, a %s pin has %d", api, (unsigned)e->pin,
                    (int)k->DataFlow, flow == KSPIN_DATAFLOW_OUT ? "source" : "sink", (int)flow);
}

static NTSTATUS connect(const char *api, DEVICE_OBJECT *device, struct end from, struct end to)
{
    api_enter(api, PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, api);
    char *from_name = end_name(d, &from, api), *to_name = end_name(d, &to, api);
    unsigned i = 0;
    check_pin(&from, KSPIN_DATAFLOW_OUT, api);
    check_pin(&to, KSPIN_DATAFLOW_IN, api);
    while (i < PC_CONNECTIONS && d->connection[i].from != NULL)
        i++;
    if (i == PC_CONNECTIONS || fail_point("connection")) {
        free(from_name);
        free(to_name);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    d->connection[i] = (struct pc_connection){from_name, to_name, from.pin, to.pin};
    d->from_port[i] = from.port;
    d->to_port[i] = to.port;
    if (from.port != NULL)
        com_reference((struct com_object *)from.port);
    if (to.port != NULL)
        com_reference((struct com_object *)to.port);
    return STATUS_SUCCESS;
}

const struct pc_connection *portcls_connection(const struct pc_device *d, unsigned index)
{
    for (unsigned i = 0; i < PC_CONNECTIONS; i++) {
        if (d->connection[i].from != NULL && index-- == 0)
            return &d->connection[i];
    }
    return NULL;
}

static NTSTATUS NTAPI register_connection(DEVICE_OBJECT *device, PVOID from, ULONG from_pin, PVOID to, ULONG to_pin)
{
    static const char api[] = "PcRegisterPhysicalConnection";
    return connect(api, device, (struct end){pc_port_of(from, api), NULL, from_pin},
                   (struct end){pc_port_of(to, api), NULL, to_pin});
}

static NTSTATUS NTAPI register_connection_to(DEVICE_OBJECT *device, PVOID from, ULONG from_pin,
                                             const UNICODE_STRING *to, ULONG to_pin)
{
    static const char api[] = "PcRegisterPhysicalConnectionToExternal";
    return connect(api, device, (struct end){pc_port_of(from, api), NULL, from_pin}, (struct end){NULL, to, to_pin});
}

static NTSTATUS NTAPI register_connection_from(DEVICE_OBJECT *device, const UNICODE_STRING *from, ULONG from_pin,
                                               PVOID to, ULONG to_pin)
{
    static const char api[] = "PcRegisterPhysicalConnectionFromExternal";
    return connect(api, device, (struct end){NULL, from, from_pin}, (struct end){pc_port_of(to, api), NULL, to_pin});
}

static NTSTATUS disconnect(const char *api, PVOID self, DEVICE_OBJECT *device, struct end from, struct end to)
{
    api_enter(api, PASSIVE_LEVEL, PASSIVE_LEVEL);
    com_of(self, api);
    struct pc_device *d = pc_device_must_be(device, api);
    for (unsigned i = 0; i < PC_CONNECTIONS; i++) {
        const struct pc_connection *c = &d->connection[i];
        if (c->from == NULL || d->from_port[i] != from.port || d->to_port[i] != to.port || c->from_pin != from.pin ||
            c->to_pin != to.pin)
            continue;
        if (from.port != NULL)
            com_release((struct com_object *)from.port);
        if (to.port != NULL)
            com_release((struct com_object *)to.port);
        free((char *)c->from);
        free((char *)c->to);
        d->connection[i] = (struct pc_connection){0};
        d->from_port[i] = d->to_port[i] = NULL;
        return STATUS_SUCCESS;
    }
    rule_broken("pc-connection", "%s of a connection that is not registered (any more)", api);
}

static NTSTATUS NTAPI unregister_connection(PVOID self, DEVICE_OBJECT *device, PVOID from, ULONG from_pin, PVOID to,
                                            ULONG to_pin)
{
    static const char api[] = "UnregisterPhysicalConnection";
    return disconnect(api, self, device, (struct end){pc_port_of(from, api), NULL, from_pin},
                      (struct end){pc_port_of(to, api), NULL, to_pin});
}

static NTSTATUS NTAPI unregister_connection_to(PVOID self, DEVICE_OBJECT *device, PVOID from, ULONG from_pin,
                                               const UNICODE_STRING *to, ULONG to_pin)
{
    static const char api[] = "UnregisterPhysicalConnectionToExternal";
    return disconnect(api, self, device, (struct end){pc_port_of(from, api), NULL, from_pin},
                      (struct end){NULL, to, to_pin});
}

static NTSTATUS NTAPI unregister_connection_from(PVOID self, DEVICE_OBJECT *device, const UNICODE_STRING *from,
                                                 ULONG from_pin, PVOID to, ULONG to_pin)
{
    static const char api[] = "UnregisterPhysicalConnectionFromExternal";
    return disconnect(api, self, device, (struct end){NULL, from, from_pin},
                      (struct end){pc_port_of(to, api), NULL, to_pin});
}
const void *const pc_unregister_connection_methods[6] = {COM_UNKNOWN, COM_METHOD(unregister_connection),
                                                         COM_METHOD(unregister_connection_to),
                                                         COM_METHOD(unregister_connection_from)};

/* ---- ports ---- */

static NTSTATUS NTAPI new_port(PVOID *result, const GUID *class_id)
{
    api_enter("PcNewPort", PASSIVE_LEVEL, PASSIVE_LEVEL);
    *result = NULL;
    bool wave = guid_is(class_id, &CLSID_PortWaveRT);
    if (!wave && !guid_is(class_id, &CLSID_PortTopology))
        rule_broken("not-provided", "PcNewPort of another class than CLSID_PortWaveRT and CLSID_PortTopology");
    if (fail_point("port"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pc_port *p = pc_port_create(wave);
    com_give(&p->com);
    *result = com_pointer(&p->com, 0);
    com_release(&p->com);
    return STATUS_SUCCESS;
}

/* Its miniports are those of devices of the 1990s. */
static NTSTATUS NTAPI new_miniport(PVOID *result, const GUID *class_id)
{
    (void)class_id;
    api_enter("PcNewMiniport", PASSIVE_LEVEL, PASSIVE_LEVEL);
    *result = NULL;
    return STATUS_INVALID_PARAMETER;
}

static const struct export_entry entries[] = {
    EXPORT("PcNewPort", new_port),
    EXPORT("PcNewMiniport", new_miniport),
    EXPORT("PcRegisterSubdevice", register_subdevice),
    EXPORT("PcRegisterPhysicalConnection", register_connection),
    EXPORT("PcRegisterPhysicalConnectionToExternal", register_connection_to),
    EXPORT("PcRegisterPhysicalConnectionFromExternal", register_connection_from),
    EXPORT_END,
};
const struct export_table pc_subdevice_exports = {"portcls.sys", entries};
