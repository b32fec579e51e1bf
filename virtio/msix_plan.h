/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which MSI-X message serves what, for any number of queues.
 *
 * Phases: choose a plan from the messages that the system granted; program it (VirtioSetConfigVector,
 * VirtioSetUpQueue); when a device refuses a vector (VirtioErrorVectorRefused: VIRTIO 1.x "MSI-X Vector
 * Configuration", the driver MUST check the vector by reading it back), reset the device and start it again with
 * VirtioNextMsixPlan. Intx, the last plan, needs no vector; whether the system can still deliver INTx once it
 * granted messages is the caller's question.
 *
 * Pure functions, any IRQL.
 */
#ifndef VIRTIO_MSIX_PLAN_H
#define VIRTIO_MSIX_PLAN_H

#include <stdint.h>

/* Best first. */
typedef enum VIRTIO_MSIX_PLAN {
    VirtioMsixPerQueue,     /* config on 0, queue q on 1 + q */
    VirtioMsixSharedQueues, /* config on 0, every queue on 1 */
    VirtioMsixSharedAll,    /* everything on 0 */
    VirtioIntx,             /* no vectors */
} VIRTIO_MSIX_PLAN;

/* The best plan that the number of granted messages allows. */
VIRTIO_MSIX_PLAN VirtioChooseMsixPlan(uint32_t messages, uint16_t queues);

/* The next worse plan; VirtioIntx stays VirtioIntx. */
VIRTIO_MSIX_PLAN VirtioNextMsixPlan(VIRTIO_MSIX_PLAN plan);

/* VIRTIO_MSI_NO_VECTOR under VirtioIntx. */
uint16_t VirtioMsixConfigVector(VIRTIO_MSIX_PLAN plan);
uint16_t VirtioMsixQueueVector(VIRTIO_MSIX_PLAN plan, uint16_t queue);

/* Messages that the plan uses: 0 under VirtioIntx. */
uint32_t VirtioMsixMessageCount(VIRTIO_MSIX_PLAN plan, uint16_t queues);

const char *VirtioMsixPlanToString(VIRTIO_MSIX_PLAN plan);

#endif
