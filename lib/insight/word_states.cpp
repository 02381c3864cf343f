#include "lib/insight/word_states.h"

namespace riverbank {
namespace {

/// Which tokens of a text are the word's and which are others of the text.
struct Parts {
  std::vector<Eigen::Index> word;
  std::vector<Eigen::Index> others;
};

Parts parts_of(const Encoding& encoding, Span word) {
  Parts parts;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    const Span at = encoding.offsets[t];
    if (at.empty()) continue;  // [CLS], [SEP]
    const bool inside = at.begin < word.end && at.end > word.begin;
    (inside ? parts.word : parts.others).push_back(static_cast<Eigen::Index>(t));
  }
  return parts;
}

RowVector mean_of(const MatrixView& rows, const std::vector<Eigen::Index>& chosen) {
  RowVector sum = RowVector::Zero(rows.cols());
  for (const Eigen::Index row : chosen) sum += rows.row(row);
  return chosen.empty() ? sum : RowVector(sum / static_cast<float>(chosen.size()));
}

}  // namespace

WordStates read_words(LayeredEncoder& encoder, std::span<const WordInText> words, bool with_surroundings,
                      const WorkProgress& progress, const std::stop_token& stop) {
  const Model& model = encoder.model();
  const auto n = static_cast<Eigen::Index>(words.size());
  const Matrix zero = Matrix::Zero(n, model.config.d_model);
  WordStates states;
  states.words.assign(encoder.layers() + 2, zero);
  if (with_surroundings) states.surroundings = states.words;

  std::vector<Encoding> texts;
  std::vector<Parts> parts;
  const auto keep = [&](std::size_t i, std::size_t layer, const MatrixView& rows) {
    const auto row = static_cast<Eigen::Index>(i);
    states.words[layer].row(row) = mean_of(rows, parts[i].word);
    if (with_surroundings) states.surroundings[layer].row(row) = mean_of(rows, parts[i].others);
  };
  for (const WordInText& one : words) {
    texts.push_back(model.tokenizer.encode(one.text, encoder.most_tokens()));
    parts.push_back(parts_of(texts.back(), one.word));
    states.found.push_back(!parts.back().word.empty());
    Matrix rows(static_cast<Eigen::Index>(texts.back().size()), model.config.d_model);  // of the embedding table
    for (Eigen::Index t = 0; t < rows.rows(); ++t) {
      rows.row(t) = model.weights.embeddings.word.row(texts.back().ids[static_cast<std::size_t>(t)]);
    }
    keep(texts.size() - 1, 0, rows);
  }
  encoder.run(
      texts, [&](std::size_t i, std::size_t after_layers, const MatrixView& H) { keep(i, after_layers + 1, H); },
      progress, stop);
  return states;
}

}  // namespace riverbank
