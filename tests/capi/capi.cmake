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
