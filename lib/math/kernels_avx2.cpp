#include <immintrin.h>

#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled with -mavx2 -mfma; called only where the processor has both.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 8;
constexpr int kTileRows = 6;  // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers

#include "lib/math/kernels/power.inc"

inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }

/// Adds to each lane of `sum` the products of its four bytes; two of 127 x 127 fit 16 bits.
inline Ints multiply_codes(Ints sum, Ints query, Ints row) {
  const auto codes = reinterpret_cast<__m256i>(row), factors = reinterpret_cast<__m256i>(query);
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(factors, codes));
  return sum + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
constexpr int kRowOffset = 0;

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes.inc"
#include "lib/math/kernels/product_f32.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx2Kernels = kTable;

}  // namespace riverbank
