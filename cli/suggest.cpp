#include "cli/suggest.h"

#include <algorithm>
#include <numeric>

namespace riverbank::cli {
namespace {

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost 1 each.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::move(last);
    last = std::move(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 256;  // the cost is the product of the lengths
  if (typed.size() > kLongest) return std::nullopt;
  const std::size_t most = std::min<std::size_t>(3, std::max<std::size_t>(1, typed.size() / 3));
  std::optional<std::string> best;
  std::size_t best_distance = most + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const std::size_t d = distance(typed, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::optional<std::string> nearest_path(const std::filesystem::path& typed) {
  const std::filesystem::path trimmed = typed.has_filename() ? typed : typed.parent_path();
  const auto parent = trimmed.has_parent_path() ? trimmed.parent_path() : std::filesystem::path(".");
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parent, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  const auto found = nearest(trimmed.filename().string(), names);
  if (!found) return std::nullopt;
  return trimmed.has_parent_path() ? (trimmed.parent_path() / *found).string() : *found;
}

}  // namespace riverbank::cli
