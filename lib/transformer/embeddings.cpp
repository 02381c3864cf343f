#include "lib/transformer/embeddings.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix look_up(const MatrixMap& table, std::span<const std::int32_t> indexes, const char* what) {
  Matrix rows(static_cast<Eigen::Index>(indexes.size()), table.cols());
  for (std::size_t t = 0; t < indexes.size(); ++t) {
    if (indexes[t] < 0 || indexes[t] >= table.rows()) {
      throw Error(ErrorKind::kInvalidArgument, fmt::format("Token {} has {} {}, but the model's table is {}.", t, what,
                                                           indexes[t], shape_of(table)));
    }
    rows.row(static_cast<Eigen::Index>(t)) = table.row(indexes[t]);
  }
  return rows;
}

InputEmbeddings::InputEmbeddings(const EmbeddingWeights& weights, float layer_norm_epsilon)
    : word_(weights.word),
      positions_(weights.position),
      token_type_(weights.token_type),
      norm_(weights.norm),
      epsilon_(layer_norm_epsilon) {}

Matrix InputEmbeddings::forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids) const {
  if (ids.empty() || ids.size() != type_ids.size()) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("Embeddings: ids is ({}) and type_ids is ({}); there must be as many of one as of the other, "
                    "and at least one.",
                    ids.size(), type_ids.size()));
  }
  const Matrix words = look_up(word_, ids, "id");
  const MatrixView positions = positions_.forward(words.rows());
  const Matrix types = look_up(token_type_, type_ids, "type");
  return layer_norm(words + positions + types, norm_.gamma, norm_.beta, epsilon_);
}

}  // namespace riverbank
