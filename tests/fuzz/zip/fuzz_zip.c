/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes as a ZIP archive: the names that come out are below the folder that one would extract to, and the sizes are
 * those announced. And any tree written as one: what is read back is the tree, and it is the same bytes each time.
 */
#include "base/text.h"
#include "base/zip_file.h"
#include "fuzz.h"
#include "media/media_read.h"

#include <sys/mman.h>
#include <unistd.h>

#define WRITTEN_LIMIT ((size_t)8 << 20) /* more than any input of this size makes */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char archive_path[] = P_tmpdir "/fuzz-zip-XXXXXX";
static char archive_file[sizeof(archive_path) + 16];

static void remove_folder(void)
{
    unlink(archive_file);
    rmdir(archive_path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(mkdtemp(archive_path) != NULL);
    snprintf(archive_file, sizeof(archive_file), "%s/a.zip", archive_path);
    atexit(remove_folder);
    return 0;
}

struct reading {
    struct file_tree *tree; /* NULL: only look */
    struct text content;
    uint64_t entries;
};

/* Below the folder that one would extract to, on Windows, too; letters of any language are allowed. */
static void check_name(const char *path)
{
    for (const char *at = path;; ++at) {
        size_t length = strcspn(at, "/");

        FUZZ_CHECK(length > 0 && at[length - 1] != '.' && at[length - 1] != ' ');
        for (size_t i = 0; i < length; ++i) {
            FUZZ_CHECK((unsigned char)at[i] >= ' ' && strchr("<>:\"\\|?*", at[i]) == NULL);
        }
        at += length;
        if (*at == 0) {
            break;
        }
    }
}

static enum status take(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct reading *reading = context;

    check_name(entry->path);
    if (size > 0) {
        text_add(&reading->content, bytes, size);
        /* A small archive may hold a large file; how large is not the question here. */
        return reading->content.size > WRITTEN_LIMIT ? STATUS_BAD_INPUT : STATUS_DONE;
    }
    ++reading->entries;
    if (reading->tree != NULL) {
        FUZZ_CHECK(reading->content.size == entry->size);
        FUZZ_CHECK(file_tree_add_copy(reading->tree, entry->path,
                                      reading->content.data != NULL ? reading->content.data : "",
                                      reading->content.size) == STATUS_DONE);
    }
    text_free(&reading->content);
    return STATUS_DONE;
}

static void read_bytes(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    const struct media_visitor visitor = {.context = &reading, .data = take};
    int descriptor = memfd_create("input", MFD_CLOEXEC);
    char path[32];

    FUZZ_CHECK(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    (void)media_read(path, &visitor, NULL);
    text_free(&reading.content);
    close(descriptor);
}

static bool same_trees(const struct file_tree *left, const struct file_tree *right)
{
    if (left->count != right->count) {
        return false;
    }
    for (size_t i = 0; i < left->count; ++i) {
        const struct tree_file *one = &left->files[i];
        const struct tree_file *other = &right->files[i];

        if (strcmp(one->path, other->path) != 0 || one->content.size != other->content.size ||
            memcmp(one->content.data, other->content.data, one->content.size) != 0) {
            return false;
        }
    }
    return true;
}

/* Names and contents, each with its length before it. What is no name is left out by the tree itself. */
static void make_tree(struct fuzz_input *input, struct file_tree *tree)
{
    while (input->left > 0 && tree->count < 64) {
        char name[256];
        size_t length = fuzz_byte(input);
        size_t size;

        length = length < input->left ? length : input->left;
        memcpy(name, input->data, length);
        name[length] = 0;
        input->data += length;
        input->left -= length;
        size = fuzz_byte(input);
        size = size < input->left ? size : input->left;
        (void)file_tree_add_copy(tree, name, input->data, size);
        input->data += size;
        input->left -= size;
    }
    file_tree_sort(tree);
}

static void write_tree(struct fuzz_input *input)
{
    struct file_tree tree = {0};
    struct file_tree back = {0};
    struct reading reading = {.tree = &back};
    const struct media_visitor visitor = {.context = &reading, .data = take};
    time_t when = (time_t)fuzz_word(input, 4);
    struct bytes first;
    struct bytes second;

    make_tree(input, &tree);
    if (tree.count > 0) {
        FUZZ_CHECK(zip_file_write(&tree, "", archive_file, when) == STATUS_DONE);
        FUZZ_CHECK(file_read(archive_file, WRITTEN_LIMIT, &first) == STATUS_DONE);
        FUZZ_CHECK(media_read(archive_file, &visitor, NULL) == STATUS_DONE);
        file_tree_sort(&back);
        FUZZ_CHECK(same_trees(&tree, &back));
        FUZZ_CHECK(zip_file_write(&tree, "", archive_file, when) == STATUS_DONE);
        FUZZ_CHECK(file_read(archive_file, WRITTEN_LIMIT, &second) == STATUS_DONE);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        bytes_free(&first);
        bytes_free(&second);
    }
    file_tree_free(&tree);
    file_tree_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .left = size};

    if (fuzz_byte(&input) % 2 == 0) {
        read_bytes(input.data, input.left);
    } else {
        write_tree(&input);
    }
    return 0;
}
