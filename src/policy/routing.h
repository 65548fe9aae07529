/// What AWS accepts where an extension block sends a finding to.
#pragma once

#include <optional>
#include <string_view>

namespace semper::policy {

/// CreateQueue, QueueName: 1 to 80 letters, digits, `-` and `_`; FIFO queues end in `.fifo`.
bool is_queue_name(std::string_view text);
inline constexpr std::string_view kQueueNameForm =
    "up to 80 letters, digits, - and _ (and .fifo at the end)";
/// `https://host/account/queue` (`http` too, for queues of a test).
bool is_queue_url(std::string_view text);
inline constexpr std::string_view kQueueUrlForm =
    "https://sqs.<region>.amazonaws.com/<account>/<queue>";

/// ASFF, Severity.Normalized: 0 to 100, as JSON text or in a string; nullopt: it is none.
std::optional<int> asff_severity(std::string_view text);
/// ASFF, Compliance.Status.
bool is_compliance_status(std::string_view text);

}  // namespace semper::policy
