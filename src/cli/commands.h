/// The subcommands. Each adds itself to the application and sets `exit_code` when it has run.
#pragma once

namespace CLI {
class App;
}

namespace semper::cli {

void add_process(CLI::App& app, int& exit_code);
void add_match(CLI::App& app, int& exit_code);
void add_scope(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_matrix(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_coverage(CLI::App& app, int& exit_code);

}  // namespace semper::cli
