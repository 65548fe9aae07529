semper_unit_test(base_test base)
