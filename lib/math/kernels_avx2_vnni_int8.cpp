#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX2, FMA and AVX-VNNI; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 8;
constexpr int kTileRows = 6;  // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers

#include "lib/math/kernels/power.inc"

inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }

/// Adds to each lane of `sum` the four products of its bytes: unsigned of a, signed of w. No sum is cut off.
inline Ints dot4(Ints sum, Ints a, Ints w) {
  return reinterpret_cast<Ints>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(a),
                                                        reinterpret_cast<__m256i>(w)));
}

/// The lowest byte of each lane.
inline void put_bytes(std::uint8_t* to, Bits values) {
  const __m256i first_bytes = _mm256_set1_epi32(0x0c080400);  // of the four lanes of each half
  const __m256i halves = _mm256_shuffle_epi8(reinterpret_cast<__m256i>(values), first_bytes);
  const __m256i both = _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 4, 0, 0, 0, 0, 0, 0));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(both));
}

/// The whole numbers nearest to those of four vectors, ties to even, 0 to 255, in order, a byte each. For NaN any.
inline Ints bytes_of(Floats a, Floats b, Floats c, Floats d) {
  const __m256i words = _mm256_packus_epi32(_mm256_cvtps_epi32(a), _mm256_cvtps_epi32(b));
  const __m256i more = _mm256_packus_epi32(_mm256_cvtps_epi32(c), _mm256_cvtps_epi32(d));
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  return reinterpret_cast<Ints>(_mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, more), in_order));
}

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/panel.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx2VnniInt8Kernels = kTable;

}  // namespace riverbank
