/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* certificates.exe STORE: the certificates of a system store of the machine, a line each: SHA-1 and the DER, hexadecimal. */
#include <windows.h>

#include <stdio.h>
#include <wincrypt.h>

static void print_hex(const BYTE *data, DWORD size)
{
    for (DWORD i = 0; i < size; ++i) {
        printf("%02X", data[i]);
    }
}

int main(int argc, char **argv)
{
    const DWORD flags = CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG;
    PCCERT_CONTEXT certificate = NULL;
    HCERTSTORE store;

    if (argc != 2) {
        return 2;
    }
    store = CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, 0, flags, argv[1]);
    if (store == NULL && GetLastError() == ERROR_FILE_NOT_FOUND) {
        return 0; /* a store that nothing was put into yet */
    }
    if (store == NULL) {
        fprintf(stderr, "%s cannot be opened: %lX\n", argv[1], GetLastError());
        return 1;
    }
    while ((certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        BYTE hash[20];
        DWORD size = sizeof(hash);

        if (!CertGetCertificateContextProperty(certificate, CERT_SHA1_HASH_PROP_ID, hash, &size)) {
            return 1;
        }
        print_hex(hash, size);
        printf(" ");
        print_hex(certificate->pbCertEncoded, certificate->cbCertEncoded);
        printf("\n");
    }
    CertCloseStore(store, 0);
    return 0;
}
