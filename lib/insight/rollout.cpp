#include "lib/insight/rollout.h"

#include <fmt/format.h>

#include <algorithm>

#include "riverbank/error.h"

namespace riverbank {
namespace {

void require_one_of(std::size_t index, std::size_t count, const char* what) {
  if (index < count) return;
  throw Error(ErrorKind::kInvalidArgument,
              count == 0 ? fmt::format("There is no {}.", what)
                         : fmt::format("There is no {} {}: they count from 0 to {}.", what, index, count - 1));
}

/// How many tokens each word has -> (words).
std::vector<std::size_t> sizes_of(std::span<const std::size_t> words, Eigen::Index tokens) {
  if (static_cast<Eigen::Index>(words.size()) != tokens) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{} tokens cannot be joined by the words of {}.", tokens, words.size()));
  }
  std::vector<std::size_t> sizes;
  for (const std::size_t word : words) {
    if (word >= words.size()) throw Error(ErrorKind::kInvalidArgument, "Words are numbered from 0 without a gap.");
    if (word >= sizes.size()) sizes.resize(word + 1);
    ++sizes[word];
  }
  if (std::find(sizes.begin(), sizes.end(), 0U) != sizes.end()) {
    throw Error(ErrorKind::kInvalidArgument, "Words are numbered from 0 without a gap.");
  }
  return sizes;
}

}  // namespace

Matrix head_map(const Trace& trace, std::size_t layer, std::size_t head) {
  require_one_of(layer, trace.layers, "layer");
  require_one_of(head, trace.heads, "head");
  const auto T = static_cast<Eigen::Index>(trace.tokens.size());
  return MatrixMap(trace.attention.data() + static_cast<Eigen::Index>(layer * trace.heads + head) * T * T, T, T);
}

Matrix mean_of_heads(const Trace& trace, std::size_t layer) {
  Matrix mean = head_map(trace, layer, 0);
  for (std::size_t head = 1; head < trace.heads; ++head) mean += head_map(trace, layer, head);
  return mean / static_cast<float>(trace.heads);
}

Matrix mean_of_layers(const Trace& trace) {
  Matrix mean = mean_of_heads(trace, 0);
  for (std::size_t layer = 1; layer < trace.layers; ++layer) mean += mean_of_heads(trace, layer);
  return mean / static_cast<float>(trace.layers);
}

Matrix attention_rollout(const Trace& trace, std::size_t last_layer) {
  require_one_of(last_layer, trace.layers, "layer");
  const auto T = static_cast<Eigen::Index>(trace.tokens.size());
  const Matrix I = Matrix::Identity(T, T);
  Matrix R = I;
  for (std::size_t layer = 0; layer <= last_layer; ++layer) {
    const Matrix W = mean_of_heads(trace, layer);
    R = (0.5F * W + 0.5F * I) * R;
  }
  return R;
}

Matrix join_words(const MatrixView& weights, std::span<const std::size_t> query_words,
                  std::span<const std::size_t> key_words) {
  const std::vector<std::size_t> query_sizes = sizes_of(query_words, weights.rows());
  const std::vector<std::size_t> key_sizes = sizes_of(key_words, weights.cols());
  Matrix joined =
      Matrix::Zero(static_cast<Eigen::Index>(query_sizes.size()), static_cast<Eigen::Index>(key_sizes.size()));
  for (Eigen::Index i = 0; i < weights.rows(); ++i) {
    const std::size_t query = query_words[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < weights.cols(); ++j) {
      joined(static_cast<Eigen::Index>(query), static_cast<Eigen::Index>(key_words[static_cast<std::size_t>(j)])) +=
          weights(i, j) / static_cast<float>(query_sizes[query]);
    }
  }
  return joined;
}

}  // namespace riverbank
