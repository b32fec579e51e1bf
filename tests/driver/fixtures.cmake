# SPDX-License-Identifier: MIT OR Apache-2.0
# The fixture is a real miniport of this build's architecture, compiled and linked as drivers are.
find_program(AERO_LLD_LINK lld-link-19 REQUIRED)
find_program(AERO_DLLTOOL llvm-dlltool-19 REQUIRED)
find_program(AERO_OBJCOPY llvm-objcopy-19 REQUIRED)
find_program(AERO_WINDOWS_CLANG clang-19 REQUIRED)
if(AERO_TARGET STREQUAL "host")
    set(fixture_triple x86_64-w64-mingw32)
    set(fixture_options -fasynchronous-unwind-tables)
    set(fixture_dlltool -m i386:x86-64)
    set(fixture_def .def)
    set(fixture_machine x64)
    set(fixture_old_config 152) # up to HwMSInterruptRoutine
else()
    set(fixture_triple i686-w64-mingw32)
    set(fixture_options -march=i686 -mno-mmx -mno-sse)
    set(fixture_dlltool -m i386 -k)
    set(fixture_def .x86.def)
    set(fixture_machine x86)
    set(fixture_old_config 144)
endif()
find_path(fixture_mingw_include ntdef.h REQUIRED NO_DEFAULT_PATH PATHS "/usr/${fixture_triple}/include")
set(fixture_sources "${CMAKE_CURRENT_SOURCE_DIR}/fixtures")

# aero_add_fixture(name define...): fixtures/name.sys in this build folder
function(aero_add_fixture name)
    set(out "${CMAKE_CURRENT_BINARY_DIR}/${name}")
    file(MAKE_DIRECTORY "${out}")
    set(compile "${AERO_WINDOWS_CLANG}" --target=${fixture_triple} -std=c11 -O2 -g -gcodeview -ffreestanding
        -fno-stack-protector
                -mno-stack-arg-probe -fno-omit-frame-pointer -fno-strict-aliasing ${fixture_options} -Wall -Wextra
                    -Wconversion -Werror
                "-Wno-#warnings" -D_WIN32_WINNT=0x0601 ${ARGN} "-I${CMAKE_SOURCE_DIR}/ddk" -isystem
                    "${fixture_mingw_include}"
                -isystem "${fixture_mingw_include}/ddk" "-ffile-prefix-map=${fixture_sources}=fixtures")
    set(objects)
    set(steps)
    foreach(source IN ITEMS fixture fixture_break fixture_queue)
        list(APPEND objects ${source}.obj)
        list(APPEND steps COMMAND ${compile} -c "${fixture_sources}/${source}.c" -o ${source}.obj
                          COMMAND "${AERO_OBJCOPY}" --remove-section=.debug_frame ${source}.obj)
    endforeach()
    add_custom_command(
        OUTPUT "${out}/${name}.sys"
        ${steps}
        COMMAND "${AERO_DLLTOOL}" ${fixture_dlltool} -d "${CMAKE_SOURCE_DIR}/ddk/storport${fixture_def}" -l storport.lib
        COMMAND "${AERO_DLLTOOL}" ${fixture_dlltool} -d "${fixture_sources}/storport_queue${fixture_def}"
                -l storport_queue.lib
        COMMAND "${AERO_LLD_LINK}" /nologo /machine:${fixture_machine} /driver /subsystem:native,6.01 /osversion:6.1
                /entry:DriverEntry /nodefaultlib /debug /pdb:${name}.pdb /pdbaltpath:${name}.pdb /Brepro /release
                /dynamicbase /nxcompat /out:${name}.sys ${objects} storport.lib storport_queue.lib
        DEPENDS "${fixture_sources}/fixture.c" "${fixture_sources}/fixture_break.c" "${fixture_sources}/fixture_queue.c"
                "${fixture_sources}/fixture.h" "${CMAKE_SOURCE_DIR}/ddk/storport.h"
                "${CMAKE_SOURCE_DIR}/ddk/storport_abi.h" "${CMAKE_SOURCE_DIR}/ddk/storport${fixture_def}"
                "${fixture_sources}/storport_queue${fixture_def}"
        WORKING_DIRECTORY "${out}"
        COMMENT "fixture miniport ${name}"
        VERBATIM)
    add_custom_target(fixture_${name} ALL DEPENDS "${out}/${name}.sys")
endfunction()

aero_add_fixture(fixture)
aero_add_fixture(fixture_init_data -DFIXTURE_INIT_DATA_BREAK=1)
aero_add_fixture(fixture_dump_dpc -DFIXTURE_DUMP_BREAK=1)
aero_add_fixture(fixture_dump_timer -DFIXTURE_DUMP_BREAK=2)

# aero_rule_test(name rule driver argument option...): the bench says that `rule` is broken
function(aero_rule_test name rule driver argument)
    add_test(NAME nthost.storport.rule.${name}
             COMMAND "${CMAKE_COMMAND}" -DRULE=${rule} -DSECONDS=50 -P
                 "${CMAKE_CURRENT_SOURCE_DIR}/expect_rule.cmake" --
                     "$<TARGET_FILE:nthost>" blk --driver "${CMAKE_CURRENT_BINARY_DIR}/${driver}/${driver}.sys"
                         --device model --capacity 64M
                     --seed 11 --argument "${argument}" --workload randread:bs=4k:qd=4:count=20 ${ARGN})
    set_tests_properties(nthost.storport.rule.${name} PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

aero_rule_test(nothing_wrong none fixture break=none)
aero_rule_test(nothing_wrong_older_port_driver none fixture break=none --config-length ${fixture_old_config})
foreach(mode IN ITEMS adapter-busy device-busy pause resume)
    aero_rule_test(nothing_wrong_${mode} none fixture mode=${mode} --workload randread:bs=4k:burst=16:count=208
        --processors 1)
endforeach()
foreach(mode IN ITEMS half-duplex timer busy refuse synchronized)
    aero_rule_test(nothing_wrong_${mode} none fixture mode=${mode} --workload mixed:bs=4k:qd=16:count=500)
endforeach()
aero_rule_test(nothing_wrong_dump none fixture break=none --scenario dump-only)
foreach(line IN ITEMS
        # HwStorFindAdapter and DriverEntry
        config-modified=port-configuration config-no-scatter-gather=port-configuration
            config-alignment=port-configuration
        config-overrun=access-violation uncached-layout=uncached-extension uncached-twice=uncached-extension
        find-result=find-adapter-result device-extension-overrun=access-violation mapping-after=mmio-access
        # initialization and control
        dpc-in-initialize=callback-context passive-in-startio=callback-context lock-in-initialize=lock-in-callback
        pool-at-dirql=irql stall=stall-too-long depth-early=queue-depth-early log-code=log-error
            physical-strange=physical-address
        notification=notification wrong-extension=device-extension completed-unknown=srb-not-outstanding
        no-stop=adapter-control control-fails=adapter-control control-overrun=access-violation
        # locks
        lock-order=lock-order lock-twice=lock-recursion lock-kept=callback-lock lock-released-twice=lock-handle
        lock-unknown-dpc=lock-context lock-context=lock-context
        # memory
        pool-leak=leak pool-freed-twice=free-of-unknown-address bus-data-in-startio=callback-context dpc-unknown=dpc
        list-after=use-after-completion list-overrun=access-violation
            buffer-unmapped=access-violation extension-overrun=access-violation
        physical-without-srb=physical-address buffer-overrun=buffer-overrun
        # completions
        completed-twice=srb-completed-twice completed-never=srb-never-completed reset-leaves=reset-left-requests
        status-pending=srb-status status-frozen=srb-status status-scsi=srb-status
            sense-unwanted=srb-sense sense-format=srb-sense
        length-grew=srb-transfer-length srb-modified=srb-modified build-result=build-io-result
            start-result=start-io-result
        srb-after=use-after-completion extension-after=use-after-completion list-late=srb-not-outstanding
        buffer-after=buffer-changed-after-completion)
    string(REPLACE "=" ";" pair "${line}")
    list(GET pair 0 break)
    list(GET pair 1 rule)
    aero_rule_test(${break} ${rule} fixture break=${break})
endforeach()
aero_rule_test(init-data init-data fixture_init_data break=none)
aero_rule_test(dump-dpc dump-dpc fixture_dump_dpc break=none --scenario dump-only)
aero_rule_test(dump-timer dump-timer fixture_dump_timer break=none --scenario dump-only)
