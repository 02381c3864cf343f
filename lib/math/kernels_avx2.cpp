#include <immintrin.h>

#include <cstdint>

#include "lib/math/kernels.h"

// Compiled with -mavx2 -mfma; called only where the processor has both.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 8;

#include "lib/math/kernels/vector.inc"

inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }

#include "lib/math/kernels/dot.inc"

}  // namespace

const Kernels kAvx2Kernels{
    .dot = dot,
    .dot_many = dot_many,
};

}  // namespace riverbank
