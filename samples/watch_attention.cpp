// What does a word look at? Prints, layer by layer, the tokens that "bank" attends to most, as the mean of all heads.
//
//     watch_attention                        the sentence below
//     watch_attention "some text" word       your own
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "riverbank/error.h"
#include "riverbank/transformer.h"

namespace {

/// The mean over a layer's heads of how much `token` attends to each token.
std::vector<float> mean_of_heads(const riverbank::Trace& trace, std::size_t layer, std::size_t token) {
  std::vector<float> mean(trace.tokens.size());
  for (std::size_t head = 0; head < trace.heads; ++head) {
    const auto weights = trace.attention_of(layer, head, token);
    for (std::size_t t = 0; t < mean.size(); ++t) mean[t] += weights[t] / static_cast<float>(trace.heads);
  }
  return mean;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string text = argc > 1 ? argv[1] : "He sat on the bank of the river.";
  const std::string word = argc > 2 ? argv[2] : "bank";
  const riverbank::Trace trace = riverbank::Transformer::load("all-MiniLM-L6-v2").trace(text);

  const std::size_t place = text.find(word);
  const auto token = std::find_if(
      trace.tokens.begin(), trace.tokens.end(),
      [&](const riverbank::TracedToken& candidate) { return candidate.begin <= place && place < candidate.end; });
  if (token == trace.tokens.end()) {
    std::fprintf(stderr, "\"%s\" is not in the text\n", word.c_str());
    return 1;
  }

  for (std::size_t layer = 0; layer < trace.layers; ++layer) {
    const std::vector<float> weights =
        mean_of_heads(trace, layer, static_cast<std::size_t>(token - trace.tokens.begin()));
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
    std::printf("layer %zu:", layer + 1);
    for (std::size_t i = 0; i < std::min<std::size_t>(5, order.size()); ++i) {
      std::printf("  %s %.2f", trace.tokens[order[i]].piece.c_str(), weights[order[i]]);
    }
    std::printf("\n");
  }
  return 0;
} catch (const riverbank::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
