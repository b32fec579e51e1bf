/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Requests of any content from programs: properties of any set, to any pin and node, of any length and with any value;
 * pins with any KSPIN_CONNECT and format; the diagnostic device's requests. Nothing but a broken rule is wrong here, and
 * that the driver does not work afterwards.
 */
#include <string.h>

#include "snd.h"

enum { BUFFER_BYTES = 512, CONNECT_BYTES = 72 + 104, DIAGNOSTIC_CODE = 0x00226804 };

static const GUID vendor_set = {0x3c0f8a06, 0x4f4b, 0x4c49, {0x9d, 0x1a, 0x8f, 0xbe, 0x0b, 0x9e, 0x4b, 0x7a}};

static uint32_t draw(uint32_t below)
{
    return (uint32_t)(cpu_random() % below);
}

static void fill(uint8_t *at, size_t bytes)
{
    static const uint32_t odd[] = {0, 1, 2, 3, 4, 0x7fffffff, 0x80000000, 0xffffffff, 48000, 16};
    for (size_t i = 0; i + 4 <= bytes; i += 4) {
        uint32_t value = draw(3) == 0 ? (uint32_t)cpu_random() : odd[draw(sizeof(odd) / sizeof(odd[0]))];
        memcpy(at + i, &value, sizeof(value));
    }
}

static void any_property(struct snd_bench *b, ks_file *file)
{
    static const GUID *const sets[] = {
        &KSPROPSETID_Pin,     &KSPROPSETID_Topology, &KSPROPSETID_Connection, &KSPROPSETID_Audio,
        &KSPROPSETID_RtAudio, &KSPROPSETID_Jack,     &KSPROPSETID_General,    &vendor_set};
    static const ULONG flags[] = {KSPROPERTY_TYPE_GET, KSPROPERTY_TYPE_SET, KSPROPERTY_TYPE_BASICSUPPORT,
                                  KSPROPERTY_TYPE_SETSUPPORT};
    uint8_t property[64], value[BUFFER_BYTES];
    ULONG returned = 0, value_bytes = draw(4) == 0 ? draw(BUFFER_BYTES) : draw(48);
    ULONG property_bytes = draw(4) == 0 ? draw(sizeof(property)) : (const ULONG[]){24, 32, 40, 40}[draw(4)];
    KSPROPERTY head = {.Id = draw(18), .Flags = flags[draw(4)] | (draw(2) != 0 ? KSPROPERTY_TYPE_TOPOLOGY : 0)};
    fill(property, sizeof(property));
    fill(value, sizeof(value));
    head.Set = *sets[draw(sizeof(sets) / sizeof(sets[0]))];
    /* Addresses and handles of the program's own: whether they are right is the port driver's affair. */
    if (memcmp(&head.Set, &KSPROPSETID_RtAudio, sizeof(GUID)) == 0)
        head.Id = KSPROPERTY_RTAUDIO_HWLATENCY;
    memcpy(property, &head, sizeof(head));
    if (draw(3) != 0) {
        uint32_t node = draw(8), channel = draw(4) == 0 ? UINT32_MAX : draw(3);
        memcpy(property + 24, &node, sizeof(node));
        memcpy(property + 32, &channel, sizeof(channel));
    }
    NTSTATUS status = ks_property(file, property, property_bytes, value, value_bytes, &returned);
    if (NT_SUCCESS(status) && returned > value_bytes)
        snd_fail(b, "property %08x... %u: %u bytes in a buffer of %u", (unsigned)head.Set.Data1, (unsigned)head.Id,
                 (unsigned)returned, (unsigned)value_bytes);
}

/* A right one with some of its bytes changed. */
static void any_pin(struct snd_bench *b, ks_file *filter)
{
    uint8_t bytes[CONNECT_BYTES] = {0};
    KSPIN_CONNECT connect = {.PinId = draw(5), .PriorityClass = 1, .PrioritySubClass = 1};
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE wave;
    ks_file *pin;
    ULONG format = ks_format(&wave, 48000, 1 + draw(2), 16, 16, false, draw(2) != 0), length;
    connect.Interface.Set = KSINTERFACESETID_Standard;
    connect.Interface.Id = KSINTERFACE_STANDARD_LOOPED_STREAMING;
    connect.Medium.Set = KSMEDIUMSETID_Standard;
    memcpy(bytes, &connect, sizeof(connect));
    memcpy(bytes + sizeof(connect), &wave, format);
    length = (ULONG)sizeof(connect) + format;
    for (unsigned i = draw(4); i > 0; i--)
        bytes[draw(length)] = (uint8_t)cpu_random();
    if (draw(4) == 0)
        length = draw(length);
    b->requests++;
    if (NT_SUCCESS(ks_open_raw(filter, bytes, length, &pin)))
        ks_close(pin);
}

/* Any request to the diagnostic device: its own code, its neighbours, KS' codes, with any lengths. */
static void any_control(user_file *file)
{
    static const uint32_t codes[] = {DIAGNOSTIC_CODE,   DIAGNOSTIC_CODE | 3,   DIAGNOSTIC_CODE + 4,
                                     IOCTL_KS_PROPERTY, IOCTL_KS_ENABLE_EVENT, IOCTL_KS_METHOD};
    uint8_t in[BUFFER_BYTES];
    struct user_request r = {0};
    uint32_t code = draw(8) == 0 ? (uint32_t)cpu_random() : codes[draw(sizeof(codes) / sizeof(codes[0]))];

    fill(in, sizeof(in));
    user_ioctl(file, &r, code, in, draw(3) == 0 ? draw(sizeof(in)) : 0, draw(2) == 0 ? draw(sizeof(in)) : 0x38);
    user_wait(&r, UINT64_MAX);
    user_release(&r);
}

void snd_fuzz(struct snd_bench *b, uint64_t count)
{
    static const char *const names[] = {"Wave", "Topology"};
    ks_file *filter[2] = {NULL, NULL};
    DEVICE_OBJECT *device = named_device("\\DosDevices\\aero_virtio_snd_diag");
    user_file *diagnostic = NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (!NT_SUCCESS(ks_open_filter(b->node, names[i], &filter[i]))) {
            snd_fail(b, "filter %s does not open", names[i]);
            return;
        }
    }
    if (device == NULL || !NT_SUCCESS(user_open(device, &diagnostic)))
        snd_fail(b, "the diagnostic device does not open");
    for (uint64_t i = 0; i < count; i++) {
        unsigned what = draw(9);
        if (what == 8 && diagnostic != NULL) {
            any_control(diagnostic);
        } else if (what < 5) {
            any_property(b, filter[what % 2]);
        } else if (what == 5 && b->client[SND_RENDER].open && b->client[SND_RENDER].thread == NULL) {
            any_property(b, b->client[SND_RENDER].pin);
        } else {
            any_pin(b, filter[0]);
        }
        b->requests++;
    }
    if (diagnostic != NULL)
        user_close(diagnostic);
    ks_close(filter[0]);
    ks_close(filter[1]);
}
