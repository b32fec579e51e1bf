# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds for this machine: where the packed drivers are for tests that run them, and the sanitizers.
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)

# Tests run the very files that were packed, never ones of their own making.
if(AERO_TARGET STREQUAL "host")
    set(AERO_ARCH amd64)
else()
    set(AERO_ARCH x86)
endif()
set(AERO_DIST_DIR "${CMAKE_SOURCE_DIR}/dist" CACHE PATH "what build.sh made: the drivers that the tests run")
set(AERO_SYS_DIR "${AERO_DIST_DIR}/aero-win7-driver-pack/win7/${AERO_ARCH}")
set(AERO_SYMBOLS_DIR "${AERO_DIST_DIR}/symbols/${AERO_ARCH}")

# aero_sanitize(target): AddressSanitizer and UndefinedBehaviorSanitizer, any finding ends the program.
function(aero_sanitize target)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
endfunction()
