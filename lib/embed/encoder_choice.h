#pragma once

#include <string>

#include "lib/math/cpu.h"
#include "lib/math/precision.h"

namespace riverbank {

struct Model;

/// Why an encoder computes in the precision that it does.
enum class PrecisionReason {
  kAsked,           ///< by an option or by RIVERBANK_PRECISION
  kMeasured,        ///< the fastest there is, and measured to keep this model's answers
  kNotMeasured,     ///< float32: what a faster one would do to this model's answers nobody has measured
  kNoFasterKernels  ///< float32: the instruction set has nothing faster
};

/// What an encoder runs on.
struct EncoderChoice {
  InstructionSet instruction_set = InstructionSet::kPortable;
  Precision precision = Precision::kFloat32;
  PrecisionReason reason = PrecisionReason::kNoFasterKernels;
};

/// The instruction set and the precision for a model: those that are asked for by name, else those that RIVERBANK_ISA
/// and RIVERBANK_PRECISION name, else the best set, and in it the fastest precision that was measured to keep the
/// model's answers. Throws Error kUnsupported for a name that is unknown or that this machine cannot run.
EncoderChoice choose_encoder(const Model& model, const std::string& instruction_set, const std::string& precision);

/// What a model's packed weights are kept under; nothing for one that was made in memory, which leaves nothing on disk.
std::string fingerprint_on_disk(const Model& model);

}  // namespace riverbank
