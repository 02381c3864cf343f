#include <immintrin.h>

#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 16;
constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/avx512.inc"

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/product_f32.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Kernels = kTable;

}  // namespace riverbank
