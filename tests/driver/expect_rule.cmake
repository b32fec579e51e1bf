# SPDX-License-Identifier: MIT OR Apache-2.0
# cmake -DRULE=name -DSECONDS=n -P expect_rule.cmake -- COMMAND...: passes when the command ends with exit status 3 and
# says that exactly this rule was broken. RULE "none": when it ends with 0.
set(command)
set(seen OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(seen)
        list(APPEND command "${CMAKE_ARGV${i}}")
    elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
        set(seen ON)
    endif()
endforeach()
execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors TIMEOUT
    ${SECONDS})
if(RULE STREQUAL "none")
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "exit status ${status}, expected 0\n${output}${errors}")
    endif()
elseif(NOT status EQUAL 3 OR NOT errors MATCHES "nthost: rule broken: ${RULE}: ")
    message(FATAL_ERROR "exit status ${status}, expected 3 and rule ${RULE}\n${output}${errors}")
endif()
message("${output}${errors}")
