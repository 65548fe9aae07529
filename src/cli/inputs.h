/// Runs all inputs of a command through a splitter.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/splitter.h"

namespace semper::cli {

/// Calls `use` with each input, opened. `use` returns false where it ended inside a list. See
/// split_inputs.
bool read_inputs(const std::vector<std::string>& paths, Outputs& outputs,
                 const std::function<bool()>& done, const std::function<bool(ByteSource&)>& use);

/// No paths: standard input. What can be read is processed, whatever fails beside it. Outputs are
/// flushed before the command waits for more input. False: something could not be read (and the
/// user was told).
bool split_inputs(const std::vector<std::string>& paths, const SplitOptions& options,
                  Outputs& outputs, DocumentSink& sink);

/// Closes the outputs and says what failed. The exit code of the command.
int finish(Outputs& outputs, bool inputs_read);

}  // namespace semper::cli
