/// Points in time as AWS services write them, and the injected clock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace semper {

/// Seconds since 1970-01-01T00:00:00Z.
using UnixSeconds = std::int64_t;

/// What "now" is. One code path asks it; tests and `--clock` inject theirs. May be called from any
/// thread.
using Clock = std::function<UnixSeconds()>;
Clock system_clock();

/// Reads RFC 3339 and its relatives in AWS events: `T` or a blank between date and time, `Z`,
/// an offset (`+00:00`, `+0000`, `-04:00`) or none (meaning UTC), up to nine digits of fraction.
/// A date alone is its midnight. Appends the same instant in UTC with `Z`, the fraction as it was
/// written. False, and nothing appended, where the text is no time.
bool append_utc(std::string& out, std::string_view text);

/// Whether the text is a time in UTC already, which `append_utc` appends as it is. Quick, and false
/// for some that are, like those of the 31st of a month.
bool is_plain_utc(std::string_view text);

/// The instant of the same texts, fraction cut; nullopt where the text is no time.
std::optional<UnixSeconds> parse_time(std::string_view text);
/// `YYYYMMDD`, as attestation dates are written (and `YYYY-MM-DD`): midnight UTC.
std::optional<UnixSeconds> parse_date(std::string_view text);
/// `2026-11-24T21:00:00Z`
std::string format_time(UnixSeconds seconds);

}  // namespace semper
