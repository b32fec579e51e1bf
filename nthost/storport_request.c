/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One request on its way through the miniport: SRB, extension, sense buffer, scatter/gather list, DMA rights;
 * HwStorBuildIo and HwStorStartIo; and every rule of the completion. Pages: SCSI_REQUEST_BLOCK, HW_BUILDIO, HW_STARTIO,
 * StorPortNotification (RequestComplete), StorPortGetScatterGatherList, "Use of Mapping Buffers in the Storport I/O
 * Model".
 */
#include "storport_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SRB_FLAGS_QUEUE_ACTION_ENABLE 0x00000002u
#define SRB_SIMPLE_TAG_REQUEST 0x20u
#define SCSI_STATUS_CHECK_CONDITION 0x02u
#define FREE_SLOTS_KEPT 16u /* slots rest, hidden, before they are used again */
#define TAGGED_BYTES (64u << 20)
#define LIST_HEADER offsetof(STOR_SCATTER_GATHER_LIST, List)

/* ---- slots ---- */

static unsigned hash_of(const void *srb)
{
    return (unsigned)(((uintptr_t)srb >> 12) ^ ((uintptr_t)srb >> 20)) % SLOT_HASH;
}

struct request_slot *slot_find(const adapter *a, const void *srb)
{
    for (struct request_slot *slot = a->slot_hash[hash_of(srb)]; slot != NULL; slot = slot->next_in_hash) {
        if (slot->srb == srb)
            return slot;
    }
    return NULL;
}

static struct request_slot *slot_create(adapter *a)
{
    struct request_slot *slot = calloc(1, sizeof(*slot));

    if (slot == NULL)
        environment_failed("out of memory");
    slot->srb = ram_alloc(sizeof(*slot->srb), 0, "SRB");
    slot->sense = ram_alloc(PORT_SENSE_BYTES, 0, "sense buffer");
    slot->extension_bytes = a->agreed.SrbExtensionSize;
    if (slot->extension_bytes != 0)
        slot->extension = ram_alloc(slot->extension_bytes, RAM_CONTIGUOUS | RAM_BELOW_4G, "SRB extension");
    slot->next_in_hash = a->slot_hash[hash_of(slot->srb)];
    a->slot_hash[hash_of(slot->srb)] = slot;
    return slot;
}

void slot_hide(struct request_slot *slot, const char *why)
{
    slot->hidden = true;
    ram_hide(slot->srb, why);
    ram_hide(slot->sense, why);
    if (slot->extension != NULL)
        ram_hide(slot->extension, why);
    if (slot->list_memory != NULL)
        ram_hide(slot->list_memory, why);
}

void slot_show(struct request_slot *slot)
{
    if (!slot->hidden)
        return;
    slot->hidden = false;
    ram_show(slot->srb);
    ram_show(slot->sense);
    if (slot->extension != NULL)
        ram_show(slot->extension);
    if (slot->list_memory != NULL)
        ram_show(slot->list_memory);
}

static void slot_destroy(struct request_slot *slot)
{
    slot_show(slot);
    dma_revoke(slot);
    ram_free(slot->srb);
    ram_free(slot->sense);
    if (slot->extension != NULL)
        ram_free(slot->extension);
    if (slot->list_memory != NULL)
        ram_free(slot->list_memory);
    free(slot);
}

void slots_destroy(adapter *a)
{
    for (unsigned i = 0; i < SLOT_HASH; i++) {
        while (a->slot_hash[i] != NULL) {
            struct request_slot *slot = a->slot_hash[i];

            a->slot_hash[i] = slot->next_in_hash;
            slot_destroy(slot);
        }
    }
    a->free_slots = a->outstanding = NULL;
    a->free_slots_end = &a->free_slots;
    a->free_slot_count = a->outstanding_count = 0;
    if (a->tagged_region != NULL)
        munmap(a->tagged_region, TAGGED_BYTES);
    a->tagged_region = NULL;
}

struct request_slot *slot_acquire(adapter *a, struct request *r)
{
    struct request_slot *slot = a->free_slots;

    if (a->free_slot_count > FREE_SLOTS_KEPT) {
        a->free_slots = slot->next;
        if (a->free_slots == NULL)
            a->free_slots_end = &a->free_slots;
        a->free_slot_count--;
    } else
        slot = slot_create(a);
    slot_show(slot);
    slot->request = r;
    slot->list = NULL;
    slot->list_fetched = slot->before_reset = false;
    slot->next = NULL;
    r->slot = slot;
    return slot;
}

void slot_release(adapter *a, struct request_slot *slot)
{
    slot->state = SLOT_FREE;
    slot->request = NULL;
    slot->next = NULL;
    *a->free_slots_end = slot;
    a->free_slots_end = &slot->next;
    a->free_slot_count++;
}

static void outstanding_add(adapter *a, struct request_slot *slot)
{
    slot->next = a->outstanding;
    a->outstanding = slot;
    a->outstanding_count++;
    slot->unit->outstanding++;
}

static void outstanding_remove(adapter *a, struct request_slot *slot)
{
    struct request_slot **at = &a->outstanding;

    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    slot->next = NULL;
    a->outstanding_count--;
    slot->unit->outstanding--;
}

/* ---- building ---- */

static bool has_data(const struct request *r)
{
    return r->buffer != NULL && r->transfer != 0;
}

/* Inaccessible: a miniport that touches it faults. The offset in the page is the buffer's own. */
static uint8_t *tagged_address(adapter *a, const struct request *r)
{
    uint32_t span = (r->transfer + 2 * PAGE_BYTES) & ~(PAGE_BYTES - 1);

    if (a->tagged_region == NULL) {
        a->tagged_region = mmap(NULL, TAGGED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (a->tagged_region == MAP_FAILED)
            environment_failed("no address space for unmapped buffers");
    }
    if (span > TAGGED_BYTES)
        environment_failed("a transfer of %u bytes is more than nthost can present", (unsigned)r->transfer);
    if (a->tagged_next + span > TAGGED_BYTES)
        a->tagged_next = 0;
    a->tagged_next += span;
    return a->tagged_region + (a->tagged_next - span) + ((uintptr_t)r->buffer->bytes & (PAGE_BYTES - 1));
}

static void list_reserve(struct request_slot *slot, uint32_t elements)
{
    if (elements <= slot->list_capacity)
        return;
    if (slot->list_memory != NULL)
        ram_free(slot->list_memory);
    slot->list_capacity = elements < 8 ? 8 : elements;
    slot->list_memory =
        ram_alloc(LIST_HEADER + slot->list_capacity * sizeof(STOR_SCATTER_GATHER_ELEMENT), 0, "scatter/gather list");
}

/* One element per run of physically adjacent pages. */
static void build_list(adapter *a, struct request_slot *slot)
{
    const struct request *r = slot->request;
    unsigned rights = (r->flags & SRB_FLAGS_DATA_IN ? DMA_DEVICE_WRITES : 0u) |
                      (r->flags & SRB_FLAGS_DATA_OUT ? DMA_DEVICE_READS : 0u);
    uint32_t pages = (uint32_t)((((uintptr_t)r->buffer->bytes & (PAGE_BYTES - 1)) + r->transfer + PAGE_BYTES - 1) /
                                PAGE_BYTES),
             count = 0;
    STOR_SCATTER_GATHER_ELEMENT *runs = malloc(pages * sizeof(*runs));
    uint64_t end = NO_PHYSICAL;

    if (runs == NULL)
        environment_failed("out of memory");
    for (uint32_t at = 0, bytes; at < r->transfer; at += bytes) {
        uint64_t physical = ram_physical(r->buffer->bytes + at);

        bytes = PAGE_BYTES - (uint32_t)(physical & (PAGE_BYTES - 1));
        bytes = bytes < r->transfer - at ? bytes : r->transfer - at;
        if (physical == end)
            runs[count - 1].Length += bytes;
        else
            runs[count++] = (STOR_SCATTER_GATHER_ELEMENT){{.QuadPart = (LONGLONG)physical}, bytes, 0};
        end = physical + bytes;
    }
    if (count > a->agreed.NumberOfPhysicalBreaks || r->transfer > a->agreed.MaximumTransferLength)
        environment_failed(
            "nthost's own error: %u bytes in %u runs exceed what the miniport declared (%u bytes, %u breaks)",
            (unsigned)r->transfer, count, (unsigned)a->agreed.MaximumTransferLength,
            (unsigned)a->agreed.NumberOfPhysicalBreaks);
    list_reserve(slot, count);
    slot->list = (STOR_SCATTER_GATHER_LIST *)((uint8_t *)slot->list_memory +
                                              (slot->list_capacity - count) * sizeof(STOR_SCATTER_GATHER_ELEMENT));
    slot->list->NumberOfElements = count;
    slot->list->Reserved = 0;
    memcpy(slot->list->List, runs, count * sizeof(*runs));
    if (!a->device->bus->real_time) {
        for (uint32_t i = 0; i < count; i++)
            dma_grant(slot, (uint64_t)runs[i].PhysicalAddress.QuadPart, runs[i].Length, rights, "data buffer");
    }
    free(runs);
}

static void fill_special(const struct request *r, SCSI_REQUEST_BLOCK *srb)
{
    if (r->function == SRB_FUNCTION_PNP) {
        SCSI_PNP_REQUEST_BLOCK *pnp = (SCSI_PNP_REQUEST_BLOCK *)srb;

        pnp->PnPAction = (STOR_PNP_ACTION)r->pnp_action;
        pnp->SrbPnPFlags = r->pnp_flags;
    } else if (r->function == SRB_FUNCTION_POWER) {
        SCSI_POWER_REQUEST_BLOCK *power = (SCSI_POWER_REQUEST_BLOCK *)srb;

        power->SrbPowerFlags = SRB_POWER_FLAGS_ADAPTER_REQUEST;
        power->DevicePowerState = (STOR_DEVICE_POWER_STATE)r->power_state;
        power->PowerAction = r->power_action;
    }
}

static void fill_srb(adapter *a, struct request_slot *slot)
{
    const struct request *r = slot->request;
    SCSI_REQUEST_BLOCK *srb = slot->srb;

    memset(srb, 0, sizeof(*srb));
    srb->Length = sizeof(*srb);
    srb->Function = r->function;
    srb->SrbStatus = SRB_STATUS_PENDING;
    srb->PathId = r->path;
    srb->TargetId = r->target;
    srb->Lun = r->lun;
    srb->QueueTag = (UCHAR)a->outstanding_count;
    srb->QueueAction = SRB_SIMPLE_TAG_REQUEST;
    srb->SrbFlags = r->flags | (r->function == SRB_FUNCTION_EXECUTE_SCSI ? SRB_FLAGS_QUEUE_ACTION_ENABLE : 0);
    srb->TimeOutValue = r->timeout_seconds != 0 ? r->timeout_seconds : a->options.timeout_seconds;
    srb->CdbLength = r->cdb_length;
    memcpy(srb->Cdb, r->cdb, sizeof(srb->Cdb));
    srb->OriginalRequest = (PVOID)(uintptr_t)0xDEAD1000u; /* "irrelevant to miniport drivers" */
    srb->SrbExtension = slot->extension;
    if (r->sense_capacity != 0) {
        srb->SenseInfoBuffer = slot->sense;
        srb->SenseInfoBufferLength = r->sense_capacity;
    }
    if (r->target_request != NULL && r->target_request->slot != NULL)
        srb->NextSrb = r->target_request->slot->srb;
    if (has_data(r)) {
        srb->DataTransferLength = r->transfer;
        slot->mapped = config_maps_buffers(a, r);
        srb->DataBuffer = slot->mapped ? r->buffer->bytes : tagged_address(a, r);
    }
    fill_special(r, srb);
}

static void grant_own_memory(adapter *a, struct request_slot *slot)
{
    if (a->device->bus->real_time)
        return;
    if (slot->extension != NULL)
        dma_grant(slot, ram_physical(slot->extension), slot->extension_bytes, DMA_DEVICE_READS | DMA_DEVICE_WRITES,
                  "SRB extension");
    /* A sense buffer of 18 bytes ends at a page border and lies in one page. */
    dma_grant(slot, ram_physical(slot->sense), PORT_SENSE_BYTES, DMA_DEVICE_WRITES, "sense buffer");
}

static struct request_slot *prepare(adapter *a, struct request *r)
{
    struct request_slot *slot = slot_acquire(a, r);

    slot->unit = unit_get(a, r->path, r->target, r->lun);
    if (slot->extension != NULL)
        memset(slot->extension, 0xA5, slot->extension_bytes); /* "not initialized by the OS-specific port driver" */
    fill_srb(a, slot);
    grant_own_memory(a, slot);
    if (has_data(r) && r->function == SRB_FUNCTION_EXECUTE_SCSI)
        build_list(a, slot);
    r->checksum_bytes = 0;
    if (has_data(r) && (r->flags & (SRB_FLAGS_DATA_IN | SRB_FLAGS_DATA_OUT)) == SRB_FLAGS_DATA_OUT)
        r->checksum = io_buffer_checksum(r->buffer, r->transfer);
    slot->given = *slot->srb;
    slot->state = SLOT_BUILDING;
    r->due_us = clock_us() + (uint64_t)slot->srb->TimeOutValue * 1000000u;
    r->timed_out = r->has_started = false;
    outstanding_add(a, slot);
    port_tick_arm(a);
    if (r->function == SRB_FUNCTION_EXECUTE_SCSI && r->cdb[0] == 0x12)
        slot->unit->inquired = true;
    return slot;
}

/* ---- starting ---- */

/* HwStorStartIo returned FALSE for an SRB that is still the port driver's: it goes back to its queue and is started
 * again with a new extension, as after SRB_STATUS_BUSY. */
static void take_back(adapter *a, struct request *r, struct request_slot *slot)
{
    struct unit *unit = slot->unit;

    outstanding_remove(a, slot);
    dma_revoke(slot);
    slot_hide(slot, "HwStorStartIo returned FALSE for it");
    slot_release(a, slot);
    r->slot = NULL;
    r->retries++;
    r->due_us = clock_us() + 10000u;
    a->counts.busy_retries++;
    if (r->bypass)
        request_fail(r, SRB_STATUS_BUSY); /* request_execute tries again */
    else
        queue_prepend(unit, r);
}

static void start_io(adapter *a, struct request *r, struct request_slot *slot, bool *completed)
{
    bool accepted;
    uint8_t old = port_lock_start_io(a);

    if (!*completed) { /* a reset may have completed it between the two calls */
        slot->state = SLOT_STARTED;
        r->has_started = true;
        accepted = (UCHAR)callback_call(CALLBACK_START_IO, a->init.HwStartIo, 2, (uintptr_t)a->extension,
                                        (uintptr_t)slot->srb) != FALSE;
        if (!accepted && *completed)
            port_rule(a, "start-io-result",
                      "HwStorStartIo completed the SRB and returned FALSE, which says that it was not started");
        if (!accepted && !*completed)
            take_back(a, r, slot);
    }
    port_unlock_start_io(a, old);
}

void request_start(adapter *a, struct request *r)
{
    struct request_slot *slot = prepare(a, r);
    bool completed = false, wanted = true;

    r->starting = &completed;
    a->active++;
    if (a->init.HwBuildIo != NULL)
        wanted = (UCHAR)callback_call(CALLBACK_BUILD_IO, a->init.HwBuildIo, 2, (uintptr_t)a->extension,
                                      (uintptr_t)slot->srb) != FALSE;
    if (wanted && completed)
        port_rule(a, "build-io-result",
                  "HwStorBuildIo completed the SRB and returned TRUE, which asks for HwStorStartIo");
    if (wanted && !completed)
        start_io(a, r, slot, &completed);
    if (!completed && r->starting == &completed)
        r->starting = NULL;
    callback_over(a);
}

/* ---- completing ---- */

static void check_unmodified(const adapter *a, const SCSI_REQUEST_BLOCK *now, const SCSI_REQUEST_BLOCK *was)
{
    if (now->Length != was->Length || now->Function != was->Function || now->CdbLength != was->CdbLength ||
        now->DataBuffer != was->DataBuffer || now->SenseInfoBuffer != was->SenseInfoBuffer ||
        now->NextSrb != was->NextSrb || now->OriginalRequest != was->OriginalRequest ||
        now->SrbExtension != was->SrbExtension || now->SrbFlags != was->SrbFlags ||
        now->TimeOutValue != was->TimeOutValue)
        port_rule(a, "srb-modified",
                  "the miniport changed a field of the SRB that is not its to change (function %02x, CDB %02x)",
                  was->Function, was->Cdb[0]);
}

static void check_sense(const adapter *a, const struct request_slot *slot, const SCSI_REQUEST_BLOCK *now)
{
    const SCSI_REQUEST_BLOCK *was = &slot->given;

    if (was->SenseInfoBuffer == NULL || was->SenseInfoBufferLength == 0)
        port_rule(a, "srb-sense", "SRB_STATUS_AUTOSENSE_VALID without a sense buffer (CDB %02x)", was->Cdb[0]);
    if ((was->SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE) != 0)
        port_rule(a, "srb-sense", "sense data returned although SRB_FLAGS_DISABLE_AUTOSENSE is set (CDB %02x)",
                  was->Cdb[0]);
    if (now->SenseInfoBufferLength > was->SenseInfoBufferLength)
        port_rule(a, "srb-sense", "SenseInfoBufferLength grew from %u to %u", was->SenseInfoBufferLength,
                  now->SenseInfoBufferLength);
    if (now->ScsiStatus != SCSI_STATUS_CHECK_CONDITION)
        port_rule(a, "srb-sense", "SRB_STATUS_AUTOSENSE_VALID with SCSI status %02x instead of CHECK CONDITION",
                  now->ScsiStatus);
    if (was->SenseInfoBuffer != NULL && was->SenseInfoBufferLength != 0 && (slot->sense[0] & 0x7F) != 0x70 &&
        (slot->sense[0] & 0x7F) != 0x71)
        port_rule(a, "srb-sense", "SRB_STATUS_AUTOSENSE_VALID with response code %02x (fixed format is 70h or 71h)",
                  slot->sense[0]);
}

static void check_completion(const adapter *a, const struct request_slot *slot)
{
    const SCSI_REQUEST_BLOCK *now = slot->srb, *was = &slot->given;
    uint8_t status = now->SrbStatus & (uint8_t)~(SRB_STATUS_AUTOSENSE_VALID | SRB_STATUS_QUEUE_FROZEN);

    if (status == SRB_STATUS_PENDING)
        port_rule(a, "srb-status", "RequestComplete with SRB_STATUS_PENDING (function %02x, CDB %02x)", was->Function,
                  was->Cdb[0]);
    if ((now->SrbStatus & SRB_STATUS_QUEUE_FROZEN) != 0)
        port_rule(a, "srb-status",
                  "\"A miniport driver should never set the SrbStatus member\" to SRB_STATUS_QUEUE_FROZEN");
    check_unmodified(a, now, was);
    if (was->Function != SRB_FUNCTION_EXECUTE_SCSI)
        return;
    if (memcmp(now->Cdb, was->Cdb, sizeof(was->Cdb)) != 0 || now->PathId != was->PathId ||
        now->TargetId != was->TargetId || now->Lun != was->Lun)
        port_rule(a, "srb-modified", "the miniport changed the CDB or the address of the SRB (CDB %02x)", was->Cdb[0]);
    if (now->DataTransferLength > was->DataTransferLength)
        port_rule(a, "srb-transfer-length", "DataTransferLength grew from %u to %u", (unsigned)was->DataTransferLength,
                  (unsigned)now->DataTransferLength);
    if (status == SRB_STATUS_BUSY && now->DataTransferLength != was->DataTransferLength)
        port_rule(a, "srb-transfer-length",
                  "SRB_STATUS_BUSY: \"The miniport should not update the Srb's DataTransferLength\"");
    if (status == SRB_STATUS_SUCCESS && now->ScsiStatus != 0)
        port_rule(a, "srb-status", "SRB_STATUS_SUCCESS with SCSI status %02x: it should be SRB_STATUS_ERROR",
                  now->ScsiStatus);
    if ((now->SrbStatus & SRB_STATUS_AUTOSENSE_VALID) != 0)
        check_sense(a, slot, now);
}

static void take_checksum(struct request_slot *slot)
{
    struct request *r = slot->request;
    bool in = (slot->given.SrbFlags & SRB_FLAGS_DATA_IN) != 0, out = (slot->given.SrbFlags & SRB_FLAGS_DATA_OUT) != 0;

    if (!has_data(r))
        return;
    if (out && !in && io_buffer_checksum(r->buffer, r->transfer) != r->checksum)
        rule_broken("buffer-changed", "the data of a write (CDB %02x, %u bytes) changed while it was being written",
                    r->cdb[0], (unsigned)r->transfer);
    if (!out || in)
        r->checksum = io_buffer_checksum(r->buffer, r->transfer);
    r->checksum_bytes = r->transfer;
}

void port_complete(adapter *a, SCSI_REQUEST_BLOCK *srb)
{
    struct request_slot *slot = slot_find(a, srb);
    struct request *r;

    if (slot == NULL)
        rule_broken("srb-not-outstanding", "RequestComplete of %p, which is no SRB of the port driver", (void *)srb);
    if (slot->state == SLOT_FREE || slot->state == SLOT_COMPLETED)
        rule_broken("srb-completed-twice",
                    "RequestComplete of SRB %p (function %02x, CDB %02x), which the miniport has completed before",
                    (void *)srb, slot->given.Function, slot->given.Cdb[0]);
    r = slot->request;
    check_completion(a, slot);
    slot->result = *slot->srb;
    memcpy(r->sense, slot->sense, sizeof(r->sense));
    take_checksum(slot);
    outstanding_remove(a, slot);
    slot->unit->completed++;
    a->counts.completed++;
    slot->state = SLOT_COMPLETED;
    if (r->starting != NULL)
        *r->starting = true;
    r->starting = NULL;
    dma_revoke(slot);
    slot_hide(slot, "SRB completed");
    if (a->dump) {
        port_finish_slot(a, slot);
        return;
    }
    slot->next_completed = NULL;
    *a->completed_end = slot;
    a->completed_end = &slot->next_completed;
    dpc_insert(&a->completion_dpc, NULL, NULL);
}
