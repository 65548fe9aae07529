#include "pattern/sets/literals.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace semper::pattern {
namespace {

bool less(std::string_view a, std::string_view b, Literals::Order order) {
  if (order == Literals::Order::kFromStart) return a < b;
  return std::lexicographical_compare(
      a.rbegin(), a.rend(), b.rbegin(), b.rend(),
      [](char x, char y) { return static_cast<unsigned char>(x) < static_cast<unsigned char>(y); });
}

}  // namespace

void Literals::add(std::string_view literal, std::uint32_t id) {
  text_ += literal;
  text_from_.push_back(text_.size());
  ids_.push_back(id);
}

void Literals::build(Order order) {
  auto added = [this](std::uint32_t i) {
    return std::string_view(text_).substr(text_from_[i], text_from_[i + 1] - text_from_[i]);
  };
  std::vector<std::uint32_t> sorted(ids_.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (added(a) != added(b)) return less(added(a), added(b), order);
    return ids_[a] < ids_[b];
  });

  Literals built;
  built.ids_from_.clear();
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    std::uint32_t i = sorted[k];
    if (k == 0 || added(i) != added(sorted[k - 1])) {
      built.ids_from_.push_back(static_cast<std::uint32_t>(built.ids_.size()));
      built.text_ += added(i);
      built.text_from_.push_back(built.text_.size());
    } else if (ids_[i] == built.ids_.back()) {
      continue;
    }
    built.ids_.push_back(ids_[i]);
  }
  built.ids_from_.push_back(static_cast<std::uint32_t>(built.ids_.size()));
  built.text_.shrink_to_fit();
  built.text_from_.shrink_to_fit();
  built.ids_from_.shrink_to_fit();
  built.ids_.shrink_to_fit();
  *this = std::move(built);
}

std::size_t Literals::memory() const {
  return text_.capacity() + text_from_.capacity() * sizeof(std::size_t) +
         (ids_from_.capacity() + ids_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace semper::pattern
