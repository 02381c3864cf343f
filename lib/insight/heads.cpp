#include "lib/insight/heads.h"

#include <algorithm>

#include "lib/base/printable.h"
#include "lib/insight/head_combination.h"
#include "lib/insight/layered_encoder.h"
#include "lib/insight/pronouns.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// A file's cases and what passes between their words.
struct Read {
  std::vector<PronounCase> cases;
  std::vector<PronounAttention> attention;
};

Read read(LayeredEncoder& encoder, const std::filesystem::path& file, const HeadsOptions& options) {
  Read result;
  result.cases = read_pronoun_cases(file);
  if (result.cases.empty()) {
    throw Error(ErrorKind::kInvalidArgument,
                printable(file.string()) + " has no row with exactly one true name; there is nothing to count");
  }
  const auto progress = [&](std::size_t done, std::size_t total) {
    if (options.progress) options.progress(file, done, total);
  };
  result.attention = attend_from_pronouns(encoder, result.cases, progress, options.stop);
  return result;
}

HeadsOfFile count(const Read& read, const LayeredEncoder& encoder) {
  const auto heads = static_cast<std::size_t>(encoder.model().config.num_heads);
  return {read.cases.size(), count_right(read.cases, read.attention, encoder.layers(), heads),
          first_name_right(read.cases)};
}

}  // namespace

HeadName HeadTable::best() const {
  const auto highest = std::max_element(shares.begin(), shares.end(),
                                        [](const Share& a, const Share& b) { return a.value() < b.value(); });
  const auto place = static_cast<std::size_t>(highest - shares.begin());
  return {place / heads, place % heads};
}

HeadsReport measure_heads(const HeadsOptions& options) {
  LayeredEncoder encoder(load_model(options.model), options.threads);
  HeadsReport report;
  const Read chosen_on = read(encoder, options.file, options);
  report.chosen_on = count(chosen_on, encoder);
  report.best = report.chosen_on.table.best();
  std::optional<HeadCombination> learned;
  if (options.combine) {
    learned = HeadCombination::learn(chosen_on.cases, chosen_on.attention);
    report.combined = {learned->penalty(), learned->both_directions(), learned->cross_validated(), learned->weights(),
                       std::nullopt};
  }
  if (options.test) {
    const Read test = read(encoder, *options.test, options);
    report.test = count(test, encoder);
    if (learned) report.combined->test = learned->count_right(test.cases, test.attention);
  }
  return report;
}

}  // namespace riverbank
