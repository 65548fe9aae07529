#include "policy/routing.h"

#include <algorithm>
#include <charconv>

namespace semper::policy {

bool is_queue_name(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  if (text.size() > kLongest) return false;
  if (text.ends_with(".fifo")) text.remove_suffix(5);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool is_queue_url(std::string_view text) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    std::size_t last = text.rfind('/');
    if (last == std::string_view::npos || !is_queue_name(text.substr(last + 1))) return false;
    std::string_view rest = text.substr(0, last);  // host/account
    std::size_t host_end = rest.find('/');
    return host_end != std::string_view::npos && host_end > 0 && host_end + 1 < rest.size() &&
           text.find_first_of(" \t\r\n\"") == std::string_view::npos;
  }
  return false;
}

std::optional<int> asff_severity(std::string_view text) {
  int number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_whole = code == std::errc() && end == text.data() + text.size();
  if (!is_whole || number < 0 || number > 100) return std::nullopt;
  return number;
}

bool is_compliance_status(std::string_view text) {
  return text == "PASSED" || text == "WARNING" || text == "FAILED" || text == "NOT_AVAILABLE";
}

}  // namespace semper::policy
