# SPDX-License-Identifier: MIT OR Apache-2.0
# This machine, 64-bit, with the same clang that builds the drivers: one compiler to install, and libFuzzer comes with it.
set(CMAKE_C_COMPILER clang-19)
