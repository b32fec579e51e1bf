/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What injection reads of WIMs, with any bytes. The first byte of an input says what the others are:
 * 0: an image's metadata. What is read and written again reads the same; changes to it are there afterwards and nothing
 *    else has changed; what a descriptor hands on is a descriptor.
 * 1: a whole file. It is refused, or every entry of every image can be asked for.
 * 2: a manifest. What it gives as the original state is one.
 * 3: the XML of two images, updated.
 */
#include "fuzz.h"

#include "base/text.h"
#include "wim/inject_manifest.h"
#include "wim/wim_security.h"
#include "wim/wim_source.h"

#include <sys/mman.h>
#include <unistd.h>

#define FILE_LIMIT ((size_t)1 << 20)

static struct bytes copy_of(const void *data, size_t size)
{
    struct bytes bytes = {.data = xcalloc(1, size + 1), .size = size};

    memcpy(bytes.data, data, size);
    return bytes;
}

static void check_security(const struct wim_tree *tree, const struct wim_entry *entry)
{
    const uint8_t *data;
    size_t size;
    struct bytes handed_on;
    struct bytes again;

    if (wim_tree_security(tree, entry, &data, &size) != STATUS_DONE) {
        return;
    }
    for (int folder = 0; folder < 2; ++folder) {
        if (wim_security_inherit(data, size, folder != 0, &handed_on)) {
            FUZZ_CHECK(handed_on.size >= 20 + 8 + 2 * 16 && handed_on.size < 66000);
            /* What a file inherited, it hands on to nobody; what a folder did, to folders of its own. */
            if (wim_security_inherit((uint8_t *)handed_on.data, handed_on.size, true, &again)) {
                FUZZ_CHECK(folder != 0);
                bytes_free(&again);
            }
            bytes_free(&handed_on);
        }
    }
}

static void check_same(const struct wim_tree *left_tree, const struct wim_entry *left,
                       const struct wim_tree *right_tree, const struct wim_entry *right)
{
    FUZZ_CHECK(left->raw_size == right->raw_size && strcmp(left->name, right->name) == 0);
    FUZZ_CHECK(memcmp(left->raw, right->raw, WIM_DENTRY_AT_CHILDREN) == 0);
    FUZZ_CHECK(memcmp(left->raw + 24, right->raw + 24, left->raw_size - 24) == 0);
    FUZZ_CHECK(left->child_count == right->child_count);
    for (size_t i = 0; i < left->child_count; ++i) {
        check_same(left_tree, left->children[i], right_tree, right->children[i]);
    }
}

static void change(struct wim_tree *tree)
{
    static const uint8_t hash[WIM_HASH_SIZE] = "something new";
    static const char name[] = "f\xc3\xbczz";
    struct wim_entry *added =
        wim_tree_add(tree, tree->root, name, hash, wim_tree_security_id(tree, "descriptor", 10), 7);
    struct wim_tree again;
    struct bytes written;

    FUZZ_CHECK(added != NULL);
    wim_entry_set_hash(added, hash, 9);
    wim_tree_write(tree, &written);
    FUZZ_CHECK(wim_tree_read("again", written, &again) == STATUS_DONE);
    check_same(tree, tree->root, &again, again.root);
    FUZZ_CHECK(wim_tree_find(&again, name) != NULL);
    wim_tree_free(&again);
    wim_tree_remove(tree->root, added);
}

static void fuzz_metadata(const uint8_t *data, size_t size)
{
    struct wim_tree tree;
    struct wim_tree again;
    struct bytes written;

    if (wim_tree_read("fuzz", copy_of(data, size), &tree) != STATUS_DONE) {
        return;
    }
    wim_tree_write(&tree, &written);
    FUZZ_CHECK(wim_tree_read("again", written, &again) == STATUS_DONE);
    FUZZ_CHECK(again.entry_count == tree.entry_count);
    check_same(&tree, tree.root, &again, again.root);
    wim_tree_free(&again);
    check_security(&tree, tree.root);
    for (size_t i = 0; i < tree.root->child_count; ++i) {
        check_security(&tree, tree.root->children[i]);
        (void)wim_tree_links(&tree, tree.root->children[i]);
        FUZZ_CHECK(wim_tree_find(&tree, tree.root->children[i]->name) != NULL);
    }
    change(&tree);
    wim_tree_free(&tree);
}

struct walk {
    const struct source *source;
    const char *folder;
    unsigned depth;
};

static enum status ask(void *context, const struct source_entry *entry)
{
    const struct walk *walk = context;
    char *path = xformat("%s/%s", walk->folder, entry->name);
    const struct walk below = {.source = walk->source, .folder = path, .depth = walk->depth + 1};
    struct source_entry found;
    struct bytes content;
    bool there;

    FUZZ_CHECK(source_find(walk->source, path, &there, &found) == STATUS_DONE && there);
    if (source_read(walk->source, path, FILE_LIMIT, &content) == STATUS_DONE) {
        bytes_free(&content);
    }
    if (source_security(walk->source, path, &content) == STATUS_DONE) {
        bytes_free(&content);
    }
    if (entry->folder && walk->depth < 4) {
        (void)source_list(walk->source, path, ask, (void *)&below);
    }
    free(path);
    return STATUS_DONE;
}

static char *in_memory(const uint8_t *data, size_t size, int *descriptor)
{
    *descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_CHECK(*descriptor >= 0 && write(*descriptor, data, size) == (ssize_t)size);
    return xformat("/proc/self/fd/%d", *descriptor);
}

static void fuzz_file(const uint8_t *data, size_t size)
{
    int descriptor;
    char *path = in_memory(data, size, &descriptor);
    struct wim_file *wim;

    if (wim_open(path, &wim) == STATUS_DONE) {
        for (unsigned i = 1; i <= wim->image_count && i <= 4; ++i) {
            const struct source *source;

            if (wim_source_open(wim, i, &source) == STATUS_DONE) {
                (void)source_list(source, "", ask, &(struct walk){.source = source, .folder = ""});
                wim_source_close(source);
            }
        }
        wim_close(wim);
    }
    free(path);
    close(descriptor);
}

static void fuzz_manifest(const uint8_t *data, size_t size)
{
    int descriptor;
    char *path = in_memory(data, size, &descriptor);
    struct wim_state state;
    cJSON *manifest;

    if (inject_manifest_read(path, &manifest) == STATUS_DONE) {
        if (wim_manifest_original(path, manifest, &state) == STATUS_DONE) {
            FUZZ_CHECK(state.size >= WIM_HEADER_SIZE);
            (void)wim_manifest_knows(manifest, &state);
        }
        free(inject_manifest_file(path, manifest));
        cJSON_Delete(manifest);
    }
    free(path);
    close(descriptor);
}

static void fuzz_xml(const uint8_t *data, size_t size)
{
    static const struct wim_xml_delta delta = {.folders = 1, .files = -2, .bytes = 3000, .modified = 1ULL << 40};
    const struct bytes raw = {.data = (char *)data, .size = size};
    struct wim_image image;
    struct bytes encoded;
    char *xml;
    char *updated;
    char *total;

    if (wim_xml_decode("fuzz", &raw, &xml) != STATUS_DONE) {
        return;
    }
    wim_xml_image(xml, 2, &image);
    wim_image_free(&image);
    updated = wim_xml_update_image(xml, 1, &delta);
    total = wim_xml_update_total(updated, 1ULL << 40);
    wim_xml_encode(total, &encoded);
    free(updated);
    FUZZ_CHECK(wim_xml_decode("again", &encoded, &updated) == STATUS_DONE && strcmp(updated, total) == 0);
    bytes_free(&encoded);
    free(total);
    free(updated);
    free(xml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parts[])(const uint8_t *, size_t) = {fuzz_metadata, fuzz_file, fuzz_manifest, fuzz_xml};

    if (size > 0 && data[0] < sizeof(parts) / sizeof(parts[0])) {
        parts[data[0]](data + 1, size - 1);
    }
    return 0;
}
