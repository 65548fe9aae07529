/// Semper: AWS security findings parsed, accepted ones dropped, the rest enriched.
///
///   semper::Compiler compiler;
///   semper::Status status = compiler.add_repository("policies");
///   auto policies = compiler.compile();             // or compiler.diagnostics()
///   semper::Evaluator evaluator(*policies);         // one per thread
///   const auto& records = evaluator.evaluate(event);
///   for (std::size_t i = 0; i < records.size(); ++i) send(records.json(i));
#pragma once

#include "semper/context_provider.hpp"
#include "semper/evaluator.hpp"
#include "semper/plan.hpp"
#include "semper/policy_set.hpp"
#include "semper/providers.hpp"
#include "semper/report.hpp"
#include "semper/status.hpp"
