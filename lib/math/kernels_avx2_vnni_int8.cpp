#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX2, FMA and AVX-VNNI; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr const char* kName = "avx2_vnni_int8";
constexpr std::size_t kLanes = 8;
constexpr int kTileRows = 6;           // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers
constexpr float kMostWeight = 127.0F;  // of a row of W

#include "lib/math/kernels/avx2_bytes.inc"

/// Adds to each lane of `sum` the four products of its bytes: unsigned of a, signed of w. No sum is cut off.
inline Ints dot4(Ints sum, Ints a, Ints w) {
  return reinterpret_cast<Ints>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(a),
                                                        reinterpret_cast<__m256i>(w)));
}

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/panel.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx2VnniInt8Kernels = kTable;

}  // namespace riverbank
