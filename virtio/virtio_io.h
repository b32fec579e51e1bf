/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The only place where virtio code touches a device or orders memory.
 *
 * Driver builds inline everything: each MMIO accessor is one mov of exactly its pointer's width, which is what
 * VIRTIO 1.x "PCI Device Layout" demands (8-bit accesses for 8-bit fields, 16-bit for 16-bit, 32-bit for 32- and
 * 64-bit fields). With VIRTIO_IO_EXTERN the same names are ordinary functions that a test or a fuzzer defines: a
 * fake device, a counter, or a hostile one. Both builds run the same callers.
 *
 * IRQL: any. Locks: none. The caller owns the mapping and must keep it for as long as it calls.
 * Nothing here fails: a device that is gone reads as all ones, and the callers look for that.
 */
#ifndef VIRTIO_IO_H
#define VIRTIO_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef VIRTIO_IO_EXTERN

uint8_t VirtioRead8(const volatile uint8_t *address);
uint16_t VirtioRead16(const volatile uint16_t *address);
uint32_t VirtioRead32(const volatile uint32_t *address);
void VirtioWrite8(volatile uint8_t *address, uint8_t value);
void VirtioWrite16(volatile uint16_t *address, uint16_t value);
void VirtioWrite32(volatile uint32_t *address, uint32_t value);

uint8_t VirtioPortRead8(uint16_t port);
uint16_t VirtioPortRead16(uint16_t port);
uint32_t VirtioPortRead32(uint16_t port);
void VirtioPortWrite8(uint16_t port, uint8_t value);
void VirtioPortWrite16(uint16_t port, uint16_t value);
void VirtioPortWrite32(uint16_t port, uint32_t value);

/* Earlier loads stay before later loads and stores. */
void VirtioReadBarrier(void);
/* Earlier stores stay before later stores. */
void VirtioWriteBarrier(void);
/* Earlier stores are visible before later loads are made: the one order that x86 does not give by itself. */
void VirtioFullBarrier(void);

#else

#if !defined(__x86_64__) && !defined(__i386__)
#error "virtio_io.h: only x86 and amd64 have inline accessors; define VIRTIO_IO_EXTERN and supply them"
#endif

/* Written as instructions, because a compiler may fold a volatile load into an operand of test or cmp, which some
   instruction decoders behind a trapped page do not know. */
static inline uint8_t VirtioRead8(const volatile uint8_t *address)
{
    uint8_t value;

    __asm__ __volatile__("movb %1, %0" : "=q"(value) : "m"(*address) : "memory");
    return value;
}

static inline uint16_t VirtioRead16(const volatile uint16_t *address)
{
    uint16_t value;

    __asm__ __volatile__("movw %1, %0" : "=r"(value) : "m"(*address) : "memory");
    return value;
}

static inline uint32_t VirtioRead32(const volatile uint32_t *address)
{
    uint32_t value;

    __asm__ __volatile__("movl %1, %0" : "=r"(value) : "m"(*address) : "memory");
    return value;
}

static inline void VirtioWrite8(volatile uint8_t *address, uint8_t value)
{
    __asm__ __volatile__("movb %1, %0" : "=m"(*address) : "q"(value) : "memory");
}

static inline void VirtioWrite16(volatile uint16_t *address, uint16_t value)
{
    __asm__ __volatile__("movw %1, %0" : "=m"(*address) : "r"(value) : "memory");
}

static inline void VirtioWrite32(volatile uint32_t *address, uint32_t value)
{
    __asm__ __volatile__("movl %1, %0" : "=m"(*address) : "r"(value) : "memory");
}

static inline uint8_t VirtioPortRead8(uint16_t port)
{
    uint8_t value;

    __asm__ __volatile__("inb %w1, %b0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t VirtioPortRead16(uint16_t port)
{
    uint16_t value;

    __asm__ __volatile__("inw %w1, %w0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t VirtioPortRead32(uint16_t port)
{
    uint32_t value;

    __asm__ __volatile__("inl %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void VirtioPortWrite8(uint16_t port, uint8_t value)
{
    __asm__ __volatile__("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void VirtioPortWrite16(uint16_t port, uint16_t value)
{
    __asm__ __volatile__("outw %w0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void VirtioPortWrite32(uint16_t port, uint32_t value)
{
    __asm__ __volatile__("outl %0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

/* x86 keeps loads in order and stores in order, so holding back the compiler is enough. */
static inline void VirtioReadBarrier(void)
{
    __asm__ __volatile__("" : : : "memory");
}

static inline void VirtioWriteBarrier(void)
{
    __asm__ __volatile__("" : : : "memory");
}

/* A locked instruction orders stores before later loads on every x86; mfence would need SSE2, which Windows 7 on x86
   does not promise. Adding nothing below the stack pointer's word leaves the red zone as it was. */
static inline void VirtioFullBarrier(void)
{
#if defined(__x86_64__)
    __asm__ __volatile__("lock; addl $0, (%%rsp)" : : : "memory", "cc");
#else
    __asm__ __volatile__("lock; addl $0, (%%esp)" : : : "memory", "cc");
#endif
}

#endif

/* Clears memory without memset, which a driver without a C run-time does not have; volatile keeps the compiler from
   recognising the loop and calling it after all. */
static inline void VirtioZero(void *memory, size_t length)
{
    volatile uint8_t *byte = memory;
    size_t i;

    for (i = 0; i < length; i++) {
        byte[i] = 0;
    }
}

#endif
