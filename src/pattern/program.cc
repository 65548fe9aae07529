#include "pattern/program.h"

#include <string>

#include "json/document.h"
#include "pattern/naive.h"

namespace semper::pattern {

std::uint32_t Program::add(Pattern pattern, Arrays arrays) {
  patterns_.push_back({std::move(pattern), arrays});
  return static_cast<std::uint32_t>(patterns_.size() - 1);
}

void Matcher::match(const Program& program, const json::ObjectView& event,
                    std::vector<std::uint32_t>& matched) {
  matched.clear();
  if (program.patterns_.empty()) return;
  std::string text;
  event.append_compact(text);
  json::ParseOptions options;
  options.max_bytes = text.size();
  options.max_depth = 2048;
  options.replace_lone_surrogates = true;
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(std::move(text), options, document, error)) return;
  for (std::uint32_t i = 0; i < program.patterns_.size(); ++i) {
    const Program::Entry& entry = program.patterns_[i];
    if (naive_matches(entry.pattern, entry.arrays, document.root())) matched.push_back(i);
  }
}

}  // namespace semper::pattern
