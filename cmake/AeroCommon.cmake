# SPDX-License-Identifier: MIT OR Apache-2.0
# What every target shares: the language, the warnings, and that no path of the building machine gets into an output.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# CMake's own RelWithDebInfo defines NDEBUG: an assert() that is compiled away is a check that cannot fail.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

add_compile_options(
    -Wall -Wextra -Wconversion -Werror
    -fno-common
    "-ffile-prefix-map=${CMAKE_BINARY_DIR}=."
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=."
)
