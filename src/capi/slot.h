#pragma once

#include <memory>

#include "capi/handle.h"

struct semper_slot : semper::capi::Handle {
  std::shared_ptr<semper::PolicySlot> slot;  ///< shared with its evaluators
};
