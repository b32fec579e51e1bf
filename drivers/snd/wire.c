/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wire.h"

uint32_t SndLoad32(const volatile void *from)
{
    const volatile uint8_t *byte = from;

    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

uint64_t SndLoad64(const volatile void *from)
{
    return (uint64_t)SndLoad32(from) | (uint64_t)SndLoad32((const volatile uint8_t *)from + 4) << 32;
}

void SndStore32(volatile void *to, uint32_t value)
{
    volatile uint8_t *byte = to;

    for (int i = 0; i < 4; i++) {
        byte[i] = (uint8_t)(value >> (8 * i));
    }
}

static bool IsStandardStatus(uint32_t status)
{
    return status >= VIRTIO_SND_S_OK && status <= VIRTIO_SND_S_IO_ERR;
}

static bool IsAeroStatus(uint32_t status)
{
    return status <= VIRTIO_SND_AERO_S_OK + 3;
}

void SndDialectChoose(SND_DIALECT *dialect, uint32_t registry, bool contractLayout)
{
    dialect->Insisted = registry == SndDialectStandard || registry == SndDialectAero;
    dialect->Shape = dialect->Insisted ? (registry == SndDialectAero ? SndShapeAero : SndShapeStandard)
                     : contractLayout  ? SndShapeAero
                                       : SndShapeStandard;
    dialect->Statuses = dialect->Shape;
    dialect->Confirmed = false;
    dialect->Mismatch = false;
}

void SndDialectConfirm(SND_DIALECT *dialect, uint32_t status)
{
    if (dialect->Confirmed || (!IsStandardStatus(status) && !IsAeroStatus(status))) {
        return;
    }
    dialect->Confirmed = true;
    dialect->Statuses = IsAeroStatus(status) ? SndShapeAero : SndShapeStandard;
    dialect->Mismatch = dialect->Statuses != dialect->Shape;
    if (!dialect->Insisted) {
        dialect->Shape = dialect->Statuses;
    }
}

SND_RESULT SndStatusDecode(const SND_DIALECT *dialect, uint32_t status)
{
    uint32_t first = dialect->Statuses == SndShapeAero ? VIRTIO_SND_AERO_S_OK : VIRTIO_SND_S_OK;

    switch (status - first) {
    case 0:
        return SndOk;
    case 1:
        return SndBadMessage;
    case 2:
        return SndNotSupported;
    case 3:
        return SndIoError;
    default:
        return SndMalformed;
    }
}

bool SndResultIsFatal(SND_RESULT result)
{
    return result != SndOk && result != SndIoError;
}

const char *SndResultToString(SND_RESULT result)
{
    static const char *const names[SndResultCount] = {"OK",      "BAD_MSG",   "NOT_SUPP", "IO_ERR",  "MALFORMED",
                                                      "TIMEOUT", "CANCELLED", "BUSY",     "INVALID", "BROKEN"};

    return (uint32_t)result < SndResultCount ? names[result] : "UNKNOWN";
}

uint32_t SndItemBytes(uint32_t code)
{
    switch (code) {
    case VIRTIO_SND_R_PCM_INFO:
        return sizeof(VIRTIO_SND_PCM_INFO);
    case VIRTIO_SND_R_JACK_INFO:
        return sizeof(VIRTIO_SND_JACK_INFO);
    default:
        return 0;
    }
}

uint32_t SndEncodeQuery(uint8_t *request, uint32_t code, uint32_t startId, uint32_t count, uint32_t total)
{
    uint32_t item = SndItemBytes(code);

    if (item == 0 || count == 0 || count > SND_QUERY_ITEMS_MAX || startId >= total || count > total - startId) {
        return 0;
    }
    SndStore32(request, code);
    SndStore32(request + offsetof(VIRTIO_SND_QUERY_INFO, StartId), startId);
    SndStore32(request + offsetof(VIRTIO_SND_QUERY_INFO, Count), count);
    SndStore32(request + offsetof(VIRTIO_SND_QUERY_INFO, Size), item);
    return sizeof(VIRTIO_SND_QUERY_INFO);
}

uint32_t SndEncodeSimple(uint8_t *request, uint32_t code, uint32_t streamId)
{
    if (code < VIRTIO_SND_R_PCM_PREPARE || code > VIRTIO_SND_R_PCM_STOP) {
        return 0;
    }
    SndStore32(request, code);
    SndStore32(request + offsetof(VIRTIO_SND_PCM_HDR, StreamId), streamId);
    return sizeof(VIRTIO_SND_PCM_HDR);
}

static bool HasBit(uint64_t bits, uint32_t bit)
{
    return bit < 64 && (bits >> bit & 1) != 0;
}

/* "period_bytes MUST be a divider of buffer_bytes"; "The driver MUST NOT set the feature, format, and rate that are
   not specified in the stream configuration", nor channels outside its range. */
static bool ParamsAreLegal(const SND_PARAMS *params, const SND_STREAM_INFO *stream)
{
    return params->PeriodBytes != 0 && params->BufferBytes != 0 && params->BufferBytes % params->PeriodBytes == 0 &&
           (params->Features & ~stream->Features) == 0 && HasBit(stream->Formats, params->Format) &&
           HasBit(stream->Rates, params->Rate) && params->Channels >= stream->ChannelsMin &&
           params->Channels <= stream->ChannelsMax && params->Channels != 0;
}

uint32_t SndEncodeSetParams(uint8_t *request, const SND_PARAMS *params, const SND_STREAM_INFO *stream)
{
    if (params->StreamId != stream->Id || !ParamsAreLegal(params, stream)) {
        return 0;
    }
    SndStore32(request, VIRTIO_SND_R_PCM_SET_PARAMS);
    SndStore32(request + offsetof(VIRTIO_SND_PCM_SET_PARAMS, StreamId), params->StreamId);
    SndStore32(request + offsetof(VIRTIO_SND_PCM_SET_PARAMS, BufferBytes), params->BufferBytes);
    SndStore32(request + offsetof(VIRTIO_SND_PCM_SET_PARAMS, PeriodBytes), params->PeriodBytes);
    SndStore32(request + offsetof(VIRTIO_SND_PCM_SET_PARAMS, Features), params->Features);
    request[offsetof(VIRTIO_SND_PCM_SET_PARAMS, Channels)] = params->Channels;
    request[offsetof(VIRTIO_SND_PCM_SET_PARAMS, Format)] = params->Format;
    request[offsetof(VIRTIO_SND_PCM_SET_PARAMS, Rate)] = params->Rate;
    request[offsetof(VIRTIO_SND_PCM_SET_PARAMS, Padding)] = 0; /* "MUST initialize the padding byte to 0" */
    return sizeof(VIRTIO_SND_PCM_SET_PARAMS);
}

uint32_t SndReplyItems(uint32_t code, uint32_t length, uint32_t count)
{
    uint32_t item = SndItemBytes(code), items;

    if (item == 0 || length < 4) {
        return 0;
    }
    items = (length - 4) / item;
    return items < count ? items : count;
}

bool SndDecodeStream(const SND_DIALECT *dialect, const volatile uint8_t *item, uint32_t position, SND_STREAM_INFO *info)
{
    info->Id = dialect->Shape == SndShapeAero ? SndLoad32(item) : position;
    info->Features = SndLoad32(item + offsetof(VIRTIO_SND_PCM_INFO, Features));
    info->Formats = SndLoad64(item + offsetof(VIRTIO_SND_PCM_INFO, Formats));
    info->Rates = SndLoad64(item + offsetof(VIRTIO_SND_PCM_INFO, Rates));
    info->Direction = item[offsetof(VIRTIO_SND_PCM_INFO, Direction)];
    info->ChannelsMin = item[offsetof(VIRTIO_SND_PCM_INFO, ChannelsMin)];
    info->ChannelsMax = item[offsetof(VIRTIO_SND_PCM_INFO, ChannelsMax)];
    if (info->Direction <= VIRTIO_SND_D_INPUT && info->ChannelsMax != 0 && info->ChannelsMin <= info->ChannelsMax &&
        info->Formats != 0 && info->Rates != 0) {
        return true;
    }
    *info = (SND_STREAM_INFO){0};
    return false;
}

void SndDecodeJack(const volatile uint8_t *item, SND_JACK_INFO *info)
{
    info->DefaultConfiguration = SndLoad32(item + offsetof(VIRTIO_SND_JACK_INFO, HdaRegDefconf));
    info->Capabilities = SndLoad32(item + offsetof(VIRTIO_SND_JACK_INFO, HdaRegCaps));
    info->Connected = item[offsetof(VIRTIO_SND_JACK_INFO, Connected)] != 0;
}

void SndDecodeEvent(const volatile uint8_t *buffer, uint32_t length, SND_EVENT *event)
{
    *event = (SND_EVENT){.Kind = SndEventNone};
    if (length < sizeof(VIRTIO_SND_EVENT)) {
        return;
    }
    event->Code = SndLoad32(buffer);
    event->Data = SndLoad32(buffer + offsetof(VIRTIO_SND_EVENT, Data));
    switch (event->Code) {
    case VIRTIO_SND_EVT_JACK_CONNECTED:
        event->Kind = SndEventJackConnected;
        break;
    case VIRTIO_SND_EVT_JACK_DISCONNECTED:
        event->Kind = SndEventJackDisconnected;
        break;
    case VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED:
        event->Kind = SndEventPeriodElapsed;
        break;
    case VIRTIO_SND_EVT_PCM_XRUN:
        event->Kind = SndEventXrun;
        break;
    case VIRTIO_SND_EVT_CTL_NOTIFY:
        event->Kind = SndEventControl;
        break;
    default:
        event->Kind = SndEventUnknown;
        break;
    }
}
