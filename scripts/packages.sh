# SPDX-License-Identifier: MIT OR Apache-2.0
# The packages that building and testing need, by the names that Debian 12 and later and Ubuntu 24.04 and later give them.

build_packages=(
    cmake ninja-build pkgconf git
    clang-19 lld-19 llvm-19
    mingw-w64-x86-64-dev mingw-w64-i686-dev
    libc6-dev libzydis-dev libcjson-dev libarchive-dev libssl-dev libudfread-dev
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32
    libwim-dev libhivex-dev ntfs-3g-dev libnbd-dev
)

test_packages=(
    gcc gcc-multilib libclang-rt-19-dev libcmocka-dev
    python3 python3-jsonschema unzip sg3-utils
    osslsigncode openssl xorriso genisoimage p7zip-full wine wine64
    wimtools qemu-utils ntfs-3g reglookup libregf-utils libhivex-bin ovmf
)

# Virtio sound came with QEMU 8.2.
qemu_package=qemu-system-x86
qemu_minimum=8.2
