#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/bench/texts.h"
#include "lib/math/cpu.h"
#include "lib/math/precision.h"
#include "lib/model/model.h"

namespace riverbank::cli {

/// Where a measurement stands: what is measured, how much of all is done.
using BenchProgress = std::function<void(const std::string& what, double fraction)>;

/// How fast an encoder was.
struct EncodingSpeed {
  std::string texts;  ///< BenchTexts::name
  InstructionSet instruction_set = InstructionSet::kPortable;
  Precision precision = Precision::kFloat32;
  std::size_t tokens = 0;  ///< that were encoded, once
  double tokens_per_second = 0;
  double operations_per_second = 0;  ///< of the matrix products, a multiplication and an addition being two
  double peak = 0;                   ///< what all threads together can do at most, measured before and after
  double share_of_peak = 0;          ///< with each batch at its fastest, as the peak is that of the fastest moment
};

/// Operations that a text of so many tokens costs in the encoder's matrix products, attention's included. With [CLS]
/// pooling the last layer is computed for the first token alone, but for its keys and values.
double operations_of(const Model& model, std::size_t tokens);

/// Encodes the texts in every instruction set and precision of this machine, or in the one that RIVERBANK_ISA and
/// RIVERBANK_PRECISION name, tokenizing included. The fastest of some runs through all texts counts, by the processor's
/// time for one thread and by the clock for more; what does not get through them in a few seconds is measured on the
/// first of them. Throws Error kCancelled.
std::vector<EncodingSpeed> measure_encoding(const std::shared_ptr<const Model>& model,
                                            const std::vector<BenchTexts>& texts, int threads,
                                            const BenchProgress& progress, const std::stop_token& stop);

/// How fast a tokenizer was.
struct TokenizingSpeed {
  std::string texts;
  std::size_t bytes = 0, tokens = 0;
  double seconds = 0;  ///< the fastest of some runs
};

/// One after the other, `threads` at a time. Throws Error kCancelled.
std::vector<TokenizingSpeed> measure_tokenizing(const Model& model, const std::vector<BenchTexts>& texts, int threads,
                                                const std::stop_token& stop);

}  // namespace riverbank::cli
