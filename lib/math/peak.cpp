#include "lib/math/peak.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace riverbank {
namespace {

using std::chrono::steady_clock;

// Twelve sums: each multiply-add takes four to six cycles, and no processor has more than two units for them.
#define RIVERBANK_TWELVE(each) \
  each(0) each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) each(11)
constexpr int kRounds = 2000, kSums = 12;

using FourFloats = float __attribute__((vector_size(16)));

void portable() {
  FourFloats x = FourFloats{} + 0.5F;
#define RIVERBANK_START(i) FourFloats sum##i = x;
  RIVERBANK_TWELVE(RIVERBANK_START)
#undef RIVERBANK_START
#if defined(__x86_64__)
#define RIVERBANK_KEEP(i) asm volatile("" : "+x"(sum##i));
  asm volatile("" : "+x"(x));
#elif defined(__aarch64__)
#define RIVERBANK_KEEP(i) asm volatile("" : "+w"(sum##i));
  asm volatile("" : "+w"(x));
#else
#define RIVERBANK_KEEP(i) asm volatile("" : "+m"(sum##i));
  asm volatile("" : "+m"(x));
#endif
#define RIVERBANK_STEP(i)  \
  sum##i = sum##i * x + x; \
  RIVERBANK_KEEP(i)
  for (int round = 0; round < kRounds; ++round) {
    RIVERBANK_TWELVE(RIVERBANK_STEP)
  }
#undef RIVERBANK_STEP
#undef RIVERBANK_KEEP
}

#if defined(__x86_64__)
using EightFloats = float __attribute__((vector_size(32)));
using SixteenFloats = float __attribute__((vector_size(64)));

#define RIVERBANK_SUM(i) Vector sum##i = x;
#define RIVERBANK_STEP(i) asm volatile(RIVERBANK_INSTRUCTION " %1, %1, %0" : "+v"(sum##i) : "v"(x));
#define RIVERBANK_RUN(name, features, vector)       \
  __attribute__((target(features))) void name() {   \
    using Vector = vector;                          \
    const Vector x = Vector{} + 0.5F;               \
    RIVERBANK_TWELVE(RIVERBANK_SUM)                 \
    for (int round = 0; round < kRounds; ++round) { \
      RIVERBANK_TWELVE(RIVERBANK_STEP)              \
    }                                               \
  }

#define RIVERBANK_INSTRUCTION "vfmadd231ps"
RIVERBANK_RUN(avx2_f32, "avx2,fma", EightFloats)
RIVERBANK_RUN(avx512_f32, "avx512f", SixteenFloats)
#undef RIVERBANK_INSTRUCTION
#define RIVERBANK_INSTRUCTION "%{vex%} vpdpbusd"
RIVERBANK_RUN(avx2_vnni_int8, "avx2,avxvnni", EightFloats)
#undef RIVERBANK_INSTRUCTION
#define RIVERBANK_INSTRUCTION "vpdpbusd"
RIVERBANK_RUN(avx512_int8, "avx512f,avx512vnni", SixteenFloats)
#undef RIVERBANK_INSTRUCTION
#define RIVERBANK_INSTRUCTION "vdpbf16ps"
RIVERBANK_RUN(avx512_bf16, "avx512f,avx512bf16", SixteenFloats)
#undef RIVERBANK_INSTRUCTION
#undef RIVERBANK_STEP
#define RIVERBANK_STEP(i)                                                                          \
  asm volatile("vpmaddubsw %1, %1, %%ymm15; vpmaddwd %%ymm15, %1, %%ymm15; vpaddd %%ymm15, %0, %0" \
               : "+x"(sum##i)                                                                      \
               : "x"(x)                                                                            \
               : "xmm15");
RIVERBANK_RUN(avx2_int8, "avx2", EightFloats)
#undef RIVERBANK_RUN
#undef RIVERBANK_STEP
#undef RIVERBANK_SUM

#include "lib/math/kernels/amx.inc"

// Six sums of tiles, twice: a product of full tiles takes 16 cycles and is ready after 52 (the chapter on AMX in
// Intel's optimization manual).
#define RIVERBANK_STEP(i) asm volatile(RIVERBANK_INSTRUCTION " %tmm7, %tmm6, %tmm" #i);
#define RIVERBANK_SIX \
  RIVERBANK_STEP(0) RIVERBANK_STEP(1) RIVERBANK_STEP(2) RIVERBANK_STEP(3) RIVERBANK_STEP(4) RIVERBANK_STEP(5)
#define RIVERBANK_RUN(name)                         \
  void name() {                                     \
    set_tiles(full_tiles());                        \
    for (int round = 0; round < kRounds; ++round) { \
      RIVERBANK_SIX RIVERBANK_SIX                   \
    }                                               \
    release_tiles();                                \
  }

TileSizes full_tiles() {
  TileSizes sizes;
  for (int tile = 0; tile < 8; ++tile) {
    sizes.rows[tile] = kTileSide;
    sizes.row_bytes[tile] = 64;
  }
  return sizes;
}

#define RIVERBANK_INSTRUCTION "tdpbusd"
RIVERBANK_RUN(amx_int8)
#undef RIVERBANK_INSTRUCTION
#define RIVERBANK_INSTRUCTION "tdpbf16ps"
RIVERBANK_RUN(amx_bf16)
#undef RIVERBANK_INSTRUCTION
#undef RIVERBANK_RUN
#undef RIVERBANK_SIX
#undef RIVERBANK_STEP
#endif
#undef RIVERBANK_TWELVE

/// Instructions of a kind and the operations that each of them is.
struct Instructions {
  void (*run)();
  double operations;
};

Instructions instructions_of(InstructionSet set, Precision precision) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::kAmx:
      if (precision == Precision::kInt8) return {amx_int8, 2 * 64 * 16 * 16};
      if (precision == Precision::kBFloat16) return {amx_bf16, 2 * 32 * 16 * 16};
      return {avx512_f32, 2 * 16};
    case InstructionSet::kAvx512:
      if (precision == Precision::kInt8) return {avx512_int8, 2 * 64};
      if (precision == Precision::kBFloat16) return {avx512_bf16, 2 * 32};
      return {avx512_f32, 2 * 16};
    case InstructionSet::kAvx2Vnni:
      return precision == Precision::kInt8 ? Instructions{avx2_vnni_int8, 2 * 32} : Instructions{avx2_f32, 2 * 8};
    case InstructionSet::kAvx2:
      return precision == Precision::kInt8 ? Instructions{avx2_int8, 2 * 32} : Instructions{avx2_f32, 2 * 8};
    case InstructionSet::kPortable:
      break;
  }
#endif
  static_cast<void>(set);
  static_cast<void>(precision);
  return {portable, 2 * 4};
}

}  // namespace

double measure_peak(InstructionSet set, Precision precision) {
  constexpr double kSeconds = 0.02;
  const Instructions measured = instructions_of(set, precision);
  double fastest = 1e9;
  const auto start = steady_clock::now();
  for (auto before = start; std::chrono::duration<double>(before - start).count() < kSeconds;) {
    measured.run();
    const auto after = steady_clock::now();
    fastest = std::min(fastest, std::chrono::duration<double>(after - before).count());
    before = after;
  }
  return measured.operations * kRounds * kSums / fastest;
}

}  // namespace riverbank
