#include "cli/bench/speed.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <thread>

#include "cli/bench/measuring.h"
#include "lib/base/clock.h"
#include "lib/base/environment.h"
#include "lib/base/parallel.h"
#include "lib/engine/engine.h"
#include "lib/math/peak.h"
#include "riverbank/embedder.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

using std::chrono::steady_clock;

constexpr double kSecondsOfEach = 3;
constexpr std::size_t kRunsOfEach = 5;

/// Time that counts: one thread's is the processor's, which other programs do not take from; of more it is the clock's.
double counted_seconds(int threads) { return seconds_of(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC); }

bool is_forced(const char* variable) { return !environment(variable).empty(); }

struct Form {
  InstructionSet set;
  Precision precision;
};

std::vector<Form> forms_to_measure() {
  std::vector<InstructionSet> sets = supported_instruction_sets();
  if (is_forced("RIVERBANK_ISA")) sets = {choose_instruction_set()};
  std::vector<Form> forms;
  for (const InstructionSet set : sets) {
    for (const Precision precision : supported_precisions(set)) {
      const bool is_wanted = !is_forced("RIVERBANK_PRECISION") || choose_precision(sets.back()) == precision;
      if (is_wanted) forms.push_back({set, precision});
    }
  }
  return forms;
}

/// The peaks of as many cores as so many threads run on at a time, added up.
double peak_of(const Form& form, int threads) {
  std::vector<double> peaks(static_cast<std::size_t>(std::min(threads, thread_count(0))));
  {
    std::vector<std::jthread> cores;
    cores.reserve(peaks.size());
    for (double& peak : peaks) cores.emplace_back([&] { peak = measure_peak(form.set, form.precision); });
  }
  double sum = 0;
  for (const double peak : peaks) sum += peak;
  return sum;
}

/// Some texts that are encoded in one call.
struct Batch {
  std::vector<std::string_view> texts;
  std::size_t tokens = 0;
  double operations = 0;
  double seconds = std::numeric_limits<double>::infinity();  // the fastest
};

std::vector<Batch> batches_of(const Model& model, const std::vector<std::string>& texts) {
  std::vector<Batch> batches(1);
  const auto most = static_cast<std::size_t>(model.embedding.max_tokens);
  for (const std::string& text : texts) {
    const std::size_t tokens = model.tokenizer.encode(text, most).size();
    if (batches.back().tokens + tokens > kBatchTokens && batches.back().tokens > 0) batches.emplace_back();
    batches.back().texts.push_back(text);
    batches.back().tokens += tokens;
    batches.back().operations += operations_of(model, tokens);
  }
  return batches;
}

/// Encodes all batches, some times or until the time is over, and returns the seconds of the fastest time through all
/// of them. Leaves out those that the first time through did not come to.
double seconds_for(const Embedder& embedder, std::vector<Batch>& batches, const std::stop_token& stop) {
  embedder.embed(batches.front().texts);  // memory is touched, threads are awake
  const auto start = steady_clock::now();
  const auto is_over = [&] { return seconds_since(start) > kSecondsOfEach; };
  double fastest = std::numeric_limits<double>::infinity();
  for (std::size_t run = 0; run == 0 || (run < kRunsOfEach && !is_over()); ++run) {
    double seconds = 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      throw_if_stopped(stop);
      const double before = counted_seconds(embedder.info().threads);
      embedder.embed(batches[i].texts);
      const double took = counted_seconds(embedder.info().threads) - before;
      batches[i].seconds = std::min(batches[i].seconds, took);
      seconds += took;
      if (run == 0 && is_over()) batches.resize(i + 1);
    }
    fastest = std::min(fastest, seconds);
  }
  return fastest;
}

}  // namespace

double operations_of(const Model& model, std::size_t tokens) {
  const auto T = static_cast<double>(tokens), d = static_cast<double>(model.config.d_model);
  const auto d_ff = static_cast<double>(model.config.d_ff), layers = static_cast<double>(model.config.num_layers);
  const auto layer = [&](double queries) {  // whose rows go through all of it
    const double keys_and_values = 2 * T * 2 * d * d;
    return keys_and_values + queries * (2 * d * d + 2 * d * d + 2 * 2 * d * d_ff + 2 * 2 * T * d);
  };
  return (layers - 1) * layer(T) + layer(model.embedding.pooling == Pooling::kCls ? 1 : T);
}

std::vector<EncodingSpeed> measure_encoding(const std::shared_ptr<const Model>& model,
                                            const std::vector<BenchTexts>& texts, int threads,
                                            const BenchProgress& progress, const std::stop_token& stop) {
  std::vector<EncodingSpeed> speeds;
  const std::vector<Form> forms = forms_to_measure();
  for (const Form& form : forms) {
    const Embedder embedder(model, {.threads = threads,
                                    .instruction_set = std::string(to_string(form.set)),
                                    .precision = std::string(to_string(form.precision))});
    for (const BenchTexts& set : texts) {
      progress(fmt::format("{} {}, {}", to_string(form.set), to_string(form.precision), set.name),
               static_cast<double>(speeds.size()) / static_cast<double>(forms.size() * texts.size()));
      const double peak_before = peak_of(form, embedder.info().threads);
      std::vector<Batch> batches = batches_of(*model, set.texts);
      const double seconds = seconds_for(embedder, batches, stop);
      EncodingSpeed speed{.texts = set.name, .instruction_set = form.set, .precision = form.precision};
      double operations = 0, least_seconds = 0;
      for (const Batch& batch : batches) {
        operations += batch.operations;
        least_seconds += batch.seconds;
        speed.tokens += batch.tokens;
      }
      speed.operations_per_second = operations / seconds;
      speed.tokens_per_second = static_cast<double>(speed.tokens) / seconds;
      speed.peak = std::max(peak_before, peak_of(form, embedder.info().threads));
      speed.share_of_peak = operations / least_seconds / speed.peak;
      speeds.push_back(speed);
    }
  }
  return speeds;
}

std::vector<TokenizingSpeed> measure_tokenizing(const Model& model, const std::vector<BenchTexts>& texts, int threads,
                                                const std::stop_token& stop) {
  ThreadPool pool(threads);
  std::vector<TokenizingSpeed> speeds;
  for (const BenchTexts& set : texts) {
    TokenizingSpeed speed{.texts = set.name, .seconds = std::numeric_limits<double>::infinity()};
    std::vector<std::size_t> tokens(set.texts.size());
    const auto start = steady_clock::now();
    for (std::size_t run = 0; run < kRunsOfEach; ++run) {
      if (run > 0 && seconds_since(start) > kSecondsOfEach) break;
      throw_if_stopped(stop);
      const double before = counted_seconds(threads);
      pool.run(set.texts.size(), [&](std::size_t text, int) {
        tokens[text] = model.tokenizer.encode(set.texts[text], std::numeric_limits<std::size_t>::max()).size();
      });
      speed.seconds = std::min(speed.seconds, counted_seconds(threads) - before);
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      speed.bytes += set.texts[i].size();
      speed.tokens += tokens[i];
    }
    speeds.push_back(speed);
  }
  return speeds;
}

}  // namespace riverbank::cli
