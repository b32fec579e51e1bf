/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/file_digest.h"

#include "base/progress.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)

static void need(bool good)
{
    if (!good) {
        diag_error("SHA-256", "libcrypto does not provide it");
        exit(STATUS_NOT_WRITTEN);
    }
}

void sha256_begin(struct sha256_stream *stream)
{
    if (stream->state == NULL) {
        stream->state = EVP_MD_CTX_new();
    }
    need(stream->state != NULL && EVP_DigestInit_ex(stream->state, EVP_sha256(), NULL) == 1);
}

void sha256_add(struct sha256_stream *stream, const void *data, size_t size)
{
    need(EVP_DigestUpdate(stream->state, data, size) == 1);
}

void sha256_end(struct sha256_stream *stream, char out[SHA256_TEXT_SIZE])
{
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned count = 0;

    need(EVP_DigestFinal_ex(stream->state, value, &count) == 1 && count * 2 + 1 == SHA256_TEXT_SIZE);
    for (unsigned i = 0; i < count; ++i) {
        (void)snprintf(out + i * 2, 3, "%02x", value[i]);
    }
}

void sha256_free(struct sha256_stream *stream)
{
    EVP_MD_CTX_free(stream->state);
    stream->state = NULL;
}

static enum status digest_rest(int descriptor, const char *path, struct sha256_stream *stream, uint64_t *size)
{
    enum status status = STATUS_DONE;
    char *piece = xmalloc(PIECE);
    ssize_t count;

    *size = 0;
    while (status == STATUS_DONE && (count = read(descriptor, piece, PIECE)) != 0) {
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(path, "cannot be read: %s", strerror(errno));
            status = STATUS_BAD_INPUT;
        } else {
            sha256_add(stream, piece, (size_t)count);
            *size += (uint64_t)count;
            progress_add((uint64_t)count);
        }
    }
    free(piece);
    return status;
}

enum status file_sha256(const char *path, char out[SHA256_TEXT_SIZE], uint64_t *size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct sha256_stream stream = {NULL};
    enum status status = STATUS_BAD_INPUT;
    uint64_t length = 0;
    struct stat info;

    if (descriptor < 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        diag_error(path, "is not a regular file");
        goto close_descriptor;
    }
    sha256_begin(&stream);
    progress_begin("hashing", (uint64_t)info.st_size);
    status = digest_rest(descriptor, path, &stream, &length);
    progress_end();
    sha256_end(&stream, out);
    if (size != NULL) {
        *size = length;
    }
close_descriptor:
    sha256_free(&stream);
    close(descriptor);
    return status;
}
