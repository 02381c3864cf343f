#include <cstdint>

#include "lib/math/kernels.h"

// Vectors of four floats: SSE2 on x86-64, NEON on ARM, plain code elsewhere.
namespace riverbank {
namespace {

constexpr std::size_t kLanes = 4;

#include "lib/math/kernels/vector.inc"

inline Floats multiply_add(Floats a, Floats b, Floats c) { return a * b + c; }

#include "lib/math/kernels/dot.inc"

}  // namespace

const Kernels kPortableKernels{
    .dot = dot,
    .dot_many = dot_many,
};

}  // namespace riverbank
