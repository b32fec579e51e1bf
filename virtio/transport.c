/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What both transports share; see transport.h. */
#include "transport.h"

/* A configuration that changes this often while it is read is not going to settle. */
#define CONFIG_ATTEMPTS 32

const char *VirtioResultToString(VIRTIO_RESULT result)
{
    static const char *const names[VirtioResultCount] = {
        [VirtioOk] = "OK",
        [VirtioErrorBadArgument] = "BAD_ARGUMENT",
        [VirtioErrorBadRegion] = "BAD_REGION",
        [VirtioErrorGone] = "GONE",
        [VirtioErrorResetTimeout] = "RESET_TIMEOUT",
        [VirtioErrorMissingFeature] = "MISSING_FEATURE",
        [VirtioErrorFeaturesRefused] = "FEATURES_REFUSED",
        [VirtioErrorNeedsReset] = "NEEDS_RESET",
        [VirtioErrorNoQueue] = "NO_QUEUE",
        [VirtioErrorBadQueueSize] = "BAD_QUEUE_SIZE",
        [VirtioErrorQueueSizeFixed] = "QUEUE_SIZE_FIXED",
        [VirtioErrorQueueBusy] = "QUEUE_BUSY",
        [VirtioErrorQueueNotEnabled] = "QUEUE_NOT_ENABLED",
        [VirtioErrorVectorRefused] = "VECTOR_REFUSED",
        [VirtioErrorDoorbellRange] = "DOORBELL_RANGE",
        [VirtioErrorConfigRange] = "CONFIG_RANGE",
        [VirtioErrorConfigUnstable] = "CONFIG_UNSTABLE",
    };

    return (unsigned)result < VirtioResultCount ? names[result] : "UNKNOWN";
}

VIRTIO_RESULT VirtioReset(VIRTIO_TRANSPORT *transport, uint32_t timeoutMicroseconds, uint32_t pollMicroseconds)
{
    const VIRTIO_TRANSPORT_OPS *ops = transport->Ops;
    uint32_t poll = pollMicroseconds != 0 ? pollMicroseconds : 1;
    uint32_t waited = 0;
    uint8_t status;

    transport->AcceptedFeatures = 0;
    ops->WriteStatus(transport, 0);
    for (;;) {
        status = ops->ReadStatus(transport);
        if (status == 0) {
            return VirtioOk;
        }
        if (status == VIRTIO_STATUS_GONE) {
            return VirtioErrorGone;
        }
        if (waited >= timeoutMicroseconds) {
            return VirtioErrorResetTimeout;
        }
        if (poll > timeoutMicroseconds - waited) {
            poll = timeoutMicroseconds - waited;
        }
        transport->Env.DelayMicroseconds(transport->Env.Context, poll);
        waited += poll;
    }
}

/* VIRTIO 1.x "Device Initialization": steps 2 to 6, in order. */
VIRTIO_RESULT VirtioNegotiate(VIRTIO_TRANSPORT *transport, uint64_t required, uint64_t wanted, uint64_t *accepted)
{
    const VIRTIO_TRANSPORT_OPS *ops = transport->Ops;
    uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE;
    uint64_t offered, chosen;

    if (ops->Modern) {
        /* "A driver MUST accept VIRTIO_F_VERSION_1 if it is offered"; a device without it is not for this transport. */
        required |= VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    }
    ops->WriteStatus(transport, status);
    status |= VIRTIO_STATUS_DRIVER;
    ops->WriteStatus(transport, status);

    offered = ops->ReadFeatures(transport);
    if (ops->ReadStatus(transport) == VIRTIO_STATUS_GONE) {
        return VirtioErrorGone;
    }
    transport->OfferedFeatures = offered;
    if ((required & ~offered) != 0) {
        return VirtioErrorMissingFeature;
    }

    /* "The driver MUST NOT accept a feature which the device did not offer." */
    chosen = (required | wanted) & offered;
    ops->WriteFeatures(transport, chosen);
    if (ops->Modern) {
        status |= VIRTIO_STATUS_FEATURES_OK;
        ops->WriteStatus(transport, status);
        status = ops->ReadStatus(transport);
        if (status == VIRTIO_STATUS_GONE) {
            return VirtioErrorGone;
        }
        if ((status & VIRTIO_STATUS_FEATURES_OK) == 0) {
            return VirtioErrorFeaturesRefused;
        }
    }
    transport->AcceptedFeatures = chosen;
    if (accepted != NULL) {
        *accepted = chosen;
    }
    return VirtioOk;
}

VIRTIO_RESULT VirtioGetQueueSize(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size)
{
    return transport->Ops->GetQueueSize(transport, queue, size);
}

VIRTIO_RESULT VirtioSetUpQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t size,
                               const VIRTIO_QUEUE_ADDRESSES *addresses, uint16_t vector)
{
    if (addresses == NULL || size < VIRTQ_SIZE_MIN || size > VIRTQ_SIZE_MAX || (size & (size - 1)) != 0) {
        return VirtioErrorBadArgument;
    }
    if ((addresses->Desc & (VIRTQ_DESC_ALIGN - 1)) != 0 || (addresses->Avail & (VIRTQ_AVAIL_ALIGN - 1)) != 0 ||
        (addresses->Used & (VIRTQ_USED_ALIGN - 1)) != 0) {
        return VirtioErrorBadArgument;
    }
    return transport->Ops->SetUpQueue(transport, queue, size, addresses, vector);
}

VIRTIO_RESULT VirtioGetDoorbell(VIRTIO_TRANSPORT *transport, uint16_t queue, VIRTIO_DOORBELL *doorbell)
{
    return transport->Ops->GetDoorbell(transport, queue, doorbell);
}

VIRTIO_RESULT VirtioSetConfigVector(VIRTIO_TRANSPORT *transport, uint16_t vector)
{
    return transport->Ops->SetConfigVector(transport, vector);
}

VIRTIO_RESULT VirtioSetDriverOk(VIRTIO_TRANSPORT *transport)
{
    const VIRTIO_TRANSPORT_OPS *ops = transport->Ops;
    uint8_t expected = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
    uint8_t status = ops->ReadStatus(transport);

    if (ops->Modern) {
        expected |= VIRTIO_STATUS_FEATURES_OK;
    }
    if (status == VIRTIO_STATUS_GONE) {
        return VirtioErrorGone;
    }
    if ((status & expected) != expected || (status & VIRTIO_STATUS_NEEDS_RESET) != 0) {
        return VirtioErrorNeedsReset;
    }
    ops->WriteStatus(transport, (uint8_t)(status | VIRTIO_STATUS_DRIVER_OK));
    return VirtioOk;
}

void VirtioSetFailed(VIRTIO_TRANSPORT *transport)
{
    uint8_t status = transport->Ops->ReadStatus(transport);

    if (status != VIRTIO_STATUS_GONE) {
        /* "The driver MUST NOT clear a device status bit." */
        transport->Ops->WriteStatus(transport, (uint8_t)(status | VIRTIO_STATUS_FAILED));
    }
}

static VIRTIO_RESULT CheckField(const VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width)
{
    /* "The driver MUST use ... 16-bit wide and aligned accesses for 16-bit wide fields and 32-bit wide and aligned
       accesses for 32-bit and 64-bit wide fields." */
    uint32_t alignment = width == 8 ? 4 : width;

    if ((width != 1 && width != 2 && width != 4 && width != 8) || (offset & (alignment - 1)) != 0) {
        return VirtioErrorBadArgument;
    }
    if (offset > transport->ConfigLength || transport->ConfigLength - offset < width) {
        return VirtioErrorConfigRange;
    }
    return VirtioOk;
}

/* Reads one field to destination. Returns whether destination held the same bytes before. */
static bool ReadField(VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width, uint8_t *destination)
{
    uint32_t step = width == 8 ? 4 : width;
    uint32_t value, part, i;
    bool same = true;

    for (part = 0; part < width; part += step) {
        value = transport->Ops->ReadConfigRegister(transport, offset + part, step);
        for (i = 0; i < step; i++) {
            uint8_t byte = (uint8_t)(value >> (8 * i));

            same = same && destination[part + i] == byte;
            destination[part + i] = byte;
        }
    }
    return same;
}

typedef bool CONFIG_READ(VIRTIO_TRANSPORT *transport, const void *what, size_t count, uint8_t *destination);

static bool ReadFields(VIRTIO_TRANSPORT *transport, const void *what, size_t count, uint8_t *destination)
{
    const VIRTIO_CONFIG_FIELD *fields = what;
    bool same = true;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!ReadField(transport, fields[i].Offset, fields[i].Width, destination + fields[i].Offset)) {
            same = false;
        }
    }
    return same;
}

typedef struct CONFIG_RUN {
    uint32_t Offset;
    uint32_t Width;
} CONFIG_RUN;

/* count fields of the same width in a row. */
static bool ReadRun(VIRTIO_TRANSPORT *transport, const void *what, size_t count, uint8_t *destination)
{
    const CONFIG_RUN *run = what;
    bool same = true;
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (!ReadField(transport, run->Offset + i * run->Width, run->Width, destination + i * run->Width)) {
            same = false;
        }
    }
    return same;
}

/* Repeats read until it saw one state of the configuration. VIRTIO 1.x "Device Configuration Space": read the
   generation before and after, and again if it differs; a legacy device has none, there two readings must agree. */
static VIRTIO_RESULT ReadStable(VIRTIO_TRANSPORT *transport, CONFIG_READ *read, const void *what, size_t count,
                                uint8_t *destination)
{
    const VIRTIO_TRANSPORT_OPS *ops = transport->Ops;
    unsigned attempt;
    uint8_t before, after;

    if (ops->ReadConfigGeneration == NULL) {
        (void)read(transport, what, count, destination);
        for (attempt = 0; attempt < CONFIG_ATTEMPTS; attempt++) {
            if (read(transport, what, count, destination)) {
                return ops->ReadStatus(transport) == VIRTIO_STATUS_GONE ? VirtioErrorGone : VirtioOk;
            }
        }
        return VirtioErrorConfigUnstable;
    }

    before = ops->ReadConfigGeneration(transport);
    for (attempt = 0; attempt < CONFIG_ATTEMPTS; attempt++) {
        (void)read(transport, what, count, destination);
        after = ops->ReadConfigGeneration(transport);
        if (after == before) {
            /* 0xFF is also a legal generation. */
            return after == 0xFF && ops->ReadStatus(transport) == VIRTIO_STATUS_GONE ? VirtioErrorGone : VirtioOk;
        }
        before = after;
    }
    return VirtioErrorConfigUnstable;
}

VIRTIO_RESULT VirtioReadConfigFields(VIRTIO_TRANSPORT *transport, const VIRTIO_CONFIG_FIELD *fields, size_t count,
                                     void *destination)
{
    VIRTIO_RESULT result;
    size_t i;

    if (fields == NULL || destination == NULL) {
        return VirtioErrorBadArgument;
    }
    for (i = 0; i < count; i++) {
        result = CheckField(transport, fields[i].Offset, fields[i].Width);
        if (result != VirtioOk) {
            return result;
        }
    }
    return ReadStable(transport, ReadFields, fields, count, destination);
}

VIRTIO_RESULT VirtioReadConfig(VIRTIO_TRANSPORT *transport, uint32_t offset, void *buffer, uint32_t length)
{
    CONFIG_RUN run = {.Offset = offset, .Width = length};
    VIRTIO_RESULT result = CheckField(transport, offset, length);

    if (buffer == NULL) {
        return VirtioErrorBadArgument;
    }
    return result != VirtioOk ? result : ReadStable(transport, ReadRun, &run, 1, buffer);
}

VIRTIO_RESULT VirtioReadConfigBytes(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t *buffer, uint32_t length)
{
    CONFIG_RUN run = {.Offset = offset, .Width = 1};

    if (buffer == NULL) {
        return VirtioErrorBadArgument;
    }
    if (offset > transport->ConfigLength || transport->ConfigLength - offset < length) {
        return VirtioErrorConfigRange;
    }
    return ReadStable(transport, ReadRun, &run, length, buffer);
}

VIRTIO_RESULT VirtioWriteConfig8(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t value)
{
    VIRTIO_RESULT result = CheckField(transport, offset, 1);

    if (result == VirtioOk) {
        transport->Ops->WriteConfigRegister8(transport, offset, value);
    }
    return result;
}
