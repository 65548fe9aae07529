semper_unit_test(report_test report)
