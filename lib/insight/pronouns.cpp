#include "lib/insight/pronouns.h"

#include <algorithm>
#include <cmath>

#include "lib/insight/attention_rows.h"

namespace riverbank {
namespace {

/// The tokens whose piece overlaps those bytes.
std::vector<std::size_t> tokens_in(const Encoding& encoding, Span span) {
  std::vector<std::size_t> tokens;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    const Span at = encoding.offsets[t];
    if (!at.empty() && at.begin < span.end && at.end > span.begin) tokens.push_back(t);
  }
  return tokens;
}

/// The tokens of a case's three words.
struct Tokens {
  std::vector<std::size_t> pronoun, names[2];
};

/// The mean over the looking rows of what they give to the sum of the seen tokens.
/// `attention` (n, T) is one head's; the looking tokens are its rows [first, first + count).
float given(const MatrixView& attention, std::size_t first, std::size_t count, std::span<const std::size_t> seen) {
  float sum = 0;
  for (std::size_t row = first; row < first + count; ++row) {
    for (const std::size_t token : seen) {
      sum += attention(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(token));
    }
  }
  return count == 0 ? 0 : sum / static_cast<float>(count);
}

}  // namespace

std::vector<PronounAttention> attend_from_pronouns(LayeredEncoder& encoder, std::span<const PronounCase> cases,
                                                   const WorkProgress& progress, const std::stop_token& stop) {
  const Model& model = encoder.model();
  const std::size_t layers = encoder.layers();
  const auto heads = static_cast<std::size_t>(model.config.num_heads);
  std::vector<Encoding> texts;
  std::vector<Tokens> tokens;
  std::vector<PronounAttention> all(cases.size());
  for (const PronounCase& one : cases) {
    texts.push_back(model.tokenizer.encode(one.text, encoder.most_tokens()));
    tokens.push_back({tokens_in(texts.back(), one.pronoun),
                      {tokens_in(texts.back(), one.names[0]), tokens_in(texts.back(), one.names[1])}});
    PronounAttention& empty = all[texts.size() - 1];
    empty.to_names.resize(layers * heads * 2);
    empty.from_names.resize(layers * heads * 2);
  }
  encoder.run(
      texts,
      [&](std::size_t text, std::size_t layer, const MatrixView& H) {
        if (layer == layers) return;  // nothing attends to the last layer's output
        const Tokens& words = tokens[text];
        std::vector<std::size_t> looking = words.pronoun;
        for (const auto& name : words.names) looking.insert(looking.end(), name.begin(), name.end());
        const Matrix rows = attention_rows(model.weights.layers[layer].attention, heads, H, looking);
        const auto n = static_cast<Eigen::Index>(looking.size());
        for (std::size_t head = 0; head < heads; ++head) {
          const MatrixView attention = rows.middleRows(static_cast<Eigen::Index>(head) * n, n);  // (n, T)
          std::size_t first = words.pronoun.size();
          for (std::size_t name = 0; name < 2; ++name) {
            const std::size_t place = (layer * heads + head) * 2 + name;
            all[text].to_names[place] = given(attention, 0, words.pronoun.size(), words.names[name]);
            all[text].from_names[place] = given(attention, first, words.names[name].size(), words.pronoun);
            first += words.names[name].size();
          }
        }
      },
      progress, stop);
  return all;
}

HeadTable count_right(std::span<const PronounCase> cases, std::span<const PronounAttention> attention,
                      std::size_t layers, std::size_t heads) {
  HeadTable table{layers, heads, std::vector<Share>(layers * heads, Share{0, cases.size()})};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto right = static_cast<std::size_t>(cases[i].right);
    for (std::size_t place = 0; place < table.shares.size(); ++place) {
      const float* names = attention[i].to_names.data() + 2 * place;
      if (names[right] > names[1 - right]) ++table.shares[place].right;
    }
  }
  return table;
}

Share first_name_right(std::span<const PronounCase> cases) {
  Share share{0, cases.size()};
  for (const PronounCase& one : cases) {
    const int first = one.names[0].begin < one.names[1].begin ? 0 : 1;
    if (one.right == first) ++share.right;
  }
  return share;
}

}  // namespace riverbank
