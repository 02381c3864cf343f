#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled for AVX-512 F, BW, DQ, VL, VNNI; called only where the processor has all of them.
namespace riverbank {
namespace {

constexpr const char* kName = "avx512_int8";
constexpr std::size_t kLanes = 16;

#include "lib/math/kernels/avx512_vnni.inc"

constexpr int kTileRows = 14;  // 14 x 2 sums, 2 panel vectors and a broadcast: 31 of the 32 registers

#include "lib/math/kernels/attention_int8.inc"
#include "lib/math/kernels/dot_codes_vnni.inc"
#include "lib/math/kernels/panel.inc"
#include "lib/math/kernels/product_int8.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx512Int8Kernels = kTable;

}  // namespace riverbank
