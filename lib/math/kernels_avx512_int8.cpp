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

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Int8Kernels = kTable;

}  // namespace riverbank
