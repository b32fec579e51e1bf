/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What nthost keeps of an IRP beside it.
 */
#ifndef NTHOST_WDM_IRP_RECORD_H
#define NTHOST_WDM_IRP_RECORD_H

#include "wdm.h"

enum { IRP_LOCATIONS = 18 };

struct irp_location {
    unsigned generation; /* of its use, from 0 */
    bool returned, completed, marked, forwarded;
    NTSTATUS returned_status, status;
};

struct irp_record {
    IRP *irp;
    bool by_driver, freed;
    bool sent;      /* some driver has it */
    bool threaded;  /* the I/O manager frees it: IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest */
    unsigned calls; /* dispatch routines that have not returned */
    void *system_buffer, *user_output;
    ULONG output_bytes;
    struct irp_location location[IRP_LOCATIONS]; /* by CurrentLocation */
    struct irp_record *next;
};

struct irp_record *irp_record(const IRP *irp); /* NULL when there is none at that address */
void irp_reuse(IRP *irp);
void cancel_lock_release(uint8_t old); /* wdm_cancel.c: held here, taken by irp_cancel() */
/* wdm_build.c: every location is completed and no completion routine keeps the IRP. */
void irp_finish(IRP *irp, struct irp_record *r);

#endif
