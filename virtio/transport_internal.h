/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the two transports share and nobody else needs: the environment's lock, and what a failure means when the device
 * is gone. See transport.h for the rules.
 */
#ifndef VIRTIO_TRANSPORT_INTERNAL_H
#define VIRTIO_TRANSPORT_INTERNAL_H

#include "transport.h"

static inline void Lock(VIRTIO_TRANSPORT *transport)
{
    if (transport->Env.Lock != NULL) {
        transport->Env.Lock(transport->Env.Context);
    }
}

static inline void Unlock(VIRTIO_TRANSPORT *transport)
{
    if (transport->Env.Unlock != NULL) {
        transport->Env.Unlock(transport->Env.Context);
    }
}

/* A device that vanished fails every check that follows; say so instead of naming the check. */
static inline VIRTIO_RESULT Failure(VIRTIO_TRANSPORT *transport, VIRTIO_RESULT result)
{
    return VirtioGetStatus(transport) == VIRTIO_STATUS_GONE ? VirtioErrorGone : result;
}

/* Takes over the size that the device offers for the selected queue, if it is one. */
static inline VIRTIO_RESULT CheckQueueSize(VIRTIO_TRANSPORT *transport, uint16_t offered, uint16_t *size)
{
    if (offered == 0) {
        return VirtioErrorNoQueue;
    }
    if (offered < VIRTQ_SIZE_MIN || offered > VIRTQ_SIZE_MAX || (offered & (offered - 1)) != 0) {
        return Failure(transport, VirtioErrorBadQueueSize);
    }
    *size = offered;
    return VirtioOk;
}

#endif
