/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"

#include "blk_adapter.h"
#include "blk_disk.h"
#include "blk_io.h"

#include "miniport_control.h"

#include <stdio.h>
#include <string.h>

#define MOST_ADAPTERS 8u
#define RESIZE_POLL_MILLISECONDS 500u

static const char *const names[] = {"virtio-blk",      "virtio-blk-counters", "virtio-blk-reset-recovery",
                                    "virtio-blk-msix", "virtio-blk-reset",    "virtio-blk-resize"};
enum { NAME_BLK, NAME_COUNTERS, NAME_RECOVERY, NAME_MSIX, NAME_RESET, NAME_RESIZE };

struct blk {
    struct blk_adapter adapters[MOST_ADAPTERS];
    size_t adapter_count;
    uint32_t adapter_error;
    struct blk_disk disks[MOST_DISKS];
    size_t disk_count;
    uint64_t digest; /* of the first disk's ends */
};

static const char *interrupt_mode(uint32_t mode)
{
    return mode == AEROVBLK_INTERRUPT_INTX ? "intx" : mode == AEROVBLK_INTERRUPT_MESSAGES ? "msix" : "unknown";
}

static void fail_io(struct selftest *test, const char *name, const struct blk_io_result *result)
{
    struct marker *marker = &test->marker;
    char reason[64];

    snprintf(reason, sizeof(reason), "%s_failed", result->step);
    marker_test(marker, name, OUTCOME_FAIL);
    marker_text(marker, "reason", reason);
    marker_number(marker, "error", result->error);
    marker_number(marker, "offset", result->offset);
    marker_end(marker);
}

static bool read_raw(struct selftest *test, const struct blk_disk *disk, const char *name, uint64_t *bytes,
                     uint64_t *digest)
{
    struct blk_io_result result;
    void *handle;
    uint32_t error = blk_disk_open(test->platform, disk, OPEN_READ, &handle);

    if (error != 0) {
        marker_fail_error(&test->marker, name, error == ERROR_IS_ACCESS_DENIED ? "access_denied" : "disk_not_opened",
                          error);
        return false;
    }
    error = blk_disk_bytes(test->platform, handle, bytes);
    if (error != 0) {
        marker_fail_error(&test->marker, name, "size_unknown", error);
    } else {
        blk_io_raw(test->platform, handle, *bytes, digest, &result);
        if (result.step != NULL) {
            fail_io(test, name, &result);
            error = 1;
        }
    }
    test->platform->close(test->platform->context, handle);
    return error == 0;
}

/* Where the file goes: --blk-root, or the first volume of our disks. Empty: there is no volume. */
static bool choose_root(struct selftest *test, const struct blk *blk, char *root, size_t size)
{
    const char *given = test->options->blk_root;

    *root = 0;
    if (given == NULL) {
        for (char letter = 'C'; letter <= 'Z'; letter++) {
            if (blk_volume_on(test->platform, letter, blk->disks, blk->disk_count)) {
                snprintf(root, size, "%c:\\", letter);
                return true;
            }
        }
        return true;
    }
    if (strlen(given) < 2 || given[1] != ':' || !blk_volume_on(test->platform, given[0], blk->disks, blk->disk_count)) {
        marker_test(&test->marker, names[NAME_BLK], OUTCOME_FAIL);
        marker_text(&test->marker, "reason", "blk_root_not_on_virtio_disk");
        marker_text(&test->marker, "blk_root", given);
        marker_end(&test->marker);
        return false;
    }
    snprintf(root, size, "%s%s", given, given[strlen(given) - 1] == '\\' ? "" : "\\");
    return true;
}

static void report_disk(struct selftest *test, const struct blk *blk, uint64_t bytes, const char *root,
                        const struct blk_io_result *file)
{
    struct marker *marker = &test->marker;

    marker_test(marker, names[NAME_BLK], OUTCOME_PASS);
    marker_text(marker, "driver_version", devices_of(&test->devices, FAMILY_BLK, 0)->driver_version);
    marker_number(marker, "disks", blk->disk_count);
    marker_number(marker, "disk", blk->disks[0].number);
    marker_number(marker, "bytes", bytes);
    marker_text(marker, "serial", blk->disks[0].serial);
    if (blk->adapter_count != 0) {
        marker_hex(marker, "features", blk->adapters[0].info.features);
        marker_number(marker, "queue_size", blk->adapters[0].info.queue_size);
    }
    if (*root == 0) {
        marker_text(marker, "file", "no_volume");
    } else {
        marker_text(marker, "file", root);
        marker_number(marker, "file_mib", test->options->io_size_mib);
        marker_number(marker, "write_kib_s", file->write_kib_s);
        marker_number(marker, "read_kib_s", file->read_kib_s);
    }
    marker_end(marker);
}

static void test_disk(struct selftest *test, struct blk *blk)
{
    struct blk_io_result file = {0};
    char root[512];
    char path[600];
    uint64_t bytes = 0;
    uint32_t error;

    blk->disk_count = blk_disks_find(test->platform, blk->disks, MOST_DISKS, &error);
    if (blk->disk_count == 0) {
        marker_fail_error(&test->marker, names[NAME_BLK], "no_disk", error);
        return;
    }
    for (size_t i = blk->disk_count; i-- > 0;) {
        if (!read_raw(test, &blk->disks[i], names[NAME_BLK], &bytes, &blk->digest)) {
            return;
        }
        blk->disks[i].bytes = bytes;
    }
    if (!choose_root(test, blk, root, sizeof(root))) {
        return;
    }
    if (*root != 0) {
        snprintf(path, sizeof(path), "%saero-selftest.tmp", root);
        blk_io_file(test->platform, path, (uint64_t)test->options->io_size_mib << 20, test->options->io_chunk_kib << 10,
                    &file);
        if (file.step != NULL) {
            fail_io(test, names[NAME_BLK], &file);
            return;
        }
    }
    report_disk(test, blk, bytes, root, &file);
}

static void test_counters(struct selftest *test, struct blk *blk)
{
    struct marker *marker = &test->marker;
    const struct blk_info *info = &blk->adapters[0].info;
    uint32_t error = blk_adapter_query(test->platform, &blk->adapters[0]);

    if (error != 0) {
        marker_fail_error(marker, names[NAME_COUNTERS], "query_failed", error);
        marker_skip(marker, names[NAME_RECOVERY], "diag_unavailable");
        return;
    }
    if (info->bytes < sizeof(AEROVBLK_QUERY_INFO)) {
        marker_skip(marker, names[NAME_COUNTERS], "not_supported");
        marker_skip(marker, names[NAME_RECOVERY], "not_supported");
        return;
    }
    marker_test(marker, names[NAME_COUNTERS], OUTCOME_PASS);
    marker_hex(marker, "flags", info->flags);
    marker_number(marker, "queue_size", info->queue_size);
    marker_number(marker, "free", info->free);
    marker_number(marker, "avail_idx", info->avail_index);
    marker_number(marker, "used_idx", info->used_index);
    marker_number(marker, "abort", info->aborts);
    marker_number(marker, "reset_device", info->device_resets);
    marker_number(marker, "reset_bus", info->bus_resets);
    marker_number(marker, "pnp", info->pnp_requests);
    marker_number(marker, "ioctl_reset", info->ioctl_resets);
    marker_number(marker, "capacity_change", info->capacity_changes);
    marker_end(marker);

    /* Flags that stay: the driver gave the device up, or still waits for a reset. */
    if (info->flags != 0) {
        marker_test(marker, names[NAME_RECOVERY], OUTCOME_FAIL);
        marker_text(marker, "reason", "device_not_running");
        marker_hex(marker, "flags", info->flags);
    } else {
        marker_test(marker, names[NAME_RECOVERY], OUTCOME_PASS);
    }
    marker_number(marker, "reset_detected", info->resets_detected);
    marker_number(marker, "hw_reset_bus", info->hw_bus_resets);
    marker_end(marker);
}

static void test_msix(struct selftest *test, const struct blk *blk)
{
    struct marker *marker = &test->marker;
    const struct blk_info *info = &blk->adapters[0].info;

    if (info->bytes < sizeof(AEROVBLK_QUERY_INFO)) {
        if (test->options->expect_blk_msi) {
            marker_fail(marker, names[NAME_MSIX], "not_supported");
        } else {
            marker_skip(marker, names[NAME_MSIX], "not_supported");
        }
        return;
    }
    if (test->options->expect_blk_msi && info->interrupt_mode != AEROVBLK_INTERRUPT_MESSAGES) {
        marker_test(marker, names[NAME_MSIX], OUTCOME_FAIL);
        marker_text(marker, "reason", "no_messages");
    } else {
        marker_test(marker, names[NAME_MSIX], OUTCOME_PASS);
    }
    marker_text(marker, "mode", interrupt_mode(info->interrupt_mode));
    marker_number(marker, "messages", info->messages);
    marker_hex(marker, "config_vector", info->config_vector);
    marker_hex(marker, "queue_vector", info->queue_vector);
    marker_end(marker);
}

static void test_reset(struct selftest *test, struct blk *blk)
{
    struct marker *marker = &test->marker;
    uint32_t before = blk->adapters[0].info.ioctl_resets;
    uint64_t bytes = 0;
    uint64_t digest = 0;
    uint32_t error;

    if (!test->options->test_blk_reset) {
        marker_skip(marker, names[NAME_RESET], "flag_not_set");
        return;
    }
    if (blk->disk_count == 0) {
        marker_skip(marker, names[NAME_RESET], "device_missing");
        return;
    }
    error = blk_adapter_reset(test->platform, &blk->adapters[0]);
    if (error != 0) {
        marker_fail_error(marker, names[NAME_RESET], "reset_refused", error);
        return;
    }
    error = blk_adapter_query(test->platform, &blk->adapters[0]);
    if (error != 0) {
        marker_fail_error(marker, names[NAME_RESET], "query_failed", error);
        return;
    }
    if (!read_raw(test, &blk->disks[0], names[NAME_RESET], &bytes, &digest)) {
        return;
    }
    if (blk->adapters[0].info.bytes >= sizeof(AEROVBLK_QUERY_INFO) &&
        blk->adapters[0].info.ioctl_resets != before + 1) {
        marker_test(marker, names[NAME_RESET], OUTCOME_FAIL);
        marker_text(marker, "reason", "reset_not_counted");
    } else if (digest != blk->digest) {
        marker_test(marker, names[NAME_RESET], OUTCOME_FAIL);
        marker_text(marker, "reason", "other_data_after_reset");
    } else {
        marker_test(marker, names[NAME_RESET], OUTCOME_PASS);
    }
    marker_number(marker, "ioctl_reset", blk->adapters[0].info.ioctl_resets);
    marker_end(marker);
}

static void wait_for_resize(struct selftest *test, const struct blk_disk *disk, void *handle)
{
    const struct platform *platform = test->platform;
    struct marker *marker = &test->marker;
    uint64_t until = platform->microseconds(platform->context) + test->options->event_timeout_sec * 1000000ull;
    uint64_t bytes = disk->bytes;
    uint32_t error;

    marker_test(marker, names[NAME_RESIZE], OUTCOME_READY);
    marker_number(marker, "disk", disk->number);
    marker_number(marker, "bytes", disk->bytes);
    marker_end(marker);
    do {
        platform->sleep(platform->context, RESIZE_POLL_MILLISECONDS);
        error = blk_disk_bytes(platform, handle, &bytes);
    } while (error == 0 && bytes == disk->bytes && platform->microseconds(platform->context) < until);
    if (error != 0) {
        marker_fail_error(marker, names[NAME_RESIZE], "size_unknown", error);
        return;
    }
    if (bytes == disk->bytes) {
        marker_fail(marker, names[NAME_RESIZE], "timeout");
        return;
    }
    marker_test(marker, names[NAME_RESIZE], OUTCOME_PASS);
    marker_number(marker, "old_bytes", disk->bytes);
    marker_number(marker, "new_bytes", bytes);
    marker_end(marker);
}

static void test_resize(struct selftest *test, const struct blk *blk)
{
    uint32_t error;
    void *handle;

    if (!test->options->test_blk_resize) {
        marker_skip(&test->marker, names[NAME_RESIZE], "flag_not_set");
        return;
    }
    if (blk->disk_count == 0) {
        marker_skip(&test->marker, names[NAME_RESIZE], "device_missing");
        return;
    }
    error = blk_disk_open(test->platform, &blk->disks[0], OPEN_READ_WRITE, &handle);
    if (error != 0) {
        marker_fail_error(&test->marker, names[NAME_RESIZE], "disk_not_opened", error);
        return;
    }
    wait_for_resize(test, &blk->disks[0], handle);
    test->platform->close(test->platform->context, handle);
}

/* What the private interface is needed for. */
static void test_adapter(struct selftest *test, struct blk *blk)
{
    if (blk->adapter_count != 0) {
        test_counters(test, blk);
        test_msix(test, blk);
        test_reset(test, blk);
        return;
    }
    for (unsigned i = NAME_COUNTERS; i <= NAME_RESET; i++) {
        bool needed =
            (i == NAME_MSIX && test->options->expect_blk_msi) || (i == NAME_RESET && test->options->test_blk_reset);

        if (needed) {
            marker_fail_error(&test->marker, names[i], "diag_unavailable", blk->adapter_error);
        } else {
            marker_skip(&test->marker, names[i], i == NAME_RESET ? "flag_not_set" : "diag_unavailable");
        }
    }
}

void test_blk(struct selftest *test)
{
    static struct blk blk; /* too big for the stack of a console program that others also use */

    memset(&blk, 0, sizeof(blk));
    if (test->options->disable_blk) {
        skip_all(test, names, COUNT_OF(names), "disabled");
        return;
    }
    if (!devices_bound(&test->devices, FAMILY_BLK, &test->marker, names[NAME_BLK])) {
        skip_all(test, names + 1, COUNT_OF(names) - 1,
                 devices_count(&test->devices, FAMILY_BLK) == 0 ? "device_missing" : "diag_unavailable");
        return;
    }
    blk.adapter_count = blk_adapters_open(test->platform, blk.adapters, MOST_ADAPTERS, &blk.adapter_error);
    test_disk(test, &blk);
    test_adapter(test, &blk);
    test_resize(test, &blk);
    blk_adapters_close(test->platform, blk.adapters, blk.adapter_count);
}
