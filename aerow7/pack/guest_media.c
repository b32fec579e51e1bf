/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_media.h"

#include "base/text.h"
#include "contract/contract_devices_cmd.h"
#include "pack/driver_folder.h"
#include "pack/fault.h"
#include "pack/windows_text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_CMD "config/devices.cmd"

struct root_file {
    const char *name;
    bool required;
};
static const struct root_file root_files[] = {
    {"setup.cmd", true},  {"uninstall.cmd", true}, {"verify.cmd", true},
    {"verify.ps1", true}, {"README.md", false},    {"THIRD_PARTY_NOTICES.md", false},
};
enum { ROOT_FILES = sizeof(root_files) / sizeof(root_files[0]) };

static bool is_root_file(const char *path)
{
    for (size_t i = 0; i < ROOT_FILES; ++i) {
        if (strcmp(path, root_files[i].name) == 0) {
            return true;
        }
    }
    return false;
}

/* setup.cmd gives certs\*.cer to certutil -addstore, which takes DER on every Windows 7. */
static bool is_der_certificate(const struct bytes *content)
{
    const unsigned char *at = (const unsigned char *)content->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)content->size);
    bool good = certificate != NULL && at == (const unsigned char *)content->data + content->size;

    X509_free(certificate);
    ERR_clear_error();
    return good;
}

static bool is_certificate_store(const struct bytes *content)
{
    const unsigned char *at = (const unsigned char *)content->data;
    PKCS7 *store = d2i_PKCS7(NULL, &at, (long)content->size);
    bool good = store != NULL && PKCS7_type_is_signed(store);

    PKCS7_free(store);
    ERR_clear_error();
    return good;
}

static enum status check_certificate(const char *root, const struct tree_file *file, size_t *count)
{
    const char *path = file->path;

    if (ends_with_any_case(path, ".md") || ends_with_any_case(path, ".txt")) {
        return STATUS_DONE;
    }
    if (ends_with_any_case(path, ".cer") || ends_with_any_case(path, ".crt")) {
        ++*count;
        return is_der_certificate(&file->content) ? STATUS_DONE : fault(root, path, "is not a certificate in DER form");
    }
    if (ends_with_any_case(path, ".p7b")) {
        ++*count;
        return is_certificate_store(&file->content) ? STATUS_DONE : fault(root, path, "is not a certificate store");
    }
    return fault(root, path, "is neither a certificate (.cer, .crt, .p7b) nor a text about one");
}

static enum status check_place(const char *root, const struct tree_file *file, size_t *certificates)
{
    const char *path = file->path;

    if (path_below(path, "certs") != NULL) {
        return check_certificate(root, file, certificates);
    }
    if (is_root_file(path) || path_below(path, "config") != NULL || path_below(path, "licenses") != NULL ||
        path_below(path, "tools") != NULL) {
        return STATUS_DONE;
    }
    return fault(root, path,
                 "has no place on the medium: there are setup.cmd, uninstall.cmd, verify.cmd, verify.ps1, "
                 "README.md, THIRD_PARTY_NOTICES.md, certs/, config/, licenses/ and tools/");
}

static enum status check_policy(const char *root, size_t certificates, enum signing_policy policy)
{
    if (policy == POLICY_TEST && certificates == 0) {
        return fault(root, "certs", "has no certificate, and the signing policy test needs the drivers' one");
    }
    if (policy != POLICY_TEST && certificates > 0) {
        return fault(root, "certs", "has a certificate, which the signing policy %s forbids",
                     signing_policy_name(policy));
    }
    return STATUS_DONE;
}

static enum status add_devices_cmd(const struct guest_tools_options *options, const struct contract *contract,
                                   struct file_tree *medium)
{
    struct text text = {0};
    enum status status = contract_generate_devices_cmd(options->contract, contract, &text);

    if (status == STATUS_DONE) {
        status = file_tree_add_copy(medium, DEVICES_CMD, text.data, text.size);
    }
    text_free(&text);
    return status;
}

static enum status add_file(struct file_tree *medium, const struct tree_file *file)
{
    struct bytes content = {.data = xmalloc(file->content.size + 1), .size = file->content.size};

    memcpy(content.data, file->content.data, content.size + 1);
    windows_text(file->path, &content);
    return file_tree_add(medium, file->path, content);
}

enum status guest_media_take(const char *root, const struct file_tree *input, const struct contract *contract,
                             const struct guest_tools_options *options, struct file_tree *medium)
{
    enum status result = STATUS_DONE;
    size_t certificates = 0;

    for (size_t i = 0; i < ROOT_FILES; ++i) {
        if (root_files[i].required && file_tree_find(input, root_files[i].name) == NULL) {
            result = fault(root, root_files[i].name, "is missing");
        }
    }
    for (size_t i = 0; i < input->count; ++i) {
        const struct tree_file *file = &input->files[i];
        enum status status = check_place(root, file, &certificates);

        /* Made anew below: an older one would name other devices than the drivers bind. */
        if (status == STATUS_DONE && strcmp(file->path, DEVICES_CMD) != 0) {
            status = add_file(medium, file);
        }
        result = status != STATUS_DONE ? status : result;
    }
    if (check_policy(root, certificates, options->policy) != STATUS_DONE) {
        result = STATUS_CHECK_FAILED;
    }
    return result == STATUS_DONE ? add_devices_cmd(options, contract, medium) : result;
}
