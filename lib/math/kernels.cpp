#include "lib/math/kernels.h"

#include "lib/math/cpu.h"
#include "lib/math/precision.h"

namespace riverbank {

const Kernels& kernels_of(InstructionSet set, Precision precision) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::kAmx:
      if (precision == Precision::kInt8) return kAmxInt8Kernels;
      if (precision == Precision::kBFloat16) return kAmxBf16Kernels;
      return kAvx512Kernels;  // the tiles multiply nothing wider than 16 bits
    case InstructionSet::kAvx512:
      if (precision == Precision::kInt8) return kAvx512Int8Kernels;
      if (precision == Precision::kBFloat16) return kAvx512Bf16Kernels;
      return kAvx512Kernels;
    case InstructionSet::kAvx2Vnni:
      return precision == Precision::kInt8 ? kAvx2VnniInt8Kernels : kAvx2Kernels;
    case InstructionSet::kAvx2:
      return precision == Precision::kInt8 ? kAvx2Int8Kernels : kAvx2Kernels;
    case InstructionSet::kPortable:
      break;
  }
#endif
  static_cast<void>(set);
  static_cast<void>(precision);
  return kPortableKernels;
}

}  // namespace riverbank
