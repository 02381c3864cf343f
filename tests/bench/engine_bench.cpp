// How fast the engine is: tokens a second on random ids and random weights of MiniLM's size, and how much of the
// processor's peak its products reach. The peak is measured beside them, because the clock of a shared machine is
// nobody's promise. One thread, but for engine/threads: those cores against one, to be run in turn
// (--benchmark_repetitions=40 --benchmark_enable_random_interleaving), as other machines on the same host come and go.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/engine.h"
#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/math/peak.h"
#include "lib/math/precision.h"
#include "lib/model/weights.h"

namespace riverbank {
namespace {

const EncoderConfig kMiniLm{.model_type = "bert",
                            .num_layers = 6,
                            .d_model = 384,
                            .num_heads = 12,
                            .d_ff = 1536,
                            .vocabulary_size = 2000,
                            .max_positions = 512,
                            .num_token_types = 2};

EncoderConfig bge_small() {
  EncoderConfig config = kMiniLm;
  config.num_layers = 12;
  return config;
}

void set_gflops(benchmark::State& state, double flop) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(flop / 1e9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void peak(benchmark::State& state, InstructionSet set, Precision precision) {
  double best = 0;
  for (auto _ : state) best = std::max(best, measure_peak(set, precision));
  state.counters["GFLOP/s"] = best / 1e9;
}

/// One linear layer (d_in, d_out) on `rows` rows.
void product(benchmark::State& state, InstructionSet set, std::size_t d_in, std::size_t d_out) {
  const Kernels& kernels = kernels_of(set, Precision::kFloat32);
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::size_t panel_floats = kernels.panel_bytes(d_in) / sizeof(float);
  const std::vector<float> A(rows * d_in, 0.5F), bias(d_out, 0.25F), W(d_in, 0.01F);
  std::vector<float> C(rows * d_out), panels(d_out / kernels.panel_columns * panel_floats);
  const std::vector<const float*> W_rows(kernels.panel_columns, W.data());
  for (std::size_t panel = 0; panel < d_out / kernels.panel_columns; ++panel) {
    kernels.pack(W_rows.data(), d_in, &panels[panel * panel_floats]);
  }
  for (auto _ : state) {
    for (std::size_t panel = 0; panel < d_out / kernels.panel_columns; ++panel) {
      const std::size_t column = panel * kernels.panel_columns;
      kernels.product({.A = A.data(),
                       .A_stride = d_in * sizeof(float),
                       .rows = rows,
                       .d_in = d_in,
                       .panel = &panels[panel * panel_floats],
                       .bias = &bias[column],
                       .C = &C[column],
                       .C_stride = d_out});
    }
    benchmark::ClobberMemory();
  }
  set_gflops(state, 2.0 * static_cast<double>(rows * d_in * d_out));
}

struct Texts {
  Texts(std::size_t count, std::size_t length) {
    std::mt19937 generator(1);
    for (std::size_t text = 0; text < count; ++text) {
      for (std::size_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>(generator() % 2000));
      starts.push_back(ids.size());
    }
  }
  std::vector<std::int32_t> ids;
  std::vector<std::size_t> starts{0};
};

void tokens(benchmark::State& state, InstructionSet set) {
  const auto length = static_cast<std::size_t>(state.range(0));
  const Texts texts(2048 / length, length);
  Engine engine(kMiniLm, random_encoder_weights(kMiniLm, 1),
                {.instruction_set = std::string(to_string(set)), .threads = 1});
  for (auto _ : state) benchmark::DoNotOptimize(engine.forward({texts.ids, {}, texts.starts}));
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(texts.ids.size() * state.iterations()), benchmark::Counter::kIsRate);
}

/// What an index run sends at once, some 8,000 tokens, in texts of the lengths that abstracts have, in the fastest
/// precision, on so many threads.
void threads(benchmark::State& state) {
  constexpr std::size_t kLengths[] = {512, 190, 310, 256, 401, 128, 333, 289, 230, 467, 274, 350, 222,
                                      361, 298, 245, 512, 199, 410, 320, 150, 284, 437, 268, 305, 342};
  const EncoderConfig config = bge_small();
  Texts texts(0, 0);
  std::mt19937 generator(1);
  for (const std::size_t length : kLengths) {
    for (std::size_t i = 0; i < length; ++i) texts.ids.push_back(static_cast<std::int32_t>(generator() % 2000));
    texts.starts.push_back(texts.ids.size());
  }
  const Precision precision = supported_precisions(choose_instruction_set()).back();
  Engine engine(config, random_encoder_weights(config, 1),
                {.precision = precision, .threads = static_cast<int>(state.range(0))});
  engine.forward_cls({texts.ids, {}, texts.starts});
  for (auto _ : state) benchmark::DoNotOptimize(engine.forward_cls({texts.ids, {}, texts.starts}));
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(texts.ids.size() * state.iterations()), benchmark::Counter::kIsRate);
}

/// A process that encodes one question of 20 tokens with bge-small's sizes; its weights are in memory.
void first_question(benchmark::State& state, InstructionSet set) {
  const EncoderConfig config = bge_small();
  const EncoderWeights weights = random_encoder_weights(config, 1);
  const Texts question(1, 20);
  for (auto _ : state) {
    Engine engine(config, weights, {.instruction_set = std::string(to_string(set)), .threads = 1});
    benchmark::DoNotOptimize(engine.forward_cls({question.ids, {}, question.starts}));
  }
}

/// The same question when the engine is warm.
void later_question(benchmark::State& state, InstructionSet set) {
  const EncoderConfig config = bge_small();
  const Texts question(1, 20);
  Engine engine(config, random_encoder_weights(config, 1),
                {.instruction_set = std::string(to_string(set)), .threads = 1});
  engine.forward_cls({question.ids, {}, question.starts});
  engine.forward_cls({question.ids, {}, question.starts});
  for (auto _ : state) benchmark::DoNotOptimize(engine.forward_cls({question.ids, {}, question.starts}));
}

[[maybe_unused]] const bool kRegistered = [] {
  auto* cores = benchmark::RegisterBenchmark("engine/threads", threads)->UseRealTime()->Unit(benchmark::kMillisecond);
  cores->ComputeStatistics("least", [](const std::vector<double>& runs) { return *std::ranges::min_element(runs); });
  cores->Arg(1);
  if (thread_count(0) > 1) cores->Arg(thread_count(0));
  for (const InstructionSet set : supported_instruction_sets()) {
    const std::string name(to_string(set));
    for (const Precision precision : supported_precisions(set)) {
      const std::string form = name + "/" + std::string(to_string(precision));
      benchmark::RegisterBenchmark(("engine/peak/" + form).c_str(), peak, set, precision);
    }
    const auto add_product = [&](std::size_t d_in, std::size_t d_out) {
      const std::string sizes = std::to_string(d_in) + "x" + std::to_string(d_out);
      benchmark::RegisterBenchmark(("engine/product/" + name + "/" + sizes).c_str(), product, set, d_in, d_out)
          ->Arg(16)
          ->Arg(112);
    };
    add_product(384, 1152);
    add_product(384, 384);
    add_product(384, 1536);
    add_product(1536, 384);
    benchmark::RegisterBenchmark(("engine/tokens/" + name).c_str(), tokens, set)
        ->Arg(16)
        ->Arg(128)
        ->Arg(256)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("engine/first_question/" + name).c_str(), first_question, set)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("engine/later_question/" + name).c_str(), later_question, set)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace riverbank
