#include "context/breaker.h"

namespace semper::context {

Breaker::Pass Breaker::begin(TimePoint now, TimePoint deadline, std::string& reason) {
  if (failures_ == 0) return Pass::kYes;
  std::lock_guard lock(mutex_);
  if (!under_way_.empty() && *under_way_.begin() < now) {
    reason = "the breaker is open: a call has not returned by its deadline";
    return Pass::kNo;
  }
  if (open_ && (probing_ || now < probe_from_)) {
    reason = "the breaker is open: " + reason_;
    return Pass::kNo;
  }
  under_way_.insert(deadline);
  if (!open_) return Pass::kYes;
  probing_ = true;
  return Pass::kProbe;
}

bool Breaker::end(Pass pass, TimePoint now, TimePoint deadline, bool late,
                  const std::string& failure) {
  if (failures_ == 0 || pass == Pass::kNo) return false;
  std::lock_guard lock(mutex_);
  under_way_.erase(under_way_.find(deadline));
  bool probe = pass == Pass::kProbe;
  if (probe) probing_ = false;
  bool failed = late || !failure.empty();
  if (!failed) {
    // What began before the breaker opened proves nothing of now.
    if (!open_ || probe) {
      open_ = false;
      failed_ = 0;
    }
    return false;
  }
  reason_ = failure.empty() ? "a call ended after its deadline" : failure;
  ++failed_;
  if (!probe && (open_ || (!late && failed_ < failures_))) return false;
  open_ = true;
  probe_from_ = after(now, cooldown_);
  return true;
}

}  // namespace semper::context
