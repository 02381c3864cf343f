#include "riverbank/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::array<std::pair<std::string_view, Metric::Kind>, 5> kNames{{{"ndcg", Metric::Kind::kNdcg},
                                                                           {"recall", Metric::Kind::kRecall},
                                                                           {"map", Metric::Kind::kMap},
                                                                           {"mrr", Metric::Kind::kMrr},
                                                                           {"success", Metric::Kind::kSuccess}}};

int grade_of(const std::map<std::string, int>& grades, const std::string& document) {
  const auto found = grades.find(document);
  return found == grades.end() ? 0 : std::max(0, found->second);
}

/// grade / log2(rank + 1), with ranks from 0 (Järvelin and Kekäläinen, 2002; the grade itself is the gain).
double discounted(int grade, std::size_t rank) { return grade / std::log2(static_cast<double>(rank) + 2.0); }

double ndcg(std::span<const int> gains, const std::map<std::string, int>& grades, std::size_t k) {
  std::vector<int> ideal;
  for (const auto& [document, grade] : grades) {
    if (grade > 0) ideal.push_back(grade);
  }
  std::sort(ideal.rbegin(), ideal.rend());
  double best = 0;
  for (std::size_t i = 0; i < std::min(k, ideal.size()); ++i) best += discounted(ideal[i], i);
  double found = 0;
  for (std::size_t i = 0; i < gains.size(); ++i) found += discounted(gains[i], i);
  return found / best;
}

double average_precision(std::span<const int> gains, double relevant) {
  double hits = 0;
  double sum = 0;
  for (std::size_t i = 0; i < gains.size(); ++i) {
    if (gains[i] > 0) sum += ++hits / static_cast<double>(i + 1);
  }
  return sum / relevant;
}

Metric parse_metric(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto* const known =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == text.substr(0, at); });
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("the metric \"{}\" {}", printable(text), why));
  };
  if (known == kNames.end()) {
    refuse("is none of ndcg@K, recall@K, map, mrr and success@K, with K the number of first documents that count");
  }
  Metric metric{known->second, 0};
  if (at == std::string_view::npos) {
    if (metric.kind == Metric::Kind::kSuccess) refuse("needs the number of documents that count, such as success@1");
    return metric;
  }
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + at + 1, end, metric.k);
  if (parsed.ec != std::errc() || parsed.ptr != end) refuse("must have a whole number after the @");
  if (metric.k == 0) refuse("looks at no document at all; K must be 1 or more");
  return metric;
}

}  // namespace

std::string Metric::name() const {
  const auto* const known =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.second == kind; });
  return std::string(known->first) + (k > 0 ? "@" + std::to_string(k) : "");
}

double Metric::of(const std::vector<RankedDocument>& ranking, const std::map<std::string, int>& grades) const {
  const auto relevant = std::count_if(grades.begin(), grades.end(), [](const auto& entry) { return entry.second > 0; });
  if (relevant == 0) return 0;
  const std::size_t depth = k == 0 ? ranking.size() : std::min(k, ranking.size());
  std::vector<int> gains(depth);
  std::transform(ranking.begin(), ranking.begin() + static_cast<std::ptrdiff_t>(depth), gains.begin(),
                 [&](const RankedDocument& document) { return grade_of(grades, document.id); });
  const auto first = std::find_if(gains.begin(), gains.end(), [](int gain) { return gain > 0; });
  const auto found = std::count_if(first, gains.end(), [](int gain) { return gain > 0; });
  switch (kind) {
    case Kind::kNdcg:
      return ndcg(gains, grades, k == 0 ? grades.size() : k);
    case Kind::kRecall:
      return static_cast<double>(found) / static_cast<double>(relevant);
    case Kind::kMap:
      return average_precision(gains, static_cast<double>(relevant));
    case Kind::kMrr:
      return first == gains.end() ? 0 : 1.0 / static_cast<double>(first - gains.begin() + 1);
    case Kind::kSuccess:
      return first == gains.end() ? 0 : 1;
  }
  return 0;
}

std::vector<Metric> parse_metrics(std::string_view names) {
  std::vector<Metric> metrics;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    const Metric metric = parse_metric(names.substr(begin, end - begin));
    if (std::none_of(metrics.begin(), metrics.end(), [&](const Metric& m) { return m.name() == metric.name(); })) {
      metrics.push_back(metric);
    }
    begin = end + 1;
  }
  return metrics;
}

std::vector<double> measure(const Metric& metric, const Run& run, const Qrels& qrels) {
  std::vector<double> values;
  values.reserve(qrels.size());
  for (const auto& [question, grades] : qrels) {
    const auto ranking = run.find(question);
    values.push_back(ranking == run.end() ? 0 : metric.of(ranking->second, grades));
  }
  return values;
}

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace riverbank
