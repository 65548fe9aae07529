semper_unit_test(engine_test engine)
semper_unit_test(threads_test engine LABELS threads)
target_link_libraries(threads_test PRIVATE Threads::Threads)
# Sanitizers have an allocator of their own.
semper_unit_test(enrichment_test engine)
if(NOT SEMPER_SANITIZE)
  semper_unit_test(allocations_test engine)
endif()
semper_unit_test(planner_test engine)
