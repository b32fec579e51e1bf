/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KSPROPERTY_PIN_DATAINTERSECTION: each range of the program's against each of the pin's, by the miniport, or by the
 * port driver where the miniport declines. Pages IMiniport::DataRangeIntersection, "Default Data-Intersection
 * Handlers".
 */
#include <stdlib.h>

#include "pc_internal.h"

enum { FORMAT_MAX = 4096, RANGES_MAX = 256 };

struct intersection {
    struct pc_request *r;
    ULONG pin;
    ULONG *length; /* the driver's output parameter */
};

static void check_intersection(const struct intersection *x, NTSTATUS status, const void *format)
{
    ULONG length = *x->length, room = x->r->out_bytes;
    if (room == 0 && NT_SUCCESS(status))
        rule_broken("pc-format", "DataRangeIntersection succeeded with an OutputBufferLength of 0: \"the method "
                                 "returns STATUS_BUFFER_OVERFLOW\"");
    if (room == 0 && status == STATUS_BUFFER_OVERFLOW && (length < sizeof(KSDATAFORMAT) || length > FORMAT_MAX))
        rule_broken("pc-format", "DataRangeIntersection asks for a buffer of %u bytes", (unsigned)length);
    if (!NT_SUCCESS(status) || room == 0)
        return;
    if (length > room || length < sizeof(KSDATAFORMAT))
        rule_broken("pc-format",
                    "DataRangeIntersection succeeded with a ResultantFormatLength of %u; the buffer has "
                    "%u bytes",
                    (unsigned)length, (unsigned)room);
    if (((const KSDATAFORMAT *)format)->FormatSize > length || !NT_SUCCESS(pc_check_wave_format(format, length)))
        rule_broken("pc-format", "DataRangeIntersection gave %u bytes; FormatSize is %u, and what follows does not fit",
                    (unsigned)length, (unsigned)((const KSDATAFORMAT *)format)->FormatSize);
}

static NTSTATUS try_range(struct intersection *x, const void *range, ULONG bytes, KSDATARANGE *mine)
{
    struct pc_request *r = x->r;
    void *client = ram_alloc(bytes, 0, "a client's data range");
    void *format = r->out_bytes != 0 ? ram_alloc(r->out_bytes, 0, "the result of DataRangeIntersection") : NULL;
    memcpy(client, range, bytes);
    *x->length = 0;
    NTSTATUS status = (NTSTATUS)com_call(r->file->port->miniport, SLOT_FIRST + 1, "IMiniport::DataRangeIntersection", 6,
                                         (uintptr_t)x->pin, (uintptr_t)client, (uintptr_t)mine, (uintptr_t)r->out_bytes,
                                         (uintptr_t)format, (uintptr_t)x->length);
    check_intersection(x, status, format);
    r->information = *x->length;
    if (NT_SUCCESS(status) && format != NULL)
        memcpy(r->out, format, *x->length);
    if (format != NULL)
        ram_free(format);
    ram_free(client);
    return status;
}

static ULONG least(ULONG a, ULONG b)
{
    return a < b ? a : b;
}

/* The default handler: "only PCM data formats, only mono and stereo", no WAVEFORMATEXTENSIBLE; "always selects the
 * highest value in each parameter's region of intersection". */
static NTSTATUS by_default(struct pc_request *r, const void *range, ULONG bytes, const KSDATARANGE *mine)
{
    KSDATARANGE_AUDIO a, b;
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE format;
    if (bytes < sizeof(a) || mine->FormatSize < sizeof(b) || !guid_is(&mine->SubFormat, &KSDATAFORMAT_SUBTYPE_PCM) ||
        !guid_is(&mine->Specifier, &KSDATAFORMAT_SPECIFIER_WAVEFORMATEX))
        return STATUS_NO_MATCH;
    memcpy(&a, range, sizeof(a));
    memcpy(&b, mine, sizeof(b));
    ULONG channels = least(least(a.MaximumChannels, b.MaximumChannels), 2);
    ULONG bits = least(a.MaximumBitsPerSample, b.MaximumBitsPerSample) / 8 * 8;
    ULONG rate = least(a.MaximumSampleFrequency, b.MaximumSampleFrequency);
    if (channels == 0 || bits == 0 || bits < a.MinimumBitsPerSample || bits < b.MinimumBitsPerSample ||
        rate < a.MinimumSampleFrequency || rate < b.MinimumSampleFrequency)
        return STATUS_NO_MATCH;
    return pc_give(r, &format, ks_format(&format, rate, channels, bits, bits, false, false));
}

static bool guids_meet(const GUID *a, const GUID *b)
{
    static const GUID any = {0};
    return guid_is(a, &any) || guid_is(b, &any) || guid_is(a, b);
}

static NTSTATUS intersect_one(struct intersection *x, const void *range, ULONG bytes)
{
    const KSPIN_DESCRIPTOR *k = &portcls_pin(x->r->file->port->filter, x->pin)->KsPinDescriptor;
    const KSDATARANGE *c = range;
    for (ULONG i = 0; i < k->DataRangesCount; i++) {
        KSDATARANGE *mine = k->DataRanges[i];
        if (!guids_meet(&c->MajorFormat, &mine->MajorFormat) || !guids_meet(&c->SubFormat, &mine->SubFormat) ||
            !guids_meet(&c->Specifier, &mine->Specifier))
            continue;
        NTSTATUS status = try_range(x, range, bytes, mine);
        if (status == STATUS_NOT_IMPLEMENTED)
            status = by_default(x->r, range, bytes, mine);
        if (status != STATUS_NO_MATCH)
            return status;
    }
    return STATUS_NO_MATCH;
}

NTSTATUS pc_intersect(struct pc_request *r, ULONG pin)
{
    KSMULTIPLE_ITEM list;
    NTSTATUS status = STATUS_NO_MATCH;
    ULONG at = sizeof(KSP_PIN) + sizeof(list);
    struct intersection x = {r, pin, NULL};
    if (r->in_bytes < at)
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&list, r->in + sizeof(KSP_PIN), sizeof(list));
    if (list.Size < sizeof(list) || list.Size > r->in_bytes - sizeof(KSP_PIN))
        return STATUS_INVALID_BUFFER_SIZE;
    ULONG end = (ULONG)sizeof(KSP_PIN) + list.Size;
    x.length = ram_alloc(sizeof(ULONG), 0, "ResultantFormatLength");
    for (ULONG i = 0; i < list.Count && i < RANGES_MAX && status == STATUS_NO_MATCH; i++) {
        KSDATARANGE range;
        if (at > end || end - at < sizeof(range)) {
            status = STATUS_INVALID_BUFFER_SIZE;
            break;
        }
        memcpy(&range, r->in + at, sizeof(range));
        if (range.FormatSize < sizeof(range) || range.FormatSize > end - at) {
            status = STATUS_INVALID_BUFFER_SIZE;
            break;
        }
        uint8_t *copy = malloc(range.FormatSize);
        if (copy == NULL)
            environment_failed("no memory for a data range");
        memcpy(copy, r->in + at, range.FormatSize);
        status = intersect_one(&x, copy, range.FormatSize);
        free(copy);
        at += (range.FormatSize + 7) & ~7u;
    }
    ram_free(x.length);
    return status;
}
