#include "lib/engine/engine.h"

#include <algorithm>
#include <new>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/engine/forward_pass.h"
#include "lib/math/cpu.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::int64_t kMostTermsOfInt8 = 65'536;  // 255 x 127 as often as that is just below 2^31

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorKind::kInvalidArgument, message); }

void check_ids(std::span<const std::int32_t> ids, std::int64_t limit, const char* what) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= limit) {
      refuse("token " + std::to_string(i) + " of the batch has the " + what + " " + std::to_string(ids[i]) +
             ", but the model's go from 0 to " + std::to_string(limit - 1));
    }
  }
}

void check_starts(const RaggedBatch& batch, std::int64_t max_positions) {
  const auto& starts = batch.starts;
  if (starts.empty() || starts.front() != 0 || starts.back() != batch.ids.size()) {
    refuse("the texts of a batch must begin at token 0 and end with its last token, number " +
           std::to_string(batch.ids.size()));
  }
  for (std::size_t text = 0; text + 1 < starts.size(); ++text) {
    if (starts[text + 1] < starts[text]) {
      refuse("text " + std::to_string(text) + " of the batch ends before it begins");
    }
    const std::size_t tokens = starts[text + 1] - starts[text];
    if (tokens > static_cast<std::size_t>(max_positions)) {
      refuse("text " + std::to_string(text) + " of the batch has " + std::to_string(tokens) +
             " tokens, but the model has " + std::to_string(max_positions) + " positions; cut the text");
    }
  }
}

void check(const RaggedBatch& batch, const EncoderConfig& config) {
  check_starts(batch, config.max_positions);
  check_ids(batch.ids, config.vocabulary_size, "id");
  if (batch.type_ids.empty()) return;
  if (batch.type_ids.size() != batch.ids.size()) {
    refuse("the batch has " + std::to_string(batch.ids.size()) + " ids but " + std::to_string(batch.type_ids.size()) +
           " token types");
  }
  check_ids(batch.type_ids, config.num_token_types, "token type");
}

void check_means(const RaggedBatch& batch, std::size_t layers, std::span<const std::span<float>> means) {
  if (means.empty()) return;
  bool fits = means.size() + 1 == batch.starts.size();
  for (std::size_t text = 0; fits && text < means.size(); ++text) {
    const std::size_t T = batch.starts[text + 1] - batch.starts[text];
    fits = means[text].size() >= layers * T * T;
  }
  if (!fits) refuse("there is not room for the attention of " + std::to_string(layers) + " layers over each text");
}

/// The first `columns` of each row as a matrix of its own.
Matrix copy_rows(const float* rows, std::size_t count, std::size_t stride, std::int64_t columns) {
  Matrix copy(static_cast<Eigen::Index>(count), columns);
  if (count > 0) {
    copy = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(rows, copy.rows(), columns,
                                                             Eigen::OuterStride<>(static_cast<Eigen::Index>(stride)));
  }
  return copy;
}

/// Runs `action`, with a sentence instead of std::bad_alloc.
template <typename Action>
auto with_memory_for(std::size_t tokens, Action action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    refuse("there is no memory to encode " + std::to_string(tokens) + " tokens in one batch; send fewer texts at once");
  }
}

}  // namespace

struct Engine::Parts {
  Parts(const EncoderConfig& model, const EncoderWeights& weights, InstructionSet set, const EngineOptions& options)
      : config(model),
        instruction_set(to_string(set)),
        precision(options.precision),
        pass(model, weights, kernels_of(set, precision), thread_count(options.threads),
             {.model = options.fingerprint, .form = instruction_set + "_" + std::string(to_string(precision))},
             options.notice) {}

  std::size_t layers() const { return static_cast<std::size_t>(config.num_layers); }

  EncoderConfig config;
  std::string instruction_set;
  Precision precision;
  ForwardPass pass;
};

Engine::Engine(const EncoderConfig& config, const EncoderWeights& weights, const EngineOptions& options) {
  const InstructionSet set = choose_instruction_set(options.instruction_set);
  choose_precision(set, to_string(options.precision));  // refuses what there are no kernels for
  const std::int64_t longest_sum = std::max({config.d_model, config.d_ff, config.max_positions});
  if (options.precision == Precision::kInt8 && longest_sum > kMostTermsOfInt8) {
    throw Error(ErrorKind::kUnsupported, "int8 adds up to " + std::to_string(kMostTermsOfInt8) +
                                             " products in 32 bits, but the model has sums of " +
                                             std::to_string(longest_sum) + "; use f32");
  }
  parts_ = std::make_unique<Parts>(config, weights, set, options);
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Matrix Engine::forward(const RaggedBatch& batch) {
  check(batch, parts_->config);
  return with_memory_for(batch.ids.size(), [&] {
    return copy_rows(parts_->pass.all_rows(batch, parts_->layers()), batch.ids.size(), parts_->pass.stride(),
                     parts_->config.d_model);
  });
}

Matrix Engine::forward_cls(const RaggedBatch& batch) {
  check(batch, parts_->config);
  const auto& starts = batch.starts;
  const auto empty = std::adjacent_find(starts.begin(), starts.end());
  if (empty != starts.end()) {
    refuse("text " + std::to_string(empty - starts.begin()) + " of the batch has no tokens, so it has no first one");
  }
  return with_memory_for(batch.ids.size(), [&] {
    return copy_rows(parts_->pass.first_rows(batch), starts.size() - 1, parts_->pass.stride(), parts_->config.d_model);
  });
}

void Engine::forward_layers(const RaggedBatch& batch, const LayerVisitor& visit, std::size_t layers,
                            std::span<const std::span<float>> means) {
  check(batch, parts_->config);
  layers = std::min(layers, parts_->layers());
  check_means(batch, layers, means);
  const auto rows = static_cast<Eigen::Index>(batch.ids.size());
  const Eigen::OuterStride<> stride(static_cast<Eigen::Index>(parts_->pass.stride()));
  with_memory_for(batch.ids.size(), [&] {
    parts_->pass.all_rows(
        batch, layers,
        [&](std::size_t after_layers, const float* hidden) {
          visit(after_layers,
                Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(hidden, rows, parts_->config.d_model, stride));
        },
        means);
    return 0;
  });
}

const std::string& Engine::instruction_set() const { return parts_->instruction_set; }
Precision Engine::precision() const { return parts_->precision; }
int Engine::threads() const { return parts_->pass.threads(); }
const PackedWeightsPlace& Engine::packed_weights() const { return parts_->pass.packed_weights(); }

}  // namespace riverbank
