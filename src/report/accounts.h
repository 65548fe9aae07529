/// The accounts of a report: those of the file of account contexts, and those that findings name.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/event.h"
#include "semper/status.hpp"

namespace semper::report {

struct Account {
  std::string id;
  std::string name;
  std::vector<std::string> ous;   ///< "Root", "Root/Core", "Root/Core/Network"; empty: unknown
  std::vector<std::string> tags;  ///< by the asked tags; empty text: has none
  std::string json;               ///< the context; empty: nobody knows it
  json::EventDocument context;    ///< `json`, parsed
};

class Accounts {
 public:
  /// An empty path: none is known. The accounts of the file are numbered in the order of their ids.
  static Result<Accounts> read(const std::string& path, const std::vector<std::string>& tags);

  /// Its number; an account that was unknown is added.
  std::uint32_t number(std::string_view id);
  const Account& operator[](std::uint32_t number) const { return accounts_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(accounts_.size()); }

 private:
  void add(std::string id, std::string json, const std::vector<std::string>& tags);

  std::deque<Account> accounts_;  ///< a deque: contexts point into `json`
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

}  // namespace semper::report
