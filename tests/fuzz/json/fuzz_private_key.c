/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes, asked whether they are a private key. A PEM key is found whatever stands around it, and the answer does
 * not depend on the name.
 */
#include "fuzz.h"
#include "pack/private_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] = "\n-----BEGIN PRIVATE KEY-----\n";
    struct bytes content = {.data = malloc(size + sizeof(key)), .size = size};
    const char *found;

    FUZZ_CHECK(content.data != NULL);
    memcpy(content.data, data, size);
    content.data[size] = 0;
    found = private_key_fault("tools/notes.txt", &content);
    FUZZ_CHECK(found == private_key_fault("drivers/x86/driver.sys", &content));
    FUZZ_CHECK(private_key_fault("a.pfx", &content) != NULL);
    memcpy(content.data + size, key, sizeof(key));
    content.size = size + sizeof(key) - 1;
    FUZZ_CHECK(private_key_fault("tools/notes.txt", &content) != NULL);
    free(content.data);
    return 0;
}
