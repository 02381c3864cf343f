#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/glob.h"

namespace riverbank {

/// One line of an ignore file, gitignore(5).
class IgnoreRule {
 public:
  /// Nothing for a line that is empty or a comment.
  static std::optional<IgnoreRule> parse(std::string_view line);

  bool negated() const { return negated_; }
  /// Whether the rule speaks of this entry: its path from the folder of the rule's file, and the path's last part.
  bool matches(std::string_view path, std::string_view name, bool is_folder) const;

 private:
  IgnoreRule() = default;

  bool negated_ = false;
  bool folders_only_ = false;
  bool anchored_ = false;     ///< has a slash: about the path, not about any name below
  std::string literal_;       ///< what must stand there letter by letter: all, the beginning, or the end ("*.o")
  bool is_suffix_ = false;    ///< literal_ is the end of the name
  std::optional<Glob> glob_;  ///< the rest, behind literal_
};

/// The rules that hold in a folder: those of its own ignore files, and behind them those of the folders above.
/// Immutable once made; folders share their parents' rules.
class IgnoreRules {
 public:
  /// `depth` is how many bytes of the paths that will be asked for lead to the folder, its slash included.
  IgnoreRules(std::shared_ptr<const IgnoreRules> above, std::size_t depth) : above_(std::move(above)), depth_(depth) {}

  /// Appends the rules of an ignore file. A later rule beats an earlier one, a deeper folder's a higher one's.
  void add(std::string_view text);
  bool empty() const { return rules_.empty(); }

  /// Whether the entry is left out, judged by itself: the caller never asks below a folder that was left out, which is
  /// why nothing there can be let back in.
  bool ignored(std::string_view path, bool is_folder) const;

 private:
  std::shared_ptr<const IgnoreRules> above_;
  std::size_t depth_;
  std::vector<IgnoreRule> rules_;
};

}  // namespace riverbank
