#include "lib/insight/token_shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/model/model.h"

namespace riverbank {
namespace {

using Rows = Eigen::Map<const Matrix>;  // (T, d_model)

/// The layers that are made linear: the last quarter. tests/golden/make_token_shares_golden.py --depths prints what
/// more and fewer would show with the real weights. For "How do I tell that my chain is worn out …" against the passage
/// that says so, bge-small-en-v1.5: of the cosine .756 the passage's words get .11 from the last layer alone ([CLS]'s
/// own state has gathered the rest before), .28 from two, .38 from three, .42 from six and .45 from all twelve.
std::size_t frozen_layers_of(std::size_t layers) { return std::max<std::size_t>(1, layers / 4); }

/// u . h_t / |sum_t h_t| of each row.
std::vector<double> shares_in_mean(const Rows& H, const Eigen::RowVectorXd& u) {
  const double length = H.cast<double>().colwise().sum().norm();
  const Eigen::VectorXd products = H.cast<double>() * u.transpose();
  std::vector<double> shares(products.begin(), products.end());
  for (double& share : shares) share = length > 0 ? share / length : 0;
  return shares;
}

Eigen::RowVectorXd unit_mean(const Rows& H) { return H.cast<double>().colwise().sum().normalized(); }

}  // namespace

std::size_t TokenShares::read_after(const ModelInfo& model) {
  return model.pooling == "cls" ? model.layers - frozen_layers_of(model.layers) : model.layers;
}

TokenShares::TokenShares(const Embedder& embedder, std::string_view question)
    : embedder_(embedder), read_after_(read_after(embedder.info())) {
  if (embedder.info().pooling == "cls") {
    frozen_.emplace(embedder.model()->config, embedder.model()->weights, read_after_);
  }
  question_ = std::move(embedder.hidden_states(std::span(&question, 1), {{read_after_}}, TextKind::kQuery).front());
}

TokenShares::Rows TokenShares::rows_of(const TextStates& text) const {
  return {text.after.at(read_after_).data(), static_cast<Eigen::Index>(text.places.size()),
          static_cast<Eigen::Index>(embedder_.info().dimensions)};
}

std::vector<CosineShares> TokenShares::of(std::span<const std::string_view> passages) const {
  const std::vector<TextStates> read = embedder_.hidden_states(passages, {{read_after_}});
  std::vector<const TextStates*> places(read.size());
  std::ranges::transform(read, places.begin(), [](const TextStates& one) { return &one; });
  return of(places);
}

std::vector<CosineShares> TokenShares::of(std::span<const TextStates* const> passages) const {
  std::vector<CosineShares> all = frozen_ ? of_first(passages) : of_means(passages);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].question.places = question_.places;
    all[i].passage.places = passages[i]->places;
  }
  return all;
}

std::vector<CosineShares> TokenShares::of_means(std::span<const TextStates* const> passages) const {
  std::vector<CosineShares> all(passages.size());
  const Rows asked = rows_of(question_);
  const Eigen::RowVectorXd question = unit_mean(asked);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Rows read = rows_of(*passages[i]);
    const Eigen::RowVectorXd passage = unit_mean(read);
    all[i].cosine = question.dot(passage);
    all[i].question.shares = shares_in_mean(asked, passage);
    all[i].passage.shares = shares_in_mean(read, question);
  }
  return all;
}

std::vector<CosineShares> TokenShares::of_first(std::span<const TextStates* const> passages) const {
  std::vector<CosineShares> all(passages.size());
  const FrozenLayers::Pass asked = frozen_->run(rows_of(question_));
  ThreadPool threads(std::min(embedder_.info().threads, static_cast<int>(std::max<std::size_t>(1, all.size()))));
  threads.run(all.size(), [&](std::size_t i, int) {
    const FrozenLayers::Pass read = frozen_->run(rows_of(*passages[i]));
    all[i].cosine = asked.vector.cast<double>().dot(read.vector.cast<double>());
    FrozenLayers::Shares of_question = frozen_->shares(asked, read.vector);
    FrozenLayers::Shares of_passage = frozen_->shares(read, asked.vector);
    all[i].question = {{}, std::move(of_question.tokens), of_question.constant};
    all[i].passage = {{}, std::move(of_passage.tokens), of_passage.constant};
  });
  return all;
}

std::string TokenShares::method() const {
  if (!frozen_) {
    return "The vector of a text is the mean of its tokens' vectors, so the shares are exact and add up to the cosine.";
  }
  return fmt::format(
      "The vector of a text is that of [CLS]. The last {} of {} layers are made linear for each text: attention "
      "weights, "
      "the norms' deviations and the activation's gates held at the values they took. The shares, with [CLS]'s own and "
      "the layers' constants, add up to the cosine exactly; that the held values would change without a word is left "
      "out.",
      embedder_.info().layers - read_after_, embedder_.info().layers);
}

}  // namespace riverbank
