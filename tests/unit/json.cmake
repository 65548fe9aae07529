semper_unit_test(json_test json)
