# SPDX-License-Identifier: MIT OR Apache-2.0
# Windows 7 kernel drivers, amd64. "Generic" and not "Windows": the linking is AeroDriver.cmake's, and CMake's own rules
# for Windows assume a C run-time library, a manifest and import libraries that a driver does not have.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR amd64)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET x86_64-w64-mingw32)
set(CMAKE_AR /usr/bin/llvm-ar-19 CACHE FILEPATH "")
set(CMAKE_RANLIB /usr/bin/llvm-ranlib-19 CACHE FILEPATH "")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
