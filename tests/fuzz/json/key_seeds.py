# SPDX-License-Identifier: MIT OR Apache-2.0
"""key_seeds.py FOLDER: shapes of private keys, as seeds; none of them is anybody's key."""
import base64
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
# PKCS#8 with an Ed25519 key of zeros (RFC 8410), SEC1, an EncryptedPrivateKeyInfo with PBES2, a PKCS#12 begun.
ED25519 = bytes.fromhex("302e020100300506032b657004220420") + bytes(32)
SEEDS = {
    "pkcs8": ED25519,
    "pem": b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(ED25519) + b"\n-----END PRIVATE KEY-----\n",
    "pem_utf16": "-----BEGIN PRIVATE KEY-----\r\n".encode("utf-16"),
    "public": b"-----BEGIN PUBLIC KEY-----\nPRIVATE KEY\n",
    "encrypted": bytes.fromhex("301e301806092a864886f70d01050d300b0609608648016503040102040200ff"),
    "pkcs12": bytes.fromhex("3018020103301306092a864886f70d010701a006040430023000"),
    "sec1": bytes.fromhex("300a02010104010aa003020107"),
    "pvk": b"\x1e\xf1\xb5\xb0" + bytes(20),
    "blob": bytes.fromhex("0702000000240000") + b"RSA2" + bytes(8),
    "digest_info": bytes.fromhex("3021300906052b0e03021a05000414") + bytes(20),
}
for name, data in SEEDS.items():
    (folder / name).write_bytes(data)
