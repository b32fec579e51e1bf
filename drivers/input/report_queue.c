/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "report_queue.h"

/* `into` plus `from`, when the sum can be expressed. */
static bool AddDelta(int16_t *into, int16_t from)
{
    int32_t sum = (int32_t)*into + from;

    if (sum < -32767 || sum > 32767) {
        return false;
    }
    *into = (int16_t)sum;
    return true;
}

/* The mouse's X and Y are deltas, the tablet's a position. Nothing of `newest` changes unless all of it fits. */
static bool MergePointer(INPUT_POINTER_REPORT *newest, const INPUT_POINTER_REPORT *report)
{
    INPUT_POINTER_REPORT sum = *newest;
    int16_t x = (int16_t)sum.X;
    int16_t y = (int16_t)sum.Y;
    int16_t wheel = sum.Wheel;
    int16_t pan = sum.Pan;

    if (!AddDelta(&wheel, report->Wheel) || !AddDelta(&pan, report->Pan)) {
        return false;
    }
    if (report->Id == INPUT_REPORT_MOUSE) {
        if (!AddDelta(&x, (int16_t)report->X) || !AddDelta(&y, (int16_t)report->Y)) {
            return false;
        }
        sum.X = (uint16_t)x;
        sum.Y = (uint16_t)y;
    } else {
        sum.X = report->X;
        sum.Y = report->Y;
    }
    sum.Wheel = wheel;
    sum.Pan = pan;
    *newest = sum;
    return true;
}

/* Motion alone keeps the contacts and their order; a frame of several reports is left alone. */
static bool MergeTouch(INPUT_TOUCH_REPORT *newest, const INPUT_TOUCH_REPORT *report)
{
    if (newest->Count != report->Count || report->Count == 0 || report->Count > INPUT_CONTACTS_PER_REPORT) {
        return false;
    }
    for (uint8_t i = 0; i < report->Count; i++) {
        newest->Contacts[i] = report->Contacts[i];
    }
    return true;
}

static bool Merge(INPUT_QUEUED_REPORT *newest, const void *report)
{
    uint8_t id = *(const uint8_t *)report;

    if (!newest->Motion || newest->Bytes[0] != id) {
        return false;
    }
    if (id == INPUT_REPORT_TOUCH) {
        return MergeTouch((INPUT_TOUCH_REPORT *)(void *)newest->Bytes, (const INPUT_TOUCH_REPORT *)report);
    }
    return MergePointer((INPUT_POINTER_REPORT *)(void *)newest->Bytes, (const INPUT_POINTER_REPORT *)report);
}

bool InputReportQueuePush(INPUT_REPORT_QUEUE *queue, const void *report, uint8_t length, bool motion)
{
    uint32_t depth = InputReportQueueDepth(queue);
    INPUT_QUEUED_REPORT *entry;

    if (motion && depth != 0 && Merge(&queue->Reports[(queue->Tail - 1) % INPUT_REPORT_QUEUE_LENGTH], report)) {
        queue->Merged++;
        return true;
    }
    if (depth == INPUT_REPORT_QUEUE_LENGTH) {
        queue->Overruns++;
        queue->Lost += depth + 1;
        InputReportQueueClear(queue);
        return false;
    }
    entry = &queue->Reports[queue->Tail % INPUT_REPORT_QUEUE_LENGTH];
    entry->Length = length;
    entry->Motion = motion;
    for (uint8_t i = 0; i < length; i++) {
        entry->Bytes[i] = ((const uint8_t *)report)[i];
    }
    queue->Tail++;
    if (depth + 1 > queue->Deepest) {
        queue->Deepest = depth + 1;
    }
    return true;
}
