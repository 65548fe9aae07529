#include "pattern/expand.h"

#include <algorithm>
#include <iterator>

#include "base/hash.h"

namespace semper::pattern {

std::uint32_t Steps::step(std::uint32_t path, std::string_view key) {
  return children_.find_or_make(
      hash64(key, path),
      [&](std::uint32_t step) { return steps_[step].parent == path && steps_[step].key == key; },
      [&] {
        steps_.push_back({path, key});
        return static_cast<std::uint32_t>(steps_.size() - 1);
      });
}

void Expander::begin(Dialect dialect, std::size_t max_fields, std::size_t max_branches) {
  dialect_ = dialect;
  max_fields_ = max_fields;
  max_branches_ = max_branches;
  // What most patterns need, at once.
  constexpr std::size_t kUsual = 8;
  fields_.clear();
  fields_.reserve(kUsual);
  drafts_.resize(1);
  drafts_[0].clear();
  drafts_[0].reserve(kUsual);
  ++state_;
}

Expander::Added Expander::add(std::uint32_t path, Items items) {
  bool replaces = dialect_ == Dialect::kEventBridge;
  auto field = static_cast<std::uint32_t>(fields_.size());
  if (replaces) {
    if (latest_.size() <= path) latest_.resize(path + 1);
    Latest& latest = latest_[path];
    if (latest.state == state_) {
      fields_[latest.field].items = items;
      return Added::kReplaced;
    }
    latest = {state_, field};
  }
  fields_.push_back({path, items});

  Added added = Added::kNew;
  for (Draft& draft : drafts_) {
    auto old = replaces ? std::find_if(draft.begin(), draft.end(),
                                       [&](std::uint32_t f) { return fields_[f].path == path; })
                        : draft.end();
    if (old != draft.end()) {
      *old = field;
      added = Added::kReplaced;
    } else {
      draft.push_back(field);
      if (draft.size() > max_fields_) return Added::kTooMany;
    }
  }
  return added;
}

Expander::Fork Expander::fork() {
  Fork fork;
  fork.before_ = std::move(drafts_);
  return fork;
}

void Expander::begin(const Fork& fork) {
  drafts_ = fork.before_;
  ++state_;
}

bool Expander::end(Fork& fork) {
  std::move(drafts_.begin(), drafts_.end(), std::back_inserter(fork.after_));
  return fork.after_.size() <= max_branches_;
}

void Expander::join(Fork& fork) {
  drafts_ = std::move(fork.after_);
  ++state_;
}

std::vector<std::string_view> Expansion::path(std::uint32_t step) const {
  std::vector<std::string_view> keys;
  for (; step != Steps::kRoot; step = steps[step].parent) keys.push_back(steps[step].key);
  std::reverse(keys.begin(), keys.end());
  return keys;
}

Expansion expand(const Pattern& pattern) {
  Steps steps;
  Expander expander;
  expander.begin(pattern.dialect);
  expand_object(pattern.root, Steps::kRoot, pattern.dialect, steps, expander);
  Expansion expansion;
  expansion.steps = steps.take();
  for (const Expander::Draft& draft : expander.branches()) {
    Branch& branch = expansion.branches.emplace_back();
    for (std::uint32_t field : draft) branch.push_back(expander.fields()[field]);
  }
  return expansion;
}

}  // namespace semper::pattern
