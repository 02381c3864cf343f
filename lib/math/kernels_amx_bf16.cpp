#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL; called only where the processor has all of them, AMX-TILE and AMX-BF16.
namespace riverbank {
namespace {

constexpr const char* kName = "amx_bf16";
constexpr std::size_t kLanes = 16;

#include "lib/math/kernels/avx512.inc"

constexpr int kTileRows = 14;  // of attention, which is kernels_avx512_bf16.cpp's

/// Pairs of bfloat16, summed in float32.
struct BFloat16 {
  using SumNumber = float;
};

/// Tile Sums += tile A times tile W, a pair at a time; what the even and what the odd numbers of a tile's row make is
/// added up apart.
template <int Sums, int A, int W>
inline void dot_tiles() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(A), "i"(W));
}

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes_plain.inc"
#include "lib/math/kernels/panel_amx.inc"
#include "lib/math/kernels/product_bf16.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAmxBf16Kernels = kTable;

}  // namespace riverbank
