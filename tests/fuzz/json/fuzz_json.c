/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes as a JSON file. What is read is a document: printed and read again it is the same. Then it is a contract, a
 * schema for the project's contract, and a packaging spec; what is taken for a contract generates texts that hold what
 * they must.
 */
#include "base/json_file.h"
#include "base/json_schema.h"
#include "base/text.h"
#include "contract/contract.h"
#include "contract/contract_devices_cmd.h"
#include "contract/contract_generate.h"
#include "contract/contract_variant.h"
#include "fuzz.h"
#include "pack/guest_spec.h"

#include <sys/mman.h>
#include <unistd.h>

static cJSON *own_contract;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(json_read(CONTRACT_FOLDER "/devices.json", &own_contract) == STATUS_DONE);
    return 0;
}

/* The reader takes files, so the bytes become one, in memory. */
static int make_file(const void *data, size_t size, char *path, size_t path_size)
{
    int descriptor = memfd_create("input", MFD_CLOEXEC);

    FUZZ_CHECK(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(path, path_size, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

static void check_document(const cJSON *document)
{
    char *printed = cJSON_Print(document);
    cJSON *again = printed != NULL ? cJSON_Parse(printed) : NULL;
    char *twice = again != NULL ? cJSON_Print(again) : NULL;

    FUZZ_CHECK(printed != NULL && twice != NULL && strcmp(printed, twice) == 0);
    cJSON_free(printed);
    cJSON_free(twice);
    cJSON_Delete(again);
    (void)json_schema_check("input", document, "contract", own_contract);
    (void)json_schema_check("input", document, "input", document);
}

/* In devices.cmd an ampersand outside of quotes, or a percent sign, would be a command of the contract's author. */
static void check_batch(const struct text *text)
{
    bool quoted = false;

    for (size_t i = 0; i < text->size; ++i) {
        char byte = text->data[i];

        quoted = byte == '\n' ? false : byte == '"' ? !quoted : quoted;
        FUZZ_CHECK(byte != '%' && byte != '!' &&
                   (quoted || (byte != '&' && byte != '|' && byte != '<' && byte != '>')));
    }
}

static void check_contract(const char *path)
{
    struct contract contract;
    struct text header = {0};
    struct text batch = {0};
    struct text variant = {0};

    if (contract_load(path, CONTRACT_FOLDER "/devices.schema.json", &contract) != STATUS_DONE) {
        return;
    }
    FUZZ_CHECK(contract.device_count > 0);
    contract_generate_header(&contract, &header);
    FUZZ_CHECK(header.size > 0);
    if (contract_generate_devices_cmd("input", &contract, &batch) == STATUS_DONE) {
        check_batch(&batch);
    }
    if (contract_make_variant("input", &contract) == STATUS_DONE) {
        struct contract read;
        char variant_path[32];
        int descriptor;

        contract_print(&contract, &variant);
        descriptor = make_file(variant.data, variant.size, variant_path, sizeof(variant_path));
        FUZZ_CHECK(contract_load(variant_path, CONTRACT_FOLDER "/devices.schema.json", &read) == STATUS_DONE);
        FUZZ_CHECK(contract_is_variant(&read) && read.device_count == contract.device_count);
        contract_free(&read);
        close(descriptor);
    }
    text_free(&variant);
    text_free(&batch);
    text_free(&header);
    contract_free(&contract);
}

static void check_spec(const char *path)
{
    struct guest_spec spec;

    if (guest_spec_load(path, &spec) != STATUS_DONE) {
        return;
    }
    FUZZ_CHECK(spec.driver_count > 0);
    for (size_t i = 0; i < spec.driver_count; ++i) {
        FUZZ_CHECK(guest_spec_find(&spec, spec.drivers[i].name) == &spec.drivers[i]);
    }
    guest_spec_free(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    int descriptor = make_file(data, size, path, sizeof(path));
    cJSON *document = NULL;

    if (json_read(path, &document) == STATUS_DONE) {
        check_document(document);
        check_contract(path);
        check_spec(path);
    } else {
        FUZZ_CHECK(document == NULL);
    }
    cJSON_Delete(document);
    close(descriptor);
    return 0;
}
