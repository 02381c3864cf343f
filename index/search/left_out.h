#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/error.h"

namespace riverbank {

/// Counts rows of a kind that are left out, and remembers the first names.
class LeftOut {
 public:
  /// "judgement", "a document that corpus.jsonl does not have".
  LeftOut(std::string row, std::string reason) : row_(std::move(row)), reason_(std::move(reason)) {}

  void add(std::string_view name);
  bool empty() const { return count_ == 0; }
  /// "3 judgements left out: each names a document that corpus.jsonl does not have (\"d9\", …)".
  std::string sentence() const;

 private:
  std::string row_, reason_;
  std::size_t count_ = 0;
  std::vector<std::string> first_;
};

/// What to throw when nothing is left of a file.
Error nothing_left(const std::filesystem::path& file, const std::vector<std::string>& left_out);

}  // namespace riverbank
