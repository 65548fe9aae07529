semper_unit_test(sets_test pattern)
