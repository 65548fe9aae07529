semper_unit_test(sets_test pattern)
semper_unit_test(flooding_test pattern)
