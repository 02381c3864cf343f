#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL, BF16; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 16;
constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/avx512.inc"

/// Adds to each lane of `sum` the two products of its bfloat16 pairs.
inline Floats dot2(Floats sum, Ints a, Ints w) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(w));
}

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes_plain.inc"
#include "lib/math/kernels/product_bf16.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Bf16Kernels = kTable;

}  // namespace riverbank
