# The examples and the command together, judged by Python (tests/golden).
find_package(Python3 3.10 COMPONENTS Interpreter)
if(TARGET semper_cli AND Python3_Interpreter_FOUND)
  foreach(name cis conservation examples plan traps tutorial)
    add_test(NAME golden_${name}
      COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/golden/${name}_test.py" $<TARGET_FILE:semper_cli>)
    set_tests_properties(golden_${name} PROPERTIES ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endforeach()
else()
  message(STATUS "tests/golden is left out: it needs the command and Python 3.10")
endif()

semper_unit_test(conservation_test engine)
