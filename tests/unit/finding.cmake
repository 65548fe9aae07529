semper_unit_test(finding_parser_test finding)
semper_unit_test(finding_normalize_test finding)
semper_unit_test(finding_data_test finding)
# Counts by its own operator new, which sanitizers have too.
if(NOT SEMPER_SANITIZE)
  semper_unit_test(finding_allocations_test finding)
endif()
semper_test_portable(finding_parser_test)
semper_test_portable(finding_data_test)
