/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Memory of a WaveRT stream: IPortWaveRTStream's methods. Pages of that interface. What AllocatePagesForMdl gives has
 * no address: it is inaccessible until MapAllocatedPages. The device may access it as long as it is not freed. A
 * program's mapping of the cyclic buffer is another view of the same frames.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "pc_internal.h"
#include "ram_frames.h"

enum { MDL_PAGES_LOCKED = 2, CACHE_TYPES = 3 };

static struct pc_stream *stream_of(PVOID self, const char *api)
{
    struct com_object *o = com_find(self, &pc_stream_interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no IPortWaveRTStream", api, self);
    return (struct pc_stream *)o;
}

struct pc_pages *pc_pages_of(struct pc_stream *s, const MDL *mdl)
{
    struct pc_pages *p = s->pages;
    while (p != NULL && p->mdl != mdl)
        p = p->next;
    return p;
}

static struct pc_pages *must_be(struct pc_stream *s, const MDL *mdl, const char *api)
{
    struct pc_pages *p = pc_pages_of(s, mdl);
    if (p == NULL)
        rule_broken("pc-pages", "%s with the MDL at %p, which this stream did not allocate, or which it freed", api,
                    (const void *)mdl);
    return p;
}

static MDL *allocate(struct pc_stream *s, uint64_t low, uint64_t high, size_t bytes, unsigned flags)
{
    ULONG pages = (ULONG)((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
    if (bytes == 0 || fail_point("audio-pages") || high < ram_low_bytes() - 1 || low > high)
        return NULL;
    /* "the memory allocation can be less than the requested size. The caller must verify" */
    if ((flags & RAM_CONTIGUOUS) == 0 && pages > 1 && fail_point("audio-pages-fewer"))
        pages /= 2;
    if (high < HIGH_RAM_BASE + ram_high_bytes() - 1)
        flags |= RAM_BELOW_4G;
    struct pc_pages *p = calloc(1, sizeof(*p));
    if (p == NULL)
        environment_failed("no memory for a stream's pages");
    p->pages = pages;
    p->memory =
        ram_alloc((size_t)pages * PAGE_BYTES, flags | RAM_DRIVER | RAM_PAGE_ALIGNED, "pages of a WaveRT stream");
    size_t size = sizeof(MDL) + pages * sizeof(ULONG_PTR);
    p->mdl = ram_alloc(size, RAM_DRIVER, "MDL of a WaveRT stream");
    memset(p->mdl, 0, size);
    p->mdl->Size = (CSHORT)size;
    p->mdl->MdlFlags = MDL_PAGES_LOCKED;
    p->mdl->ByteCount = pages * PAGE_BYTES;
    for (ULONG i = 0; i < pages; i++) {
        uint64_t physical = ram_physical((uint8_t *)p->memory + (size_t)i * PAGE_BYTES);
        ((ULONG_PTR *)(p->mdl + 1))[i] = (ULONG_PTR)(physical / PAGE_BYTES);
        dma_grant(p, physical, PAGE_BYTES, DMA_DEVICE_READS | DMA_DEVICE_WRITES, "pages of a WaveRT stream");
    }
    ram_hide(p->memory, "pages that MapAllocatedPages has not mapped");
    p->next = s->pages;
    s->pages = p;
    s->device->counts.pages_allocated += pages;
    return p->mdl;
}

static MDL *NTAPI allocate_pages_for_mdl(PVOID self, uint64_t high, size_t bytes)
{
    api_enter("IPortWaveRTStream::AllocatePagesForMdl", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return allocate(stream_of(self, "AllocatePagesForMdl"), 0, high, bytes, 0);
}

static MDL *NTAPI allocate_contiguous(PVOID self, uint64_t low, uint64_t high, size_t bytes)
{
    api_enter("IPortWaveRTStream::AllocateContiguousPagesForMdl", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return allocate(stream_of(self, "AllocateContiguousPagesForMdl"), low, high, bytes, RAM_CONTIGUOUS);
}

static PVOID NTAPI map_allocated_pages(PVOID self, MDL *mdl, ULONG cache)
{
    api_enter("IPortWaveRTStream::MapAllocatedPages", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_pages *p = must_be(stream_of(self, "MapAllocatedPages"), mdl, "MapAllocatedPages");
    if (cache >= CACHE_TYPES)
        rule_broken("pc-pages",
                    "MapAllocatedPages with cache type %u: must be MmNonCached, MmCached or "
                    "MmWriteCombined",
                    (unsigned)cache);
    if (fail_point("audio-mapping"))
        return NULL;
    if (p->mapped++ == 0)
        ram_show(p->memory);
    return p->memory;
}

static void NTAPI unmap_allocated_pages(PVOID self, PVOID base, MDL *mdl)
{
    api_enter("IPortWaveRTStream::UnmapAllocatedPages", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_pages *p = must_be(stream_of(self, "UnmapAllocatedPages"), mdl, "UnmapAllocatedPages");
    if (p->mapped == 0 || base != p->memory)
        rule_broken("pc-pages", "UnmapAllocatedPages of %p: %s", base,
                    p->mapped == 0 ? "the pages are not mapped" : "they are mapped elsewhere");
    if (--p->mapped == 0)
        ram_hide(p->memory, "pages that UnmapAllocatedPages has unmapped");
}

/* "The driver must release the mapping before calling FreePagesFromMdl" */
static void NTAPI free_pages_from_mdl(PVOID self, MDL *mdl)
{
    api_enter("IPortWaveRTStream::FreePagesFromMdl", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_stream *s = stream_of(self, "FreePagesFromMdl");
    struct pc_pages *p = must_be(s, mdl, "FreePagesFromMdl");
    if (p->mapped != 0)
        rule_broken("pc-pages", "FreePagesFromMdl of pages that are mapped: UnmapAllocatedPages comes first");
    if (s->buffer == p)
        rule_broken("pc-pages", "FreePagesFromMdl of the audio buffer, which PortCls has not told the driver to free");
    for (struct pc_pages **link = &s->pages; *link != NULL; link = &(*link)->next) {
        if (*link == p) {
            *link = p->next;
            break;
        }
    }
    s->device->counts.pages_freed += p->pages;
    dma_revoke(p);
    ram_free(p->memory);
    ram_free(p->mdl);
    free(p);
}

static ULONG NTAPI get_physical_pages_count(PVOID self, MDL *mdl)
{
    api_enter("IPortWaveRTStream::GetPhysicalPagesCount", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return must_be(stream_of(self, "GetPhysicalPagesCount"), mdl, "GetPhysicalPagesCount")->pages;
}

/* A C++ member function that returns a structure: where it goes is the argument after `this`, and is returned. */
static PHYSICAL_ADDRESS *NTAPI get_physical_page_address(PVOID self, PHYSICAL_ADDRESS *result, MDL *mdl, ULONG index)
{
    api_enter("IPortWaveRTStream::GetPhysicalPageAddress", PASSIVE_LEVEL, PASSIVE_LEVEL);
    const struct pc_pages *p = must_be(stream_of(self, "GetPhysicalPageAddress"), mdl, "GetPhysicalPageAddress");
    if (index >= p->pages)
        rule_broken("pc-pages", "GetPhysicalPageAddress of page %u of %u", (unsigned)index, (unsigned)p->pages);
    result->QuadPart = (LONGLONG)ram_physical((const uint8_t *)p->memory + (size_t)index * PAGE_BYTES);
    return result;
}

const void *const pc_stream_methods[10] = {COM_UNKNOWN,
                                           COM_METHOD(allocate_pages_for_mdl),
                                           COM_METHOD(allocate_contiguous),
                                           COM_METHOD(map_allocated_pages),
                                           COM_METHOD(unmap_allocated_pages),
                                           COM_METHOD(free_pages_from_mdl),
                                           COM_METHOD(get_physical_pages_count),
                                           COM_METHOD(get_physical_page_address)};

/* ---- a program's view ---- */

uint8_t *pc_user_map(const struct pc_pages *p, size_t *bytes)
{
    *bytes = (size_t)p->pages * PAGE_BYTES;
    uint8_t *at = mmap(NULL, *bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        environment_failed("no address space for a program's view of an audio buffer");
    for (ULONG i = 0; i < p->pages; i++) {
        uint32_t frame = frame_of_physical(ram_physical((uint8_t *)p->memory + (size_t)i * PAGE_BYTES));
        if (mmap(at + (size_t)i * PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram_fd(),
                 (off_t)((uint64_t)frame * PAGE_BYTES)) == MAP_FAILED)
            environment_failed("an audio buffer's page cannot be mapped for a program");
    }
    return at;
}

void pc_user_unmap(uint8_t *at, size_t bytes)
{
    munmap(at, bytes);
}
