# SPDX-License-Identifier: MIT OR Apache-2.0
# This machine, 32-bit: the bench that loads x86 drivers. libc is the only 32-bit library there is.
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_FLAGS_INIT "-m32")
set(CMAKE_ASM_FLAGS_INIT "-m32")
