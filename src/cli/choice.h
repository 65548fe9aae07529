#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace semper::cli {

/// An option that takes one of a few words. `target` must live until the command line is parsed.
template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& name, T& target,
                        const std::map<std::string, T>& choices, const std::string& description) {
  std::vector<std::string> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  auto assign = [&target, choices](const std::string& word) { target = choices.at(word); };
  return app.add_option_function<std::string>(name, assign, description)
      ->check(CLI::IsMember(words).description(""));
}

}  // namespace semper::cli
