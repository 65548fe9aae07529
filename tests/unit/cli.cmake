if(SEMPER_CLI)
  set(cli "${PROJECT_SOURCE_DIR}/src/cli")
  semper_unit_test(cli_splitter_test json)
  target_sources(cli_splitter_test PRIVATE "${cli}/scanner.cc" "${cli}/splitter.cc")
  semper_unit_test(cli_gzip_test base)
  target_sources(cli_gzip_test PRIVATE "${cli}/gzip.cc")
  target_link_libraries(cli_gzip_test PRIVATE semper::dep::fmt semper::dep::zlib)
  semper_unit_test(cli_output_test base)
  target_sources(cli_output_test PRIVATE "${cli}/output.cc")
  semper_unit_test(cli_parallel_test engine)
  foreach(source console gzip input inputs output parallel processor scanner splitter)
    target_sources(cli_parallel_test PRIVATE "${cli}/${source}.cc")
  endforeach()
  target_link_libraries(cli_parallel_test PRIVATE semper::dep::zlib Threads::Threads)

  # Tests of the command as a user runs it.
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  foreach(subject process providers input_forms bad_input outputs threads fan_out match scope check plan matrix report report_html coverage)
    add_test(NAME command_${subject}
      COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/cli/${subject}_test.py"
              "$<TARGET_FILE:semper_cli>")
  endforeach()
endif()
