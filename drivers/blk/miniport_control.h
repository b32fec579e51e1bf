/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The private interface of the driver: IOCTL_SCSI_MINIPORT with signature AEROVBLK. Published: values and layout
 * stay. Callers are administrators (StorPort opens the adapter for nobody else), and not trusted.
 */
#ifndef AERO_BLK_MINIPORT_CONTROL_H
#define AERO_BLK_MINIPORT_CONTROL_H

#include <stdint.h>

#define AEROVBLK_SIGNATURE "AEROVBLK"
#define AEROVBLK_IOCTL_QUERY_INFO 0x8000A001u
#define AEROVBLK_IOCTL_FORCE_RESET 0x8000A002u

#define AEROVBLK_INTERRUPT_INTX 0u
#define AEROVBLK_INTERRUPT_MESSAGES 1u
#define AEROVBLK_NO_VECTOR 0xFFFFu

#define AEROVBLK_FLAG_REMOVED 0x1u
#define AEROVBLK_FLAG_SURPRISE_REMOVED 0x2u
#define AEROVBLK_FLAG_RESET_IN_PROGRESS 0x4u
#define AEROVBLK_FLAG_RESET_PENDING 0x8u

#define AEROVBLK_QUERY_INFO_V1_BYTES 0x10u

typedef struct AEROVBLK_QUERY_INFO {
    uint64_t NegotiatedFeatures;
    uint16_t QueueSize;
    uint16_t NumFree;
    uint16_t AvailIdx;
    uint16_t UsedIdx;
    uint32_t InterruptMode;
    uint16_t MsixConfigVector;
    uint16_t MsixQueue0Vector;
    uint32_t MessageCount;
    uint32_t Flags;
    uint32_t AbortSrbCount;
    uint32_t ResetDeviceSrbCount;
    uint32_t ResetBusSrbCount;
    uint32_t PnpSrbCount;
    uint32_t IoctlResetCount;
    uint32_t CapacityChangeEvents;
    uint32_t ResetDetectedCount;
    uint32_t HwResetBusCount;
} AEROVBLK_QUERY_INFO;

_Static_assert(sizeof(AEROVBLK_QUERY_INFO) == 0x40, "published layout");

#endif
