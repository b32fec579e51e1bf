# SPDX-License-Identifier: MIT OR Apache-2.0
# Compiles SOURCES for both architectures with nothing but general registers: floating point then becomes a call to a
# helper, and there must be none. That it does become one is tried first, on a source that has it.
find_program(NM NAMES llvm-nm-19 llvm-nm REQUIRED)
file(MAKE_DIRECTORY "${OUT}")
file(WRITE "${OUT}/float.c" "double Half(double number);\ndouble Half(double number)\n{\n    return number / 2;\n}\n")

# The functions of others, but for the engine's own, that the source's object needs.
function(helpers source triple result)
    execute_process(COMMAND "${COMPILER}" --target=${triple} -std=c11 -ffreestanding -mgeneral-regs-only -O2
                            "-I${INCLUDE}" -c "${source}" -o "${OUT}/object.obj"
                    RESULT_VARIABLE failed ERROR_VARIABLE errors)
    if(failed)
        message(FATAL_ERROR "${source} for ${triple}:\n${errors}")
    endif()
    execute_process(COMMAND "${NM}" --format=just-symbols --undefined-only "${OUT}/object.obj"
                    OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
    list(FILTER symbols EXCLUDE REGEX "^_?(Snd|Virtqueue)")
    set(${result} "${symbols}" PARENT_SCOPE)
endfunction()

foreach(triple IN ITEMS x86_64-w64-mingw32 i686-w64-mingw32)
    helpers("${OUT}/float.c" ${triple} needed)
    if(NOT needed)
        message(FATAL_ERROR "${triple}: floating point needs no helper with ${COMPILER}; this proves nothing")
    endif()
    foreach(source IN LISTS SOURCES)
        helpers("${source}" ${triple} needed)
        if(needed)
            message(FATAL_ERROR "${source} for ${triple}: needs ${needed}")
        endif()
    endforeach()
endforeach()
