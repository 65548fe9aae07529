#include "pattern/expand.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/hash.h"

namespace semper::pattern {

Expander::Expander(Dialect dialect, std::size_t max_fields, std::size_t max_branches)
    : dialect_(dialect),
      max_fields_(max_fields),
      max_branches_(max_branches),
      steps_(1),
      drafts_(1),
      latest_(1) {}

std::uint32_t Expander::single_step(std::uint32_t path, std::string_view key) {
  return children_.find_or_make(
      hash64(key, path),
      [&](std::uint32_t step) { return steps_[step].parent == path && steps_[step].key == key; },
      [&] {
        steps_.push_back({path, key});
        latest_.emplace_back();
        return static_cast<std::uint32_t>(steps_.size() - 1);
      });
}

std::uint32_t Expander::step(std::uint32_t path, std::string_view key) {
  if (dialect_ == Dialect::kSemper) return single_step(path, key);
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    path = single_step(path, key.substr(0, dot));
    key.remove_prefix(dot + 1);
  }
  return single_step(path, key);
}

Expander::Added Expander::add(std::uint32_t path, const std::vector<Item>* items) {
  bool replaces = dialect_ == Dialect::kEventBridge;
  Latest& latest = latest_[path];
  if (replaces && latest.state == state_) {
    fields_[latest.field].items = items;
    return Added::kReplaced;
  }
  auto field = static_cast<std::uint32_t>(fields_.size());
  fields_.push_back({path, items});
  latest = {state_, field};

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

Expansion Expander::finish() {
  Expansion expansion;
  expansion.steps = std::move(steps_);
  for (const Draft& draft : drafts_) {
    Branch& branch = expansion.branches.emplace_back();
    for (std::uint32_t field : draft) branch.push_back(fields_[field]);
  }
  return expansion;
}

std::vector<std::string_view> Expansion::path(std::uint32_t step) const {
  std::vector<std::string_view> keys;
  for (; step != Expander::kRoot; step = steps[step].parent) keys.push_back(steps[step].key);
  std::reverse(keys.begin(), keys.end());
  return keys;
}

namespace {

void expand_object(const Object& object, std::uint32_t path, Expander& expander) {
  for (const Member& member : object.members) {
    switch (member.kind) {
      case Member::Kind::kObject:
        expand_object(member.objects[0], expander.step(path, member.key), expander);
        break;
      case Member::Kind::kField:
        expander.add(expander.step(path, member.key), &member.items);
        break;
      case Member::Kind::kOr: {
        Expander::Fork fork = expander.fork();
        for (const Object& alternative : member.objects) {
          expander.begin(fork);
          expand_object(alternative, path, expander);
          expander.end(fork);
        }
        expander.join(fork);
        break;
      }
    }
  }
}

}  // namespace

Expansion expand(const Pattern& pattern) {
  constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  Expander expander(pattern.dialect, kUnlimited, kUnlimited);
  expand_object(pattern.root, Expander::kRoot, expander);
  return expander.finish();
}

}  // namespace semper::pattern
