# SPDX-License-Identifier: MIT OR Apache-2.0
# One test per requirement, device and interrupt: driver.blk.NAME.DEVICE.IRQ, run on the packed driver. Names follow
# Microsoft's hardware certification kit where it has such a test. Images are nameless temporary files.
set(AERO_SYS_AMD64
    "${AERO_DIST_DIR}/aero-win7-driver-pack/win7/amd64/aero_virtio_blk/aero_virtio_blk.sys" CACHE FILEPATH
    "the amd64 block driver that the tests run")
set(AERO_SYS_X86 "${AERO_DIST_DIR}/aero-win7-driver-pack/win7/x86/aero_virtio_blk/aero_virtio_blk.sys" CACHE FILEPATH
    "the x86 block driver that the tests run")
if(AERO_TARGET STREQUAL "host")
    set(blk_sys "${AERO_SYS_AMD64}")
else()
    set(blk_sys "${AERO_SYS_X86}")
endif()

# aero_blk_run(name TIMEOUT seconds ARGS option...)
function(aero_blk_run name)
    cmake_parse_arguments(PARSE_ARGV 1 R "" "TIMEOUT" "ARGS")
    if(NOT R_TIMEOUT)
        set(R_TIMEOUT 120)
    endif()
    add_test(NAME driver.blk.${name} COMMAND nthost blk --driver "${blk_sys}" ${R_ARGS})
    set_tests_properties(driver.blk.${name} PROPERTIES LABELS driver TIMEOUT ${R_TIMEOUT})
endfunction()

# aero_blk_runs(name DEVICES device... IRQS irq... ARGS option...): one run for each device and interrupt
function(aero_blk_runs name)
    cmake_parse_arguments(PARSE_ARGV 1 R "" "TIMEOUT" "DEVICES;IRQS;ARGS")
    if(NOT R_DEVICES)
        set(R_DEVICES model qemu)
    endif()
    if(NOT R_IRQS)
        set(R_IRQS intx msix)
    endif()
    foreach(device IN LISTS R_DEVICES)
        foreach(irq IN LISTS R_IRQS)
            set(vectors)
            if(device STREQUAL "model" AND irq STREQUAL "msix")
                set(vectors --model vectors=2)
            endif()
            aero_blk_run(${name}.${device}.${irq} TIMEOUT ${R_TIMEOUT} ARGS --device ${device} --irq ${irq}
                ${vectors} ${R_ARGS})
        endforeach()
    endforeach()
endfunction()

# ---- data ----
aero_blk_runs(disk-stress ARGS --scenario disk-stress --capacity 64M --seed 1)
aero_blk_runs(disk-verification ARGS --scenario disk-verification --capacity 64M --seed 2)
aero_blk_runs(flush-survives-power-cut ARGS --scenario flush --capacity 64M --seed 3)
aero_blk_run(flush-write-through.qemu TIMEOUT 60
             ARGS --device qemu --qemu-device virtio-blk-pci,disable-legacy=on,write-cache=off --scenario flush
                 --capacity 64M --seed 3)
foreach(irq IN ITEMS intx msix)
    aero_blk_run(four-processors.model.${irq} ARGS --device model --irq ${irq} --processors 4 --verify
        --capacity 32M --seed 4
                 --workload mixed:bs=4k:qd=64:count=10000)
endforeach()
aero_blk_run(scheduler-seeds.model TIMEOUT 300 ARGS --device model --scenario seeds --repeat 60 --capacity 16M --seed 5)
aero_blk_run(qemu-layout-event-idx.model ARGS --device model --model layout=qemu --model features=event_idx
    --model isr=spec --model used-len=spec
             --irq msix --verify --capacity 32M --seed 6 --workload mixed:bs=4k:qd=32:count=5000)
aero_blk_run(queue-size-4.model ARGS --device model --model queue-size=4 --verify --capacity 16M --seed 6
    --workload mixed:bs=16k:qd=8:count=1000)
aero_blk_run(no-indirect.model ARGS --device model --model without=indirect --verify --capacity 16M --seed 6
             --workload mixed:bs=64k:qd=64:count=1000)
aero_blk_run(virtio-event-idx-off.qemu ARGS --device qemu
    --qemu-device virtio-blk-pci,disable-legacy=on,event_idx=off --verify --capacity 32M --seed 7
             --workload mixed:bs=4k:qd=32:count=5000)
aero_blk_run(sectors-of-4096.model ARGS --device model --model blk-size=4096 --scenario disk-verification
    --capacity 64M --seed 8)
aero_blk_run(sectors-of-4096.qemu ARGS --device qemu --qemu-device
             virtio-blk-pci,disable-legacy=on,logical_block_size=4096,physical_block_size=4096
                 --scenario disk-verification --capacity 64M --seed 8)
aero_blk_run(past-2-TiB.model ARGS --device model --scenario disk-verification --capacity 3T --seed 9)
aero_blk_run(past-2-TiB.qemu ARGS --device qemu --scenario disk-verification --capacity 3T --seed 9)
aero_blk_run(older-port-driver.model ARGS --device model --config-length 152 --verify --capacity 16M --seed 10
    --workload mixed:count=500)

foreach(messages IN ITEMS 1 3)
    aero_blk_run(messages-${messages}.qemu ARGS --device qemu --irq msix --messages ${messages} --verify --capacity 16M
        --seed 10 --qemu-device virtio-blk-pci,disable-legacy=on,vectors=4 --workload mixed:count=1000)
endforeach()

# StrictContract: the contract's layout is taken, QEMU's is refused.
aero_blk_run(strict-contract-takes-its-layout.model ARGS --device model --argument StrictContract=1 --verify --capacity 16M
    --workload mixed:count=500)
aero_blk_run(strict-contract-refuses-another-layout.model ARGS --device model --model layout=qemu
    --argument StrictContract=1 --workload randread:count=10)
set_tests_properties(driver.blk.strict-contract-refuses-another-layout.model PROPERTIES
    PASS_REGULAR_EXPRESSION "start refused: HwStorFindAdapter returned SP_RETURN_ERROR")

# ---- SCSI ----
aero_blk_runs(scsi-compliance ARGS --scenario scsi-compliance --capacity 64M --seed 11 IRQS msix)
aero_blk_run(scsi-compliance-unmap.model ARGS --device model --model features=discard --scenario scsi-compliance
    --capacity 64M --seed 11)
aero_blk_run(scsi-compliance-read-only.model ARGS --device model --model features=ro --scenario scsi-compliance
    --capacity 64M --seed 11)
aero_blk_run(scsi-compliance-read-only.qemu ARGS --device qemu --qemu readonly=on --scenario scsi-compliance
    --capacity 64M --seed 11)
aero_blk_run(scsi-compliance-sectors-of-4096.model ARGS --device model --model blk-size=4096
    --scenario scsi-compliance --capacity 64M --seed 11)
aero_blk_run(scsi-compliance-past-2-TiB.model ARGS --device model --scenario scsi-compliance --capacity 3T --seed 11)
aero_blk_run(scsi-compliance-past-2-TiB.qemu ARGS --device qemu --scenario scsi-compliance --capacity 3T --seed 11)
aero_blk_run(scsi-compliance-write-through.model ARGS --device model --model without=flush
    --scenario scsi-compliance --capacity 64M --seed 11)
aero_blk_runs(miniport-control ARGS --scenario ioctl --capacity 16M --seed 12)

# ---- resets ----
aero_blk_runs(lun-reset ARGS --scenario lun-reset --capacity 16M --seed 13)
aero_blk_runs(lun-reset-with-io ARGS --scenario lun-reset-with-io --capacity 16M --seed 14)
aero_blk_runs(bus-reset ARGS --scenario bus-reset --capacity 16M --seed 15)
aero_blk_runs(abort-command ARGS --scenario abort --capacity 16M --seed 15)
aero_blk_runs(resets-without-leak ARGS --scenario resets --capacity 16M --seed 16 TIMEOUT 300)
aero_blk_runs(hung-device-is-reset ARGS --scenario hung-device --capacity 16M --seed 17 DEVICES model)
aero_blk_run(hung-device-bus-reset-only.model ARGS --device model --scenario hung-device --reset-bus-only
    --capacity 16M --seed 17)
aero_blk_runs(hostile-device ARGS --scenario hostile-device --capacity 16M --seed 18 DEVICES model)
aero_blk_runs(feature-bits-every-legal-combination ARGS --scenario feature-matrix
    --seed 19 DEVICES model IRQS intx TIMEOUT 400)

# ---- plug and play, power, dump ----
aero_blk_runs(pnp-disable-enable-with-io ARGS --scenario pnp-disable-enable-with-io --capacity 16M --seed 20)
aero_blk_runs(sleep-with-io ARGS --scenario sleep-with-io --capacity 16M --seed 21)
aero_blk_runs(surprise-remove-at-every-step ARGS --scenario surprise-remove --capacity 16M
    --seed 22 DEVICES model TIMEOUT 300)
aero_blk_runs(surprise-remove ARGS --scenario surprise-remove --repeat 25 --capacity 16M
    --seed 22 DEVICES qemu TIMEOUT 300)
aero_blk_runs(systematic-fault-injection ARGS --scenario systematic-fault-injection --capacity 16M --seed 23)
aero_blk_runs(config-change ARGS --scenario config-change --capacity 16M --seed 24)
aero_blk_runs(crash-dump ARGS --scenario crash-dump --capacity 32M --seed 25)
aero_blk_runs(hibernate ARGS --scenario hibernate --capacity 32M --seed 26)

# ---- costs, and other people's miniports ----
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(what IN ITEMS depth-one burst instructions)
    foreach(device IN ITEMS off on contract)
        foreach(irq IN ITEMS intx msix)
            set(name driver.blk.costs.${what}.event-idx-${device}.${irq})
            if(device STREQUAL "contract")
                set(name driver.blk.costs.${what}.contract-v1.${irq})
            endif()
            add_test(NAME ${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/costs.py" --nthost
                "$<TARGET_FILE:nthost>"
                                          --driver "${blk_sys}" ${what}.${device}.${irq})
            set_tests_properties(${name} PROPERTIES LABELS driver TIMEOUT 120)
        endforeach()
    endforeach()
endforeach()
add_test(NAME driver.blk.third-party COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/third_party.py"
    --nthost "$<TARGET_FILE:nthost>"
                                             --driver "${blk_sys}")
set_tests_properties(driver.blk.third-party PROPERTIES LABELS driver TIMEOUT 900 SKIP_RETURN_CODE 77)
