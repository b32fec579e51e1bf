/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reports that no reader has taken yet, first in first out. A change of a key, button or contact is never dropped or
 * merged; motion is: one report of nothing but motion is added to the newest in the queue if that is one, too (a click
 * stays where it was made). Portable; the caller's lock protects it; nothing is allocated.
 *
 * When there is no room for a transition the queue empties itself and says so: the engine then reports the state that
 * is, so that nothing stays stuck; what happened in between is lost, and counted.
 */
#ifndef AERO_INPUT_REPORT_QUEUE_H
#define AERO_INPUT_REPORT_QUEUE_H

#include "report.h"

#define INPUT_REPORT_QUEUE_LENGTH 512 /* a power of two */

typedef struct INPUT_QUEUED_REPORT {
    uint8_t Length;
    bool Motion;
    uint8_t Bytes[INPUT_REPORT_BYTES_MAX]; /* the first is the report's identifier */
} INPUT_QUEUED_REPORT;

typedef struct INPUT_REPORT_QUEUE {
    INPUT_QUEUED_REPORT Reports[INPUT_REPORT_QUEUE_LENGTH];
    uint32_t Head; /* of the oldest; both run freely */
    uint32_t Tail;
    uint32_t Deepest;
    uint32_t Overruns; /* how often it emptied itself */
    uint32_t Lost;     /* reports that went with it */
    uint32_t Merged;
} INPUT_REPORT_QUEUE;

static inline uint32_t InputReportQueueDepth(const INPUT_REPORT_QUEUE *queue)
{
    return queue->Tail - queue->Head;
}

/* `motion`: no key, button or contact changed. False when it was full and is empty now; `report` is not in it. */
bool InputReportQueuePush(INPUT_REPORT_QUEUE *queue, const void *report, uint8_t length, bool motion);

/* The oldest report, NULL when there is none. It stays until InputReportQueueDrop. */
static inline const INPUT_QUEUED_REPORT *InputReportQueuePeek(const INPUT_REPORT_QUEUE *queue)
{
    return queue->Head == queue->Tail ? NULL : &queue->Reports[queue->Head % INPUT_REPORT_QUEUE_LENGTH];
}

static inline void InputReportQueueDrop(INPUT_REPORT_QUEUE *queue)
{
    queue->Head++;
}

static inline void InputReportQueueClear(INPUT_REPORT_QUEUE *queue)
{
    queue->Head = queue->Tail;
}

#endif
