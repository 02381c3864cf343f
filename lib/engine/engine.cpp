#include "lib/engine/engine.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/forward_pass.h"
#include "lib/engine/packed_encoder.h"
#include "lib/engine/text_groups.h"
#include "lib/math/cpu.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kGroupTokens = 256;          // what lies between their attentions stays in a second cache of 2 MB
constexpr std::size_t kGroupsOfAThread = 2;        // with fewer, threads would wait for the last of them
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

/// The first `columns` of each row -> a matrix of its own.
void copy_rows(const float* rows, std::size_t count, std::size_t stride, std::int64_t columns, float* to) {
  for (std::size_t row = 0; row < count; ++row) to = std::copy_n(rows + row * stride, columns, to);
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
        pool(thread_count(options.threads)),
        kernels(kernels_of(set, precision)),
        encoder(model, weights, kernels, {.model = options.fingerprint, .form = kernels.name}, options.notice, pool),
        together(encoder, pool) {
    for (int i = 0; i < pool.size(); ++i) alone.push_back(std::make_unique<LonePass>(encoder));
  }

  std::size_t layers() const { return static_cast<std::size_t>(config.num_layers); }

  /// work(pass, texts, number of the first text, of its first row) on texts that together are the batch: each thread on
  /// some of its own, or all threads on all texts when they are too few for that.
  template <typename Work>
  void share_out(const RaggedBatch& batch, Work work) {
    const std::vector<TextGroup> groups = groups_of(batch, kGroupTokens);
    if (groups.size() < kGroupsOfAThread * static_cast<std::size_t>(pool.size())) return work(together, batch, 0, 0);
    pool.run(groups.size(), [&](std::size_t i, int worker) {
      const TextGroup& group = groups[i];
      work(alone[worker]->pass, group.batch(), group.first_text, group.first_row);
    });
  }

  /// A forward pass of a thread of its own.
  struct LonePass {
    explicit LonePass(const PackedEncoder& encoder) : pass(encoder, pool) {}
    ThreadPool pool{1};
    ForwardPass pass;
  };

  EncoderConfig config;
  std::string instruction_set;
  Precision precision;
  ThreadPool pool;
  const Kernels& kernels;
  PackedEncoder encoder;
  ForwardPass together;
  std::vector<std::unique_ptr<LonePass>> alone;
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
    const std::int64_t d_model = parts_->config.d_model;
    Matrix hidden(static_cast<Eigen::Index>(batch.ids.size()), d_model);
    parts_->share_out(batch, [&](ForwardPass& pass, const RaggedBatch& texts, std::size_t, std::size_t first_row) {
      copy_rows(pass.all_rows(texts, parts_->layers()), texts.ids.size(), pass.stride(), d_model,
                hidden.data() + static_cast<std::int64_t>(first_row) * d_model);
    });
    return hidden;
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
    const std::int64_t d_model = parts_->config.d_model;
    Matrix first(static_cast<Eigen::Index>(starts.size()) - 1, d_model);
    parts_->share_out(batch, [&](ForwardPass& pass, const RaggedBatch& texts, std::size_t first_text, std::size_t) {
      copy_rows(pass.first_rows(texts), texts.starts.size() - 1, pass.stride(), d_model,
                first.data() + static_cast<std::int64_t>(first_text) * d_model);
    });
    return first;
  });
}

void Engine::forward_layers(const RaggedBatch& batch, const LayerVisitor& visit, std::size_t layers,
                            std::span<const std::span<float>> means) {
  check(batch, parts_->config);
  layers = std::min(layers, parts_->layers());
  check_means(batch, layers, means);
  const auto rows = static_cast<Eigen::Index>(batch.ids.size());
  const Eigen::OuterStride<> stride(static_cast<Eigen::Index>(parts_->together.stride()));
  with_memory_for(batch.ids.size(), [&] {
    parts_->together.all_rows(
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
const char* Engine::kernels() const { return parts_->kernels.name; }
Precision Engine::precision() const { return parts_->precision; }
int Engine::threads() const { return parts_->pool.size(); }
const PackedWeightsPlace& Engine::packed_weights() const { return parts_->encoder.place(); }

}  // namespace riverbank
