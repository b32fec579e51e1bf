/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRP_MJ_CREATE and IRP_MJ_CLOSE of filters and pins. A filter's name is its reference string; a pin's is the GUID
 * KSNAME_Pin, a backslash, and the bytes of KSPIN_CONNECT and the format, relative to the filter's file ("KS Pins",
 * KsCreatePin, KSPIN_CONNECT; KsValidateConnectRequest for the order of the checks).
 */
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_registry.h"

enum { PIN_NAME = 39 }; /* characters of "{146F1A80-...}\" */

struct pc_file *pc_file_of(const FILE_OBJECT *object)
{
    return object != NULL ? object->FsContext : NULL;
}

static struct pc_file *new_file(struct pc_device *d, struct pc_port *p, FILE_OBJECT *object)
{
    struct pc_file *f = calloc(1, sizeof(*f));
    if (f == NULL)
        environment_failed("no memory for an open filter");
    *f = (struct pc_file){.object = object, .device = d, .port = p, .next = d->files};
    com_reference(&p->com);
    d->files = f;
    object->FsContext = f;
    return f;
}

static void free_file(struct pc_file *f)
{
    for (struct pc_file **link = &f->device->files; *link != NULL; link = &(*link)->next) {
        if (*link == f) {
            *link = f->next;
            break;
        }
    }
    f->object->FsContext = NULL;
    com_release(&f->port->com);
    free(f->pin_instances);
    free(f);
}

static NTSTATUS create_filter(struct pc_device *d, FILE_OBJECT *object)
{
    char name[64];
    registry_text(name, sizeof(name), &object->FileName);
    const struct pc_subdevice *s = name[0] == '\\' ? pc_subdevice_find(d, name + 1) : NULL;
    if (s == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct pc_file *f = new_file(d, s->port, object);
    f->pin_instances = calloc(s->port->filter->PinCount + 1, sizeof(*f->pin_instances));
    if (f->pin_instances == NULL)
        environment_failed("no memory for an open filter");
    return STATUS_SUCCESS;
}

/* ---- pins ---- */

bool pc_format_fits(const KSDATAFORMAT *format, const KSDATARANGE *range)
{
    static const GUID any = {0};
    return (guid_is(&range->MajorFormat, &any) || guid_is(&range->MajorFormat, &format->MajorFormat)) &&
           (guid_is(&range->SubFormat, &any) || guid_is(&range->SubFormat, &format->SubFormat)) &&
           (guid_is(&range->Specifier, &any) || guid_is(&range->Specifier, &format->Specifier));
}

/* What PortCls looks at before a miniport does: sizes, for a format is copied by them. */
NTSTATUS pc_check_wave_format(const void *format, ULONG bytes)
{
    const KSDATAFORMAT *k = format;
    if (bytes < sizeof(*k) || k->FormatSize < sizeof(*k) || k->FormatSize > bytes)
        return STATUS_INVALID_BUFFER_SIZE;
    if (!guid_is(&k->Specifier, &KSDATAFORMAT_SPECIFIER_WAVEFORMATEX))
        return STATUS_SUCCESS;
    WAVEFORMATEX w;
    if (k->FormatSize < sizeof(*k) + sizeof(w))
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&w, k + 1, sizeof(w));
    if (w.wFormatTag != WAVE_FORMAT_PCM && w.cbSize > k->FormatSize - sizeof(*k) - sizeof(w))
        return STATUS_INVALID_BUFFER_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS validate(const struct pc_file *filter, const KSPIN_CONNECT *c, const void *format, ULONG format_bytes)
{
    const PCPIN_DESCRIPTOR *pin = portcls_pin(filter->port->filter, c->PinId);
    if (pin == NULL)
        return STATUS_INVALID_PARAMETER;
    const KSPIN_DESCRIPTOR *k = &pin->KsPinDescriptor;
    if (k->Communication == KSPIN_COMMUNICATION_NONE || k->Communication == KSPIN_COMMUNICATION_BRIDGE ||
        c->PinToHandle != NULL)
        return STATUS_INVALID_PARAMETER;
    if (!guid_is(&c->Interface.Set, &KSINTERFACESETID_Standard) ||
        c->Interface.Id != KSINTERFACE_STANDARD_LOOPED_STREAMING || !guid_is(&c->Medium.Set, &KSMEDIUMSETID_Standard) ||
        c->Medium.Id != 0)
        return STATUS_NO_MATCH;
    NTSTATUS status = pc_check_wave_format(format, format_bytes);
    if (!NT_SUCCESS(status))
        return status;
    bool fits = false;
    for (ULONG i = 0; i < k->DataRangesCount && !fits; i++)
        fits = pc_format_fits(format, k->DataRanges[i]);
    if (!fits)
        return STATUS_NO_MATCH;
    if (filter->pin_instances[c->PinId] >= pin->MaxFilterInstanceCount ||
        filter->port->pin_instances[c->PinId] >= pin->MaxGlobalInstanceCount)
        return STATUS_INSUFFICIENT_RESOURCES;
    return filter->port->wave ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS create_pin(struct pc_device *d, FILE_OBJECT *object)
{
    struct pc_file *filter = pc_file_of(object->RelatedFileObject);
    const uint8_t *bytes = (const uint8_t *)(object->FileName.Buffer + PIN_NAME);
    ULONG count = object->FileName.Length - PIN_NAME * (ULONG)sizeof(WCHAR);
    KSPIN_CONNECT connect;
    if (filter == NULL || filter->filter != NULL || filter->device != d)
        return STATUS_INVALID_PARAMETER;
    if (count < sizeof(connect) + sizeof(KSDATAFORMAT))
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&connect, bytes, sizeof(connect));
    ULONG format_bytes = count - (ULONG)sizeof(connect);
    void *format = ram_alloc(format_bytes, 0, "the format of a pin to be opened");
    memcpy(format, bytes + sizeof(connect), format_bytes);
    NTSTATUS status = validate(filter, &connect, format, format_bytes);
    if (!NT_SUCCESS(status)) {
        pc_fail("pin %u of the filter is not opened: %#x", (unsigned)connect.PinId, (unsigned)status);
        ram_free(format);
        return status;
    }
    struct pc_file *f = new_file(d, filter->port, object);
    f->filter = filter;
    filter->pins++;
    filter->pin_instances[connect.PinId]++;
    filter->port->pin_instances[connect.PinId]++;
    status = pc_stream_open(f, connect.PinId, format, ((const KSDATAFORMAT *)format)->FormatSize);
    ram_free(format);
    if (!NT_SUCCESS(status)) {
        filter->pins--;
        filter->pin_instances[connect.PinId]--;
        filter->port->pin_instances[connect.PinId]--;
        free_file(f);
    }
    return status;
}

static bool is_pin_name(const UNICODE_STRING *name)
{
    static const char text[] = "{146F1A80-4791-11D0-A5D6-28DB04C10000}\\";
    if (name->Length < PIN_NAME * sizeof(WCHAR))
        return false;
    for (unsigned i = 0; i < PIN_NAME; i++) {
        if (name->Buffer[i] != (WCHAR)(UCHAR)text[i])
            return false;
    }
    return true;
}

static NTSTATUS create(struct pc_device *d, FILE_OBJECT *object)
{
    if (!d->started || object == NULL)
        return d->surprised ? STATUS_DEVICE_REMOVED : STATUS_DEVICE_NOT_READY;
    return is_pin_name(&object->FileName) ? create_pin(d, object) : create_filter(d, object);
}

NTSTATUS pc_create(struct pc_device *d, IRP *irp)
{
    pc_lock(d);
    NTSTATUS status = create(d, irp_current(irp)->FileObject);
    pc_unlock(d);
    return pc_finish(irp, status, 0);
}

NTSTATUS pc_close(struct pc_device *d, IRP *irp)
{
    struct pc_file *f = pc_file_of(irp_current(irp)->FileObject);
    if (f == NULL)
        return pc_finish(irp, STATUS_SUCCESS, 0);
    if (f->pins != 0)
        verifier_own_fault("a filter is closed while a pin of it is open");
    pc_lock(d);
    pc_file_disable_events(f);
    if (f->stream != NULL) {
        ULONG pin = f->stream->pin;
        pc_stream_close(f->stream);
        f->filter->pins--;
        f->filter->pin_instances[pin]--;
        f->port->pin_instances[pin]--;
    }
    free_file(f);
    pc_unlock(d);
    return pc_finish(irp, STATUS_SUCCESS, 0);
}
