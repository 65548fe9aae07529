semper_unit_test(json_test json)
semper_test_portable(json_test)
