#include "index/documents/ignore_rules.h"

#include <algorithm>
#include <utility>

namespace riverbank {
namespace {

constexpr std::string_view kSpecial = "*?[\\";

/// Spaces at the end do not count unless a backslash stands before them.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      if (++i == line.size()) return line;
      end = i + 1;
    } else if (line[i] != ' ') {
      end = i + 1;
    }
  }
  return line.substr(0, end);
}

}  // namespace

std::optional<IgnoreRule> IgnoreRule::parse(std::string_view line) {
  if (line.empty() || line.starts_with('#')) return std::nullopt;
  if (line.ends_with('\r')) line.remove_suffix(1);
  line = without_trailing_spaces(line.substr(0, line.find('\0')));  // to git a NUL ends the line
  IgnoreRule rule;
  if (line.starts_with('!')) {
    rule.negated_ = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.folders_only_ = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return std::nullopt;
  rule.anchored_ = line.find('/') != std::string_view::npos;
  if (!rule.anchored_ && line.starts_with('*') && line.find_first_of(kSpecial, 1) == std::string_view::npos) {
    rule.is_suffix_ = true;
    rule.literal_ = line.substr(1);
    return rule;
  }
  if (rule.anchored_ && line.starts_with('/')) line.remove_prefix(1);
  const std::size_t special = std::min(line.find_first_of(kSpecial), line.size());
  if (special == line.size()) {
    rule.literal_ = line;
  } else if (rule.anchored_) {
    // git cuts the literal beginning off before it matches the rest, so that "a**/b" finds its ** at a beginning.
    rule.literal_ = line.substr(0, special);
    rule.glob_.emplace(line.substr(special), Glob::Kind::kPath);
  } else {
    rule.glob_.emplace(line, Glob::Kind::kName);
  }
  return rule;
}

bool IgnoreRule::matches(std::string_view path, std::string_view name, bool is_folder) const {
  if (folders_only_ && !is_folder) return false;
  const std::string_view subject = anchored_ ? path : name;
  if (is_suffix_) return subject.ends_with(literal_);
  if (!glob_) return subject == literal_;
  return subject.starts_with(literal_) && glob_->matches(subject.substr(literal_.size()));
}

void IgnoreRules::add(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    if (auto rule = IgnoreRule::parse(text.substr(0, newline))) rules_.push_back(*std::move(rule));
    text.remove_prefix(std::min(newline + 1, text.size()));
  }
}

bool IgnoreRules::ignored(std::string_view path, bool is_folder) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  for (const IgnoreRules* folder = this; folder != nullptr; folder = folder->above_.get()) {
    const std::string_view below = path.substr(folder->depth_);
    for (auto rule = folder->rules_.rbegin(); rule != folder->rules_.rend(); ++rule) {
      if (rule->matches(below, name, is_folder)) return !rule->negated();
    }
  }
  return false;
}

}  // namespace riverbank
