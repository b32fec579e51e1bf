# SPDX-License-Identifier: MIT OR Apache-2.0
# Compiles SOURCES as drivers are compiled, for both architectures, and fails when an object refers to a symbol that
# none of the objects defines: memset, memcpy, 64-bit division helpers, stack probes.
find_program(NM NAMES llvm-nm-19 llvm-nm REQUIRED)
file(MAKE_DIRECTORY "${OUT}")

foreach(triple IN ITEMS x86_64-w64-mingw32 i686-w64-mingw32)
    foreach(level IN ITEMS -O1 -O2 -Os)
        set(defined "")
        set(undefined "")
        foreach(source IN LISTS SOURCES)
            get_filename_component(name "${source}" NAME)
            set(object "${OUT}/${name}-${triple}${level}.obj")
            execute_process(
                COMMAND "${COMPILER}" --target=${triple} -std=c11 -ffreestanding -fno-stack-protector
                        -mno-stack-arg-probe ${level} -Wall -Wextra -Wconversion -Werror "-I${INCLUDE}"
                        -c "${source}" -o "${object}"
                RESULT_VARIABLE failed ERROR_VARIABLE errors)
            if(failed)
                message(FATAL_ERROR "${name} does not compile for ${triple} at ${level}:\n${errors}")
            endif()
            execute_process(COMMAND "${NM}" --format=just-symbols --undefined-only "${object}"
                            OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
            string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
            list(APPEND undefined ${symbols})
            execute_process(COMMAND "${NM}" --format=just-symbols --defined-only --extern-only "${object}"
                            OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
            string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
            list(APPEND defined ${symbols})
        endforeach()
        list(LENGTH defined count)
        if(count LESS 20)
            message(FATAL_ERROR "${triple} ${level}: only ${count} symbols defined; is this the right code?")
        endif()
        list(REMOVE_DUPLICATES undefined)
        list(REMOVE_ITEM undefined ${defined})
        if(undefined)
            message(FATAL_ERROR "${triple} ${level}: refers to ${undefined}")
        endif()
        message(STATUS "${triple} ${level}: ${count} functions, no outside symbol")
    endforeach()
endforeach()
