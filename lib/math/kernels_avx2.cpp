#include <immintrin.h>

#include <cstdint>
#include <utility>

#include "lib/math/kernels.h"

// Compiled with -mavx2 -mfma; called only where the processor has both.
namespace riverbank {
namespace {

constexpr const char* kName = "avx2_f32";
constexpr std::size_t kLanes = 8;

#include "lib/math/kernels/avx2.inc"

constexpr int kTileRows = 6;  // 6 x 2 sums, 2 panel vectors and a broadcast: 15 of the 16 registers

#include "lib/math/kernels/attention_f32.inc"
#include "lib/math/kernels/dot_codes_avx2.inc"
#include "lib/math/kernels/product_f32.inc"
#include "lib/math/kernels/table.inc"

}  // namespace

const Kernels kAvx2Kernels = kTable;

}  // namespace riverbank
