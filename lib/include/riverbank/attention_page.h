#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

// Attention as a page: matrix and arcs, head by head, for eyes, keyboard and screen reader.

/// One token at an edge of a figure.
struct FigureToken {
  std::string label;     ///< what a person reads; made printable by the page
  std::size_t word = 0;  ///< which of the axis' words it belongs to; neighbours with one number are joined
  bool special = false;  ///< [CLS], [SEP], <s> …: what the reader may hide
};

/// The tokens along one side, in their order, and the words that they join to.
struct FigureAxis {
  std::string name;  ///< "the text", "French so far" …
  std::vector<FigureToken> tokens;
  std::vector<std::string> words;  ///< (number of words) what a joined word is called
};

/// Attention weights of one kind: from every query's token to every key's token, in every layer and head. An encoder's
/// own attention has the same axis twice; a decoder's over the source has two.
struct AttentionFigure {
  std::string name;      ///< short, for the choice between figures: "Encoder", "Decoder over the source"
  std::string caption;   ///< what is seen, one or two sentences
  FigureAxis queries;    ///< the rows: who attends
  FigureAxis keys;       ///< the columns: what is attended to
  bool is_self = false;  ///< queries and keys are the same tokens: rollout is offered
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::vector<float> weights;  ///< (layers, heads, queries, keys), every row summing to 1
};

/// What the page shows when it opens.
struct FigureView {
  static constexpr int kMean = -1;     ///< as head: the mean of the layer's heads; as layer: of all layers
  static constexpr int kRollout = -2;  ///< as head: attention rollout up to the layer
  std::size_t figure = 0;
  int layer = kMean;
  int head = kMean;
  int token = -1;  ///< the query whose row is picked, -1 for none
};

/// The most weights that one page may hold: at 8/3 bytes each this is what a browser opens without waiting.
inline constexpr std::size_t kMostPageWeights = 6'000'000;

/// The whole HTML file: `title` and `lead` (plain text) above, then the figures. Weights are kept as 16-bit fractions
/// whose rows still sum to exactly 1. Throws Error kInvalidArgument for no figure, sizes that do not fit each other, a
/// view that there is not, and for more than kMostPageWeights.
std::string attention_page(std::string_view title, std::string_view lead, std::span<const AttentionFigure> figures,
                           const FigureView& view);

}  // namespace riverbank
