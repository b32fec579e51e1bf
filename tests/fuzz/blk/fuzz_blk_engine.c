/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A device that writes whatever it likes into rings, slots and status bytes, at any time, barriers included, while
 * requests with any segment list come and go. Every request comes back exactly once, with a result that exists, and
 * nothing outside the engine's memory is touched.
 * Input: options, then operations with their operands.
 */
#include "fuzz.h"

#include "engine.h"
#include "virtio_io.h"

#define JOBS 24
#define SEGMENTS 12
#define DMA_PHYSICAL 0x300000000ull

static struct job {
    BLK_REQUEST request;
    BLK_SEGMENT segment[SEGMENTS];
    bool out;
} jobs[JOBS];

static struct fuzz_input input;
static BLK_ENGINE engine;
static BLK_ENGINE_LAYOUT layout;
static BLK_DISK disk;
static uint8_t *dma;
static uint16_t served;
static bool running;
static unsigned outstanding;

/* What an honest device does: the next chain of the available ring, with a status. The slot is found by looking, as a
   device would follow the descriptors: by the status byte that has not been written yet. */
static void serve(void)
{
    const VIRTQUEUE_RING *ring = &engine.Queue.Ring;
    uint8_t choice = fuzz_byte(&input), status = (choice & 0xF0) != 0 ? 0 : choice & 3;
    uint16_t mask = (uint16_t)(ring->Size - 1), head;

    if (served == ring->Avail->Index) {
        return;
    }
    head = ring->Avail->Ring[served & mask];
    for (uint16_t i = 0; i < layout.SlotCount; i++) {
        BLK_SLOT_DMA *slot = (BLK_SLOT_DMA *)(void *)(dma + layout.SlotsOffset + i * layout.SlotBytes);

        if (slot->Status == 0xFF) {
            slot->Status = status;
        }
    }
    ring->Used->Ring[ring->Used->Index & mask] = (VIRTQ_USED_ELEM){.Id = head, .Length = 0};
    ring->Used->Index++;
    served++;
}

static void scribble(void)
{
    uint32_t at = fuzz_word(&input, 3) % layout.DmaBytes;

    dma[at] = fuzz_byte(&input);
}

static void put_used(void)
{
    const VIRTQUEUE_RING *ring = &engine.Queue.Ring;

    ring->Used->Ring[ring->Used->Index & (ring->Size - 1)] =
        (VIRTQ_USED_ELEM){.Id = fuzz_word(&input, 1), .Length = fuzz_word(&input, 2)};
    ring->Used->Index++;
}

static void device_meanwhile(void)
{
    if (!running) {
        return;
    }
    switch (fuzz_byte(&input) & 15) {
    case 1:
        serve();
        break;
    case 2:
        scribble();
        break;
    default:
        break;
    }
}

void VirtioReadBarrier(void)
{
    device_meanwhile();
}

void VirtioWriteBarrier(void)
{
    device_meanwhile();
}

void VirtioFullBarrier(void)
{
    device_meanwhile();
}

static void take_back(const BLK_REQUEST_LIST *finished, bool detached)
{
    BLK_REQUEST *next;

    for (BLK_REQUEST *request = finished->Head; request != NULL; request = next) {
        struct job *job = request->Context;

        next = request->Next;
        FUZZ_CHECK(job >= jobs && job < jobs + JOBS && request == &job->request && job->out);
        job->out = false;
        outstanding--;
        FUZZ_CHECK(detached ? request->Result == BlkResultReset
                            : request->Result == BlkResultOk || request->Result == BlkResultSerial ||
                                  request->Result == BlkResultSense);
        FUZZ_CHECK((request->Result == BlkResultSerial) <= (request->Command.Operation == BlkOperationGetId));
        if (request->Result == BlkResultSense) {
            FUZZ_CHECK(request->Sense != 0);
        }
        FUZZ_CHECK(BlkEngineFind(&engine, job) == NULL);
        memset(&job->request, 0xEE, sizeof(job->request)); /* whoever still looks at it is found */
    }
}

static void detach(void)
{
    BLK_REQUEST_LIST finished;
    unsigned free_slots = 0;

    BlkListInit(&finished);
    running = false;
    BlkEngineDetachAll(&engine, BlkResultReset, &finished);
    take_back(&finished, true);
    FUZZ_CHECK(outstanding == 0 && !BlkEngineBusy(&engine));
    for (const BLK_SLOT *slot = engine.FreeSlots; slot != NULL; slot = slot->NextFree) {
        free_slots++;
        FUZZ_CHECK(free_slots <= layout.SlotCount);
    }
    FUZZ_CHECK(free_slots == layout.SlotCount);
    served = 0;
    running = true;
}

static void reap(void)
{
    BLK_REQUEST_LIST finished;
    bool sound;

    BlkListInit(&finished);
    sound = BlkEngineReap(&engine, &disk, &finished);
    take_back(&finished, false);
    FUZZ_CHECK(disk.SerialLength <= VIRTIO_BLK_ID_LENGTH);
    if (!sound) {
        detach();
    }
}

/* Lists that make up the command, and lists that do not. */
static void make_list(struct job *job, uint32_t bytes)
{
    uint8_t style = fuzz_byte(&input);
    uint32_t count = 0;

    while (bytes != 0 && count < SEGMENTS) {
        uint32_t length = bytes;

        if ((style & 3) != 0) {
            length = (style & 3) == 1 ? 512u << (fuzz_byte(&input) & 7) : fuzz_word(&input, 2);
        }
        length = length < bytes || (style & 4) != 0 ? length : bytes;
        job->segment[count++] = (BLK_SEGMENT){.Address = fuzz_word(&input, 4), .Bytes = length};
        bytes -= length < bytes ? length : bytes;
    }
    job->request.Segments = count != 0 ? job->segment : NULL;
    job->request.SegmentCount = count;
}

static void submit(void)
{
    struct job *job = &jobs[fuzz_byte(&input) % JOBS];
    BLK_COMMAND *command = &job->request.Command;
    uint32_t blocks = 1 + fuzz_word(&input, 1);

    if (job->out) {
        FUZZ_CHECK(BlkEngineFind(&engine, job) == &job->request);
        return;
    }
    memset(&job->request, 0xEE, sizeof(job->request));
    job->request.Context = job;
    *command = (BLK_COMMAND){.Lba = fuzz_word(&input, 1), .Blocks = blocks};
    command->Operation = fuzz_byte(&input) % (BlkOperationGetId + 1);
    command->Fua = command->Operation <= BlkOperationWrite && (fuzz_byte(&input) & 1) != 0;
    command->Plain = command->Operation <= BlkOperationWrite && !command->Fua;
    job->request.DiscardCount = fuzz_byte(&input) % (BLK_MAX_UNMAP_SEGMENTS + 1);
    if (command->Operation <= BlkOperationWrite) {
        make_list(job, blocks << disk.BlockShift);
    }
    if (BlkEngineSubmit(&engine, &disk, &job->request)) {
        job->out = true;
        outstanding++;
    } else {
        FUZZ_CHECK(BlkEngineFind(&engine, job) == NULL);
    }
    FUZZ_CHECK(BlkEngineBusy(&engine) == (outstanding != 0) || engine.Queue.Broken);
}

struct options {
    uint64_t features;
    uint32_t size_max;
    bool polled;
};

static struct options choose(void)
{
    uint8_t flags = fuzz_byte(&input);
    uint16_t size = (uint16_t)(4u << (fuzz_byte(&input) & 3)), slots = (uint16_t)(1 + fuzz_byte(&input) % 12);
    uint16_t segments = (uint16_t)(1 + fuzz_byte(&input) % (size - 2u));
    struct options options = {.polled = (flags & 32) != 0};
    VIRTIO_BLK_CONFIG config = {.Capacity = 1 << 20, .BlkSize = 512u << (flags >> 6)};

    options.size_max = (flags & 2) != 0 ? 512 + fuzz_word(&input, 2) : 0;
    options.features = VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE);
    options.features |= (flags & 4) != 0 ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0;
    options.features |= (flags & 8) != 0 ? VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) : 0;
    options.features |= (flags & 16) != 0 ? VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH) : 0;
    memset(&disk, 0, sizeof(disk));
    BlkDiskSetPlace(&disk, 0, 1);
    FUZZ_CHECK(BlkDiskUpdate(&disk, options.features, &config) == BlkDiskOk);
    FUZZ_CHECK(BlkEngineLayout(size, slots, segments, (flags & 1) != 0 ? 4096 : 0, &layout));
    return options;
}

static void one_operation(void)
{
    uint8_t what = fuzz_byte(&input);

    switch (what & 15) {
    case 0:
        put_used();
        break;
    case 1:
    case 2:
        scribble();
        break;
    case 3:
        detach();
        break;
    case 4:
        (void)VirtqueueKickNeeded(&engine.Queue);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        serve();
        break;
    case 9:
    case 10:
        reap();
        break;
    default:
        submit();
        VirtqueuePublish(&engine.Queue);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options;
    void *memory, *state;

    input = (struct fuzz_input){data, size};
    options = choose();
    FUZZ_CHECK(posix_memalign(&memory, 4096, layout.DmaBytes) == 0);
    state = malloc(layout.StateBytes);
    FUZZ_CHECK(state != NULL);
    dma = memory;
    memset(dma, 0xB5, layout.DmaBytes);
    memset(state, 0xB5, layout.StateBytes);
    memset(jobs, 0, sizeof(jobs));
    outstanding = 0;
    served = 0;
    FUZZ_CHECK(BlkEngineInit(&engine, &layout, dma, DMA_PHYSICAL, state, options.features, options.size_max,
                             options.polled));
    running = true;
    while (input.left != 0) {
        one_operation();
    }
    detach();
    running = false;
    for (unsigned i = 0; i < JOBS; i++) {
        FUZZ_CHECK(!jobs[i].out);
    }
    free(state);
    free(memory);
    return 0;
}
