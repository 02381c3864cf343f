#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL, VNNI; called only where the processor has all of them, AMX-TILE and AMX-INT8.
namespace riverbank {
namespace {

constexpr const char* kName = "amx_int8";
constexpr std::size_t kLanes = 16;

#include "lib/math/kernels/avx512_vnni.inc"

constexpr int kTileRows = 14;  // of attention, which is kernels_avx512_int8.cpp's

/// Tile Sums += tile A times tile W, four bytes at a time: unsigned of A, signed of W. No sum is cut off.
template <int Sums, int A, int W>
inline void dot_tiles() {
  asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(A), "i"(W));
}

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/panel_amx.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAmxInt8Kernels = kTable;

}  // namespace riverbank
