#include "semper/plan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/input.h"
#include "cli/inputs.h"
#include "cli/text.h"
#include "context/file_reader.h"
#include "json/writer.h"

namespace semper::cli {
namespace {

struct PlanOptions {
  std::string policies;
  std::string accounts;
  std::string unknown_accounts;
  std::string regions;
  std::string controls;
  std::string old_plan;
  std::string directory;
  PlanFormat format = PlanFormat::kJson;
};

struct MatrixOptions {
  std::string policies;
  std::string accounts;
  std::string unknown_accounts;
  std::string by;
  MatrixRows rows = MatrixRows::kStandards;
  MatrixFormat format = MatrixFormat::kText;
};

/// Contexts in CSV, as NDJSON of the same.
Status csv_as_json(std::string& content) {
  context::FileForm form;
  form.csv = true;
  context::Contexts contexts;
  Status status = context::read_contexts(content, form, contexts);
  if (!status.ok()) return status;
  content.clear();
  for (const auto& [id, context] : contexts) content.append(context).append("\n");
  return status;
}

/// False: the user was told, and `exit_code` says how it ends.
bool load(const std::string& policies, const std::string& accounts,
          const std::string& unknown_accounts, Planner& planner, int& exit_code) {
  Status status = planner.add_repository(policies);
  if (!status.ok()) {
    complain(status.message());
    exit_code = kBadPolicies;
    return false;
  }
  exit_code = kFailure;
  std::string content;
  std::string error;
  if (!read_all(accounts, content, error)) {
    complain(error);
    return false;
  }
  status = context::is_csv_name(accounts) ? csv_as_json(content) : Status();
  if (status.ok()) status = planner.add_accounts(content);
  if (!status.ok()) {
    // What is wrong with the text begins with its line.
    bool has_place =
        !status.message().empty() && status.message()[0] >= '0' && status.message()[0] <= '9';
    complain(fmt::format("{}:{}{}", accounts, has_place ? "" : " ", status.message()));
    return false;
  }
  for (const std::string& id : split_list(unknown_accounts)) {
    status = planner.add_unknown_account(id);
    if (!status.ok()) {
      complain(status.message());
      return false;
    }
  }
  return true;
}

/// Writes a plan's files below a directory that holds nothing yet: what an earlier plan left there
/// would be applied, too.
class Directory {
 public:
  explicit Directory(std::string root) : root_(std::move(root)) {}

  bool prepare() {
    std::error_code error;
    std::filesystem::create_directories(root_, error);
    if (!error && !std::filesystem::is_empty(root_, error) && !error) {
      error_ = fmt::format("{}: is not empty; name a new directory", root_);
      return false;
    }
    if (error) error_ = fmt::format("{}: {}", root_, error.message());
    return !error;
  }

  bool write(std::string_view path, std::string_view bytes) {
    if (path != path_) {
      if (!close()) return false;
      path_ = path;
      std::string name = fmt::format("{}/{}", root_, path);
      std::error_code error;
      std::filesystem::create_directories(std::filesystem::path(name).parent_path(), error);
      int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor < 0) {
        error_ = fmt::format("{}: {}", name, std::strerror(errno));
        return false;
      }
      output_.emplace(name, descriptor);
    }
    output_->append(bytes);
    return !output_->failed();
  }

  bool close() {
    if (!output_) return true;
    output_->close();
    if (error_.empty()) error_ = output_->error();
    output_.reset();
    return error_.empty();
  }

  const std::string& error() const { return error_; }

 private:
  std::string root_;
  std::string path_;
  std::optional<Output> output_;
  std::string error_;
};

int report(const Planner& planner, const Status& status) {
  print_diagnostics(planner.diagnostics());
  if (status.ok()) return kSuccess;
  complain(status.message());
  return status.code() == StatusCode::kInvalidPolicy ? kBadPolicies : kFailure;
}

int write_directory(const PlanOptions& options, Planner& planner) {
  Directory directory(options.directory);
  if (!directory.prepare()) {
    complain(directory.error());
    return kFailure;
  }
  Status status = planner.write(options.format, [&](std::string_view path, std::string_view bytes) {
    return directory.write(path, bytes);
  });
  int exit_code = report(planner, status);
  if (!directory.close()) {
    complain(directory.error());
    return kFailure;
  }
  return exit_code;
}

int write_output(const PlanOptions& options, Planner& planner) {
  Outputs outputs;
  std::string error;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }
  Status status = planner.write(options.format, [&](std::string_view path, std::string_view bytes) {
    if (options.format == PlanFormat::kJson) {
      out->append(bytes);
      return !out->failed();
    }
    // Several files on one stream: a line each.
    std::string line;
    json::Writer writer(line);
    std::string content(bytes);
    // Line breaks in JSON's strings are escaped: those between its values can go.
    std::erase(content, '\n');
    writer.begin_object().key("path").string(path).key("content").raw(content).end_object();
    out->line(line);
    return !out->failed();
  });
  int exit_code = report(planner, status);
  return exit_code == kSuccess ? finish(outputs, true) : exit_code;
}

int write_difference(const PlanOptions& options, Planner& planner) {
  Outputs outputs;
  std::string error;
  std::string old;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr || !read_all(options.old_plan, old, error)) {
    complain(error);
    return kFailure;
  }
  Status status = planner.write_difference(old, [&](std::string_view, std::string_view bytes) {
    out->append(bytes);
    return !out->failed();
  });
  if (status.code() == StatusCode::kInvalidArgument) {
    status = Status(status.code(), fmt::format("{}: {}", options.old_plan, status.message()));
  }
  int exit_code = report(planner, status);
  return exit_code == kSuccess ? finish(outputs, true) : exit_code;
}

int plan(const PlanOptions& options) {
  Planner planner;
  int exit_code = kSuccess;
  if (!load(options.policies, options.accounts, options.unknown_accounts, planner, exit_code)) {
    return exit_code;
  }
  std::vector<std::string> regions = split_list(options.regions);
  if (regions.empty()) {
    complain("--regions wants the default regions: --regions eu-central-1,us-east-1");
    return kFailure;
  }
  planner.set_regions(std::move(regions));
  if (!options.controls.empty()) {
    std::string content;
    std::string error;
    if (!read_all(options.controls, content, error)) {
      complain(error);
      return kFailure;
    }
    Status status = planner.add_control_ids(content);
    if (!status.ok()) {
      complain(fmt::format("{}: {}", options.controls, status.message()));
      return kFailure;
    }
  }
  if (!options.old_plan.empty()) return write_difference(options, planner);
  if (!options.directory.empty()) return write_directory(options, planner);
  return write_output(options, planner);
}

int matrix(const MatrixOptions& options) {
  Planner planner;
  int exit_code = kSuccess;
  if (!load(options.policies, options.accounts, options.unknown_accounts, planner, exit_code)) {
    return exit_code;
  }
  Result<std::string> table = planner.matrix(options.rows, split_list(options.by), options.format);
  exit_code = report(planner, table.status());
  if (!table.ok()) return exit_code;
  Outputs outputs;
  std::string error;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }
  out->append(*table);
  return finish(outputs, true);
}

template <class Options>
void add_common(CLI::App& command, Options& options) {
  command.add_option("--policies", options.policies, "The policy repository")
      ->type_name("DIR")
      ->required();
  command
      .add_option(
          "--accounts", options.accounts,
          "Account contexts: a JSON list, an object keyed by account id, NDJSON, or CSV (*.csv)")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--unknown-accounts", options.unknown_accounts,
                  "Accounts of which only the id is known, comma-separated")
      ->type_name("ID,ID");
}

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command = app.add_subcommand(
      "plan", "Tell what the configure policies ask for, account by account and region by region");
  add_common(*command, *options);
  command->add_option("--regions", options->regions, "The default regions, comma-separated")
      ->type_name("R1,R2")
      ->required();
  add_choice(*command, "--format", options->format,
             {{"json", PlanFormat::kJson},
              {"cloudformation", PlanFormat::kCloudFormation},
              {"terraform", PlanFormat::kTerraform}},
             "json (one document), cloudformation or terraform (files)")
      ->type_name("FORMAT");
  auto* out = command
                  ->add_option("--out", options->directory,
                               "Write files below this directory, which must be new or empty")
                  ->type_name("DIR");
  command
      ->add_option("--controls", options->controls,
                   "Control ids of standards, to resolve wildcards such as \"3.*\"")
      ->type_name("FILE");
  command
      ->add_option("--diff", options->old_plan,
                   "Tell what differs from this earlier plan (--format json), a line each")
      ->type_name("OLD.json")
      ->excludes(out);
  command->footer(
      "Without --out, json goes to standard output, and the files of the other formats as lines\n"
      "{\"path\", \"content\"}.\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
      "2 policies that do not load, contradict each other or ask for what AWS refuses: nothing is\n"
      "planned.");
  command->callback([options, &exit_code] { exit_code = plan(*options); });
}

void add_matrix(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<MatrixOptions>();
  CLI::App* command =
      app.add_subcommand("matrix", "The tailoring table: what applies to which accounts");
  add_common(*command, *options);
  command->add_option("--by", options->by, "Columns: ou, tag:NAME, or several, comma-separated")
      ->type_name("GROUPS")
      ->required();
  add_choice(*command, "--rows", options->rows,
             {{"standards", MatrixRows::kStandards}, {"policies", MatrixRows::kPolicies}},
             "standards or policies")
      ->type_name("ROWS");
  add_choice(*command, "--format", options->format,
             {{"text", MatrixFormat::kText},
              {"markdown", MatrixFormat::kMarkdown},
              {"csv", MatrixFormat::kCsv},
              {"html", MatrixFormat::kHtml},
              {"json", MatrixFormat::kJson}},
             "text, markdown, csv, html or json")
      ->type_name("FORMAT");
  command->footer(
      "Cells: applies, partly (n of m accounts), not, unknown. Regions do not count.\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read; 2 policies that do not "
      "load.");
  command->callback([options, &exit_code] { exit_code = matrix(*options); });
}

}  // namespace semper::cli
