# Tests of the C ABI, in C99 and against libsemper.so, as its users have it.
enable_language(C)

# semper_c_program(<name> <source>…)
function(semper_c_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE semper::c)
  set_target_properties(${name} PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE -Wall -Wextra -pedantic -Wno-unused-const-variable
    -Wno-unused-function -Wno-unused-variable)
  if(SEMPER_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
  if(SEMPER_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${SEMPER_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(${name} PRIVATE -fsanitize=${SEMPER_SANITIZE})
  endif()
endfunction()

semper_c_program(capi_test capi/capi_test.c)
add_test(NAME capi COMMAND capi_test)

# The examples, with what they print.
set(examples "${PROJECT_SOURCE_DIR}/examples")
foreach(example minimal provider batch reload threads)
  semper_c_program(example_${example} "${examples}/c/${example}.c")
  set(arguments)
  set(input)
  if(example STREQUAL "batch")
    set(arguments "${examples}/policies")
    set(input --stdin)
    foreach(event cloudtrail-records guardduty-get-findings securityhub-imported slide-cloudtrail)
      list(APPEND input "${examples}/events/${event}.json")
    endforeach()
  endif()
  add_test(NAME example_c_${example}
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/run_example.py"
            "${examples}/c/${example}.expected" ${input} -- $<TARGET_FILE:example_${example}> ${arguments})
endforeach()
target_link_libraries(example_threads PRIVATE Threads::Threads)

# Every function of the header with every kind of bad argument.
set(generated "${PROJECT_BINARY_DIR}/generated/arguments_test.c")
add_custom_command(OUTPUT "${generated}"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${PROJECT_BINARY_DIR}/generated"
  COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/generate_arguments.py"
          "${PROJECT_SOURCE_DIR}/include" > "${generated}"
  DEPENDS "${CMAKE_CURRENT_LIST_DIR}/generate_arguments.py" "${CMAKE_CURRENT_LIST_DIR}/header.py"
          "${PROJECT_SOURCE_DIR}/include/semper/semper.h" "${PROJECT_SOURCE_DIR}/include/semper/debug.h"
  VERBATIM)
semper_c_program(capi_arguments_test "${generated}")
target_include_directories(capi_arguments_test PRIVATE "${CMAKE_CURRENT_LIST_DIR}")
add_test(NAME capi_arguments COMMAND capi_arguments_test)

if(NOT SEMPER_SANITIZE)
  add_test(NAME capi_exports
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_exports.py" "${PROJECT_SOURCE_DIR}/include"
            "${PROJECT_SOURCE_DIR}/src/capi/semper.map" $<TARGET_FILE:semper_c>)
endif()

# Replaces operator new, as sanitizers do.
if(NOT SEMPER_SANITIZE)
  add_executable(capi_out_of_memory_test capi/out_of_memory_test.cc)
  target_link_libraries(capi_out_of_memory_test PRIVATE semper::c)
  set_target_properties(capi_out_of_memory_test PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
  add_test(NAME capi_out_of_memory COMMAND capi_out_of_memory_test)
endif()

# The frozen header of 1.0 against today's library.
semper_c_program(capi_compat_1_0 capi/compat_1_0.c)
target_include_directories(capi_compat_1_0 BEFORE PRIVATE "${CMAKE_CURRENT_LIST_DIR}/header_1_0")
add_test(NAME capi_compat_1_0 COMMAND capi_compat_1_0)

if(NOT SEMPER_SANITIZE)
  semper_c_program(capi_other_versions_test capi/other_versions_test.c)
  set_target_properties(capi_other_versions_test PROPERTIES ENABLE_EXPORTS ON)
  add_test(NAME capi_other_versions COMMAND capi_other_versions_test)

  add_test(NAME capi_abi
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_abi.py" "${PROJECT_SOURCE_DIR}/include"
            "${CMAKE_CURRENT_LIST_DIR}/abi_1.xml" "${CMAKE_C_COMPILER}" "${PROJECT_BINARY_DIR}/abi")
  set_tests_properties(capi_abi PROPERTIES SKIP_RETURN_CODE 77)
endif()
