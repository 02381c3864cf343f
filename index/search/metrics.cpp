#include <algorithm>
#include <cmath>

#include "riverbank/evaluate.h"

namespace riverbank {
namespace {

int grade_of(const std::map<std::string, int>& grades, const std::string& document) {
  const auto found = grades.find(document);
  return found == grades.end() ? 0 : std::max(0, found->second);
}

/// DCG@k = sum over ranks i = 1..k of grade_i / log2(i + 1) (Järvelin and Kekäläinen, 2002, as trec_eval computes it).
template <typename GradeAt>
double discounted_gain(std::size_t count, const GradeAt& grade_at) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += grade_at(i) / std::log2(static_cast<double>(i) + 2.0);
  return sum;
}

}  // namespace

double ndcg(const std::vector<std::string>& ranked, const std::map<std::string, int>& grades, std::size_t k) {
  std::vector<int> ideal;
  for (const auto& [document, grade] : grades) {
    if (grade > 0) ideal.push_back(grade);
  }
  if (ideal.empty()) return 0;
  std::sort(ideal.rbegin(), ideal.rend());
  const double best = discounted_gain(std::min(k, ideal.size()), [&](std::size_t i) { return ideal[i]; });
  const double found =
      discounted_gain(std::min(k, ranked.size()), [&](std::size_t i) { return grade_of(grades, ranked[i]); });
  return found / best;
}

double recall(const std::vector<std::string>& ranked, const std::map<std::string, int>& grades, std::size_t k) {
  const auto relevant = std::count_if(grades.begin(), grades.end(), [](const auto& entry) { return entry.second > 0; });
  if (relevant == 0) return 0;
  const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(std::min(k, ranked.size()));
  const auto found = std::count_if(ranked.begin(), end, [&](const auto& id) { return grade_of(grades, id) > 0; });
  return static_cast<double>(found) / static_cast<double>(relevant);
}

}  // namespace riverbank
