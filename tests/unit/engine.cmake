semper_unit_test(engine_test engine)
semper_unit_test(threads_test engine LABELS threads)
target_link_libraries(threads_test PRIVATE Threads::Threads)
