# semper_fuzz_target(<name> <room>…): fuzz/<name>_fuzz.cc. Its corpus is replayed by ctest; with
# SEMPER_FUZZ (clang) there is the program <name>_fuzz too, which script/fuzz runs.
function(semper_fuzz_target name)
  set(programs ${name}_replay)
  add_executable(${name}_replay fuzz/${name}_fuzz.cc fuzz/replay.cc)
  add_test(NAME fuzz_corpus_${name}
    COMMAND ${name}_replay "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  if(SEMPER_FUZZ)
    list(APPEND programs ${name}_fuzz)
    add_executable(${name}_fuzz fuzz/${name}_fuzz.cc)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  endif()
  foreach(program ${programs})
    target_link_libraries(${program} PRIVATE semper_oracle)
    target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    semper_link_rooms(${program} ${ARGN})
  endforeach()
endfunction()

semper_fuzz_target(event engine)
semper_fuzz_target(pattern pattern)
semper_fuzz_target(policy engine)
semper_fuzz_target(scope pattern)
semper_fuzz_target(differential pattern)
