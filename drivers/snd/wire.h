/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests as bytes and replies as values, in both dialects: VIRTIO 1.x and Aero v1. Pure functions over memory that
 * the caller owns, any IRQL. What a device wrote is read through SndLoad*, once, at any alignment, and checked.
 *
 * The dialect is two decisions: the shape of messages, known before the first one from the device's register layout
 * or the registry; and the set of status words, known from the first reply, whatever the shape. The two sets never
 * overlap, so a wrong guess is seen at once (SND_DIALECT.Mismatch: log it) and, when nobody insisted, mended.
 */
#ifndef AERO_SND_WIRE_H
#define AERO_SND_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio_snd.h"

/* What came of a request or a transfer. The first four are the device's own words. */
typedef enum SND_RESULT {
    SndOk,
    SndBadMessage,   /* fatal for a transfer */
    SndNotSupported, /* fatal for a transfer */
    SndIoError,
    SndMalformed, /* the reply is too short, or its status is no status */
    SndTimeout,
    SndCancelled, /* the device was reset or is gone */
    SndBusy,      /* no slot or no room in the queue: later */
    SndInvalid,   /* the caller's arguments make no request */
    SndBroken,    /* the device wrote nonsense into the queue: it has to be reset */
    SndResultCount,
} SND_RESULT;

typedef enum SND_SHAPE { SndShapeStandard, SndShapeAero } SND_SHAPE;

/* Registry value `Dialect`. */
typedef enum SND_DIALECT_CHOICE { SndDialectAuto, SndDialectStandard, SndDialectAero } SND_DIALECT_CHOICE;

typedef struct SND_DIALECT {
    SND_SHAPE Shape;
    SND_SHAPE Statuses;
    bool Insisted;  /* by the registry */
    bool Confirmed; /* a first reply was seen */
    bool Mismatch;  /* it contradicted the choice */
} SND_DIALECT;

/* A PCM stream as the device describes it, in host terms. */
typedef struct SND_STREAM_INFO {
    uint32_t Id;
    uint32_t Features;
    uint64_t Formats;
    uint64_t Rates;
    uint8_t Direction;
    uint8_t ChannelsMin;
    uint8_t ChannelsMax;
} SND_STREAM_INFO;

typedef struct SND_JACK_INFO {
    uint32_t DefaultConfiguration;
    uint32_t Capabilities;
    bool Connected;
} SND_JACK_INFO;

typedef struct SND_PARAMS {
    uint32_t StreamId;
    uint32_t BufferBytes;
    uint32_t PeriodBytes;
    uint32_t Features;
    uint8_t Channels;
    uint8_t Format; /* VIRTIO_SND_PCM_FMT_* */
    uint8_t Rate;   /* VIRTIO_SND_PCM_RATE_* */
} SND_PARAMS;

/* What no reply and no transfer status may be taken for: written before the device gets the buffer. */
#define SND_STATUS_UNWRITTEN 0xFFFFFFFFu

#define SND_REQUEST_BYTES_MAX 24
/* Items in one query's reply; a device with more is asked again. */
#define SND_QUERY_ITEMS_MAX 8
#define SND_REPLY_BYTES_MAX (4 + SND_QUERY_ITEMS_MAX * 32)

uint32_t SndLoad32(const volatile void *from);
uint64_t SndLoad64(const volatile void *from);
void SndStore32(volatile void *to, uint32_t value);

/* A value of `Dialect` that is none of the three counts as automatic. */
void SndDialectChoose(SND_DIALECT *dialect, uint32_t registry, bool contractLayout);
/* The status word of any reply; the first known one decides. */
void SndDialectConfirm(SND_DIALECT *dialect, uint32_t status);
SND_RESULT SndStatusDecode(const SND_DIALECT *dialect, uint32_t status);
/* BAD_MSG and NOT_SUPP mean that the same transfer would be refused again; IO_ERR passes. */
bool SndResultIsFatal(SND_RESULT result);
const char *SndResultToString(SND_RESULT result);

static inline uint32_t SndXferBytes(const SND_DIALECT *dialect)
{
    return dialect->Shape == SndShapeAero ? VIRTIO_SND_AERO_XFER_BYTES : VIRTIO_SND_XFER_BYTES;
}

/* Encoders write at most SND_REQUEST_BYTES_MAX bytes and return how many; 0 when the arguments make no request.
   "The driver MUST NOT set start_id and count such that start_id + count is greater than the total number". */
uint32_t SndEncodeQuery(uint8_t *request, uint32_t code, uint32_t startId, uint32_t count, uint32_t total);
/* PREPARE, RELEASE, START, STOP. */
uint32_t SndEncodeSimple(uint8_t *request, uint32_t code, uint32_t streamId);
uint32_t SndEncodeSetParams(uint8_t *request, const SND_PARAMS *params, const SND_STREAM_INFO *stream);
/* Bytes that one item of a query's reply takes; 0 for a code that is no query. */
uint32_t SndItemBytes(uint32_t code);

/* How many whole items lie in a reply of `length` bytes to a query for `count`. */
uint32_t SndReplyItems(uint32_t code, uint32_t length, uint32_t count);
/* False when the item cannot be true (no such direction, no channels, less at most than at least): `info` is then
   all zero and its stream is to be ignored. */
bool SndDecodeStream(const SND_DIALECT *dialect, const volatile uint8_t *item, uint32_t position,
                     SND_STREAM_INFO *info);
void SndDecodeJack(const volatile uint8_t *item, SND_JACK_INFO *info);

typedef enum SND_EVENT_KIND {
    SndEventNone, /* too short */
    SndEventUnknown,
    SndEventJackConnected,
    SndEventJackDisconnected,
    SndEventPeriodElapsed,
    SndEventXrun,
    SndEventControl,
} SND_EVENT_KIND;

typedef struct SND_EVENT {
    SND_EVENT_KIND Kind;
    uint32_t Code;
    uint32_t Data;
} SND_EVENT;

/* Bytes behind the event are ignored. */
void SndDecodeEvent(const volatile uint8_t *buffer, uint32_t length, SND_EVENT *event);

#endif
