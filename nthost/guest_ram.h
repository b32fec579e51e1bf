/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Guest RAM: the physical memory that drivers and devices share. One memfd holds it; QEMU maps the same memfd, so DMA
 * is real. Physical layout as on QEMU's q35: `low_bytes` from 0, `high_bytes` from 4 GiB on. Pages below 1 MiB are
 * never handed out. Physical pages are handed out in a seeded, deliberately shuffled order, about half of them above
 * 4 GiB unless asked otherwise.
 *
 * Every allocation is mapped on its own with an inaccessible guard page on both sides and is placed so that its end
 * touches the guard (for sizes not multiple of 16 the slack is filled with a pattern checked at free). Freed ranges
 * stay inaccessible for a while (quarantine), so a late access faults: rule use-after-free. Running out of memory is
 * an environment failure; injected failures are the business of the calling API.
 */
#ifndef NTHOST_GUEST_RAM_H
#define NTHOST_GUEST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096u
#define HIGH_RAM_BASE 0x100000000ull
#define NO_PHYSICAL UINT64_MAX

enum ram_flags {
    RAM_CONTIGUOUS = 1, /* physically contiguous (common buffers, contiguous memory) */
    RAM_BELOW_4G = 2,
    RAM_PAGE_ALIGNED = 4, /* start (not end) at the page border; what is at least a page is so anyway in Windows' pool
    */
    RAM_DRIVER = 8,       /* belongs to the driver under test: counted in pool_allocations, must be freed at unload */
};

void ram_init(uint64_t low_bytes, uint64_t high_bytes, uint64_t seed);
int ram_fd(void); /* inherited by QEMU as memory-backend-file,mem-path=/dev/fd/N,share=on */
uint64_t ram_low_bytes(void);
uint64_t ram_high_bytes(void);

/* `tag` names the allocation in reports. Contents are filled with a poison pattern, not zero. */
void *ram_alloc(size_t bytes, unsigned flags, const char *tag);
void ram_free(void *address);               /* rule double-free / free-of-unknown-address */
size_t ram_size(const void *address);       /* of the allocation that starts there */
const char *ram_tag(const void *address);   /* of the allocation that starts there */
uint64_t ram_physical(const void *address); /* NO_PHYSICAL when it is not guest RAM */
void *ram_virtual(
    uint64_t physical); /* the live mapping of a physical address, or NULL; MmGetVirtualForPhysical's kind of use */
uint64_t ram_take_page(bool below_4g);                   /* a physical page of the host's own (MSI-X messages) */
void *ram_map_physical(uint64_t physical, size_t bytes); /* host's own view of physical memory */

/* Make an allocation inaccessible / accessible again without freeing it: the driver does not own it now
 * (a completed SRB). A driver access faults: rule use-after-completion; `why` is printed. */
void ram_hide(void *address, const char *why);
void ram_show(void *address);

/* DMA rights, checked on every access of a model device (QEMU cannot be checked this way). Ranges may overlap;
 * `owner` names them for revocation and reports. */
enum dma_right { DMA_DEVICE_READS = 1, DMA_DEVICE_WRITES = 2 };
void dma_grant(const void *owner, uint64_t physical, uint64_t bytes, unsigned rights, const char *what);
void dma_revoke(
    const void *owner); /* afterwards an access is rule dma-after-completion; never granted: rule dma-stray */
void dma_read(uint64_t physical, void *buffer, size_t bytes);
void dma_write(uint64_t physical, const void *buffer, size_t bytes);
bool dma_try_read(uint64_t physical, void *buffer,
                  size_t bytes); /* false instead of a broken rule: for devices that check addresses */
bool dma_try_write(uint64_t physical, const void *buffer, size_t bytes);

/* Statistics and the leak check at unload: rule leak names each allocation with RAM_DRIVER that is still live. */
uint64_t ram_driver_allocations(void); /* count of RAM_DRIVER allocations so far */
void ram_check_leaks(void);

#endif
