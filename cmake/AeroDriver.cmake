# SPDX-License-Identifier: MIT OR Apache-2.0
# aero_add_driver(NAME name SOURCES file... LIBS storport ntoskrnl hal...
#                 [DESCRIPTION text] [INFS template.inf.in...] [VERSION 0.1.0.0]
#                 [DISABLED_INFS template.inf.in...] [OPT_IN folder OPT_IN_INFS template.inf.in...]
#                 [INCLUDES dir...] [DEFINES X=1...] [OPTIONS -flag...] [OUTPUT_DIR dir] [NO_PACKAGE])
# makes OUTPUT_DIR/name.sys, .pdb and .inf (default build/<preset>/drivers) and, unless NO_PACKAGE, installs them as
# <arch>/<name>/ for `aerow7 pack --from-build`. DISABLED_INFS become NAME.inf.disabled beside them; OPT_IN_INFS make a
# second package of the same driver in <arch>/opt-in/<folder>/. INF is another name for INFS.
# Import libraries are made from ddk/LIB.def (amd64) or ddk/LIB.x86.def.
#
# Why the linking is a script of its own (link_driver.sh): the sources are compiled to bitcode and optimised as one
# program, so that what a request passes becomes a few straight functions although it is written in several files; and
# the linker runs in the build folder with relative names only and with /pdbsourcepath, so the PDB (object names, linker
# command, current directory) is the same in every folder that the project is built in. The PDB's identity is part of
# the .sys.
find_program(AERO_LLD_LINK lld-link-19 REQUIRED)
find_program(AERO_DLLTOOL llvm-dlltool-19 REQUIRED)
find_program(AERO_RC llvm-rc-19 REQUIRED)
find_program(AERO_OBJCOPY llvm-objcopy-19 REQUIRED)
find_program(AERO_LLVM_LINK llvm-link-19 REQUIRED)
find_program(AERO_OPT opt-19 REQUIRED)
find_program(AERO_LLC llc-19 REQUIRED)
# clang knows mingw-w64's headers only beside a mingw-w64 gcc, which is not needed here, so they are named.
find_path(AERO_MINGW_INCLUDE ddk/wdm.h REQUIRED NO_DEFAULT_PATH PATHS "/usr/${CMAKE_C_COMPILER_TARGET}/include")

if(AERO_TARGET STREQUAL "win7-amd64")
    set(AERO_ARCH amd64)
    set(AERO_DLLTOOL_FLAGS -m i386:x86-64)
    set(AERO_DEF_SUFFIX .def)
    set(AERO_LINK_MACHINE x64)
    # -ffreestanding leaves unwind tables out; Windows x64 walks every stack with them ("x64 exception handling").
    set(AERO_ARCH_OPTIONS -D_AMD64_=1 -fasynchronous-unwind-tables)
else()
    set(AERO_ARCH x86)
    # -k: the import carries the undecorated name, which is what Windows exports.
    set(AERO_DLLTOOL_FLAGS -m i386 -k)
    set(AERO_DEF_SUFFIX .x86.def)
    set(AERO_LINK_MACHINE x86)
    # A 32-bit driver must not touch MMX, SSE or x87 state without KeSaveFloatingPointState; amd64 has no such rule
    # ("Using Floating Point or MMX in a WDM Driver", Windows driver documentation). Frame pointers keep Windows 7's
    # kernel debugger and the bench able to walk the stack.
    set(AERO_ARCH_OPTIONS -march=i686 -mno-mmx -mno-sse -fno-omit-frame-pointer)
endif()

set(AERO_DRIVER_OPTIONS
    ${AERO_ARCH_OPTIONS}
    -ffreestanding -fno-stack-protector -mno-stack-arg-probe -fno-strict-aliasing -fno-ident
    -flto -g -gcodeview -gno-codeview-command-line -fdebug-compilation-dir=. "-Wno-#warnings"
    -D_WIN32_WINNT=0x0601 -DWINVER=0x0601 -DNTDDI_VERSION=0x06010000)

# aero_import_library(lib): lib/LIB.lib under the build folder, once, whoever asks first.
function(aero_import_library lib)
    if(TARGET implib_${lib})
        return()
    endif()
    set(def "${CMAKE_SOURCE_DIR}/ddk/${lib}${AERO_DEF_SUFFIX}")
    if(NOT EXISTS "${def}")
        message(FATAL_ERROR "a driver links ${lib}, but ${def} is not there")
    endif()
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
    add_custom_command(
        OUTPUT "${CMAKE_BINARY_DIR}/lib/${lib}.lib"
        COMMAND "${AERO_DLLTOOL}" ${AERO_DLLTOOL_FLAGS} -d "${def}" -l "${CMAKE_BINARY_DIR}/lib/${lib}.lib"
        DEPENDS "${def}"
        COMMENT "import library ${lib}.lib"
        VERBATIM)
    add_custom_target(implib_${lib} DEPENDS "${CMAKE_BINARY_DIR}/lib/${lib}.lib")
endfunction()

# aero_driver_infs(variable folder suffix template...): generates each into the folder, adds their paths to variable.
function(aero_driver_infs variable folder suffix)
    set(made ${${variable}})
    foreach(template IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH template BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
        cmake_path(GET template FILENAME file)
        string(REGEX REPLACE "\\.in$" "${suffix}" file "${file}")
        aero_generate_inf("${template}" "${folder}/${file}")
        list(APPEND made "${folder}/${file}")
    endforeach()
    set(${variable} "${made}" PARENT_SCOPE)
endfunction()

function(aero_add_driver)
    cmake_parse_arguments(PARSE_ARGV 0 D "NO_PACKAGE" "NAME;VERSION;DESCRIPTION;OUTPUT_DIR;OPT_IN"
                          "SOURCES;LIBS;INFS;INF;DISABLED_INFS;OPT_IN_INFS;INCLUDES;DEFINES;OPTIONS")
    if(D_UNPARSED_ARGUMENTS OR NOT D_NAME OR NOT D_SOURCES OR NOT D_LIBS)
        message(FATAL_ERROR "aero_add_driver(${D_NAME}): NAME, SOURCES and LIBS are needed; "
                            "not understood: '${D_UNPARSED_ARGUMENTS}'")
    endif()
    if(NOT D_VERSION)
        set(D_VERSION "${PROJECT_VERSION}.0")
    endif()
    if(NOT D_DESCRIPTION)
        set(D_DESCRIPTION "${D_NAME}")
    endif()
    if(NOT D_OUTPUT_DIR)
        set(D_OUTPUT_DIR "${CMAKE_BINARY_DIR}/drivers")
    endif()
    file(MAKE_DIRECTORY "${D_OUTPUT_DIR}")

    set(code ${D_NAME}_code)
    add_library(${code} OBJECT ${D_SOURCES})
    target_compile_options(${code} PRIVATE ${AERO_DRIVER_OPTIONS} ${D_OPTIONS})
    target_compile_definitions(${code} PRIVATE ${D_DEFINES})
    target_include_directories(${code} PRIVATE ${D_INCLUDES} "${AERO_GENERATED_DIR}" "${CMAKE_SOURCE_DIR}/ddk"
                                               "${CMAKE_SOURCE_DIR}")
    target_include_directories(${code} SYSTEM PRIVATE "${AERO_MINGW_INCLUDE}" "${AERO_MINGW_INCLUDE}/ddk")
    add_dependencies(${code} aero_contract_ids)

    # No macro of windows.h is used in the resource, so it needs no preprocessor and no header.
    set(RC_FILE "${D_NAME}.sys")
    set(RC_VERSION "${D_VERSION}")
    string(REPLACE "." "," RC_VERSION_COMMAS "${D_VERSION}")
    set(RC_DESCRIPTION "${D_DESCRIPTION}")
    set(RC_SUBTYPE 0x7L) # VFT2_DRV_SYSTEM
    set(rc "${CMAKE_CURRENT_BINARY_DIR}/${D_NAME}.rc")
    set(res "${CMAKE_CURRENT_BINARY_DIR}/${D_NAME}.res")
    configure_file("${CMAKE_SOURCE_DIR}/cmake/version.rc.in" "${rc}" @ONLY)
    # Relative names: llvm-rc takes an absolute one in a folder like /check for its option /c.
    cmake_path(RELATIVE_PATH res BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE res_name)
    cmake_path(RELATIVE_PATH rc BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE rc_name)
    add_custom_command(OUTPUT "${res}" COMMAND "${AERO_RC}" /no-preprocess /FO ${res_name} ${rc_name} DEPENDS "${rc}"
                       WORKING_DIRECTORY "${CMAKE_BINARY_DIR}" VERBATIM)

    set(libraries)
    set(library_targets)
    foreach(lib IN LISTS D_LIBS)
        aero_import_library(${lib})
        list(APPEND libraries lib/${lib}.lib)
        list(APPEND library_targets implib_${lib} "${CMAKE_BINARY_DIR}/lib/${lib}.lib")
    endforeach()

    set(sys "${D_OUTPUT_DIR}/${D_NAME}.sys")
    set(pdb "${D_OUTPUT_DIR}/${D_NAME}.pdb")
    cmake_path(RELATIVE_PATH sys BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE sys_name)
    cmake_path(RELATIVE_PATH pdb BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE pdb_name)
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_BINARY_DIR BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE code_dir)
    add_custom_command(
        OUTPUT "${sys}" "${pdb}"
        BYPRODUCTS "${CMAKE_CURRENT_BINARY_DIR}/${D_NAME}.obj"
        COMMAND "${CMAKE_SOURCE_DIR}/cmake/link_driver.sh" ${AERO_LINK_MACHINE} ${sys_name}
                ${code_dir}/${D_NAME}.obj ${res_name} ${libraries} -- $<TARGET_OBJECTS:${code}>
        DEPENDS $<TARGET_OBJECTS:${code}> "${res}" ${library_targets} "${CMAKE_SOURCE_DIR}/cmake/link_driver.sh"
        WORKING_DIRECTORY "${CMAKE_BINARY_DIR}"
        COMMENT "linking ${sys_name}"
        COMMAND_EXPAND_LISTS
        VERBATIM)
    set(outputs "${sys}" "${pdb}")

    set(opt_in_outputs)
    if(D_OPT_IN)
        file(MAKE_DIRECTORY "${D_OUTPUT_DIR}/opt-in/${D_OPT_IN}")
        aero_driver_infs(opt_in_outputs "${D_OUTPUT_DIR}/opt-in/${D_OPT_IN}" "" ${D_OPT_IN_INFS})
    endif()
    set(infs)
    aero_driver_infs(infs "${D_OUTPUT_DIR}" "" ${D_INFS} ${D_INF})
    aero_driver_infs(infs "${D_OUTPUT_DIR}" ".disabled" ${D_DISABLED_INFS})
    add_custom_target(${D_NAME} ALL DEPENDS ${outputs} ${infs} ${opt_in_outputs})
    if(NOT D_NO_PACKAGE)
        install(FILES ${outputs} ${infs} DESTINATION "${AERO_ARCH}/${D_NAME}")
        if(D_OPT_IN)
            install(FILES ${outputs} ${opt_in_outputs} DESTINATION "${AERO_ARCH}/opt-in/${D_OPT_IN}")
        endif()
    endif()
endfunction()
