# Policy packs (share/semper/packs): each policy with its examples.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(TARGET semper_cli)
  add_test(NAME packs
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/packs/packs_test.py" "$<TARGET_FILE:semper_cli>")
endif()
