/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See msix_plan.h. */
#include "msix_plan.h"

#include "virtio_config.h"

VIRTIO_MSIX_PLAN VirtioChooseMsixPlan(uint32_t messages, uint16_t queues)
{
    if (messages > queues) {
        return VirtioMsixPerQueue;
    }
    if (messages >= 2) {
        return VirtioMsixSharedQueues;
    }
    return messages == 1 ? VirtioMsixSharedAll : VirtioIntx;
}

VIRTIO_MSIX_PLAN VirtioNextMsixPlan(VIRTIO_MSIX_PLAN plan)
{
    switch (plan) {
    case VirtioMsixPerQueue:
        return VirtioMsixSharedQueues;
    case VirtioMsixSharedQueues:
        return VirtioMsixSharedAll;
    default:
        return VirtioIntx;
    }
}

uint16_t VirtioMsixConfigVector(VIRTIO_MSIX_PLAN plan)
{
    return plan == VirtioIntx ? VIRTIO_MSI_NO_VECTOR : 0;
}

uint16_t VirtioMsixQueueVector(VIRTIO_MSIX_PLAN plan, uint16_t queue)
{
    switch (plan) {
    case VirtioMsixPerQueue:
        return (uint16_t)(1 + queue);
    case VirtioMsixSharedQueues:
        return 1;
    case VirtioMsixSharedAll:
        return 0;
    default:
        return VIRTIO_MSI_NO_VECTOR;
    }
}

uint32_t VirtioMsixMessageCount(VIRTIO_MSIX_PLAN plan, uint16_t queues)
{
    switch (plan) {
    case VirtioMsixPerQueue:
        return 1u + queues;
    case VirtioMsixSharedQueues:
        return 2;
    case VirtioMsixSharedAll:
        return 1;
    default:
        return 0;
    }
}

const char *VirtioMsixPlanToString(VIRTIO_MSIX_PLAN plan)
{
    switch (plan) {
    case VirtioMsixPerQueue:
        return "one vector per queue and one for configuration";
    case VirtioMsixSharedQueues:
        return "one vector for the queues and one for configuration";
    case VirtioMsixSharedAll:
        return "one vector for everything";
    default:
        return "INTx";
    }
}
