#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/math/cpu.h"

namespace riverbank {

/// What the encoder's products are computed in. Sums, softmax, layer norms and what goes from layer to layer stay
/// float32.
enum class Precision {
  kFloat32,   ///< IEEE single
  kBFloat16,  ///< both factors rounded to 8 bits of mantissa, summed in float32
  /// Weights in 8 bits (avx2: -64 to 64) with a scale for each output, activations in 8 bits with a range for each row.
  kInt8,
};

/// "f32", "bf16" or "int8".
std::string_view to_string(Precision precision);

/// The precisions that there are kernels for, on a processor with these answers, under this instruction set, f32 first,
/// the fastest last:
///
///                 f32   bf16                int8
///     portable     x
///     avx2         x                        AVX2, FMA
///     avx2_vnni    x                        AVX-VNNI
///     avx512       x    AVX512_BF16         AVX512_VNNI
///     amx          x    AMX-BF16            AMX-INT8
std::vector<Precision> supported_precisions(InstructionSet set, const CpuidAnswers& answers = this_processor());

/// The precision that `name` asks for; for an empty name the one that RIVERBANK_PRECISION names, and without that none.
/// Throws Error kUnsupported for a name that is unknown or that this machine has no kernels for under `set`, with the
/// list of what there is.
std::optional<Precision> choose_precision(InstructionSet set, std::string_view name = {});

}  // namespace riverbank
