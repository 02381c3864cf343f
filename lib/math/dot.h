#pragma once

#include <cstddef>
#include <cstdint>

namespace riverbank {

/// The inner product of a and b, both (n): sum over i of a[i] b[i]. The same bits as one of dot_many()'s.
/// Runs on the instruction set that choose_instruction_set() picks at the first call, which throws Error kUnsupported
/// when RIVERBANK_ISA names none of this machine's. Any thread.
float dot(const float* a, const float* b, std::size_t n);

/// products[i] = inner product of query (n) and row i of rows (count, n), row after row. Any thread.
void dot_many(const float* query, const float* rows, std::size_t count, std::size_t n, float* products);

/// dot() itself, for who calls it a million times.
using DotFunction = float (*)(const float* a, const float* b, std::size_t n);
DotFunction dot_function();

/// Kernels::dot_codes of the best kernels that the chosen instruction set has.
using DotCodesFunction = void (*)(const std::int8_t* query, const std::int8_t* const* rows, std::size_t count,
                                  std::size_t n, std::int32_t* products);
DotCodesFunction dot_codes_function();

}  // namespace riverbank
