#include <algorithm>
#include <bit>
#include <utility>

#include "base/text.h"
#include "pattern/matcher_state.h"

namespace semper::pattern {

namespace {

/// False: there is no child for this key.
bool may_have(const KeyTrie::Filter& filter, const json::EventDocument& document,
              std::uint32_t key) {
  const std::size_t name = document.token_offset(key) + std::size_t{1};
  bool is_plain = document.is_ascii() && !document.has_escapes();
  return !is_plain || name + 8 > document.text().size() ||
         filter.may_have(KeyTrie::Filter::Bits(document.text().data() + name));
}

}  // namespace

MatcherState::MatcherState(Program compiled)
    : program(std::move(compiled)),
      data(program.data_.get()),
      paths(data->paths.size()),
      observations(1),
      contexts(1),
      list_ends(1),
      wildcard_caches(data->indexes.size()),
      list_states(data->posting_lists.size()),
      hits(1),
      branch_epochs(data->branches.size()),
      pattern_epochs(data->patterns.size()),
      sort_bits(data->patterns.size() / 64 + 1),
      any_memos(data->fields.size()),
      all_memos(data->fields.size()) {
  contexts[0].last = 0xFFFFFFFF;
}

void MatcherState::match(const json::ObjectView& view, std::vector<std::uint32_t>& matched,
                         std::span<const std::uint64_t> enabled) {
  matched.clear();
  if (data->patterns.empty()) return;
  event = &view;
  matched_patterns = &matched;
  enabled_patterns = enabled;
  if (++epoch == 0) {
    *this = MatcherState(program);
    event = &view;
    matched_patterns = &matched;
    enabled_patterns = enabled;
    epoch = 1;
  }
  repeated_keys = false;
  lists = 0;
  observations.resize(1);
  contexts.resize(1);
  contexts[0].first = 0;
  list_ends.resize(1);
  hits.resize(1);
  if (!path_places.empty()) path_places.clear();
  candidates.clear();
  certain_lists.clear();
  arena.reset();

  const bool asks_semper = data->keys.has_children(KeyTrie::kSemperRoot);
  const bool asks_event_bridge = data->keys.has_children(KeyTrie::kEventBridgeRoot);
  if (asks_semper && asks_event_bridge) {
    walk<true, true>(view);
  } else if (asks_semper) {
    walk<true, false>(view);
  } else if (asks_event_bridge) {
    walk<false, true>(view);
  }
  offer_all(data->always);
  for (std::uint32_t list : certain_lists) confirm_all(list);
  for (std::uint32_t branch : candidates) confirm_branch(branch, false);
  sort_matched();
}

/// Ascending. Many of few patterns are quicker sorted as bits.
void MatcherState::sort_matched() {
  std::vector<std::uint32_t>& matched = *matched_patterns;
  if (std::is_sorted(matched.begin(), matched.end())) return;
  auto [least, most] = std::minmax_element(matched.begin(), matched.end());
  const std::size_t first = *least / 64;
  const std::size_t last = *most / 64;
  if (last - first > 4 * matched.size()) {
    std::sort(matched.begin(), matched.end());
    return;
  }
  for (std::uint32_t pattern : matched) sort_bits[pattern / 64] |= std::uint64_t{1} << pattern % 64;
  auto out = matched.begin();
  for (std::size_t word = first; word <= last; ++word) {
    for (std::uint64_t bits = std::exchange(sort_bits[word], 0); bits != 0; bits &= bits - 1) {
      *out++ = static_cast<std::uint32_t>(word * 64 + std::countr_zero(bits));
    }
  }
}

template <bool kSemper, bool kEventBridge>
void MatcherState::walk(const json::ObjectView& view) {
  const std::uint32_t semper = kSemper ? KeyTrie::kSemperRoot : KeyTrie::kNone;
  const std::uint32_t event_bridge = kEventBridge ? KeyTrie::kEventBridgeRoot : KeyTrie::kNone;
  if (view.whole) {
    walk_members<kSemper, kEventBridge>(*view.whole.document(), view.whole.token(), semper,
                                        event_bridge, 0);
    return;
  }
  const KeyTrie::Filter filter = data->keys.filter(semper) | data->keys.filter(event_bridge);
  for (const json::EventMember& member : view.members) {
    if (!may_have(filter, *member.key.document(), member.key.token())) continue;
    walk_member<kSemper, kEventBridge>(*member.key.document(), member.key.token(),
                                       *member.value.document(), member.value.token(), semper,
                                       event_bridge, 0);
  }
}

/// Goes on from a value whose key led to these nodes.
template <bool kSemper, bool kEventBridge>
[[gnu::always_inline]] inline void MatcherState::enter(const json::EventDocument& document,
                                                       std::uint32_t value, std::uint32_t semper,
                                                       std::uint32_t event_bridge,
                                                       std::uint32_t context) {
  if (kSemper && semper != KeyTrie::kNone && data->keys.has_children(semper)) {
    PathState& state = paths[semper];
    repeated_keys |= state.seen_epoch == epoch && state.seen_context == context;
    state.seen_epoch = epoch;
    state.seen_context = context;
  }
  const char c = document.token_char(value);
  if (c == '{') {
    walk_object<kSemper, kEventBridge>(document, value, semper, event_bridge, context);
  } else if (c == '[') {
    walk_elements<kSemper, kEventBridge>(document, value, semper, event_bridge, context);
  } else {
    observe_scalar<kSemper, kEventBridge>(document, value, semper, event_bridge, context);
  }
}

// Most keys of an event are not asked for. What is to be done for one that is stands behind the
// loop over the keys: inside of it, the compiler does not keep the loop's state in registers (5 %
// slower with few rules, 2 to 5 % in `process`).

/// `walk_members` for one dialect and a node with few children, one at least.
template <bool kSemper>
[[gnu::always_inline]] inline void MatcherState::walk_few(const json::EventDocument& document,
                                                          std::uint32_t object, std::uint32_t node,
                                                          std::uint32_t context) {
  const KeyTrie::Children children = data->keys.children(node);
  const char* const text = document.text().data();
  const std::size_t size = document.text().size();
  const std::uint32_t last = document.closing(object);
  std::uint32_t key = object + 1;
  KeyTrie::Key written;
  const KeyTrie::Slot* slot;
  std::uint32_t child;
  while (key < last) {
    written = {text + document.token_offset(key) + 1, size - document.token_offset(key) - 1};
    if (written.available < 8) [[unlikely]]
      goto near_end;
    slot = children.begin();
    if (slot->may_be<kSemper>(written)) [[unlikely]]
      goto found;
  not_this:
    for (++slot; slot != children.end(); ++slot) {
      if (slot->may_be<kSemper>(written)) [[unlikely]]
        goto found;
    }
  next:
    key = document.after(key + 1);
  }
  return;

found:
  child = children.child<kSemper>(
      *slot, written, [&] { return document.key_text(key); },
      [&](std::string_view path) { return step_dotted(node, path); });
  if (child == KeyTrie::kNone) goto not_this;
  enter<kSemper, !kSemper>(document, key + 1, kSemper ? child : KeyTrie::kNone,
                           kSemper ? KeyTrie::kNone : child, context);
  goto next;

near_end:
  walk_member<kSemper, !kSemper>(document, key, document, key + 1, kSemper ? node : KeyTrie::kNone,
                                 kSemper ? KeyTrie::kNone : node, context);
  goto next;
}

template <bool kSemper, bool kEventBridge>
void MatcherState::walk_members(const json::EventDocument& document, std::uint32_t object,
                                std::uint32_t semper, std::uint32_t event_bridge,
                                std::uint32_t context) {
  if (!kSemper) semper = KeyTrie::kNone;
  if (!kEventBridge) event_bridge = KeyTrie::kNone;
  const std::uint32_t last = document.closing(object);
  if (!document.is_ascii() || document.has_escapes()) {
    for (std::uint32_t key = object + 1; key < last; key = document.after(key + 1)) {
      walk_member<kSemper, kEventBridge>(document, key, document, key + 1, semper, event_bridge,
                                         context);
    }
    return;
  }
  if (!kSemper || !kEventBridge) {
    const std::uint32_t node = semper | event_bridge;
    if (data->keys.has_few_children(node)) {
      walk_few<kSemper>(document, object, node, context);
      return;
    }
  }
  const KeyTrie::Children of_semper = data->keys.children(semper);
  const KeyTrie::Children of_event_bridge = data->keys.children(event_bridge);
  const KeyTrie::Filter filter = data->keys.filter(semper) | data->keys.filter(event_bridge);
  const char* const text = document.text().data();
  const std::size_t size = document.text().size();
  std::uint32_t key = object + 1;
  std::size_t begin;
  KeyTrie::Key written;
  std::uint32_t semper_child;
  std::uint32_t event_bridge_child;
  auto name = [&] { return document.key_text(key); };
  auto follow_dots = [&](std::string_view path) { return step_dotted(event_bridge, path); };
  while (key < last) {
    begin = document.token_offset(key) + std::size_t{1};
    if (begin + 8 > size) [[unlikely]]
      goto near_end;
    // One look for both dialects instead of two: most keys are asked for by neither.
    if (filter.may_have(KeyTrie::Filter::Bits(text + begin))) [[unlikely]]
      goto asked;
  next:
    key = document.after(key + 1);
  }
  return;

asked:
  written = {text + begin, size - begin};
  semper_child = event_bridge_child = KeyTrie::kNone;
  if (kSemper) semper_child = of_semper.find<true>(written, name, follow_dots);
  if (kEventBridge) event_bridge_child = of_event_bridge.find<false>(written, name, follow_dots);
  if ((semper_child | event_bridge_child) != 0) {
    enter<kSemper, kEventBridge>(document, key + 1, semper_child, event_bridge_child, context);
  }
  goto next;

near_end:
  walk_member<kSemper, kEventBridge>(document, key, document, key + 1, semper, event_bridge,
                                     context);
  goto next;
}

/// The same for one key that may be of another document, or written in any way.
template <bool kSemper, bool kEventBridge>
void MatcherState::walk_member(const json::EventDocument& key_document, std::uint32_t key,
                               const json::EventDocument& document, std::uint32_t value,
                               std::uint32_t semper, std::uint32_t event_bridge,
                               std::uint32_t context) {
  std::string_view name = key_document.key_text(key);
  if (key_document.has_escapes() && name.find('\\') != std::string_view::npos) {
    name = key_document.value(key).string(key_scratch);
  }
  std::uint32_t semper_child = KeyTrie::kNone;
  std::uint32_t event_bridge_child = KeyTrie::kNone;
  if (kSemper) {
    bool is_plain = key_document.is_ascii() && !key_document.has_escapes();
    bool name_is_ascii = is_plain || is_ascii(name);
    semper_child = data->keys.find_folded(semper, name_is_ascii ? name : fold(name, fold_scratch));
  }
  if (kEventBridge) {
    event_bridge_child = data->keys.find_exact(event_bridge, name);
    if (event_bridge_child == KeyTrie::kNone && name.find('.') != std::string_view::npos) {
      event_bridge_child = step_dotted(event_bridge, name);
    }
  }
  if ((semper_child | event_bridge_child) != 0) {
    enter<kSemper, kEventBridge>(document, value, semper_child, event_bridge_child, context);
  }
}

/// eventbridge joins paths with dots, so that a key with dots is several steps.
std::uint32_t MatcherState::step_dotted(std::uint32_t node, std::string_view key) const {
  for (;;) {
    std::size_t dot = key.find('.');
    std::string_view part = key.substr(0, dot);
    node = data->keys.find_exact(node, part);
    if (node == KeyTrie::kNone || dot == std::string_view::npos) return node;
    key.remove_prefix(dot + 1);
  }
}

bool has_leaf(const json::EventDocument& document, std::uint32_t token) {
  std::uint32_t last = document.closing(token);
  for (std::uint32_t i = token + 1; i < last; ++i) {
    switch (document.token_char(i)) {
      case '{':
      case '}':
      case '[':
      case ']':
        break;
      case '"':
        if (!document.is_key(i)) return true;
        break;
      default:
        return true;
    }
  }
  return false;
}

template <bool kSemper, bool kEventBridge>
void MatcherState::walk_object(const json::EventDocument& document, std::uint32_t object,
                               std::uint32_t semper, std::uint32_t event_bridge,
                               std::uint32_t context) {
  if (!kSemper) semper = KeyTrie::kNone;
  if (!kEventBridge) event_bridge = KeyTrie::kNone;
  if (kSemper && (data->paths[semper].flags & kHasField) != 0 && has_leaf(document, object)) {
    remember(semper, json::Kind::kObject, {}, context);
  }
  if (!data->keys.has_children(semper)) semper = KeyTrie::kNone;
  if (!data->keys.has_children(event_bridge)) event_bridge = KeyTrie::kNone;
  if ((semper | event_bridge) != 0) {
    walk_members<kSemper, kEventBridge>(document, object, semper, event_bridge, context);
  }
}

template <bool kSemper, bool kEventBridge>
void MatcherState::walk_elements(const json::EventDocument& document, std::uint32_t list,
                                 std::uint32_t semper, std::uint32_t event_bridge,
                                 std::uint32_t context) {
  if (!kSemper) semper = KeyTrie::kNone;
  if (!kEventBridge) event_bridge = KeyTrie::kNone;
  std::uint32_t number = ++lists;
  list_ends.push_back(0);
  std::uint32_t last = document.closing(list);
  for (std::uint32_t token = list + 1; token < last; token = document.after(token)) {
    char c = document.token_char(token);
    if (c == '{' || c == '[') {
      auto element = static_cast<std::uint32_t>(contexts.size());
      std::uint32_t outermost = context == 0 ? element : contexts[context].outermost;
      contexts.push_back({context, number, 0, outermost, 0});
      if (c == '{') {
        walk_object<kSemper, kEventBridge>(document, token, semper, event_bridge, element);
      } else {
        walk_elements<kSemper, kEventBridge>(document, token, semper, event_bridge, element);
      }
      contexts[element].last = static_cast<std::uint32_t>(contexts.size() - 1);
    } else {
      observe_scalar<kSemper, kEventBridge>(document, token, semper, event_bridge, context);
    }
  }
  list_ends[number] = static_cast<std::uint32_t>(contexts.size() - 1);
}

inline void MatcherState::accept(std::uint32_t pattern) {
  pattern_epochs[pattern] = epoch;
  matched_patterns->push_back(pattern);
}

inline void MatcherState::accept_enabled(std::uint32_t pattern) {
  bool is_enabled =
      enabled_patterns.empty() || (enabled_patterns[pattern / 64] >> (pattern % 64) & 1) != 0;
  if (is_enabled && pattern_epochs[pattern] != epoch) accept(pattern);
}

/// The newest observation hit a list.
inline void MatcherState::hit(std::uint32_t list) {
  const Posting& posting = data->posting_lists[list & ~kApproximate];
  if (posting.decides == Posting::Decides::kPattern) {
    accept_enabled(posting.first);
  } else {
    hit(list, posting);
  }
}

inline void MatcherState::remember(std::uint32_t path, json::Kind kind, std::string_view text,
                                   std::uint32_t context) {
  PathState& state = paths[path];
  bool is_first = state.epoch != epoch;
  if (is_first) {
    state.epoch = epoch;
    state.first = 0;
    state.nested = false;
  }
  const auto number = static_cast<std::uint32_t>(observations.size());
  if (is_first) state.oldest = number;
  state.nested |= context != 0;
  observations.push_back({text.data(), static_cast<std::uint32_t>(text.size()), path, context,
                          std::exchange(state.first, number),
                          std::exchange(contexts[context].first, number), kind});

  const PathInfo& info = data->paths[path];
  if (is_first && (info.flags & kPresence) != 0) hit(info.presence | kApproximate);
}

/// A scalar at a path that is asked about: remembers it and looks it up.
inline void MatcherState::observe(std::uint32_t path, json::Kind kind, std::string_view text,
                                  std::uint32_t context) {
  remember(path, kind, text, context);
  const PathInfo& info = data->paths[path];
  if (kind == json::Kind::kString) {
    if ((info.flags & kExactStrings) != 0) look_up_exact(path, text);
    if ((info.flags & kLooksAtStrings) != 0) look_up_string(path, text);
  } else if ((info.flags & (kNumbers | kLiterals)) != 0) {
    look_up_other(info, kind, text);
  }
}

template <bool kSemper, bool kEventBridge>
void MatcherState::observe_scalar(const json::EventDocument& document, std::uint32_t token,
                                  std::uint32_t semper, std::uint32_t event_bridge,
                                  std::uint32_t context) {
  bool for_semper = kSemper && (data->paths[semper].flags & kHasField) != 0;
  bool for_event_bridge = kEventBridge && (data->paths[event_bridge].flags & kHasField) != 0;
  if (!for_semper && !for_event_bridge) return;
  const json::Kind kind = document.value(token).kind();
  std::string_view text;
  if (kind == json::Kind::kString) {
    text = document.string_text(token);
    if (document.has_escapes() && text.find('\\') != std::string_view::npos) {
      text = arena.copy(document.value(token).string(key_scratch));
    }
  } else {
    text = document.scalar(token);
  }
  if (for_semper) observe(semper, kind, text, context);
  if (for_event_bridge) observe(event_bridge, kind, text, context);
}

// Most values at most paths need none of these: they stay out of the way of the others.
[[gnu::noinline]] void MatcherState::look_up_exact(std::uint32_t path, std::string_view text) {
  data->exact.find(path, text, [this](std::uint32_t list) { hit(list); });
}

[[gnu::noinline]] void MatcherState::look_up_other(const PathInfo& info, json::Kind kind,
                                                   std::string_view text) {
  if (kind == json::Kind::kNumber) {
    if ((info.flags & kNumbers) == 0) return;
    data->indexes[info.index].numbers.find(text, [this](std::uint32_t list) { hit(list); });
    return;
  }
  Op op = kind == json::Kind::kNull ? Op::kNull : text[0] == 't' ? Op::kTrue : Op::kFalse;
  std::uint32_t list = info.literals[static_cast<std::size_t>(op)];
  if (list != ValueTable::kNone) hit(list);
}

[[gnu::noinline]] void MatcherState::look_up_string(std::uint32_t path, std::string_view text) {
  const PathInfo& info = data->paths[path];
  auto use = [this](std::uint32_t list) { hit(list); };
  if ((info.flags & (kFoldedStrings | kFoldedAffixes)) != 0) {
    std::string_view folded = fold(text, fold_scratch);
    if ((info.flags & kFoldedStrings) != 0) data->folded.find(path, folded, use);
    if ((info.flags & kFoldedAffixes) != 0) {
      data->indexes[info.index].folded_prefixes.find(folded, use);
      data->indexes[info.index].folded_suffixes.find(folded, use);
    }
  }
  if ((info.flags & kUsesIndex) == 0) return;
  const PathIndex& index = data->indexes[info.index];
  if ((info.flags & kPrefixes) != 0) index.prefixes.find(text, use);
  if ((info.flags & kSuffixes) != 0) index.suffixes.find(text, use);
  if ((info.flags & kSubstrings) != 0) index.substrings.find(text, use);
  if ((info.flags & kWildcards) != 0) index.wildcards.find(text, wildcard_caches[info.index], use);
  if ((info.flags & (kAddresses | kRanges)) != 0) look_up_address(info, index, text);
}

void MatcherState::look_up_address(const PathInfo& info, const PathIndex& index,
                                   std::string_view text) {
  auto use = [this](std::uint32_t list) { hit(list); };
  if (!may_be_address(text)) return;
  if (std::optional<AddressRange> address = parse_address(text)) {
    if ((info.flags & kAddresses) != 0) index.addresses.find(*address, use);
    if ((info.flags & kRanges) != 0) index.ranges.find(*address, use);
  } else if ((info.flags & kRanges) != 0) {
    if (std::optional<AddressRange> range = parse_address_or_range(text)) {
      index.ranges.find(*range, use);
    }
  }
}

void MatcherState::hit(std::uint32_t list, const Posting& posting) {
  const std::uint32_t number = list & ~kApproximate;
  const bool is_certain = list == number;
  if (is_certain && posting.decides == Posting::Decides::kBranches) {
    return accept_all(number, posting);
  }
  auto observation = static_cast<std::uint32_t>(observations.size() - 1);
  ListState& state = list_states[number];
  bool is_first = state.epoch != epoch;
  if (is_first) {
    state = {epoch, 0};
  } else if (hits[state.first].observation == observation) {
    return;
  }
  hits.push_back({observation, state.first});
  state.first = static_cast<std::uint32_t>(hits.size() - 1);
  if (!is_first) return;
  if (is_certain) {
    certain_lists.push_back(number);
  } else {
    offer_all(data->branches_of(posting));
  }
}

/// What a hit and its confirmation come to where nothing but the hit is asked for.
void MatcherState::accept_all(std::uint32_t list, const Posting& posting) {
  if (list_states[list].epoch == epoch) return;
  list_states[list] = {epoch, 0};
  for_enabled(data->branches_of(posting), [&](const PostedBranch& posted) {
    if (pattern_epochs[posted.pattern] != epoch) accept(posted.pattern);
  });
}

/// Branches whose access field may hold.
void MatcherState::offer_all(std::span<const PostedBranch> posted) {
  for_enabled(posted, [&](const PostedBranch& offered) {
    if (std::exchange(branch_epochs[offered.branch], epoch) == epoch) return;
    candidates.push_back(offered.branch);
  });
}

/// Branches whose access field holds, once all values are known.
void MatcherState::confirm_all(std::uint32_t list) {
  const std::span<const PostedBranch> branches = data->branches_of(data->posting_lists[list]);
  auto confirm_alone = [&](const PostedBranch& posted) {
    if (std::exchange(branch_epochs[posted.branch], epoch) == epoch) return;
    confirm_branch(posted.branch, data->branches[posted.branch].is_access_certain);
  };
  std::uint32_t field = PostedBranch::kNone;
  // Events without lists have a loop of their own: one for both is 5 % slower for them.
  if (contexts.size() == 1) {
    bool holds = false;
    for_enabled(branches, [&](const PostedBranch& posted) {
      if (posted.other_field == PostedBranch::kNone) return confirm_alone(posted);
      if (posted.other_field != field) {
        field = posted.other_field;
        holds = holds_anywhere(field);
      }
      if (holds && pattern_epochs[posted.pattern] != epoch) accept(posted.pattern);
    });
    return;
  }
  std::optional<bool> holds;
  for_enabled(branches, [&](const PostedBranch& posted) {
    if (posted.other_field == PostedBranch::kNone) return confirm_alone(posted);
    if (posted.other_field != field) {
      field = posted.other_field;
      holds = holds_beside(field, list);
    }
    if (!holds) return confirm_alone(posted);
    if (*holds && pattern_epochs[posted.pattern] != epoch) accept(posted.pattern);
  });
}

inline void MatcherState::confirm_branch(std::uint32_t branch, bool access_holds) {
  const CompiledBranch& compiled = data->branches[branch];
  if (pattern_epochs[compiled.pattern] != epoch && confirm(compiled, access_holds)) {
    accept(compiled.pattern);
  }
}

/// Calls `use` with those of patterns that are enabled. Of many policies on one value, most are
/// not.
template <class Use>
void MatcherState::for_enabled(std::span<const PostedBranch> posted, Use use) {
  if (enabled_patterns.empty()) {
    for (const PostedBranch& each : posted) use(each);
    return;
  }
  const std::uint64_t* enabled = enabled_patterns.data();
  for (const PostedBranch& each : posted) {
    if ((enabled[each.pattern / 64] >> (each.pattern % 64) & 1) != 0) use(each);
  }
}

Matcher::Matcher(Program program) : state_(std::make_unique<MatcherState>(std::move(program))) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::match(const json::ObjectView& event, std::vector<std::uint32_t>& matched,
                    std::span<const std::uint64_t> enabled) {
  state_->match(event, matched, enabled);
}

const Program& Matcher::program() const {
  return state_->program;
}

}  // namespace semper::pattern
