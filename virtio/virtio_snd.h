/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The sound device's wire format: VIRTIO 1.x "Sound Device", and where Aero v1 differs (contract/aero-w7-virtio.md,
 * "Dialects"). Everything is little-endian. Asserted in the unit tests against <linux/virtio_snd.h>.
 */
#ifndef VIRTIO_SND_H
#define VIRTIO_SND_H

#include <stddef.h>
#include <stdint.h>

/* "Virtqueues". */
#define VIRTIO_SND_VQ_CONTROL 0
#define VIRTIO_SND_VQ_EVENT 1
#define VIRTIO_SND_VQ_TX 2
#define VIRTIO_SND_VQ_RX 3
#define VIRTIO_SND_VQ_MAX 4

/* "Device Operation": request codes. */
#define VIRTIO_SND_R_JACK_INFO 0x0001
#define VIRTIO_SND_R_PCM_INFO 0x0100
#define VIRTIO_SND_R_PCM_SET_PARAMS 0x0101
#define VIRTIO_SND_R_PCM_PREPARE 0x0102
#define VIRTIO_SND_R_PCM_RELEASE 0x0103
#define VIRTIO_SND_R_PCM_START 0x0104
#define VIRTIO_SND_R_PCM_STOP 0x0105

#define VIRTIO_SND_EVT_JACK_CONNECTED 0x1000
#define VIRTIO_SND_EVT_JACK_DISCONNECTED 0x1001
#define VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED 0x1100
#define VIRTIO_SND_EVT_PCM_XRUN 0x1101
#define VIRTIO_SND_EVT_CTL_NOTIFY 0x1200

#define VIRTIO_SND_S_OK 0x8000
#define VIRTIO_SND_S_BAD_MSG 0x8001
#define VIRTIO_SND_S_NOT_SUPP 0x8002
#define VIRTIO_SND_S_IO_ERR 0x8003

/* Aero v1 counts its status words from here, in the same order. */
#define VIRTIO_SND_AERO_S_OK 0

#define VIRTIO_SND_D_OUTPUT 0
#define VIRTIO_SND_D_INPUT 1

/* Bit numbers of VIRTIO_SND_PCM_INFO.Features and VIRTIO_SND_PCM_SET_PARAMS.Features. */
#define VIRTIO_SND_PCM_F_EVT_XRUNS 4

/* Bit numbers of Formats. Those that Windows has a name for. */
#define VIRTIO_SND_PCM_FMT_U8 4
#define VIRTIO_SND_PCM_FMT_S16 5
#define VIRTIO_SND_PCM_FMT_S24_3 11
#define VIRTIO_SND_PCM_FMT_S24 15
#define VIRTIO_SND_PCM_FMT_S32 17
#define VIRTIO_SND_PCM_FMT_FLOAT 19
#define VIRTIO_SND_PCM_FMT_FLOAT64 20

/* Bit numbers of Rates. */
#define VIRTIO_SND_PCM_RATE_5512 0
#define VIRTIO_SND_PCM_RATE_8000 1
#define VIRTIO_SND_PCM_RATE_11025 2
#define VIRTIO_SND_PCM_RATE_16000 3
#define VIRTIO_SND_PCM_RATE_22050 4
#define VIRTIO_SND_PCM_RATE_32000 5
#define VIRTIO_SND_PCM_RATE_44100 6
#define VIRTIO_SND_PCM_RATE_48000 7
#define VIRTIO_SND_PCM_RATE_64000 8
#define VIRTIO_SND_PCM_RATE_88200 9
#define VIRTIO_SND_PCM_RATE_96000 10
#define VIRTIO_SND_PCM_RATE_176400 11
#define VIRTIO_SND_PCM_RATE_192000 12
#define VIRTIO_SND_PCM_RATE_384000 13

/* "Device Configuration Layout". Later revisions append `controls`, which "the driver MUST NOT read" without
   VIRTIO_SND_F_CTLS; we never accept that. */
typedef struct VIRTIO_SND_CONFIG {
    uint32_t Jacks;
    uint32_t Streams;
    uint32_t Chmaps;
} VIRTIO_SND_CONFIG;

typedef struct VIRTIO_SND_QUERY_INFO {
    uint32_t Code;
    uint32_t StartId;
    uint32_t Count;
    uint32_t Size; /* of one item; Aero v1 reads the first three fields and accepts the fourth */
} VIRTIO_SND_QUERY_INFO;

typedef struct VIRTIO_SND_JACK_INFO {
    uint32_t HdaFnNid;
    uint32_t Features;
    uint32_t HdaRegDefconf;
    uint32_t HdaRegCaps;
    uint8_t Connected;
    uint8_t Padding[7];
} VIRTIO_SND_JACK_INFO;

/* Packed only so that sizes and offsets are the wire's wherever uint64_t is aligned to 8. */
#pragma pack(push, 1)
typedef struct VIRTIO_SND_PCM_INFO {
    uint32_t HdaFnNid; /* Aero v1: the stream's ID */
    uint32_t Features;
    uint64_t Formats;
    uint64_t Rates;
    uint8_t Direction;
    uint8_t ChannelsMin;
    uint8_t ChannelsMax;
    uint8_t Padding[5];
} VIRTIO_SND_PCM_INFO;
#pragma pack(pop)

/* PREPARE, RELEASE, START and STOP are this alone. */
typedef struct VIRTIO_SND_PCM_HDR {
    uint32_t Code;
    uint32_t StreamId;
} VIRTIO_SND_PCM_HDR;

typedef struct VIRTIO_SND_PCM_SET_PARAMS {
    uint32_t Code;
    uint32_t StreamId;
    uint32_t BufferBytes;
    uint32_t PeriodBytes;
    uint32_t Features;
    uint8_t Channels;
    uint8_t Format;
    uint8_t Rate;
    uint8_t Padding;
} VIRTIO_SND_PCM_SET_PARAMS;

typedef struct VIRTIO_SND_EVENT {
    uint32_t Code;
    uint32_t Data;
} VIRTIO_SND_EVENT;

/* Head of a transfer: the first word alone in VIRTIO 1.x, both in Aero v1. */
typedef struct VIRTIO_SND_PCM_XFER {
    uint32_t StreamId;
    uint32_t AeroReserved;
} VIRTIO_SND_PCM_XFER;

#define VIRTIO_SND_XFER_BYTES 4
#define VIRTIO_SND_AERO_XFER_BYTES 8

typedef struct VIRTIO_SND_PCM_STATUS {
    uint32_t Status;
    uint32_t LatencyBytes;
} VIRTIO_SND_PCM_STATUS;

_Static_assert(sizeof(VIRTIO_SND_CONFIG) == 12, "sound configuration without controls is 12 bytes");
_Static_assert(sizeof(VIRTIO_SND_QUERY_INFO) == 16, "query is 16 bytes");
_Static_assert(sizeof(VIRTIO_SND_JACK_INFO) == 24, "jack information is 24 bytes");
_Static_assert(sizeof(VIRTIO_SND_PCM_INFO) == 32, "stream information is 32 bytes");
_Static_assert(sizeof(VIRTIO_SND_PCM_SET_PARAMS) == 24, "stream parameters are 24 bytes");
_Static_assert(sizeof(VIRTIO_SND_EVENT) == 8, "event is 8 bytes");
_Static_assert(sizeof(VIRTIO_SND_PCM_STATUS) == 8, "transfer status is 8 bytes");

#endif
