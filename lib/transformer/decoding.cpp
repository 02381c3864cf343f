#include "lib/transformer/decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "riverbank/error.h"

namespace riverbank {

namespace {

/// A target that is being written, and what the decoder knows of it.
struct Living {
  Decoded target;
  Decoder::State state;
};

/// One more token for one of the living.
struct Step {
  std::size_t from = 0;
  std::int32_t id = 0;
  double log_probability = 0;  // of the target with it
};

void require_room(const EncoderDecoder& model, Eigen::Index max_tokens) {
  if (max_tokens < 1 || max_tokens > model.config().max_positions) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("Decoding: max_tokens is {}; it must be from 1 to the model's {} positions.", max_tokens,
                            model.config().max_positions));
  }
}

/// Feeds the target's last token -> log P of each token after it (target_vocabulary_size).
RowVector next_log_probabilities(const EncoderDecoder& model, const Decoded& target, Decoder::State& state) {
  const std::int32_t last = target.ids.empty() ? model.config().begin_id : target.ids.back();
  RowVector next = log_softmax(model.decoder().forward(std::array{last}, state).row(0));
  if (!next.allFinite()) {
    throw Error(ErrorKind::kCorrupt, "The model's next token has no probability: its weights are damaged.");
  }
  return next;
}

/// Adds each step that can follow a target.
void add_steps(const EncoderDecoder& model, Living& living, std::size_t from, std::vector<Step>& steps) {
  const RowVector next = next_log_probabilities(model, living.target, living.state);
  for (Eigen::Index id = 0; id < next.size(); ++id) {
    steps.push_back({from, static_cast<std::int32_t>(id), living.target.log_probability + double{next[id]}});
  }
}

void keep_best(std::vector<Step>& steps, std::size_t width) {
  const auto better = [](const Step& a, const Step& b) { return a.log_probability > b.log_probability; };
  std::stable_sort(steps.begin(), steps.end(), better);
  if (steps.size() > width) steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(width), steps.end());
}

Decoded with(const Decoded& target, const Step& step, std::int32_t end_id) {
  Decoded longer = target;
  longer.ids.push_back(step.id);
  longer.log_probability = step.log_probability;
  longer.finished = step.id == end_id;
  return longer;
}

}  // namespace

RowVector log_softmax(const RowVectorView& logits) {
  const float most = logits.maxCoeff();
  return logits.array() - most - std::log((logits.array() - most).exp().sum());
}

double length_normalised(double log_probability, std::size_t length, double length_penalty) {
  return log_probability / std::pow((5.0 + static_cast<double>(length)) / 6.0, length_penalty);
}

Decoded greedy_search(const EncoderDecoder& model, const MatrixView& M, Eigen::Index max_tokens) {
  require_room(model, max_tokens);
  Decoder::State state = model.decoder().start(M);
  Decoded target;
  while (!target.finished && std::ssize(target.ids) < max_tokens) {
    const RowVector next = next_log_probabilities(model, target, state);
    Eigen::Index best = 0;
    target.log_probability += double{next.maxCoeff(&best)};
    target.ids.push_back(static_cast<std::int32_t>(best));
    target.finished = target.ids.back() == model.config().end_id;
  }
  return target;
}

Decoded beam_search(const EncoderDecoder& model, const MatrixView& M, const BeamOptions& options) {
  require_room(model, options.max_tokens);
  if (options.width < 1 || !(options.length_penalty >= 0)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("beam_search: the width is {} and the length penalty {}; they must be at least 1 and 0.",
                            options.width, options.length_penalty));
  }
  const auto score = [&](const Decoded& target, std::size_t length) {
    return length_normalised(target.log_probability, length, options.length_penalty);
  };
  std::optional<Decoded> best;
  const auto finish = [&](Decoded target) {
    if (!best || score(target, target.ids.size()) > score(*best, best->ids.size())) best = std::move(target);
  };
  // A further token makes log P no larger and the penalty at most that of max_tokens.
  const auto may_win = [&](const Decoded& target) {
    return !best || score(target, static_cast<std::size_t>(options.max_tokens)) > score(*best, best->ids.size());
  };

  std::vector<Living> living{{{}, model.decoder().start(M)}};
  for (Eigen::Index length = 1; length <= options.max_tokens && !living.empty(); ++length) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < living.size(); ++i) add_steps(model, living[i], i, steps);
    keep_best(steps, options.width);
    std::vector<Living> longer;
    for (const Step& step : steps) {
      Decoded target = with(living[step.from].target, step, model.config().end_id);
      if (target.finished || length == options.max_tokens) {
        finish(std::move(target));
      } else {
        longer.push_back({std::move(target), living[step.from].state});
      }
    }
    living = std::move(longer);
    std::erase_if(living, [&](const Living& one) { return !may_win(one.target); });
  }
  return *best;
}

}  // namespace riverbank
