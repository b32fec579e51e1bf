/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The private miniport control of aero_virtio_blk, IOCTL_SCSI_MINIPORT with signature AEROVBLK. The values and the
 * layout are published; they are written down here a second time, so that a change in the driver is noticed.
 */
#include <stdlib.h>
#include <string.h>

#include "blk_scenario.h"

#define HEADER_BYTES 28u
#define QUERY_INFO 0x8000A001u
#define FORCE_RESET 0x8000A002u
#define INFO_BYTES 0x40u
#define STATUS_NOT_SUPPORTED 0xC00000BBu
#define STATUS_BUFFER_TOO_SMALL 0xC0000023u

struct control_case {
    const char *name, *signature;
    uint32_t code, header, length, payload;
    uint8_t status; /* SRB status */
    uint32_t return_code, length_after;
};

static const struct control_case control_cases[] = {
    {"query info", "AEROVBLK", QUERY_INFO, HEADER_BYTES, INFO_BYTES, INFO_BYTES, SRB_STATUS_SUCCESS, 0, INFO_BYTES},
    {"query info, more room", "AEROVBLK", QUERY_INFO, HEADER_BYTES, 256, 256, SRB_STATUS_SUCCESS, 0, INFO_BYTES},
    {"query info, version 1", "AEROVBLK", QUERY_INFO, HEADER_BYTES, 16, 16, SRB_STATUS_SUCCESS, 0, 16},
    {"query info, Length beyond the buffer", "AEROVBLK", QUERY_INFO, HEADER_BYTES, 0xFFFFFFFFu, 32, SRB_STATUS_SUCCESS,
     0, 32},
    {"query info, too small", "AEROVBLK", QUERY_INFO, HEADER_BYTES, 15, 15, SRB_STATUS_INVALID_REQUEST,
     STATUS_BUFFER_TOO_SMALL, 15},
    {"query info, nothing", "AEROVBLK", QUERY_INFO, HEADER_BYTES, 0, 0, SRB_STATUS_INVALID_REQUEST,
     STATUS_BUFFER_TOO_SMALL, 0},
    {"force reset", "AEROVBLK", FORCE_RESET, HEADER_BYTES, 0, 0, SRB_STATUS_SUCCESS, 0, 0},
    {"unknown code", "AEROVBLK", 0x8000A003u, HEADER_BYTES, 16, 16, SRB_STATUS_SUCCESS, STATUS_NOT_SUPPORTED, 0},
};

static const struct control_case refused_cases[] = {
    {"wrong signature", "AEROVBLX", QUERY_INFO, HEADER_BYTES, INFO_BYTES, INFO_BYTES, SRB_STATUS_INVALID_REQUEST, 0, 0},
    {"another miniport's", "SCSIDISK", 0x1B0501u, HEADER_BYTES, INFO_BYTES, INFO_BYTES, SRB_STATUS_INVALID_REQUEST, 0,
     0},
    {"wrong header length", "AEROVBLK", QUERY_INFO, HEADER_BYTES - 1, INFO_BYTES, INFO_BYTES,
     SRB_STATUS_INVALID_REQUEST, 0, 0},
};

static uint32_t read32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, 4);
    return value;
}

static void write32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, 4);
}

/* SRB_IO_CONTROL: HeaderLength 0, Signature 4, Timeout 12, ControlCode 16, ReturnCode 20, Length 24. */
static uint8_t send(struct bench *b, const struct control_case *c, uint8_t *data)
{
    struct command command = {.function = SRB_FUNCTION_IO_CONTROL,
                              .in = true,
                              .out = true,
                              .transfer = HEADER_BYTES + c->payload,
                              .data = data,
                              .no_retry = true,
                              .no_sense = true};

    memset(data, 0x5A, HEADER_BYTES + c->payload);
    write32(data, c->header);
    memcpy(data + 4, c->signature, 8);
    write32(data + 12, 60);
    write32(data + 16, c->code);
    write32(data + 20, 0x11111111u);
    write32(data + 24, c->length);
    return disk_command(b, &command);
}

static void expect_case(struct bench *b, const struct control_case *c)
{
    uint8_t data[HEADER_BYTES + 256], status = send(b, c, data);

    if (status != c->status)
        bench_fail(b, "%s: SRB status %02x, expected %02x", c->name, status, c->status);
    else if (read32(data + 20) != c->return_code)
        bench_fail(b, "%s: ReturnCode 0x%08x, expected 0x%08x", c->name, (unsigned)read32(data + 20),
                   (unsigned)c->return_code);
    else if (status == SRB_STATUS_SUCCESS && read32(data + 24) != c->length_after)
        bench_fail(b, "%s: Length %u, expected %u", c->name, (unsigned)read32(data + 24), (unsigned)c->length_after);
}

static void query(struct bench *b, uint8_t *info)
{
    uint8_t data[HEADER_BYTES + 256];

    send(b, &control_cases[0], data);
    memcpy(info, data + HEADER_BYTES, INFO_BYTES);
}

/* The counters and the state against what this run has done. */
static void check_info(struct bench *b)
{
    uint8_t before[INFO_BYTES], after[INFO_BYTES];
    uint64_t features, accepted = b->options->use_model ? model_features_accepted(b->bus) : 0;
    bool messages;

    query(b, before);
    adapter_reset_bus(b->adapter);
    expect_case(b, &control_cases[6]);
    query(b, after);
    memcpy(&features, after, 8);
    if ((features & 1ull << 32) == 0 || (accepted != 0 && features != accepted))
        bench_fail(b, "NegotiatedFeatures 0x%llx, the device says 0x%llx", (unsigned long long)features,
                   (unsigned long long)accepted);
    messages = read32(after + 0x10) != 0;
    if (messages != (adapter_messages(b->adapter) != 0) || read32(after + 0x18) != adapter_messages(b->adapter))
        bench_fail(b, "InterruptMode %u, MessageCount %u; granted were %u", (unsigned)read32(after + 0x10),
                   (unsigned)read32(after + 0x18), adapter_messages(b->adapter));
    if (read32(after + 0x3C) != read32(before + 0x3C) + 1 || read32(after + 0x30) != read32(before + 0x30) + 1)
        bench_fail(b, "HwResetBusCount %u to %u, IoctlResetCount %u to %u: each should have grown by one",
                   (unsigned)read32(before + 0x3C), (unsigned)read32(after + 0x3C), (unsigned)read32(before + 0x30),
                   (unsigned)read32(after + 0x30));
    if (read32(after + 0x1C) != 0)
        bench_fail(b, "Flags 0x%x of a device that is well", (unsigned)read32(after + 0x1C));
}

/* A buffer shorter than the header. */
static void short_header(struct bench *b)
{
    uint8_t data[HEADER_BYTES] = {HEADER_BYTES};

    for (uint32_t bytes = 1; bytes < HEADER_BYTES; bytes += 9) {
        struct command c = {.function = SRB_FUNCTION_IO_CONTROL,
                            .in = true,
                            .out = true,
                            .transfer = bytes,
                            .data = data,
                            .no_retry = true,
                            .no_sense = true};

        if (disk_command(b, &c) == SRB_STATUS_SUCCESS)
            bench_fail(b, "SRB_FUNCTION_IO_CONTROL with %u bytes succeeded", (unsigned)bytes);
    }
}

void scenario_ioctl(struct bench *b)
{
    uint8_t data[HEADER_BYTES + 256];

    if (bench_must_start(b)) {
        for (unsigned i = 0; i < sizeof(control_cases) / sizeof(control_cases[0]); i++)
            expect_case(b, &control_cases[i]);
        for (unsigned i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
            uint8_t status = send(b, &refused_cases[i], data);

            if (status != refused_cases[i].status)
                bench_fail(b, "%s: SRB status %02x, expected %02x", refused_cases[i].name, status,
                           refused_cases[i].status);
        }
        short_header(b);
        check_info(b);
        bench_note(b, "%zu controls",
                   sizeof(control_cases) / sizeof(control_cases[0]) + sizeof(refused_cases) / sizeof(refused_cases[0]));
    }
    bench_unload(b);
}
