/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "win32.h"

#include <hidsdi.h>
#include <string.h>

#define PAGE_LED 0x08u

struct listing {
    struct hid_collection *collections;
    size_t capacity;
    size_t count;
};

/* No access is asked for: Windows keeps keyboards and mice for itself, and gives what is wanted here without. */
static HANDLE open_path(const wchar_t *path)
{
    return CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static bool add_collection(void *argument, const wchar_t *path)
{
    struct listing *listing = argument;
    struct hid_collection *collection = &listing->collections[listing->count];
    HIDD_ATTRIBUTES attributes = {.Size = sizeof(attributes)};
    PHIDP_PREPARSED_DATA data;
    HIDP_CAPS caps;
    HANDLE handle = open_path(path);

    if (handle == INVALID_HANDLE_VALUE) {
        return true;
    }
    if (HidD_GetAttributes(handle, &attributes) && HidD_GetPreparsedData(handle, &data)) {
        if (HidP_GetCaps(data, &caps) == HIDP_STATUS_SUCCESS) {
            memset(collection, 0, sizeof(*collection));
            from_wide(path, collection->path, sizeof(collection->path));
            collection->vendor = attributes.VendorID;
            collection->product = attributes.ProductID;
            collection->version = attributes.VersionNumber;
            collection->usage_page = caps.UsagePage;
            collection->usage = caps.Usage;
            collection->input_bytes = caps.InputReportByteLength;
            collection->output_bytes = caps.OutputReportByteLength;
            collection->feature_bytes = caps.FeatureReportByteLength;
            collection->button_fields = caps.NumberInputButtonCaps;
            collection->value_fields = caps.NumberInputValueCaps;
            listing->count++;
        }
        HidD_FreePreparsedData(data);
    }
    CloseHandle(handle);
    return listing->count < listing->capacity;
}

uint32_t hid_list_collections(void *context, struct hid_collection *collections, size_t capacity, size_t *count)
{
    struct listing listing = {collections, capacity, 0};
    uint32_t error;
    GUID guid;

    (void)context;
    HidD_GetHidGuid(&guid);
    error = setup_interfaces(&guid, add_collection, &listing);
    *count = listing.count;
    return error;
}

/* The report that has the LED page, filled in by HIDPARSE after the device's own descriptor. */
static uint32_t send_leds(HANDLE handle, PHIDP_PREPARSED_DATA data, const uint16_t *usages, size_t count)
{
    char report[64] = {0};
    USAGE list[8];
    HIDP_BUTTON_CAPS buttons[8];
    USHORT caps_count = ARRAYSIZE(buttons);
    ULONG usage_count = (ULONG)count;
    HIDP_CAPS caps;

    if (HidP_GetCaps(data, &caps) != HIDP_STATUS_SUCCESS ||
        HidP_GetSpecificButtonCaps(HidP_Output, PAGE_LED, 0, 0, buttons, &caps_count, data) != HIDP_STATUS_SUCCESS ||
        caps_count == 0 || caps.OutputReportByteLength > sizeof(report) || count > ARRAYSIZE(list)) {
        return ERROR_NOT_SUPPORTED;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = usages[i];
    }
    report[0] = (char)buttons[0].ReportID;
    if (count != 0 && HidP_SetUsages(HidP_Output, PAGE_LED, 0, list, &usage_count, data, report,
                                     caps.OutputReportByteLength) != HIDP_STATUS_SUCCESS) {
        return ERROR_INVALID_PARAMETER;
    }
    return HidD_SetOutputReport(handle, report, caps.OutputReportByteLength) ? 0 : GetLastError();
}

uint32_t hid_set_leds(void *context, const char *path, const uint16_t *usages, size_t count)
{
    wchar_t wide[512] = L"";
    PHIDP_PREPARSED_DATA data;
    uint32_t error;
    HANDLE handle;

    (void)context;
    to_wide(path, wide, ARRAYSIZE(wide));
    handle = open_path(wide);
    if (handle == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    if (HidD_GetPreparsedData(handle, &data)) {
        error = send_leds(handle, data, usages, count);
        HidD_FreePreparsedData(data);
    } else {
        error = GetLastError();
    }
    CloseHandle(handle);
    return error;
}

uint32_t hid_get_feature(void *context, const char *path, uint8_t *report, uint32_t bytes)
{
    wchar_t wide[512] = L"";
    uint32_t error;
    HANDLE handle;

    (void)context;
    to_wide(path, wide, ARRAYSIZE(wide));
    handle = open_path(wide);
    if (handle == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    error = HidD_GetFeature(handle, report, bytes) ? 0 : GetLastError();
    CloseHandle(handle);
    return error;
}
