#include "lib/math/dot.h"

#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/math/precision.h"

namespace riverbank {
namespace {

const Kernels& chosen() {
  static const Kernels& kernels = kernels_of(choose_instruction_set(), Precision::kFloat32);
  return kernels;
}

}  // namespace

float dot(const float* a, const float* b, std::size_t n) { return chosen().dot(a, b, n); }

void dot_many(const float* query, const float* rows, std::size_t count, std::size_t n, float* products) {
  chosen().dot_many(query, rows, count, n, products);
}

DotFunction dot_function() { return chosen().dot; }

DotCodesFunction dot_codes_function() {
  static const DotCodesFunction function = [] {
    const InstructionSet set = choose_instruction_set();
    return kernels_of(set, supported_precisions(set).back()).dot_codes;  // int8 comes last, and has the dot products
  }();
  return function;
}

}  // namespace riverbank
