#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL, BF16; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr const char* kName = "avx512_bf16";
constexpr std::size_t kLanes = 16;
constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/avx512.inc"

typedef std::int32_t Int32 __attribute__((may_alias));

/// Pairs of bfloat16 (tile.inc). A pair's two products are added one after the other.
struct BFloat16 {
  static constexpr bool kPutFromRegisters = false;
  using Number = Int32;
  using Vector = Ints;
  using SumNumber = float;
  using Sum = Floats;
  static Vector load(const Int32* from) { return *reinterpret_cast<const UnalignedInts*>(from); }
  static Vector spread(Int32 number) { return Ints{} + number; }
  static Sum add(Sum sum, Vector a, Vector w) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(w));
  }
  static void put(float* to, Sum sum) { store(to, sum); }
};

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes_plain.inc"
#include "lib/math/kernels/panel.inc"
#include "lib/math/kernels/product_bf16.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Bf16Kernels = kTable;

}  // namespace riverbank
