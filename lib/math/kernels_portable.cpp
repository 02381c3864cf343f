#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Vectors of four floats: SSE2 on x86-64, NEON on ARM, plain code elsewhere.
namespace riverbank {
namespace {

constexpr const char* kName = "portable_f32";
constexpr std::size_t kLanes = 4;
constexpr int kTileRows = 6;  // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers

#include "lib/math/kernels/power.inc"

inline Floats multiply_add(Floats a, Floats b, Floats c) { return a * b + c; }

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes_plain.inc"
#include "lib/math/kernels/product_f32.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kPortableKernels = kTable;

}  // namespace riverbank
