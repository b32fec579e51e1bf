# SPDX-License-Identifier: MIT OR Apache-2.0
# contract_ids.h and the INFs are generated from contract/devices.json by aerow7, in every build: the only place where
# an ID is written down is the contract. The tool runs on this machine, so only the 64-bit host build makes it; the
# other builds use that one (AERO_AEROW7), which build.sh makes first.
set(AERO_CONTRACT "${CMAKE_SOURCE_DIR}/contract/devices.json")
set(AERO_GENERATED_DIR "${CMAKE_BINARY_DIR}/generated")
if(AERO_TARGET STREQUAL "host")
    set(AERO_AEROW7_COMMAND aerow7)
    set(AERO_AEROW7_DEPENDS aerow7)
else()
    set(AERO_AEROW7 "${CMAKE_SOURCE_DIR}/build/host/aerow7/aerow7" CACHE FILEPATH "the tool, made by the host build")
    if(NOT EXISTS "${AERO_AEROW7}")
        message(FATAL_ERROR "${AERO_AEROW7} is not there: run ./build.sh, or make it with "
                            "'cmake --preset host && cmake --build --preset host --target aerow7', "
                            "or pass -DAERO_AEROW7=FILE")
    endif()
    set(AERO_AEROW7_COMMAND "${AERO_AEROW7}")
    set(AERO_AEROW7_DEPENDS "${AERO_AEROW7}")
endif()

add_custom_command(
    OUTPUT "${AERO_GENERATED_DIR}/contract_ids.h"
    COMMAND ${AERO_AEROW7_COMMAND} contract generate --header --contract "${AERO_CONTRACT}"
            --out "${AERO_GENERATED_DIR}/contract_ids.h"
    DEPENDS "${AERO_CONTRACT}" ${AERO_AEROW7_DEPENDS}
    COMMENT "contract_ids.h from contract/devices.json"
    VERBATIM)
add_custom_target(aero_contract_ids DEPENDS "${AERO_GENERATED_DIR}/contract_ids.h")

# target_link_libraries(X PRIVATE aero_contract) gives a host target the header and the order of building.
add_library(aero_contract INTERFACE)
target_include_directories(aero_contract INTERFACE "${AERO_GENERATED_DIR}")
add_dependencies(aero_contract aero_contract_ids)

# aero_generate_inf(template output): fills @NAME@ placeholders of an INF template from the contract.
function(aero_generate_inf template output)
    add_custom_command(
        OUTPUT "${output}"
        COMMAND ${AERO_AEROW7_COMMAND} contract generate --inf "${template}" --contract "${AERO_CONTRACT}"
                --out "${output}"
        DEPENDS "${template}" "${AERO_CONTRACT}" ${AERO_AEROW7_DEPENDS}
        VERBATIM)
endfunction()
