/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Everything a driver does to a virtio device except moving buffers: one interface over the modern (transport_modern.h)
 * and the legacy (transport_legacy.h) PCI transport.
 *
 * Phases of a device's life, in order:
 *   VirtioModernInit / VirtioLegacyInit      no device access
 *   VirtioReset                              status 0, waits until it reads back 0
 *   VirtioNegotiate                          ACKNOWLEDGE, DRIVER, features, FEATURES_OK
 *   VirtioReadConfig..., VirtioGetQueueSize  what the device is
 *   VirtioSetConfigVector, VirtioSetUpQueue, VirtioGetDoorbell    per queue
 *   VirtioSetDriverOk                        the device may now use the queues
 *   VirtioRing, VirtioReadIsr, VirtioReadConfig...                running
 *   VirtioReset                              stops it: only then may queue memory be freed or reused
 * After any error: VirtioSetFailed if the device is given up, VirtioReset if it is to be tried again.
 *
 * Ownership: the caller owns the transport structure, the mappings behind it and the environment's context, and keeps
 * them until its last call. Nothing is allocated.
 * Locks: VIRTIO_ENV.Lock/Unlock are called around every selector-and-access sequence, because a device has one
 * queue_select and one pair of feature selectors for everybody. They may be NULL when the caller makes no two calls at
 * once. They are never held across DelayMicroseconds, and never nest. VirtioRing, VirtioReadIsr, VirtioGetStatus and
 * the configuration accessors take no lock.
 * IRQL: any at which the mapping and the environment's functions may be used. Only VirtioReset waits, at most about the
 * time it is given.
 * Errors: VIRTIO_RESULT; nothing is half done in a way that VirtioReset does not undo. A device that vanished reads
 * as all ones: VirtioErrorGone.
 */
#ifndef VIRTIO_TRANSPORT_H
#define VIRTIO_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio_config.h"
#include "virtio_io.h"

typedef enum VIRTIO_RESULT {
    VirtioOk,
    VirtioErrorBadArgument,     /* the caller's mistake: nothing was done */
    VirtioErrorBadRegion,       /* a register region is unmapped, too short or misaligned */
    VirtioErrorGone,            /* all ones: surprise-removed or unpowered */
    VirtioErrorResetTimeout,    /* status did not read 0 in time */
    VirtioErrorMissingFeature,  /* a required feature is not offered */
    VirtioErrorFeaturesRefused, /* FEATURES_OK did not stick */
    VirtioErrorNeedsReset,      /* NEEDS_RESET is set, or the device lost its state */
    VirtioErrorNoQueue,         /* the queue does not exist */
    VirtioErrorBadQueueSize,    /* the device's size is no power of two in 2..32768, or less than asked for */
    VirtioErrorQueueSizeFixed,  /* the device does not take a smaller size: use its own */
    VirtioErrorQueueBusy,       /* already enabled: the device was not reset */
    VirtioErrorQueueNotEnabled, /* the queue did not become enabled */
    VirtioErrorVectorRefused,   /* the vector did not read back: try VirtioNextMsixPlan */
    VirtioErrorDoorbellRange,   /* the queue's doorbell lies outside the notify region or is misaligned */
    VirtioErrorConfigRange,     /* a field lies outside the device configuration */
    VirtioErrorConfigUnstable,  /* the configuration changed on every attempt to read it */
    VirtioResultCount,
} VIRTIO_RESULT;

/* Static string such as "GONE"; "UNKNOWN" for a value that is no result. */
const char *VirtioResultToString(VIRTIO_RESULT result);

typedef struct VIRTIO_ENV {
    void *Context;
    void (*DelayMicroseconds)(void *context, uint32_t microseconds); /* required */
    void (*Lock)(void *context);                                     /* both or neither */
    void (*Unlock)(void *context);
} VIRTIO_ENV;

/* Where and what to write to announce buffers on one queue. */
typedef struct VIRTIO_DOORBELL {
    volatile uint16_t *Mmio; /* modern; NULL on the legacy transport */
    uint16_t Port;           /* legacy */
    uint16_t Value;          /* the queue's index */
} VIRTIO_DOORBELL;

/* Physical addresses of a queue's three parts; see virtqueue.h. The legacy transport takes Desc alone and demands that
   the others are where its layout puts them. */
typedef struct VIRTIO_QUEUE_ADDRESSES {
    uint64_t Desc;
    uint64_t Avail;
    uint64_t Used;
} VIRTIO_QUEUE_ADDRESSES;

/* One field of the device configuration: Offset in it, and in the caller's structure; Width 1, 2, 4 or 8. Fields of
   features that were not accepted need not exist: leave them out of the table. */
typedef struct VIRTIO_CONFIG_FIELD {
    uint16_t Offset;
    uint16_t Width;
} VIRTIO_CONFIG_FIELD;

/* Initialiser for a field that has the same offset in the caller's wire structure as on the wire. */
/* clang-format off */
#define VIRTIO_CONFIG_FIELD_OF(type, member) {(uint16_t)offsetof(type, member), (uint16_t)sizeof(((type *)0)->member)}
/* clang-format on */

typedef struct VIRTIO_TRANSPORT VIRTIO_TRANSPORT;

/* What a transport supplies; drivers call the functions below instead. */
/* clang-format off */
typedef struct VIRTIO_TRANSPORT_OPS {
    uint8_t (*ReadStatus)(VIRTIO_TRANSPORT *transport);
    void (*WriteStatus)(VIRTIO_TRANSPORT *transport, uint8_t status);
    uint64_t (*ReadFeatures)(VIRTIO_TRANSPORT *transport);
    void (*WriteFeatures)(VIRTIO_TRANSPORT *transport, uint64_t features);
    VIRTIO_RESULT (*GetQueueSize)(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size);
    VIRTIO_RESULT (*SetUpQueue)(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t size,
                                const VIRTIO_QUEUE_ADDRESSES *addresses, uint16_t vector);
    VIRTIO_RESULT (*GetDoorbell)(VIRTIO_TRANSPORT *transport, uint16_t queue, VIRTIO_DOORBELL *doorbell);
    VIRTIO_RESULT (*SetConfigVector)(VIRTIO_TRANSPORT *transport, uint16_t vector);
    uint8_t (*ReadIsr)(VIRTIO_TRANSPORT *transport);
    uint32_t (*ReadConfigRegister)(VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width); /* width 1, 2, 4 */
    void (*WriteConfigRegister8)(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t value);
    uint8_t (*ReadConfigGeneration)(VIRTIO_TRANSPORT *transport); /* NULL: the transport has none */
    void (*Ring)(const VIRTIO_DOORBELL *doorbell);
    bool Modern; /* VERSION_1 is required, FEATURES_OK exists */
} VIRTIO_TRANSPORT_OPS;
/* clang-format on */

struct VIRTIO_TRANSPORT {
    const VIRTIO_TRANSPORT_OPS *Ops;
    VIRTIO_ENV Env;
    uint64_t OfferedFeatures;  /* as last read by VirtioNegotiate, for diagnostics */
    uint64_t AcceptedFeatures; /* 0 until VirtioNegotiate succeeds and after VirtioReset */
    uint32_t ConfigLength;     /* bytes of device configuration */
};

/*
 * Resets the device and waits until it says so: VIRTIO 1.x "Common configuration structure layout", the driver MUST
 * wait for a read of device_status to return 0 before reinitializing the device.
 * Polls every pollMicroseconds (at least 1), at most until timeoutMicroseconds of delays have passed; the first read
 * comes before the first delay. Results: VirtioOk, VirtioErrorGone (at once), VirtioErrorResetTimeout.
 */
VIRTIO_RESULT VirtioReset(VIRTIO_TRANSPORT *transport, uint32_t timeoutMicroseconds, uint32_t pollMicroseconds);

/*
 * After VirtioReset. Accepts (required | wanted) & offered, and VERSION_1 on the modern transport, which requires it;
 * never a bit that is not offered. accepted may be NULL.
 * Results: VirtioOk, VirtioErrorMissingFeature (nothing was accepted; transport->OfferedFeatures tells what is there),
 * VirtioErrorFeaturesRefused, VirtioErrorGone.
 */
VIRTIO_RESULT VirtioNegotiate(VIRTIO_TRANSPORT *transport, uint64_t required, uint64_t wanted, uint64_t *accepted);

/* The device's (largest) size for the queue. Results: VirtioOk, VirtioErrorNoQueue, VirtioErrorBadQueueSize,
   VirtioErrorGone. */
VIRTIO_RESULT VirtioGetQueueSize(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size);

/*
 * Gives the queue its size, memory and vector, and enables it; every one of them is read back where the transport can.
 * size: the device's own, or a smaller power of two. A device that keeps its size gives VirtioErrorQueueSizeFixed with
 * the queue still disabled: call again with the size from VirtioGetQueueSize.
 * vector: an MSI-X message, or VIRTIO_MSI_NO_VECTOR. On VirtioErrorVectorRefused the queue is still disabled.
 * The queue's memory must be initialised (VirtqueueInit) and stays the device's until VirtioReset.
 */
VIRTIO_RESULT VirtioSetUpQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t size,
                               const VIRTIO_QUEUE_ADDRESSES *addresses, uint16_t vector);

/* Results: VirtioOk, VirtioErrorDoorbellRange, VirtioErrorGone. Call it once per queue and keep the doorbell. */
VIRTIO_RESULT VirtioGetDoorbell(VIRTIO_TRANSPORT *transport, uint16_t queue, VIRTIO_DOORBELL *doorbell);

/* Results: VirtioOk, VirtioErrorVectorRefused, VirtioErrorGone. VIRTIO_MSI_NO_VECTOR is never refused. */
VIRTIO_RESULT VirtioSetConfigVector(VIRTIO_TRANSPORT *transport, uint16_t vector);

/* Results: VirtioOk, VirtioErrorNeedsReset (the device fell out of the state that VirtioNegotiate left it in),
   VirtioErrorGone. */
VIRTIO_RESULT VirtioSetDriverOk(VIRTIO_TRANSPORT *transport);

/* Tells the device that the driver has given up on it: VIRTIO 1.x "Device Initialization". Harmless on one that is
   gone. */
void VirtioSetFailed(VIRTIO_TRANSPORT *transport);

/* VIRTIO_STATUS_GONE when there is no device; look for VIRTIO_STATUS_NEEDS_RESET after every configuration
   interrupt. */
static inline uint8_t VirtioGetStatus(VIRTIO_TRANSPORT *transport)
{
    return transport->Ops->ReadStatus(transport);
}

/* Reads and clears the ISR byte, which lowers INTx. Test its bits as bits. 0xFF: the device is gone.
   Never needed under MSI-X. */
static inline uint8_t VirtioReadIsr(VIRTIO_TRANSPORT *transport)
{
    return transport->Ops->ReadIsr(transport);
}

/* Announces the queue's published buffers to the device; see VirtqueueKickNeeded. Drivers that only know the modern
   transport use VirtioModernRing, one store without a call. */
static inline void VirtioRing(const VIRTIO_TRANSPORT *transport, const VIRTIO_DOORBELL *doorbell)
{
    transport->Ops->Ring(doorbell);
}

/*
 * Reads fields of the device configuration as of one moment: all of them again whenever config_generation changed
 * meanwhile (legacy: whenever a second reading differs), a bounded number of times. Each field is read at its own
 * width, 64-bit ones as two halves. A field lands at destination + its Offset.
 * Results: VirtioOk, VirtioErrorBadArgument (a width other than 1, 2, 4, 8, or a misaligned field),
 * VirtioErrorConfigRange (before any access), VirtioErrorConfigUnstable, VirtioErrorGone.
 */
VIRTIO_RESULT VirtioReadConfigFields(VIRTIO_TRANSPORT *transport, const VIRTIO_CONFIG_FIELD *fields, size_t count,
                                     void *destination);

/* One field of length 1, 2, 4 or 8 into buffer; the same results. */
VIRTIO_RESULT VirtioReadConfig(VIRTIO_TRANSPORT *transport, uint32_t offset, void *buffer, uint32_t length);

/* An array of 8-bit fields (a MAC address, a name), read byte by byte within one generation. */
VIRTIO_RESULT VirtioReadConfigBytes(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t *buffer, uint32_t length);

/* Writes one 8-bit field. Results: VirtioOk, VirtioErrorConfigRange. */
VIRTIO_RESULT VirtioWriteConfig8(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t value);

/* 0 on the legacy transport, which has none. */
static inline uint8_t VirtioGetConfigGeneration(VIRTIO_TRANSPORT *transport)
{
    return transport->Ops->ReadConfigGeneration != NULL ? transport->Ops->ReadConfigGeneration(transport) : 0;
}

#endif
