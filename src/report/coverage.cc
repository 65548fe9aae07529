#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "json/document.h"
#include "json/writer.h"
#include "policy/repository.h"
#include "report/accounts.h"
#include "report/catalogue.h"
#include "report/render.h"
#include "report/tailoring.h"
#include "semper/evaluator.hpp"
#include "semper/report.hpp"

namespace semper::report {
namespace {

/// How well a control is detected in one account and region.
enum class Sight : std::uint8_t {
  kDetected,  ///< event rules see all its events, or a Config rule checks it
  kPartly,    ///< event rules see some
  kChecked,   ///< Security Hub checks it (for monitoring: whether somebody monitors)
  kBlind,
};
constexpr std::array<std::string_view, 4> kSightNames = {"detected", "partly", "checked", "blind"};

/// What was found out about one cell.
struct Cell {
  Sight sight = Sight::kBlind;
  std::set<std::string> policies;  ///< that detect
  std::set<std::string> missed;    ///< events that nobody sees
  std::set<std::string> dropped;   ///< events that a filter policy drops: "event by policy"
  std::set<std::string> unsure;    ///< policies that may not be for the account: nobody knows it
  bool operator<(const Cell& other) const {
    return std::tie(sight, policies, missed, dropped, unsure) <
           std::tie(other.sight, other.policies, other.missed, other.dropped, other.unsure);
  }
};

/// Account and region, and the findings about them.
struct Place {
  std::uint32_t account;
  std::string_view region;
};

struct ControlCoverage {
  const CatalogueControl* control;
  std::map<Cell, std::vector<Place>> cells;  ///< places that are alike
  std::array<std::size_t, 4> counts{};       ///< by Sight
};

/// A record as CloudTrail writes it, from the fields that matter.
class Probe {
 public:
  explicit Probe(const std::string& event) {
    json::ParseError error;
    json::Document::parse(std::string(event), {}, document_, error);
    const json::Value& root = document_.root();
    const json::Value* name = root.find("eventName");
    name_ = name != nullptr ? std::string(name->text) : "event";
    const json::Value* error_code = root.find("errorCode");
    if (error_code != nullptr) name_ += " (" + std::string(error_code->text) + ")";
    const json::Value* identity = root.find("userIdentity");
    const json::Value* type = identity != nullptr ? identity->find("type") : nullptr;
    if (type != nullptr) name_ += " by " + std::string(type->text);
  }

  const std::string& name() const { return name_; }

  /// `${account}` in the event's texts stands for the account.
  std::string record(std::string_view account, std::string_view region) const {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    const json::Value& root = document_.root();
    auto fill = [&](std::string_view key, std::string_view value) {
      if (root.find(key) == nullptr) writer.key(key).string(value);
    };
    fill("eventVersion", "1.09");
    fill("eventID", "00000000-0000-4000-8000-000000000000");
    fill("eventTime", "2026-01-01T00:00:00Z");
    fill("eventType", "AwsApiCall");
    fill("sourceIPAddress", "192.0.2.1");
    writer.key("awsRegion").string(region).key("recipientAccountId").string(account);
    if (root.find("userIdentity") == nullptr) {
      writer.key("userIdentity").begin_object().key("type").string("IAMUser");
      writer.key("arn").string(fmt::format("arn:aws:iam::{}:user/someone", account));
      writer.key("accountId").string(account).key("userName").string("someone").end_object();
    }
    for (const json::Member& member : root.members()) {
      std::string value;
      json::append_value(value, member.value);
      constexpr std::string_view kAccount = "${account}";
      for (std::size_t at = value.find(kAccount); at != std::string::npos;
           at = value.find(kAccount)) {
        value.replace(at, kAccount.size(), account);
      }
      writer.quoted_key(member.key).raw(value);
    }
    writer.end_object();
    return out;
  }

 private:
  json::Document document_;
  std::string name_;
};

class Surveyor {
 public:
  Surveyor(const Catalogue& catalogue, const ControlIds& ids, const Accounts& accounts,
           const policy::Policies& policies, const PolicySet& set, const CoverageOptions& options)
      : catalogue_(catalogue),
        accounts_(accounts),
        ids_(ids),
        regions_(options.regions),
        set_(set),
        evaluator_(set, evaluator_options(options)),
        tailoring_(policies, options.regions) {
    for (std::size_t i = 0; i < set.size(); ++i)
      detects_.push_back(set.describe(i).kind == "event_rule");
    for (const policy::Policy& policy : policies) {
      if (policy.kind != policy::Kind::kConfigRule) continue;
      config_rules_.push_back(&policy);
    }
    config_scopes_ = std::make_unique<ConfigScopes>(config_rules_, options.regions);
  }

  std::vector<ControlCoverage> survey() {
    std::vector<ControlCoverage> result;
    for (const CatalogueControl& control : catalogue_.controls) result.push_back(look_at(control));
    return result;
  }

 private:
  /// Where Config rules are in force.
  class ConfigScopes {
   public:
    ConfigScopes(const std::vector<const policy::Policy*>& rules,
                 const std::vector<std::string>& regions) {
      for (const policy::Policy* rule : rules) {
        scopes_.add(*rule->scope);
        std::vector<std::string> effective = rule->scope->regions.effective(regions);
        regions_.emplace_back(effective.begin(), effective.end());
      }
      scopes_.build();
    }
    pattern::Truth truth(std::size_t rule, const Account& account, std::string_view region) {
      if (!regions_[rule].contains(region)) return pattern::Truth::kFalse;
      if (last_ != &account) {
        last_ = &account;
        scopes_.judge(account.json.empty() ? json::EventValue() : account.context.root(),
                      account.id, truths_);
      }
      return truths_[rule];
    }

   private:
    pattern::ScopeProgram scopes_;
    std::vector<std::set<std::string, std::less<>>> regions_;
    const Account* last_ = nullptr;
    std::vector<pattern::Truth> truths_;
  };

  static EvaluatorOptions evaluator_options(const CoverageOptions& options) {
    EvaluatorOptions evaluator_options;
    evaluator_options.clock = options.clock;
    return evaluator_options;
  }

  ControlCoverage look_at(const CatalogueControl& control) {
    ControlCoverage coverage;
    coverage.control = &control;
    std::vector<Probe> probes;
    for (const std::string& event : control.events) probes.emplace_back(event);
    std::vector<std::pair<std::string, Tailoring::Control>> hub = hub_controls(control);
    const std::vector<std::string>& regions = control.regions.empty() ? regions_ : control.regions;
    for (std::uint32_t account = 0; account < accounts_.size(); ++account) {
      for (const std::string& region : regions) {
        Cell cell = look_at(control, probes, hub, account, region);
        ++coverage.counts[static_cast<std::size_t>(cell.sight)];
        coverage.cells[std::move(cell)].push_back({account, region});
      }
    }
    return coverage;
  }

  /// The control under each standard that the policies switch on and that has it.
  std::vector<std::pair<std::string, Tailoring::Control>> hub_controls(
      const CatalogueControl& control) const {
    std::vector<std::pair<std::string, Tailoring::Control>> found;
    for (const std::string& standard : tailoring_.enabled_standards()) {
      std::vector<std::string_view> ids;
      for (const std::string& hub : control.security_hub) {
        auto known = ids_.controls_of(standard).find(hub);
        if (known == ids_.controls_of(standard).end()) continue;
        ids.emplace_back(hub);
        ids.insert(ids.end(), known->second.begin(), known->second.end());
      }
      if (!ids.empty()) found.emplace_back(standard, tailoring_.control(standard, ids));
    }
    return found;
  }

  Cell look_at(const CatalogueControl& control, const std::vector<Probe>& probes,
               const std::vector<std::pair<std::string, Tailoring::Control>>& hub,
               std::uint32_t account, const std::string& region) {
    Cell cell;
    std::size_t seen = 0;
    for (const Probe& probe : probes) seen += sees(probe, account, region, cell) ? 1 : 0;
    if (!probes.empty() && seen == probes.size()) {
      cell.sight = Sight::kDetected;
      return cell;
    }
    for (std::size_t i = 0; i < config_rules_.size(); ++i) {
      const policy::Policy& rule = *config_rules_[i];
      const std::vector<std::string>& wanted = control.config_rules;
      if (std::find(wanted.begin(), wanted.end(), rule.config_rule.source_identifier) ==
          wanted.end()) {
        continue;
      }
      pattern::Truth truth = config_scopes_->truth(i, accounts_[account], region);
      if (truth == pattern::Truth::kUnknown) cell.unsure.insert(rule.id);
      if (truth != pattern::Truth::kTrue) continue;
      cell.policies.insert(rule.id);
      cell.sight = Sight::kDetected;
    }
    if (cell.sight == Sight::kDetected) return cell;
    if (seen > 0) {
      cell.sight = Sight::kPartly;
      return cell;
    }
    for (const auto& [standard, wanted] : hub) {
      if (tailoring_.out(wanted, accounts_, account, region) != nullptr) continue;
      cell.policies.insert("Security Hub " + standard);
      cell.sight = Sight::kChecked;
    }
    return cell;
  }

  /// Whether an event rule detects the event and no filter policy hides it again.
  bool sees(const Probe& probe, std::uint32_t account, const std::string& region, Cell& cell) {
    const Evaluation& evaluation =
        evaluator_.evaluate(record_.assign(probe.record(accounts_[account].id, region)));
    bool detected = false;
    bool hidden = false;
    for (std::size_t i = 0; i < evaluation.hit_count(0); ++i) {
      PolicyHit hit = evaluation.hit(0, i);
      std::string id(set_.describe(hit.policy).id);
      if (hit.effect == Effect::kDrop) {
        hidden = true;
        cell.dropped.insert(fmt::format("{} by {}", probe.name(), id));
      } else if (hit.effect == Effect::kDetect) {
        detected = true;
        cell.policies.insert(std::move(id));
      } else if (hit.effect == Effect::kUndetermined && detects_[hit.policy]) {
        cell.unsure.insert(std::move(id));
      }
    }
    if (!detected) cell.missed.insert(probe.name());
    return detected && !hidden;
  }

  const Catalogue& catalogue_;
  const Accounts& accounts_;
  const ControlIds& ids_;
  const std::vector<std::string>& regions_;
  const PolicySet& set_;
  Evaluator evaluator_;
  Tailoring tailoring_;
  std::vector<bool> detects_;  ///< by policy of the set: an event rule
  std::vector<const policy::Policy*> config_rules_;
  std::unique_ptr<ConfigScopes> config_scopes_;
  std::string record_;
};

std::string joined(const std::set<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

/// Places as "account: region, region"; all accounts or regions in a word.
std::string places_text(const std::vector<Place>& places, const Accounts& accounts,
                        std::size_t regions) {
  if (places.size() == accounts.size() * regions) return "everywhere";
  constexpr std::size_t kNamed = 8;
  std::map<std::string, std::vector<std::uint32_t>> by_regions;
  for (std::size_t i = 0; i < places.size();) {
    std::size_t end = i;
    std::string names;
    while (end < places.size() && places[end].account == places[i].account) {
      names += (names.empty() ? "" : ", ") + std::string(places[end].region);
      ++end;
    }
    by_regions[names].push_back(places[i].account);
    i = end;
  }
  std::string out;
  for (const auto& [names, numbers] : by_regions) {
    if (!out.empty()) out += "; ";
    for (std::size_t i = 0; i < std::min(numbers.size(), kNamed); ++i) {
      if (i > 0) out += ", ";
      out += accounts[numbers[i]].id;
    }
    if (numbers.size() > kNamed) out += fmt::format(" and {} more", numbers.size() - kNamed);
    out += " in " + names;
  }
  return out;
}

std::string text_of(const Catalogue& catalogue, const std::vector<ControlCoverage>& controls,
                    const Accounts& accounts, std::size_t regions) {
  std::string out = fmt::format("{}\n", catalogue.title);
  for (const ControlCoverage& coverage : controls) {
    const CatalogueControl& control = *coverage.control;
    std::size_t total = 0;
    for (std::size_t count : coverage.counts) total += count;
    out += fmt::format("\n{}  {}\n  detected in {} of {}", control.id, control.title,
                       coverage.counts[0], total);
    for (std::size_t i = 1; i < coverage.counts.size(); ++i) {
      if (coverage.counts[i] > 0) out += fmt::format(", {} {}", kSightNames[i], coverage.counts[i]);
    }
    out += '\n';
    std::size_t own_regions = control.regions.empty() ? regions : control.regions.size();
    for (const auto& [cell, places] : coverage.cells) {
      out += fmt::format("  {}: {}\n", kSightNames[static_cast<std::size_t>(cell.sight)],
                         places_text(places, accounts, own_regions));
      if (!cell.policies.empty()) out += fmt::format("    by {}\n", joined(cell.policies));
      if (!cell.missed.empty()) out += fmt::format("    nobody sees {}\n", joined(cell.missed));
      if (!cell.dropped.empty()) out += fmt::format("    dropped: {}\n", joined(cell.dropped));
      if (!cell.unsure.empty()) {
        out += fmt::format("    perhaps by {}: the account is unknown\n", joined(cell.unsure));
      }
    }
  }
  return out;
}

void write_texts(json::Writer& writer, std::string_view key, const std::set<std::string>& texts) {
  if (texts.empty()) return;
  writer.key(key).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

std::string json_of(const Catalogue& catalogue, const std::vector<ControlCoverage>& controls,
                    const Accounts& accounts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("catalogue").string(catalogue.name);
  writer.key("title").string(catalogue.title).key("standard").string(catalogue.standard);
  writer.key("controls").begin_array();
  for (const ControlCoverage& coverage : controls) {
    writer.begin_object().key("id").string(coverage.control->id);
    writer.key("title").string(coverage.control->title);
    for (std::size_t i = 0; i < coverage.counts.size(); ++i) {
      writer.key(kSightNames[i]).number(static_cast<std::int64_t>(coverage.counts[i]));
    }
    writer.key("places").begin_array();
    for (const auto& [cell, places] : coverage.cells) {
      writer.begin_object();
      writer.key("sight").string(kSightNames[static_cast<std::size_t>(cell.sight)]);
      write_texts(writer, "by", cell.policies);
      write_texts(writer, "missed", cell.missed);
      write_texts(writer, "dropped", cell.dropped);
      write_texts(writer, "undetermined", cell.unsure);
      writer.key("in").begin_array();
      for (const Place& place : places) {
        writer.begin_object().key("accountId").string(accounts[place.account].id);
        writer.key("region").string(place.region).end_object();
      }
      writer.end_array().end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  out += '\n';
  return out;
}

std::string csv_of(const Catalogue& catalogue, const std::vector<ControlCoverage>& controls,
                   const Accounts& accounts) {
  std::string out =
      "catalogue,control,title,account,region,sight,by,missed,dropped,undetermined\r\n";
  for (const ControlCoverage& coverage : controls) {
    for (const auto& [cell, places] : coverage.cells) {
      for (const Place& place : places) {
        std::string by = joined(cell.policies);
        std::string missed = joined(cell.missed);
        std::string dropped = joined(cell.dropped);
        std::string unsure = joined(cell.unsure);
        bool first = true;
        for (std::string_view text : std::initializer_list<std::string_view>{
                 catalogue.name, coverage.control->id, coverage.control->title,
                 accounts[place.account].id, place.region,
                 kSightNames[static_cast<std::size_t>(cell.sight)], by, missed, dropped, unsure}) {
          if (!first) out += ',';
          first = false;
          append_csv_cell(out, text);
        }
        out += "\r\n";
      }
    }
  }
  return out;
}

}  // namespace
}  // namespace semper::report

namespace semper {

Result<Coverage> coverage(const CoverageOptions& options, CoverageFormat format,
                          std::vector<Diagnostic>& diagnostics) {
  if (options.regions.empty()) {
    return Status(StatusCode::kInvalidArgument, "coverage wants the regions that are in use");
  }
  auto catalogue = report::read_catalogue(options.controls, options.catalogue);
  if (!catalogue.ok()) return catalogue.status();
  auto ids = report::ControlIds::read(options.controls);
  if (!ids.ok()) return ids.status();
  auto accounts = report::Accounts::read(options.accounts, {});
  if (!accounts.ok()) return accounts.status();

  Compiler compiler;
  compiler.set_default_regions(options.regions);
  if (!options.accounts.empty()) {
    auto provider = open_account_file(options.accounts);
    if (!provider.ok()) return provider.status();
    compiler.set_account_provider(*provider);
  }
  Status opened = compiler.add_repository(options.policies);
  if (!opened.ok()) return opened;
  Result<PolicySet> compiled = compiler.compile();
  diagnostics.insert(diagnostics.end(), compiler.diagnostics().begin(),
                     compiler.diagnostics().end());
  if (!compiled.ok()) return compiled.status();
  policy::Policies policies;
  std::vector<Diagnostic> told_already;
  opened = policy::load_repository(options.policies, {}, policies, told_already);
  if (!opened.ok()) return opened;

  report::Surveyor surveyor(*catalogue, *ids, *accounts, policies, *compiled, options);
  std::vector<report::ControlCoverage> controls = surveyor.survey();
  Coverage result;
  for (const report::ControlCoverage& control : controls) {
    for (std::size_t count : control.counts) result.cells += count;
    result.blind_spots += control.counts[static_cast<std::size_t>(report::Sight::kPartly)] +
                          control.counts[static_cast<std::size_t>(report::Sight::kChecked)] +
                          control.counts[static_cast<std::size_t>(report::Sight::kBlind)];
  }
  switch (format) {
    case CoverageFormat::kJson:
      result.text = report::json_of(*catalogue, controls, *accounts);
      break;
    case CoverageFormat::kCsv:
      result.text = report::csv_of(*catalogue, controls, *accounts);
      break;
    case CoverageFormat::kText:
      result.text = report::text_of(*catalogue, controls, *accounts, options.regions.size());
      break;
  }
  return result;
}

}  // namespace semper
