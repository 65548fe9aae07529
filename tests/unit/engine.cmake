semper_unit_test(engine_test engine)
