/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_security.h"

#include "base/text.h"
#include "wim/wim_format.h"

#include <stdlib.h>
#include <string.h>

/* [MS-DTYP] 2.4.6, SECURITY_DESCRIPTOR. */
#define DESCRIPTOR_SIZE 20U
#define DESCRIPTOR_AT_CONTROL 2U
#define DESCRIPTOR_AT_OWNER 4U
#define DESCRIPTOR_AT_GROUP 8U
#define DESCRIPTOR_AT_DACL 16U
#define CONTROL_DACL_PRESENT 0x4U
#define CONTROL_DACL_INHERITED 0x400U
#define CONTROL_SELF_RELATIVE 0x8000U

/* 2.4.5, ACL, and 2.4.4, ACE: type, flags, size, access mask, SID. */
#define ACL_SIZE 8U
#define ACE_HEADER 8U
#define ACE_ALLOW 0U
#define ACE_DENY 1U
#define OBJECT_INHERIT 0x1U
#define CONTAINER_INHERIT 0x2U
#define NO_PROPAGATE 0x4U
#define INHERIT_ONLY 0x8U
#define INHERITED 0x10U

/* 2.4.3, ACCESS_MASK, and what the generic rights are for files. */
#define GENERIC_READ 0x80000000U
#define GENERIC_WRITE 0x40000000U
#define GENERIC_EXECUTE 0x20000000U
#define GENERIC_ALL 0x10000000U
#define FILE_READ 0x120089U
#define FILE_WRITE 0x120116U
#define FILE_EXECUTE 0x1200a0U
#define FILE_ALL 0x1f01ffU

static const uint8_t administrators[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
static const uint8_t creator_owner[] = {1, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0};
static const uint8_t creator_group[] = {1, 1, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0};

struct ace {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    const uint8_t *sid;
    size_t sid_size;
};

static void add_ace(struct text *acl, unsigned *count, const struct ace *ace, uint8_t flags, uint32_t mask,
                    const uint8_t *sid, size_t sid_size)
{
    uint8_t head[ACE_HEADER] = {ace->type, flags};

    wim_put16(head + 2, (uint16_t)(sizeof(head) + sid_size));
    wim_put32(head + 4, mask);
    text_add(acl, (const char *)head, sizeof(head));
    text_add(acl, (const char *)sid, sid_size);
    ++*count;
}

static uint32_t mapped(uint32_t mask)
{
    uint32_t out = mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);

    out |= (mask & GENERIC_READ) != 0 ? FILE_READ : 0;
    out |= (mask & GENERIC_WRITE) != 0 ? FILE_WRITE : 0;
    out |= (mask & GENERIC_EXECUTE) != 0 ? FILE_EXECUTE : 0;
    out |= (mask & GENERIC_ALL) != 0 ? FILE_ALL : 0;
    return out;
}

static bool is_sid(const struct ace *ace, const uint8_t *sid, size_t size)
{
    return ace->sid_size == size && memcmp(ace->sid, sid, size) == 0;
}

/*
 * What one entry of the folder becomes. An entry for whoever makes the file is for its owner from now on; a folder
 * hands the entry on as it was, in a second one that is not for itself when the first had to be changed.
 */
static void inherit_ace(const struct ace *ace, bool folder, struct text *acl, unsigned *count)
{
    bool effective = (ace->flags & (folder ? CONTAINER_INHERIT : OBJECT_INHERIT)) != 0;
    bool creator =
        is_sid(ace, creator_owner, sizeof(creator_owner)) || is_sid(ace, creator_group, sizeof(creator_group));
    const uint8_t *sid = creator ? administrators : ace->sid;
    size_t sid_size = creator ? sizeof(administrators) : ace->sid_size;
    bool changed = creator || mapped(ace->mask) != ace->mask;
    uint8_t hand_on =
        folder && (ace->flags & NO_PROPAGATE) == 0 ? ace->flags & (OBJECT_INHERIT | CONTAINER_INHERIT) : 0;

    if (effective) {
        add_ace(acl, count, ace, (uint8_t)(INHERITED | (changed ? 0 : hand_on)), mapped(ace->mask), sid, sid_size);
    }
    if (hand_on != 0 && (changed || !effective)) {
        add_ace(acl, count, ace, (uint8_t)(INHERITED | INHERIT_ONLY | hand_on), ace->mask, ace->sid, ace->sid_size);
    }
}

/* The entry at `at`; entries of other types (objects, labels) have no SID that could be read here: sid_size 0. */
static bool get_ace(const uint8_t *acl, size_t end, size_t at, struct ace *ace, size_t *size)
{
    if (end - at < ACE_HEADER) {
        return false;
    }
    *size = wim_get16(acl + at + 2);
    if (*size < ACE_HEADER || *size > end - at) {
        return false;
    }
    *ace = (struct ace){.type = acl[at], .flags = acl[at + 1], .mask = wim_get32(acl + at + 4)};
    if (ace->type == ACE_ALLOW || ace->type == ACE_DENY) {
        ace->sid = acl + at + ACE_HEADER;
        ace->sid_size = *size - ACE_HEADER;
        return ace->sid_size >= 8 && ace->sid_size == 8U + 4U * ace->sid[1];
    }
    return true;
}

static bool inherit_acl(const uint8_t *acl, size_t size, bool folder, struct text *out, unsigned *count)
{
    size_t end;
    size_t at = ACL_SIZE;

    *count = 0;
    if (size < ACL_SIZE || wim_get16(acl + 2) < ACL_SIZE || wim_get16(acl + 2) > size) {
        return false;
    }
    end = wim_get16(acl + 2);
    for (unsigned i = wim_get16(acl + 4); i > 0; --i) {
        struct ace ace;
        size_t ace_size;

        if (!get_ace(acl, end, at, &ace, &ace_size)) {
            return false;
        }
        if (ace.sid_size > 0) {
            inherit_ace(&ace, folder, out, count);
        }
        at += ace_size;
    }
    return *count > 0;
}

bool wim_security_inherit(const uint8_t *parent, size_t size, bool folder, struct bytes *out)
{
    struct text acl = {0};
    unsigned count = 0;
    uint32_t at = size < DESCRIPTOR_SIZE ? 0 : wim_get32(parent + DESCRIPTOR_AT_DACL);
    size_t acl_size;
    uint8_t *data;

    *out = (struct bytes){0};
    if (at < DESCRIPTOR_SIZE || at > size ||
        (wim_get16(parent + DESCRIPTOR_AT_CONTROL) & (CONTROL_SELF_RELATIVE | CONTROL_DACL_PRESENT)) !=
            (CONTROL_SELF_RELATIVE | CONTROL_DACL_PRESENT) ||
        !inherit_acl(parent + at, size - at, folder, &acl, &count) || acl.size > UINT16_MAX - ACL_SIZE) {
        text_free(&acl);
        return false;
    }
    acl_size = ACL_SIZE + acl.size;
    out->size = DESCRIPTOR_SIZE + acl_size + 2 * sizeof(administrators);
    out->data = xcalloc(1, out->size + 1);
    data = (uint8_t *)out->data;
    data[0] = 1;
    wim_put16(data + DESCRIPTOR_AT_CONTROL, CONTROL_SELF_RELATIVE | CONTROL_DACL_PRESENT | CONTROL_DACL_INHERITED);
    wim_put32(data + DESCRIPTOR_AT_DACL, DESCRIPTOR_SIZE);
    wim_put32(data + DESCRIPTOR_AT_OWNER, (uint32_t)(DESCRIPTOR_SIZE + acl_size));
    wim_put32(data + DESCRIPTOR_AT_GROUP, (uint32_t)(DESCRIPTOR_SIZE + acl_size + sizeof(administrators)));
    data += DESCRIPTOR_SIZE;
    data[0] = 2; /* ACL_REVISION */
    wim_put16(data + 2, (uint16_t)acl_size);
    wim_put16(data + 4, (uint16_t)count);
    memcpy(data + ACL_SIZE, acl.data, acl.size);
    memcpy(data + acl_size, administrators, sizeof(administrators));
    memcpy(data + acl_size + sizeof(administrators), administrators, sizeof(administrators));
    text_free(&acl);
    return true;
}
