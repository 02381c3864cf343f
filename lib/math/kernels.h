#pragma once

#include <cstddef>

namespace riverbank {

enum class InstructionSet;  // lib/math/cpu.h

/// The numeric kernels of one instruction set in float32. One source (lib/math/kernels/*.inc) is compiled for each.
/// Every result depends on its own row of input alone, never on how many rows are computed together. Any thread.
struct Kernels {
  /// Inner product of a and b, both (n).
  float (*dot)(const float* a, const float* b, std::size_t n);
  /// products[i] = dot(query, row i of rows (count, n), n), the same bits.
  void (*dot_many)(const float* query, const float* rows, std::size_t count, std::size_t n, float* products);
};

/// The kernels of a set that supported_instruction_sets() lists.
const Kernels& kernels_of(InstructionSet set);

extern const Kernels kPortableKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

}  // namespace riverbank
