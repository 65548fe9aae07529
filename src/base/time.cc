#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>

namespace semper {
namespace {

struct ParsedTime {
  UnixSeconds seconds = 0;
  std::string_view fraction;  // with its dot
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  /// Exactly `count` digits.
  bool number(int count, int& value) {
    if (text_.size() - at_ < static_cast<std::size_t>(count)) return false;
    value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      char c = text_[at_];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    return true;
  }
  std::string_view digits() {
    std::size_t begin = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<UnixSeconds> days_to_seconds(int year, int month, int day) {
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * UnixSeconds{86400};
}

/// Reads `Z`, `±hh:mm`, `±hhmm`, `±hh` or nothing; the offset in seconds.
std::optional<int> scan_zone(Scanner& scanner) {
  if (scanner.done() || scanner.take('Z') || scanner.take('z')) {
    return scanner.done() ? std::optional<int>(0) : std::nullopt;
  }
  bool negative = scanner.take('-');
  if (!negative && !scanner.take('+')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!scanner.number(2, hours)) return std::nullopt;
  bool colon = scanner.take(':');
  if ((colon || !scanner.done()) && !scanner.number(2, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59 || !scanner.done()) return std::nullopt;
  int offset = hours * 3600 + minutes * 60;
  return negative ? -offset : offset;
}

std::optional<ParsedTime> scan_time(std::string_view text) {
  Scanner scanner(text);
  int year, month, day;
  if (!scanner.number(4, year) || !scanner.take('-') || !scanner.number(2, month) ||
      !scanner.take('-') || !scanner.number(2, day)) {
    return std::nullopt;
  }
  std::optional<UnixSeconds> midnight = days_to_seconds(year, month, day);
  if (!midnight) return std::nullopt;
  ParsedTime time{*midnight, {}};
  if (scanner.done()) return time;

  int hour, minute, second;
  if (!scanner.take('T') && !scanner.take('t') && !scanner.take(' ')) return std::nullopt;
  if (!scanner.number(2, hour) || !scanner.take(':') || !scanner.number(2, minute) ||
      !scanner.take(':') || !scanner.number(2, second)) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second
  std::size_t dot = scanner.position();
  if (scanner.take('.')) {
    std::string_view fraction = scanner.digits();
    if (fraction.empty() || fraction.size() > 9) return std::nullopt;
    time.fraction = text.substr(dot, fraction.size() + 1);
  }
  std::optional<int> offset = scan_zone(scanner);
  if (!offset) return std::nullopt;
  time.seconds += hour * 3600 + minute * 60 + second - *offset;
  return time;
}

/// Whether each byte of `text` that is '0' in `form` is a digit, and each other one is the same.
bool has_form(const char* text, const char (&form)[9]) {
  char rooms[8];  // what exceeds one of these sets its byte's highest bit
  for (std::size_t i = 0; i < 8; ++i) rooms[i] = form[i] == '0' ? 0x76 : 0x7F;
  std::uint64_t word, wanted, room;
  std::memcpy(&word, text, sizeof word);
  std::memcpy(&wanted, form, sizeof wanted);
  std::memcpy(&room, rooms, sizeof room);
  word ^= wanted;
  return (((word + room) | word) & 0x8080808080808080u) == 0;
}

struct CivilTime {
  int year;
  unsigned month, day;
  int hour, minute, second;
};

CivilTime civil(UnixSeconds seconds) {
  UnixSeconds days = seconds / 86400;
  auto rest = static_cast<int>(seconds % 86400);
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          rest / 3600,
          rest / 60 % 60,
          rest % 60};
}

/// `YYYY-MM-DDThh:mm:ss`
void append_civil(std::string& out, const CivilTime& c) {
  if (c.year < 0 || c.year > 9999) {
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month,
                   c.day, c.hour, c.minute, c.second);
    return;
  }
  char text[] = "YYYY-MM-DDThh:mm:ss";
  auto put = [&](std::size_t at, unsigned two_digits) {
    text[at] = static_cast<char>('0' + two_digits / 10);
    text[at + 1] = static_cast<char>('0' + two_digits % 10);
  };
  const auto year = static_cast<unsigned>(c.year);
  put(0, year / 100);
  put(2, year % 100);
  put(5, c.month);
  put(8, c.day);
  put(11, static_cast<unsigned>(c.hour));
  put(14, static_cast<unsigned>(c.minute));
  put(17, static_cast<unsigned>(c.second));
  out.append(text, sizeof text - 1);
}

}  // namespace

Clock system_clock() {
  // Seconds are asked for with every event, and this is an order of magnitude quicker than
  // std::chrono's clock, which knows nanoseconds.
  return [] { return static_cast<UnixSeconds>(std::time(nullptr)); };
}

bool is_plain_utc(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z') return false;
  const char* at = text.data();
  if (!has_form(at, "0000-00-") || !has_form(at + 8, "00T00:00") ||
      !has_form(at + 11, "00:00:00")) {
    return false;
  }
  auto number = [at](std::size_t i) { return (at[i] - '0') * 10 + (at[i + 1] - '0'); };
  int month = number(5), day = number(8);
  if (month < 1 || month > 12 || day < 1) return false;
  // The days that a month has for sure: the few others are not worth a calendar here.
  if (day > 30 || (month == 2 && day > 28)) return false;
  if (number(11) > 23 || number(14) > 59 || number(17) > 59) return false;
  if (text.size() == 20) return true;
  std::string_view fraction = text.substr(20, text.size() - 21);
  return text[19] == '.' && !fraction.empty() && fraction.size() <= 9 &&
         std::all_of(fraction.begin(), fraction.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool append_utc(std::string& out, std::string_view text) {
  if (is_plain_utc(text)) {
    out += text;
    return true;
  }
  std::optional<ParsedTime> time = scan_time(text);
  if (!time) return false;
  bool is_utc_already =
      text.size() >= 20 && text[10] == 'T' && text.back() == 'Z' && text.substr(17, 2) != "60";
  if (is_utc_already) {
    out += text;
    return true;
  }
  append_civil(out, civil(time->seconds));
  out.append(time->fraction).append("Z");
  return true;
}

std::optional<UnixSeconds> parse_time(std::string_view text) {
  std::optional<ParsedTime> time = scan_time(text);
  return time ? std::optional(time->seconds) : std::nullopt;
}

std::optional<UnixSeconds> parse_date(std::string_view text) {
  Scanner scanner(text);
  int year, month, day;
  if (!scanner.number(4, year)) return std::nullopt;
  bool dashes = scanner.take('-');
  if (!scanner.number(2, month) || (dashes && !scanner.take('-')) || !scanner.number(2, day) ||
      !scanner.done()) {
    return std::nullopt;
  }
  return days_to_seconds(year, month, day);
}

std::string format_time(UnixSeconds seconds) {
  std::string text;
  append_civil(text, civil(seconds));
  return text += 'Z';
}

}  // namespace semper
