/// Each function registers the benchmarks of one file. Names are `group/what/size`; script/bench
/// compares within a group, in one run.
#pragma once

#include <functional>

#include "data.h"

namespace semper::bench {

using Texts = std::shared_ptr<const std::vector<std::string>>;

/// read/…: what other JSON readers need for bytes that a process/… benchmark reads.
void register_readers(const std::string& name, std::function<Texts()> texts);
/// process/…: the evaluator, from bytes to record. threads/…: two of them.
void register_process(const Data& data);
/// matcher/…, wildcards/…, lists/…
void register_matcher(const Data& data);
/// compile/…
void register_compile(const Data& data);
/// c abi/…: the C ABI and the C++ API over the same events
void register_c_abi(const Data& data);
/// providers/…
void register_providers(const Data& data);

}  // namespace semper::bench
