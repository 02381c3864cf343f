#include <immintrin.h>

#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr const char* kName = "avx512_f32";
constexpr std::size_t kLanes = 16;
constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/avx512.inc"

/// Adds to each lane of `sum` the products of its four bytes; two of 127 x 127 fit 16 bits.
inline Ints multiply_codes(Ints sum, Ints query, Ints row) {
  const auto codes = reinterpret_cast<__m512i>(row), factors = reinterpret_cast<__m512i>(query);
  const __m512i turned = _mm512_mask_sub_epi8(factors, _mm512_movepi8_mask(codes), _mm512_setzero_si512(), factors);
  const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(codes), turned);
  return sum + reinterpret_cast<Ints>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
constexpr int kRowOffset = 0;

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes.inc"
#include "lib/math/kernels/product_f32.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Kernels = kTable;

}  // namespace riverbank
