# The plain evaluator, never shipped, and what holds the compiled program against it.
add_library(semper_oracle OBJECT oracle/judge.cc oracle/naive.cc oracle/tree.cc
  oracle/wild_generator.cc)
target_link_libraries(semper_oracle PUBLIC semper_options)
target_include_directories(semper_oracle PUBLIC "${PROJECT_SOURCE_DIR}/tests")

# semper_oracle_test(<name> <source>…): a test that needs it.
function(semper_oracle_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE semper_test_main semper_oracle)
  semper_link_rooms(${name} pattern)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

semper_oracle_test(conformance_test conformance/conformance_test.cc conformance/naive_engine.cc
  conformance/compiled_engine.cc)
semper_oracle_test(pattern_properties_test unit/pattern_properties_test.cc)
semper_oracle_test(pattern_test unit/pattern_test.cc)
semper_oracle_test(differential_test oracle/differential_test.cc)
semper_oracle_test(small_world_test oracle/small_world_test.cc)
semper_test_portable(conformance_test)
semper_test_portable(differential_test)
