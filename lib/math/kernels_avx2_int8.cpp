#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled with -mavx2 -mfma; called only where the processor has both.
namespace riverbank {
namespace {

constexpr const char* kName = "avx2_int8";
constexpr std::size_t kLanes = 8;
constexpr int kTileRows = 6;          // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers
constexpr float kMostWeight = 64.0F;  // of a row of W: seven bits and a sign, see dot4()

#include "lib/math/kernels/avx2_bytes.inc"

/// Adds to each lane of `sum` the four products of its bytes: unsigned of a, signed of w. Two products go by way of 16
/// bits, and 2 x 255 x 64 fit.
inline Ints dot4(Ints sum, Ints a, Ints w) {
  const __m256i pairs = _mm256_maddubs_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(w));
  return sum + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_avx2.inc"
#include "lib/math/kernels/panel.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx2Int8Kernels = kTable;

}  // namespace riverbank
