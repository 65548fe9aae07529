/// Control catalogues: data that says which controls there are, under which ids, and what a sensor
/// must see for each (docs/packs.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "semper/status.hpp"

namespace semper::report {

/// `cis-aws-foundations-benchmark/v/1.2.0` of all the ways in which a standard is named: an ARN
/// (with `${region}`, too), `standards/…`, `ruleset/…`, `…/v1.2.0`. Lower case.
std::string standard_key(std::string_view name);

struct CatalogueControl {
  std::string id;
  std::string title;
  std::vector<std::string> security_hub;
  std::vector<std::string> config_rules;  ///< identifiers of managed rules
  std::vector<std::string> regions;       ///< empty: every region
  std::vector<std::string> same_as;       ///< "name/id"
  /// CloudTrail records as JSON objects, with the fields that matter; those of `same_as` where the
  /// control has none of its own.
  std::vector<std::string> events;
};

struct Catalogue {
  std::string name;
  std::string title;
  std::string standard;  ///< a key
  std::vector<CatalogueControl> controls;
};

/// `name` is a file in `folder` without ".json", or a path that ends in ".json".
Result<Catalogue> read_catalogue(const std::string& folder, const std::string& name);

/// What the catalogues know about ids: all files of the folder.
class ControlIds {
 public:
  /// An empty folder name: knows nothing.
  static Result<ControlIds> read(const std::string& folder);

  /// Security Hub's one id for what the standard calls `id`; else `id` itself.
  std::string_view one_id(std::string_view standard, std::string_view id) const;
  /// One id → the ids that the standard gives the control.
  using Aliases = std::map<std::string, std::vector<std::string>, std::less<>>;
  const Aliases& controls_of(std::string_view standard) const;
  std::string_view title(std::string_view one_id) const;

 private:
  struct Standard {
    std::map<std::string, std::string, std::less<>> one_ids;
    Aliases aliases;
  };
  std::map<std::string, Standard, std::less<>> standards_;
  std::map<std::string, std::string, std::less<>> titles_;
};

}  // namespace semper::report
