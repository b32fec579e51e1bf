# SPDX-License-Identifier: MIT OR Apache-2.0
# Console programs for Windows 7, made by mingw-w64's gcc within the host build: what is shipped to guests, and what the
# tests run under Wine.
#
#   aero_mingw_program(TARGET name ARCH amd64|x86 OUTPUT file.exe SOURCES file... [INCLUDES folder...] [LIBS library...]
#                      [DEFINES name[=value]...] [DEPENDS target-or-file...] [NARROW])
#
# Programs have wmain, so that they get every argument as it is; NARROW ones have main.
#
# TARGET.recipe in the build folder says how it was made, for the test that makes it again elsewhere.
# Reproducible: no time stamp, no path of this machine, nothing that tells one build from another.
find_program(AERO_MINGW_GCC_amd64 x86_64-w64-mingw32-gcc)
find_program(AERO_MINGW_GCC_x86 i686-w64-mingw32-gcc)
find_program(AERO_MINGW_WINDRES_amd64 x86_64-w64-mingw32-windres)
find_program(AERO_MINGW_WINDRES_x86 i686-w64-mingw32-windres)

function(aero_mingw_program)
    # -static-libgcc: nothing but what Windows 7 brings. 6.1: Windows 7, in the subsystem's and the system's version.
    set(compile
        -std=gnu11 -O2 -Wall -Wextra -Wconversion -Werror -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0601
        "-ffile-prefix-map=${CMAKE_BINARY_DIR}=." "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
    set(link
        -mconsole -static-libgcc -s -Wl,--no-insert-timestamp -Wl,--build-id=none
        -Wl,--dynamicbase -Wl,--nxcompat
        -Wl,--major-os-version,6 -Wl,--minor-os-version,1
        -Wl,--major-subsystem-version,6 -Wl,--minor-subsystem-version,1)

    cmake_parse_arguments(P "NARROW" "TARGET;ARCH;OUTPUT" "SOURCES;INCLUDES;LIBS;DEFINES;DEPENDS" ${ARGN})
    set(gcc "${AERO_MINGW_GCC_${P_ARCH}}")
    set(windres "${AERO_MINGW_WINDRES_${P_ARCH}}")
    if(NOT gcc OR NOT windres)
        message(FATAL_ERROR "no mingw-w64 compiler for ${P_ARCH} (Debian: gcc-mingw-w64-x86-64-win32, "
                            "gcc-mingw-w64-i686-win32): ${P_OUTPUT} cannot be made")
    endif()
    set(entry -municode)
    if(P_NARROW)
        set(entry)
    endif()
    list(TRANSFORM P_INCLUDES PREPEND -I)
    list(TRANSFORM P_LIBS PREPEND -l)
    list(TRANSFORM P_DEFINES PREPEND -D)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${P_TARGET}.dir")
    list(TRANSFORM P_SOURCES REPLACE "^([^/].*)$" "${CMAKE_CURRENT_SOURCE_DIR}/\\1" OUTPUT_VARIABLE absolute)
    set(recipe "gcc=${gcc}" "windres=${windres}" "prefix=${CMAKE_SOURCE_DIR}" "prefix=${CMAKE_BINARY_DIR}")
    list(JOIN recipe "\n" recipe)
    foreach(part IN ITEMS compile entry P_DEFINES P_INCLUDES absolute link P_LIBS)
        foreach(item IN LISTS ${part})
            string(APPEND recipe "\n${part}=${item}")
        endforeach()
    endforeach()
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${P_TARGET}.recipe" "${recipe}\n")
    file(MAKE_DIRECTORY "${folder}")
    set(objects)
    foreach(source IN LISTS P_SOURCES)
        get_filename_component(source "${source}" ABSOLUTE)
        get_filename_component(name "${source}" NAME)
        set(object "${folder}/${name}.o")
        list(APPEND objects "${object}")
        if(name MATCHES "\\.rc$")
            get_filename_component(beside "${source}" DIRECTORY)
            add_custom_command(OUTPUT "${object}" DEPENDS "${source}" ${P_DEPENDS}
                               COMMAND "${windres}" -I "${beside}" ${P_DEFINES} "${source}" "${object}"
                               COMMENT "${name} for ${P_ARCH}" VERBATIM)
        else()
            add_custom_command(OUTPUT "${object}" DEPENDS "${source}" ${P_DEPENDS} DEPFILE "${object}.d"
                               COMMAND "${gcc}" ${compile} ${entry} ${P_DEFINES} ${P_INCLUDES}
                                       -MD -MF "${object}.d" -MT "${object}" -c -o "${object}" "${source}"
                               COMMENT "${name} for ${P_ARCH}" VERBATIM)
        endif()
    endforeach()
    add_custom_command(OUTPUT "${P_OUTPUT}" DEPENDS ${objects}
                       COMMAND "${gcc}" ${link} ${entry} -o "${P_OUTPUT}" ${objects} ${P_LIBS} VERBATIM)
    add_custom_target(${P_TARGET} ALL DEPENDS "${P_OUTPUT}")
endfunction()
