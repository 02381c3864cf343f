#pragma once

#include <cstdint>
#include <span>

#include "lib/math/matrix.h"
#include "lib/model/weights.h"
#include "lib/transformer/positional.h"

namespace riverbank {

/// The rows of a table (rows, d_model) that `indexes` (T) name -> (T, d_model). `what` is what messages call an index.
/// Throws Error kInvalidArgument for one that the table does not have.
Matrix look_up(const MatrixMap& table, std::span<const std::int32_t> indexes, const char* what);

/// BERT's input representation (arXiv:1810.04805, figure 2): what a token is, where it stands and which text it is of,
/// added and normalised:
///
///     E_t = LayerNorm(word[id_t] + position[t] + token_type[type_t])
///
/// The weights must outlive it. Immutable, any thread.
class InputEmbeddings {
 public:
  InputEmbeddings(const EmbeddingWeights& weights, float layer_norm_epsilon);

  /// ids (T), type_ids (T) -> (T, d_model). Throws Error kInvalidArgument for an id or type that the tables do not
  /// have, for more tokens than positions, for none, and when there are not as many types as ids.
  Matrix forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids) const;

 private:
  MatrixMap word_;
  LearnedPositions positions_;
  MatrixMap token_type_;
  LayerNormWeights norm_;
  float epsilon_;
};

}  // namespace riverbank
