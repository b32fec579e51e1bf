/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Formats as kernel streaming writes them: KSDATAFORMAT with WAVEFORMATEX or WAVEFORMATEXTENSIBLE behind it, and
 * KSDATARANGE_AUDIO. What comes from a client is read at no further than its own size. Passive.
 */
#include "wave.h"

/* WAVEFORMATEX ends at 18 bytes; a structure around it has padding behind them, which a client need not send. */
#define WAVE_BYTES ((ULONG)sizeof(WAVEFORMATEX))
#define EXTENSIBLE_BYTES ((ULONG)sizeof(WAVEFORMATEXTENSIBLE))
#define EXTRA_BYTES (EXTENSIBLE_BYTES - WAVE_BYTES)

_Static_assert(sizeof(KSDATAFORMAT) == 64 && sizeof(WAVEFORMATEX) == 18 && sizeof(WAVEFORMATEXTENSIBLE) == 40,
               "ksmedia.h, mmreg.h");

static BOOLEAN ParseExtensible(const WAVEFORMATEXTENSIBLE *format, SND_WAVE *wave)
{
    USHORT valid = format->Samples.wValidBitsPerSample;

    wave->ValidBits = valid != 0 ? valid : wave->ContainerBits;
    wave->Float = SndIsGuid(&format->SubFormat, &KSDATAFORMAT_SUBTYPE_IEEE_FLOAT);
    return wave->ValidBits <= wave->ContainerBits &&
           (wave->Float || SndIsGuid(&format->SubFormat, &KSDATAFORMAT_SUBTYPE_PCM));
}

BOOLEAN SndWaveParse(const KSDATAFORMAT *format, SND_WAVE *wave)
{
    const WAVEFORMATEX *plain = (const WAVEFORMATEX *)(const VOID *)(format + 1);
    ULONG bytes;

    if (format->FormatSize < sizeof(*format) + WAVE_BYTES ||
        !SndIsGuid(&format->MajorFormat, &KSDATAFORMAT_TYPE_AUDIO) ||
        !SndIsGuid(&format->Specifier, &KSDATAFORMAT_SPECIFIER_WAVEFORMATEX)) {
        return FALSE;
    }
    bytes = format->FormatSize - (ULONG)sizeof(*format);
    wave->Rate = plain->nSamplesPerSec;
    wave->BytesPerSecond = plain->nAvgBytesPerSec;
    wave->Channels = plain->nChannels;
    wave->BlockAlign = plain->nBlockAlign;
    wave->ContainerBits = wave->ValidBits = plain->wBitsPerSample;
    wave->Float = plain->wFormatTag == WAVE_FORMAT_IEEE_FLOAT;
    if (plain->wFormatTag == WAVE_FORMAT_EXTENSIBLE) {
        return bytes >= EXTENSIBLE_BYTES && plain->cbSize >= EXTRA_BYTES &&
               ParseExtensible((const WAVEFORMATEXTENSIBLE *)(const VOID *)plain, wave);
    }
    return plain->wFormatTag == WAVE_FORMAT_PCM || wave->Float;
}

/* The client's range as limits; one without audio's part has none. */
typedef struct LIMITS {
    ULONG Channels, BitsMin, BitsMax, RateMin, RateMax;
} LIMITS;

static VOID Narrow(LIMITS *limits, const KSDATARANGE *range)
{
    const KSDATARANGE_AUDIO *audio = (const KSDATARANGE_AUDIO *)(const VOID *)range;

    if (range->FormatSize < sizeof(*audio) || SndIsGuid(&range->Specifier, &KSDATAFORMAT_SPECIFIER_WILDCARD)) {
        return;
    }
    limits->Channels = audio->MaximumChannels < limits->Channels ? audio->MaximumChannels : limits->Channels;
    limits->BitsMin = audio->MinimumBitsPerSample > limits->BitsMin ? audio->MinimumBitsPerSample : limits->BitsMin;
    limits->BitsMax = audio->MaximumBitsPerSample < limits->BitsMax ? audio->MaximumBitsPerSample : limits->BitsMax;
    limits->RateMin = audio->MinimumSampleFrequency > limits->RateMin ? audio->MinimumSampleFrequency : limits->RateMin;
    limits->RateMax = audio->MaximumSampleFrequency < limits->RateMax ? audio->MaximumSampleFrequency : limits->RateMax;
}

static BOOLEAN Matches(const GUID *wanted, const GUID *own, const GUID *wildcard)
{
    return SndIsGuid(wanted, own) || SndIsGuid(wanted, wildcard);
}

static BOOLEAN Find(const SND_STREAM_INFO *info, const LIMITS *limits, BOOLEAN floating, SND_CHOICE *choice)
{
    for (ULONG i = 0; SndOfferAt(info, i, choice); i++) {
        const SND_WAVE *wave = &choice->Wave;

        if (wave->Float == floating && wave->Channels <= limits->Channels && wave->ValidBits >= limits->BitsMin &&
            wave->ValidBits <= limits->BitsMax && wave->Rate >= limits->RateMin && wave->Rate <= limits->RateMax) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "Channel Mask" of WAVEFORMATEXTENSIBLE: the usual speakers for that many channels, 0 for none in particular. */
static ULONG SpeakersOf(ULONG channels)
{
    static const ULONG masks[SND_CHANNELS_MAX + 1] = {0,
                                                      KSAUDIO_SPEAKER_MONO,
                                                      KSAUDIO_SPEAKER_STEREO,
                                                      0,
                                                      KSAUDIO_SPEAKER_QUAD,
                                                      0,
                                                      KSAUDIO_SPEAKER_5POINT1,
                                                      0,
                                                      KSAUDIO_SPEAKER_7POINT1_SURROUND};

    return masks[channels];
}

static BOOLEAN IsPlain(const SND_WAVE *wave)
{
    return !wave->Float && wave->Channels <= 2 && wave->ContainerBits <= 16;
}

static VOID Write(const SND_WAVE *wave, KSDATAFORMAT *format)
{
    WAVEFORMATEXTENSIBLE *extended = (WAVEFORMATEXTENSIBLE *)(VOID *)(format + 1);
    const GUID *subtype = wave->Float ? &KSDATAFORMAT_SUBTYPE_IEEE_FLOAT : &KSDATAFORMAT_SUBTYPE_PCM;

    format->FormatSize = (ULONG)sizeof(*format) + (IsPlain(wave) ? WAVE_BYTES : EXTENSIBLE_BYTES);
    format->Flags = 0;
    format->SampleSize = wave->BlockAlign;
    format->Reserved = 0;
    format->MajorFormat = KSDATAFORMAT_TYPE_AUDIO;
    format->SubFormat = *subtype;
    format->Specifier = KSDATAFORMAT_SPECIFIER_WAVEFORMATEX;
    extended->Format.wFormatTag = IsPlain(wave) ? WAVE_FORMAT_PCM : WAVE_FORMAT_EXTENSIBLE;
    extended->Format.nChannels = wave->Channels;
    extended->Format.nSamplesPerSec = wave->Rate;
    extended->Format.nAvgBytesPerSec = wave->BytesPerSecond;
    extended->Format.nBlockAlign = wave->BlockAlign;
    extended->Format.wBitsPerSample = wave->ContainerBits;
    extended->Format.cbSize = IsPlain(wave) ? 0 : (USHORT)EXTRA_BYTES;
    if (!IsPlain(wave)) {
        extended->Samples.wValidBitsPerSample = wave->ValidBits;
        extended->dwChannelMask = SpeakersOf(wave->Channels);
        extended->SubFormat = *subtype;
    }
}

NTSTATUS SndWaveIntersect(const SND_STREAM_INFO *info, const KSDATARANGE *client, const KSDATARANGE *own, ULONG length,
                          PVOID format, ULONG *formatLength)
{
    LIMITS limits = {ULONG_MAX, 0, ULONG_MAX, 0, ULONG_MAX};
    SND_CHOICE choice;
    ULONG needed;

    if (!Matches(&client->MajorFormat, &own->MajorFormat, &KSDATAFORMAT_TYPE_WILDCARD) ||
        !Matches(&client->SubFormat, &own->SubFormat, &KSDATAFORMAT_SUBTYPE_WILDCARD) ||
        !Matches(&client->Specifier, &own->Specifier, &KSDATAFORMAT_SPECIFIER_WILDCARD)) {
        return STATUS_NO_MATCH;
    }
    Narrow(&limits, client);
    Narrow(&limits, own);
    if (!Find(info, &limits, SndIsGuid(&own->SubFormat, &KSDATAFORMAT_SUBTYPE_IEEE_FLOAT), &choice)) {
        return STATUS_NO_MATCH;
    }
    needed = (ULONG)sizeof(KSDATAFORMAT) + (IsPlain(&choice.Wave) ? WAVE_BYTES : EXTENSIBLE_BYTES);
    *formatLength = needed;
    if (length == 0) {
        return STATUS_BUFFER_OVERFLOW; /* IMiniport::DataRangeIntersection: a question for the size */
    }
    if (length < needed || format == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Write(&choice.Wave, format);
    return STATUS_SUCCESS;
}

/* KSPROPERTY_PIN_PROPOSEDATAFORMAT of the filter: its instance data is what follows KSPROPERTY in KSP_PIN. */
NTSTATUS NTAPI SndWaveProposeProperty(PPCPROPERTY_REQUEST request)
{
    SND_WAVE_MINIPORT *miniport = (SND_WAVE_MINIPORT *)(VOID *)request->MajorTarget;
    const KSDATAFORMAT *format = request->Value;
    const SND_WAVE_PIN *pin;
    SND_CHOICE choice;
    SND_WAVE wave;
    ULONG id;

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        if (request->ValueSize < sizeof(ULONG)) {
            request->ValueSize = sizeof(ULONG);
            return request->Value == NULL ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL;
        }
        *(ULONG *)request->Value = KSPROPERTY_TYPE_BASICSUPPORT | KSPROPERTY_TYPE_SET;
        request->ValueSize = sizeof(ULONG);
        return STATUS_SUCCESS;
    }
    if ((request->Verb & KSPROPERTY_TYPE_SET) == 0) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (request->Instance == NULL || request->InstanceSize < sizeof(ULONG)) {
        return STATUS_INVALID_PARAMETER;
    }
    id = *(const ULONG *)request->Instance;
    if (id >= SndWavePinCount) {
        return STATUS_INVALID_PARAMETER;
    }
    if (format == NULL || request->ValueSize < sizeof(*format)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    pin = &miniport->Pins[id == SndWavePinCapture ? VIRTIO_SND_D_INPUT : VIRTIO_SND_D_OUTPUT];
    if ((id != SndWavePinRender && id != SndWavePinCapture) || !pin->Present ||
        format->FormatSize > request->ValueSize || !SndWaveParse(format, &wave) ||
        !SndMatch(&pin->Info, &wave, &choice)) {
        return STATUS_NO_MATCH;
    }
    return STATUS_SUCCESS;
}
