#include "lib/insight/place_weights.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "lib/transformer/alibi.h"
#include "lib/transformer/attention.h"
#include "lib/transformer/positional.h"
#include "lib/transformer/rotary_positions.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

constexpr Eigen::Index kHeadWidth = 32;  // d_k of the models in the catalogue
constexpr Eigen::Index kAlibiHeads = 8;

/// Every row made as long as gives x x / sqrt(d) = sqrt(kHeadWidth): X (T, d) -> (T, d).
Matrix of_one_length(const MatrixView& X) {
  const float length = std::pow(static_cast<float>(kHeadWidth * X.cols()), 0.25F);
  return X.rowwise().normalized() * length;
}

std::string fraction(float slope) { return fmt::format("1/{:.0f}", 1 / slope); }

}  // namespace

std::vector<PlaceWeights> place_weights(const Model& model, std::size_t tokens, std::size_t place) {
  if (place >= tokens) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("place_weights: the text has {} tokens and no place {}; places count from 0.", tokens, place));
  }
  const auto T = static_cast<Eigen::Index>(tokens);
  const Matrix learned = LearnedPositions(model.weights.embeddings.position).forward(T);  // refuses what is too long
  std::vector<PlaceWeights> kinds;
  const auto add = [&](std::string name, const Matrix& weights) {  // (T, T)
    const auto row = weights.row(static_cast<Eigen::Index>(place));
    kinds.push_back({std::move(name), {row.begin(), row.end()}});
  };
  const auto add_vectors = [&](std::string name, const Matrix& X) { add(std::move(name), attention_weights(X, X)); };

  const Matrix alike = of_one_length(Matrix::Ones(T, kHeadWidth));
  add_vectors("none", alike);
  add_vectors("learned", of_one_length(learned));
  add_vectors("sinusoidal", of_one_length(sinusoidal_positions(T, kHeadWidth)));
  add_vectors("rotary", rotary_positions(alike));
  const RowVector slopes = alibi_slopes(kAlibiHeads);
  for (const float slope : {slopes(0), slopes(kAlibiHeads - 1)}) {
    add("ALiBi " + fraction(slope), alibi_attention_weights(alike, alike, slope));
  }
  return kinds;
}

}  // namespace riverbank
