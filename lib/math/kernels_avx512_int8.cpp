#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL, VNNI; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 16;
constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/avx512.inc"

/// Adds to each lane of `sum` the four products of its bytes: unsigned of a, signed of w. No sum is cut off.
inline Ints dot4(Ints sum, Ints a, Ints w) {
  return reinterpret_cast<Ints>(
      _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(w)));
}

/// The lowest byte of each lane.
inline void put_bytes(std::uint8_t* to, Bits values) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm512_maskz_cvtepi32_epi8(0xffff, reinterpret_cast<__m512i>(values)));
}

/// The whole numbers nearest to those of four vectors, ties to even, 0 to 255, in order, a byte each. For NaN any.
inline Ints bytes_of(Floats a, Floats b, Floats c, Floats d) {
  const auto whole = [](Floats x) { return _mm512_maskz_cvtps_epi32(0xffff, x); };
  const __m512i words = _mm512_packus_epi32(whole(a), whole(b)), more = _mm512_packus_epi32(whole(c), whole(d));
  const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return reinterpret_cast<Ints>(_mm512_maskz_permutexvar_epi32(0xffff, in_order, _mm512_packus_epi16(words, more)));
}

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Int8Kernels = kTable;

}  // namespace riverbank
