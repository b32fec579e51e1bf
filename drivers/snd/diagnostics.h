/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The private interfaces: what tools read of a device. Layouts are kept; new fields may only be added behind.
 */
#ifndef AERO_SND_DIAGNOSTICS_H
#define AERO_SND_DIAGNOSTICS_H

#include <stddef.h>
#include <stdint.h>

/* \\.\aero_virtio_snd_diag: FILE_DEVICE_UNKNOWN, function 0xA01, METHOD_BUFFERED, FILE_READ_ACCESS. */
#define SND_IOCTL_QUERY_DIAGNOSTICS 0x00226804u
#define SND_DIAGNOSTICS_VERSION 1u

#define SND_IRQ_NONE 0u
#define SND_IRQ_INTX 1u
#define SND_IRQ_MSIX 2u

/* Counters count from the start of the device and wrap. */
typedef struct SND_DIAGNOSTICS {
    uint32_t Size;
    uint32_t Version;
    uint32_t IrqMode;
    uint32_t MessageCount;
    uint16_t ConfigVector; /* 0xFFFF: none, like the next */
    uint16_t Reserved1;
    uint16_t QueueVector[4]; /* control, event, tx, rx */
    uint32_t Reserved2;
    uint32_t InterruptCount;
    uint32_t DpcCount;
    uint32_t QueueDrainCount[4]; /* services of a queue that found completions */
} SND_DIAGNOSTICS;

/* KS property set {3c0f8a06-4f4b-4c49-9d1a-8fbe0b9e4b7a}, id 1, GET, of the topology filter. */
#define SND_EVENT_COUNTERS_PROPERTY 1u
typedef struct SND_EVENT_COUNTERS {
    uint32_t Size;
    uint32_t Completions;
    uint32_t Parsed;
    uint32_t ShortBuffers;
    uint32_t UnknownType;
    uint32_t JackConnected;
    uint32_t JackDisconnected;
    uint32_t PcmPeriodElapsed;
    uint32_t PcmXrun;
    uint32_t CtlNotify;
} SND_EVENT_COUNTERS;

_Static_assert(sizeof(SND_DIAGNOSTICS) == 0x38 && offsetof(SND_DIAGNOSTICS, QueueVector) == 0x14 &&
                   offsetof(SND_DIAGNOSTICS, InterruptCount) == 0x20 &&
                   offsetof(SND_DIAGNOSTICS, QueueDrainCount) == 0x28,
               "interface");
_Static_assert(sizeof(SND_EVENT_COUNTERS) == 40, "interface");

#endif
