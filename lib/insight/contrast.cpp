#include "lib/insight/contrast.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "lib/base/printable.h"
#include "lib/insight/rollout.h"
#include "lib/insight/window.h"
#include "lib/text/sentences.h"
#include "riverbank/error.h"
#include "riverbank/transformer.h"

namespace riverbank {
namespace {

/// What one sentence gives: the word's vector at each layer, and what it attended to.
struct SentenceTrace {
  ContrastSentence sentence;
  std::vector<std::vector<float>> vectors;          ///< (layers + 2)
  std::vector<std::vector<AttendedWord>> attended;  ///< (layers)
  std::vector<double> left_out;                     ///< (layers)
};

/// What a word attends to in one layer, words of letters and numbers only.
void add_attended(const Trace& trace, std::size_t layer, SentenceTrace& out) {
  const std::string& text = out.sentence.text;
  const WordPlace& place = out.sentence.place;
  const std::vector<std::size_t> words_of = words_of_tokens(text, trace.tokens);
  const Matrix row =
      mean_of_heads(trace, layer)
          .middleRows(static_cast<Eigen::Index>(place.first_token), static_cast<Eigen::Index>(place.pieces()))
          .colwise()
          .mean();
  const std::vector<std::size_t> one{0};
  const Matrix joined = join_words(row, one, words_of);
  std::vector<AttendedWord> attended;
  double left_out = 1;
  for (std::size_t t = 0; t < words_of.size();) {
    const std::size_t first = t;
    while (t < words_of.size() && words_of[t] == words_of[first]) ++t;
    const Span span{trace.tokens[first].begin, trace.tokens[t - 1].end};
    const bool is_itself = first < place.end_token && place.first_token < t;
    if (trace.tokens[first].special || is_itself || words(span.of(text)).empty()) continue;
    const double weight = joined(0, static_cast<Eigen::Index>(words_of[first]));
    attended.push_back({printable(span.of(text)), weight});
    left_out -= weight;
  }
  std::stable_sort(attended.begin(), attended.end(),
                   [](const AttendedWord& a, const AttendedWord& b) { return a.weight > b.weight; });
  out.attended.push_back(std::move(attended));
  out.left_out.push_back(left_out);
}

SentenceTrace trace_of(const std::shared_ptr<const Model>& model, const std::string& name,
                       const std::string& sentence) {
  const Span word = span_of_word(*model, sentence, name);
  const WordWindow window =
      window_around(*model, sentence, word, static_cast<std::size_t>(model->embedding.max_tokens));
  SentenceTrace out;
  out.sentence.text = std::string(window.span.of(sentence));
  out.sentence.tokens = window.tokens;
  out.sentence.is_part = window.is_part(sentence);

  const Trace trace = Transformer(model).trace(out.sentence.text);
  const auto places = find_word(out.sentence.text, trace.tokens, parse_word_name(name).word);
  const auto place = std::find_if(places.begin(), places.end(), [&](const WordPlace& candidate) {
    return candidate.span.begin + window.span.begin == word.begin;
  });
  if (place == places.end()) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("\"{}\" is longer than the {} tokens that the model reads.",
                                                         printable(name), model->embedding.max_tokens));
  }
  out.sentence.place = *place;
  out.sentence.occurrences = places.size();
  for (std::size_t t = place->first_token; t < place->end_token; ++t) {
    out.sentence.pieces.push_back(trace.tokens[t].piece);
  }
  for (int layer = kWordTable; layer <= static_cast<int>(trace.layers); ++layer) {
    out.vectors.push_back(word_vector(trace, *place, layer));
  }
  for (std::size_t layer = 0; layer < trace.layers; ++layer) add_attended(trace, layer, out);
  return out;
}

Matrix cosines_at(const std::vector<SentenceTrace>& traces, std::size_t layer) {
  const auto n = static_cast<Eigen::Index>(traces.size());
  Matrix cosines = Matrix::Identity(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = i + 1; j < n; ++j) {
      const double value = cosine(traces[static_cast<std::size_t>(i)].vectors[layer],
                                  traces[static_cast<std::size_t>(j)].vectors[layer]);
      cosines(i, j) = cosines(j, i) = static_cast<float>(value);
    }
  }
  return cosines;
}

/// The groups in which sentences hang together by pairs of at least this cosine.
ContrastGroups connected_at(const Matrix& cosines, float least) {
  const auto n = static_cast<std::size_t>(cosines.rows());
  std::vector<std::size_t> group(n);
  std::iota(group.begin(), group.end(), 0U);
  const auto between = [&](std::size_t i, std::size_t j) {
    return cosines(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (between(i, j) >= least && group[i] != group[j]) {
        std::replace(group.begin(), group.end(), std::max(group[i], group[j]), std::min(group[i], group[j]));
      }
    }
  }
  ContrastGroups groups{.farthest_within = 1, .nearest_across = -1};
  std::set<std::size_t> names(group.begin(), group.end());
  for (const std::size_t name : names) {
    groups.members.emplace_back();
    for (std::size_t i = 0; i < n; ++i) {
      if (group[i] == name) groups.members.back().push_back(i);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const double value = between(i, j);
      if (group[i] == group[j]) groups.farthest_within = std::min(groups.farthest_within, value);
      if (group[i] != group[j]) groups.nearest_across = std::max(groups.nearest_across, value);
    }
  }
  return groups;
}

bool are_separated(const Matrix& cosines, const std::vector<std::vector<std::size_t>>& members) {
  std::vector<std::size_t> group(static_cast<std::size_t>(cosines.rows()));
  for (std::size_t g = 0; g < members.size(); ++g) {
    for (const std::size_t member : members[g]) group[member] = g;
  }
  double within = 1;
  double across = -1;
  for (std::size_t i = 0; i < group.size(); ++i) {
    for (std::size_t j = i + 1; j < group.size(); ++j) {
      const double value = cosines(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      if (group[i] == group[j]) within = std::min(within, value);
      if (group[i] != group[j]) across = std::max(across, value);
    }
  }
  return within > across;
}

std::string listed(const std::vector<std::size_t>& members) {
  std::string out;
  for (std::size_t i = 0; i < members.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == members.size() ? " and " : ", ") + std::to_string(members[i] + 1);
  }
  return out;
}

/// How one group lies: "1 and 2 (0.702)" with the cosine of its farthest pair.
std::string described(const std::vector<std::size_t>& members, const Matrix& cosines) {
  if (members.size() == 1) return listed(members) + " alone";
  double within = 1;
  for (const std::size_t i : members) {
    for (const std::size_t j : members) {
      within = std::min<double>(within, cosines(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
    }
  }
  return fmt::format("{} ({}{:.3f})", listed(members), members.size() > 2 ? "at least " : "", within);
}

}  // namespace

std::optional<ContrastGroups> separated_groups(const Matrix& cosines) {
  std::set<float> thresholds;
  for (Eigen::Index i = 0; i < cosines.rows(); ++i) {
    for (Eigen::Index j = i + 1; j < cosines.cols(); ++j) thresholds.insert(cosines(i, j));
  }
  const auto alone = [](const ContrastGroups& groups) {
    return std::count_if(groups.members.begin(), groups.members.end(),
                         [](const auto& members) { return members.size() == 1; });
  };
  const auto gap = [](const ContrastGroups& groups) { return groups.farthest_within - groups.nearest_across; };
  std::optional<ContrastGroups> best;
  for (const float threshold : thresholds) {
    ContrastGroups groups = connected_at(cosines, threshold);
    if (groups.members.size() < 2 || std::ssize(groups.members) >= cosines.rows() || gap(groups) <= 0) continue;
    const bool is_better =
        !best || alone(groups) < alone(*best) || (alone(groups) == alone(*best) && gap(groups) > gap(*best));
    if (is_better) best = std::move(groups);
  }
  return best;
}

Contrast contrast(const std::shared_ptr<const Model>& model, std::span<const std::string> names,
                  std::span<const std::string> sentences) {
  if (sentences.size() < 2 || names.size() != sentences.size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("To contrast takes at least two sentences and a word for each; these are {} and {}.",
                            sentences.size(), names.size()));
  }
  std::vector<SentenceTrace> traces;
  for (std::size_t i = 0; i < sentences.size(); ++i) traces.push_back(trace_of(model, names[i], sentences[i]));

  Contrast out;
  out.word = parse_word_name(names[0]).word;
  const auto num_layers = static_cast<int>(model->config.num_layers);
  for (int layer = kWordTable; layer <= num_layers; ++layer) {
    out.layers.push_back(layer);
    out.cosines.push_back(cosines_at(traces, out.layers.size() - 1));
  }
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(num_layers); ++layer) {
    out.attended.emplace_back();
    out.left_out.emplace_back();
    for (SentenceTrace& trace : traces) {
      out.attended.back().push_back(std::move(trace.attended[layer]));
      out.left_out.back().push_back(trace.left_out[layer]);
    }
  }
  for (SentenceTrace& trace : traces) out.sentences.push_back(std::move(trace.sentence));

  out.groups = separated_groups(out.cosines.back());
  if (out.groups) {
    std::size_t from = out.cosines.size() - 1;
    while (from > 0 && are_separated(out.cosines[from - 1], out.groups->members)) --from;
    out.groups_from = out.layers[from];
  }
  return out;
}

std::string reading_of(const Contrast& contrast) {
  const Matrix& last = contrast.cosines.back();
  const std::string layer = layer_name(contrast.layers.back());
  const auto extremes = [](const Matrix& cosines) {
    float lowest = 1;
    float highest = -1;
    for (Eigen::Index i = 0; i < cosines.rows(); ++i) {
      for (Eigen::Index j = i + 1; j < cosines.cols(); ++j) {
        lowest = std::min(lowest, cosines(i, j));
        highest = std::max(highest, cosines(i, j));
      }
    }
    return std::pair(lowest, highest);
  };
  const auto [start_low, start_high] = extremes(contrast.cosines.front());
  const auto [end_low, end_high] = extremes(last);
  constexpr float kSame = 0.9995F;
  std::string text =
      start_low > kSame ? fmt::format("\"{}\" starts as one vector everywhere; ", printable(contrast.word))
                        : fmt::format("The words start as vectors of cosine {:.3f} to {:.3f}; ", start_low, start_high);
  text += end_low == end_high ? fmt::format("after layer {} the cosine is {:.3f}.", layer, end_low)
                              : fmt::format("after layer {} the cosines of its pairs lie between {:.3f} and {:.3f}.",
                                            layer, end_low, end_high);
  if (last.rows() == 2) return text;
  if (!contrast.groups) {
    return text +
           " There they fall into no groups: no way to group these sentences puts every pair within a group "
           "nearer than every pair across.";
  }
  std::vector<std::string> groups;
  for (const auto& members : contrast.groups->members) groups.push_back(described(members, last));
  text += fmt::format(" There it falls into groups: {}; the nearest pair across them has {:.3f}.",
                      fmt::join(groups, "; "), contrast.groups->nearest_across);
  if (contrast.groups_from == contrast.layers.back()) return text + " That is so at the last layer only.";
  return text + fmt::format(" That is so at every layer from {} on.", layer_name(contrast.groups_from));
}

}  // namespace riverbank
