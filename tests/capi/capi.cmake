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
semper_c_program(capi_misuse_test capi/misuse_test.c)
target_link_libraries(capi_misuse_test PRIVATE Threads::Threads)
add_test(NAME capi_misuse COMMAND capi_misuse_test)

# The examples, with what they print.
set(examples "${PROJECT_SOURCE_DIR}/examples")
set(examples_in_c minimal provider batch reload threads routes plan)
set(example_batch_arguments "${examples}/policies")
set(example_batch_input --stdin)
foreach(event cloudtrail-records guardduty-get-findings securityhub-imported slide-cloudtrail)
  list(APPEND example_batch_input "${examples}/events/${event}.json")
endforeach()
set(example_plan_arguments "${examples}/policies" "${examples}/accounts.json" eu-central-1 us-east-1)
foreach(example ${examples_in_c})
  semper_c_program(example_${example} "${examples}/c/${example}.c")
  set(example_${example}_test "${examples}/c/${example}.expected" ${example_${example}_input})
  add_test(NAME example_c_${example}
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/run_example.py" ${example_${example}_test} --
            $<TARGET_FILE:example_${example}> ${example_${example}_arguments})
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

# What is shipped and downloaded: 3 MB, third parties and all.
if(NOT SEMPER_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_test(NAME capi_size
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_size.py" $<TARGET_FILE:semper_c> 3000000 "${PROJECT_BINARY_DIR}/abi")
endif()

# The whole suite again under valgrind: no leak, no access that is not allowed.
find_program(SEMPER_VALGRIND valgrind)
if(SEMPER_VALGRIND AND NOT SEMPER_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set(valgrind "${SEMPER_VALGRIND}" --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=all
    --errors-for-leak-kinds=all --trace-children=no)
  foreach(name test misuse_test arguments_test compat_1_0)
    add_test(NAME capi_valgrind_${name} COMMAND ${valgrind} $<TARGET_FILE:capi_${name}>)
  endforeach()
  foreach(example ${examples_in_c})
    add_test(NAME capi_valgrind_example_${example}
      COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/run_example.py" ${example_${example}_test} --
              ${valgrind} $<TARGET_FILE:example_${example}> ${example_${example}_arguments})
  endforeach()
endif()
