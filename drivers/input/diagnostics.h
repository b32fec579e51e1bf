/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The private interface: what tools read of a device. Layouts are kept; new fields may only be added behind.
 *
 * Two ways in: the control codes as internal device control requests, for drivers; feature reports of the
 * vendor-defined collection (report.h), for programs. HIDCLASS passes no program's control codes to a minidriver.
 */
#ifndef AERO_INPUT_DIAGNOSTICS_H
#define AERO_INPUT_DIAGNOSTICS_H

#include <stddef.h>
#include <stdint.h>

#define INPUT_IOCTL_QUERY_COUNTERS 0x00226000u
#define INPUT_IOCTL_QUERY_STATE 0x00226004u
#define INPUT_IOCTL_QUERY_INTERRUPT_INFO 0x00226008u
#define INPUT_IOCTL_RESET_COUNTERS 0x0022A004u

#define INPUT_COUNTERS_VERSION 3u
#define INPUT_STATE_VERSION 3u
#define INPUT_INTERRUPTS_VERSION 1u

/* All count from the start of the device or the last reset of the counters, and wrap. */
typedef struct INPUT_COUNTERS {
    uint32_t Size;
    uint32_t Version;
    uint32_t IoctlTotal;
    uint32_t IoctlUnknown;
    uint32_t GetDeviceDescriptor;
    uint32_t GetReportDescriptor;
    uint32_t GetDeviceAttributes;
    uint32_t GetCollectionInformation; /* answered by HIDCLASS: always 0 */
    uint32_t GetCollectionDescriptor;  /* the same */
    uint32_t FlushQueue;               /* the same */
    uint32_t GetString;
    uint32_t GetIndexedString;
    uint32_t GetFeature;
    uint32_t SetFeature;
    uint32_t GetInputReport;
    uint32_t SetOutputReport;
    uint32_t ReadReport;
    uint32_t WriteReport;
    uint32_t ReadReportPended;
    uint32_t ReadReportCompleted;
    uint32_t ReadReportCancelled;
    uint32_t ReadQueueDepth; /* reports that wait for a reader */
    uint32_t ReadQueueMaximum;
    uint32_t ReportRingDepth; /* the same queue: there is one */
    uint32_t ReportRingMaximum;
    uint32_t ReportRingDrops;
    uint32_t ReportRingOverruns;
    uint32_t VirtioInterrupts;
    uint32_t Dpcs;
    uint32_t Events;
    uint32_t EventDrops; /* of no known meaning, or shorter than an event */
    uint32_t EventOverruns;
    uint32_t EventQueueDepth; /* buffers that the device has */
    uint32_t EventQueueMaximum;
    uint32_t StatusDrops;
    uint32_t PendingRingDepth; /* LED states that wait for the status queue: 0 or 1 */
    uint32_t PendingRingMaximum;
    uint32_t PendingRingDrops; /* overwritten by a later state */
    uint32_t LedWritesRequested;
    uint32_t LedWritesSubmitted;
    uint32_t LedWritesDropped;
    uint32_t StatusQueueSubmits;
    uint32_t StatusQueueCompletions;
    uint32_t StatusQueueFull;
} INPUT_COUNTERS;

typedef struct INPUT_STATE_INFO {
    uint32_t Size;
    uint32_t Version;
    uint32_t DeviceKind; /* INPUT_KIND */
    uint32_t PciRevision;
    uint32_t SubsystemDeviceId;
    uint32_t HardwareReady;
    uint32_t InD0;
    uint32_t HidActivated;
    uint32_t VirtioStarted;
    uint32_t Missing; /* INPUT_MISSING_*: what the device did not say; 0 in older drivers */
    uint64_t NegotiatedFeatures;
    uint32_t StatusQueueDropOnFull;
    uint32_t LedSupportedMask;
    uint32_t StatusQueueActive;
    uint32_t DeviceLeds; /* what the device last said of its LEDs; 0 in older drivers */
} INPUT_STATE_INFO;

typedef struct INPUT_INTERRUPT_INFO {
    uint32_t Size;
    uint32_t Version;
    uint32_t Mode; /* 0 unknown, 1 INTx, 2 messages */
    uint32_t MessageCount;
    uint32_t Mapping; /* 0 unknown, 1 all on message 0, 2 one for each queue, 3 queues share message 1 */
    uint16_t UsedVectors;
    uint16_t ConfigVector; /* 0xFFFF: none, like the next two */
    uint16_t EventVector;
    uint16_t StatusVector;
    uint32_t IntxSpurious;
    uint32_t TotalInterrupts;
    uint32_t TotalDpcs;
    uint32_t ConfigInterrupts;
    uint32_t EventInterrupts;
    uint32_t StatusInterrupts;
} INPUT_INTERRUPT_INFO;

_Static_assert(sizeof(INPUT_COUNTERS) == 0xB0 && offsetof(INPUT_COUNTERS, StatusQueueFull) == 0xAC, "interface");
_Static_assert(sizeof(INPUT_STATE_INFO) == 0x40 && offsetof(INPUT_STATE_INFO, NegotiatedFeatures) == 0x28, "interface");
_Static_assert(sizeof(INPUT_INTERRUPT_INFO) == 0x34 && offsetof(INPUT_INTERRUPT_INFO, IntxSpurious) == 0x1C,
               "interface");

#endif
