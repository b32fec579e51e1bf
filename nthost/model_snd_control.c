/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Control requests of the model's sound device. Contract v1 answers requests on jacks and channel maps with NOT_SUPP,
 * START of what runs and PREPARE of what is prepared with OK, RELEASE always with OK, and anything else in a wrong
 * state with IO_ERR. In the standard dialect a request that "PCM Command Lifecycle" has no arrow for is a broken rule.
 */
#include <linux/virtio_snd.h>
#include <string.h>

#include "cpu.h"
#include "model_snd_internal.h"

#define REQUEST_MAX 24u
#define LATE_US 1500000u
#define INFO_BYTES 32u
#define JACK_BYTES 24u
#define STATUS_BYTES 4u
#define FORMATS_DEFINED 25u
#define RATES_DEFINED 14u

static const uint32_t rates[RATES_DEFINED] = {5512,  8000,  11025, 16000, 22050,  32000,  44100,
                                              48000, 64000, 88200, 96000, 176400, 192000, 384000};

static uint32_t word(const uint8_t *bytes, unsigned index)
{
    uint32_t value;

    memcpy(&value, bytes + 4 * index, sizeof value);
    return value;
}

static uint32_t format_bytes(uint8_t format)
{
    switch (format) {
    case VIRTIO_SND_PCM_FMT_U8:
    case VIRTIO_SND_PCM_FMT_S8:
        return 1;
    case VIRTIO_SND_PCM_FMT_S16:
    case VIRTIO_SND_PCM_FMT_U16:
        return 2;
    case VIRTIO_SND_PCM_FMT_S24_3:
        return 3;
    case VIRTIO_SND_PCM_FMT_FLOAT64:
        return 8;
    default:
        return 4;
    }
}

static uint64_t offered_formats(void)
{
    return model_snd.options.formats != 0 ? model_snd.options.formats : 1ull << VIRTIO_SND_PCM_FMT_S16;
}

static uint64_t offered_rates(void)
{
    return model_snd.options.rates != 0 ? model_snd.options.rates : 1ull << VIRTIO_SND_PCM_RATE_48000;
}

/* ---- form ---- */

static uint32_t request_length(uint32_t code)
{
    switch (code) {
    case VIRTIO_SND_R_JACK_INFO:
    case VIRTIO_SND_R_PCM_INFO:
    case VIRTIO_SND_R_CHMAP_INFO:
        return 16;
    case VIRTIO_SND_R_PCM_SET_PARAMS:
        return 24;
    case VIRTIO_SND_R_PCM_PREPARE:
    case VIRTIO_SND_R_PCM_RELEASE:
    case VIRTIO_SND_R_PCM_START:
    case VIRTIO_SND_R_PCM_STOP:
        return 8;
    default:
        return 0;
    }
}

void model_snd_control_fetched(struct model *m, struct model_chain *chain)
{
    uint8_t request[REQUEST_MAX] = {0};
    uint32_t code, length;
    uint64_t room = STATUS_BYTES;

    if (chain->readable < STATUS_BYTES || chain->readable > REQUEST_MAX) {
        model_rule(m, RULE_SND_CONTROL, "a request of %llu bytes", (unsigned long long)chain->readable);
        return;
    }
    model_chain_read(chain, 0, request, (size_t)chain->readable);
    code = word(request, 0);
    length = request_length(code);
    if (length == 0 || chain->readable != length) {
        model_rule(m, RULE_SND_CONTROL, "request 0x%x of %llu bytes, where it has %u", code,
                   (unsigned long long)chain->readable, length);
    }
    if (length == 16) {
        uint32_t item = code == VIRTIO_SND_R_PCM_INFO ? INFO_BYTES : JACK_BYTES;
        room += (uint64_t)item * word(request, 2);
        if (word(request, 3) != item) {
            model_rule(m, RULE_SND_CONTROL, "request 0x%x says that an item has %u bytes; it has %u", code,
                       word(request, 3), item);
        }
    }
    if (chain->writable < room) {
        model_rule(m, RULE_SND_CONTROL, "request 0x%x has %llu bytes of room for a reply of %llu", code,
                   (unsigned long long)chain->writable, (unsigned long long)room);
    }
}

/* ---- information ---- */

static void lie(struct virtio_snd_pcm_info *info)
{
    if (model_snd_fault(SND_INFO_NO_FORMATS)) {
        info->formats = 0;
    }
    if (model_snd_fault(SND_INFO_NO_RATES)) {
        info->rates = 0;
    }
    if (model_snd_fault(SND_INFO_NO_CHANNELS)) {
        info->channels_min = info->channels_max = 0;
    }
    if (model_snd_fault(SND_INFO_CHANNELS_REVERSED)) {
        info->channels_min = 7;
        info->channels_max = 1;
    }
    if (model_snd_fault(SND_INFO_DIRECTION)) {
        info->direction = 7;
    }
    if (model_snd_fault(SND_INFO_ONES)) {
        memset(info, 0xff, sizeof *info);
    }
}

static void fill_info(unsigned id, struct virtio_snd_pcm_info *info)
{
    const struct snd_stream *s = &model_snd.stream[id];

    memset(info, 0, sizeof *info);
    info->hdr.hda_fn_nid = model_snd.options.standard ? 0 : id;
    info->features = model_snd.options.xrun_events ? 1u << VIRTIO_SND_PCM_F_EVT_XRUNS : 0;
    info->formats = offered_formats();
    info->rates = offered_rates();
    info->direction = s->direction == MODEL_SND_OUT ? VIRTIO_SND_D_OUTPUT : VIRTIO_SND_D_INPUT;
    info->channels_min = (uint8_t)model_snd.options.channels_min[s->direction];
    info->channels_max = (uint8_t)model_snd.options.channels_max[s->direction];
    lie(info);
}

static enum snd_status pcm_info(uint32_t start, uint32_t count)
{
    bool outside = start >= model_snd.streams || count > model_snd.streams - start;

    if (outside && model_snd.options.standard) {
        return SND_BAD_MSG;
    }
    for (uint32_t i = 0; i < count && start + i < model_snd.streams && start + i >= start; i++) {
        struct virtio_snd_pcm_info info;
        fill_info(start + i, &info);
        memcpy(model_snd.reply + model_snd.reply_bytes, &info, sizeof info);
        model_snd.reply_bytes += INFO_BYTES;
    }
    return SND_OK;
}

static enum snd_status jack_info(uint32_t start, uint32_t count)
{
    if (!model_snd.options.standard) {
        return SND_NOT_SUPP;
    }
    if (start >= model_snd.options.jacks || count > model_snd.options.jacks - start) {
        return SND_BAD_MSG;
    }
    for (uint32_t i = start; i < start + count; i++) {
        struct virtio_snd_jack_info info = {.connected = model_snd.jack[i]};
        /* HDA default configuration: jack, line out green 3.5 mm rear; microphone pink. */
        info.hda_reg_defconf = i == 0 ? 0x01014010u : 0x01a19020u;
        info.hda_reg_caps = i == 0 ? 0x10u : 0x20u;
        memcpy(model_snd.reply + model_snd.reply_bytes, &info, sizeof info);
        model_snd.reply_bytes += JACK_BYTES;
    }
    return SND_OK;
}

/* ---- streams ---- */

static bool parameters_right(struct model *m, const struct snd_stream *s, const struct virtio_snd_pcm_set_params *p)
{
    const struct model_snd_options *o = &model_snd.options;
    uint32_t features = o->xrun_events ? 1u << VIRTIO_SND_PCM_F_EVT_XRUNS : 0;
    const char *what = NULL;

    if (p->format >= FORMATS_DEFINED || (offered_formats() >> p->format & 1) == 0) {
        what = "its format is not offered";
    } else if (p->rate >= RATES_DEFINED || (offered_rates() >> p->rate & 1) == 0) {
        what = "its rate is not offered";
    } else if (p->channels < o->channels_min[s->direction] || p->channels > o->channels_max[s->direction]) {
        what = "its number of channels is not offered";
    } else if (p->period_bytes == 0 || p->buffer_bytes == 0 || p->buffer_bytes % p->period_bytes != 0) {
        what = "the buffer is not a whole number of periods";
    } else if (p->period_bytes % (format_bytes(p->format) * p->channels) != 0) {
        what = "a period is not a whole number of frames";
    } else if ((p->features & ~features) != 0) {
        what = "a feature is not offered";
    } else if (p->padding != 0) {
        what = "padding is not 0";
    }
    if (what != NULL) {
        model_rule(m, RULE_SND_PARAMETERS,
                   "stream %u, buffer %u, period %u, features 0x%x, %u channels, format %u, "
                   "rate %u: %s",
                   p->hdr.stream_id, p->buffer_bytes, p->period_bytes, p->features, p->channels, p->format, p->rate,
                   what);
    }
    return what == NULL;
}

static enum snd_status set_parameters(struct model *m, struct snd_stream *s, const uint8_t *request)
{
    struct virtio_snd_pcm_set_params p;

    memcpy(&p, request, sizeof p);
    if (!parameters_right(m, s, &p)) {
        return SND_NOT_SUPP;
    }
    model_snd_stream_stop(s);
    model_snd_stream_reset(s);
    s->state = SND_SET;
    s->buffer_bytes = p.buffer_bytes;
    s->period_bytes = p.period_bytes;
    s->features = p.features;
    s->channels = p.channels;
    s->format = p.format;
    s->rate = rates[p.rate];
    s->frame_bytes = format_bytes(p.format) * p.channels;
    model_snd.stats.sets++;
    return SND_OK;
}

/* "PCM Command Lifecycle": SET from the start, after SET, PREPARE or RELEASE; PREPARE after SET, PREPARE, RELEASE;
 * START after PREPARE and STOP; STOP after START; RELEASE after PREPARE and STOP. */
static bool lifecycle_right(const struct snd_stream *s, uint32_t code)
{
    switch (code) {
    case VIRTIO_SND_R_PCM_SET_PARAMS:
        return s->state < SND_PREPARED || (s->state == SND_PREPARED && !s->ran);
    case VIRTIO_SND_R_PCM_PREPARE:
        return s->state == SND_SET || (s->state == SND_PREPARED && !s->ran);
    case VIRTIO_SND_R_PCM_START:
        return s->state == SND_PREPARED;
    case VIRTIO_SND_R_PCM_STOP:
        return s->state == SND_RUNNING;
    default:
        return s->state == SND_PREPARED;
    }
}

static enum snd_status aero_state(const struct snd_stream *s, uint32_t code)
{
    switch (code) {
    case VIRTIO_SND_R_PCM_PREPARE:
        return s->state == SND_SET || s->state == SND_PREPARED ? SND_OK : SND_IO_ERR;
    case VIRTIO_SND_R_PCM_START:
        return s->state == SND_PREPARED || s->state == SND_RUNNING ? SND_OK : SND_IO_ERR;
    case VIRTIO_SND_R_PCM_STOP:
        return s->state == SND_RUNNING ? SND_OK : SND_IO_ERR;
    default:
        return SND_OK;
    }
}

static enum snd_status change_state(struct model *m, struct snd_stream *s, uint32_t code)
{
    enum snd_status status = aero_state(s, code);

    if (status != SND_OK) {
        model_snd.stats.refused++;
        return status;
    }
    switch (code) {
    case VIRTIO_SND_R_PCM_PREPARE:
        s->state = SND_PREPARED;
        break;
    case VIRTIO_SND_R_PCM_START:
        if (s->state != SND_RUNNING) {
            model_snd_stream_start(m, s);
            model_snd.stats.starts++;
        }
        break;
    case VIRTIO_SND_R_PCM_STOP:
        model_snd_stream_stop(s);
        model_snd.stats.stops++;
        break;
    default:
        model_snd_stream_flush(m, s);
        model_snd.stats.releases++;
        break;
    }
    return SND_OK;
}

static enum snd_status stream_request(struct model *m, const uint8_t *request)
{
    uint32_t code = word(request, 0), id = word(request, 1);
    struct snd_stream *s = id < model_snd.streams ? &model_snd.stream[id] : NULL;

    if (s == NULL) {
        model_rule(m, RULE_SND_CONTROL, "request 0x%x for stream %u of %u", code, id, model_snd.streams);
        return SND_BAD_MSG;
    }
    if (model_snd.options.standard && !model_snd.lied && !lifecycle_right(s, code)) {
        model_rule(m, RULE_SND_LIFECYCLE, "request 0x%x for stream %u in state %s%s", code, id,
                   (const char *const[]){"released", "set", "prepared", "running"}[s->state],
                   s->state == SND_PREPARED && s->ran ? " (stopped)" : "");
    }
    return code == VIRTIO_SND_R_PCM_SET_PARAMS ? set_parameters(m, s, request) : change_state(m, s, code);
}

static enum snd_status forced(enum snd_status status)
{
    if (model_snd_fault(SND_CONTROL_BAD_MSG)) {
        return SND_BAD_MSG;
    }
    if (model_snd_fault(SND_CONTROL_NOT_SUPP)) {
        return SND_NOT_SUPP;
    }
    if (model_snd_fault(SND_CONTROL_IO_ERR)) {
        return SND_IO_ERR;
    }
    return model_snd_fault(SND_CONTROL_NONSENSE) ? SND_NONSENSE : status;
}

/* A refusal that is forced comes instead of the request, not after it. */
void model_snd_control_execute(struct model *m, struct model_chain *chain)
{
    uint8_t request[REQUEST_MAX] = {0};
    enum snd_status status = forced(SND_OK);

    model_chain_read(chain, 0, request, chain->readable < REQUEST_MAX ? (size_t)chain->readable : REQUEST_MAX);
    model_snd.stats.requests++;
    model_snd.reply_bytes = STATUS_BYTES;
    chain->type = word(request, 0);
    chain->sector = word(request, 1);
    model_snd.lied |= status != SND_OK;
    if (status == SND_OK) {
        switch (chain->type) {
        case VIRTIO_SND_R_PCM_INFO:
            status = pcm_info(word(request, 1), word(request, 2));
            break;
        case VIRTIO_SND_R_JACK_INFO:
            status = jack_info(word(request, 1), word(request, 2));
            break;
        default:
            status = request_length(chain->type) == 8 || chain->type == VIRTIO_SND_R_PCM_SET_PARAMS
                         ? stream_request(m, request)
                         : SND_NOT_SUPP;
            break;
        }
    }
    if (status != SND_OK || model_snd_fault(SND_INFO_SHORT)) {
        model_snd.reply_bytes = STATUS_BYTES;
    }
    uint32_t answer = model_snd_status_word(status);
    memcpy(model_snd.reply, &answer, STATUS_BYTES);
    chain->ready_us = clock_us() + (model_snd_fault(SND_CONTROL_LATE) ? LATE_US : 0);
    chain->lost |= model_snd_fault(SND_CONTROL_NEVER);
    model_snd.lied |= chain->lost || chain->ready_us > clock_us();
}

/* "The device MUST NOT complete the control request while there are pending I/O messages for the specified stream
 * ID", of RELEASE. */
bool model_snd_control_ready(const struct model *m, const struct model_chain *chain)
{
    const struct model_queue *tx = &m->queue[SND_TX_QUEUE], *rx = &m->queue[SND_RX_QUEUE];

    if (!chain->executed || chain->type != VIRTIO_SND_R_PCM_RELEASE) {
        return true;
    }
    for (unsigned i = 0; i < m->chain_count; i++) {
        const struct snd_stream *s =
            m->chain[i]->queue->index >= SND_TX_QUEUE ? model_snd_stream_of(m->chain[i]) : NULL;
        if (s != NULL && (uint64_t)(s - model_snd.stream) == chain->sector && !m->chain[i]->lost) {
            return false;
        }
    }
    return (!tx->kicked || tx->fetched == tx->limit) && (!rx->kicked || rx->fetched == rx->limit);
}

void model_snd_control_finish(struct model *m, struct model_chain *chain)
{
    uint32_t bytes = chain->writable < model_snd.reply_bytes ? (uint32_t)chain->writable : model_snd.reply_bytes;

    (void)m;
    chain->used_len = bytes;
    if (model_snd_fault(SND_CONTROL_SHORT)) {
        chain->used_len = 2;
        model_snd.lied = true;
    }
    model_chain_write(chain, 0, model_snd.reply, bytes);
}
