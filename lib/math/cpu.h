#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// The instruction sets that there are kernels for, from the one that runs everywhere to the fastest.
enum class InstructionSet {
  kPortable,  ///< what every processor of this architecture has
  kAvx2,      ///< AVX2 and FMA
  kAvx2Vnni,  ///< AVX2, FMA and AVX-VNNI
  kAvx512,    ///< AVX-512 F, BW, DQ, VL; with VNNI and BF16 where the processor has them (lib/math/precision.h)
  kAmx,       ///< kAvx512 with AMX's tiles; tested by emulation (tests/support/tile_emulator.h), not yet timed
};

/// "portable", "avx2", "avx2_vnni", "avx512" or "amx".
std::string_view to_string(InstructionSet set);

/// What CPUID, XGETBV and the kernel answer, so that a test can ask about processors that it does not run on.
struct CpuidAnswers {
  std::uint32_t highest_leaf = 0;  ///< leaf 0, EAX
  std::uint32_t leaf1_ecx = 0;
  std::uint32_t leaf7_ebx = 0;
  std::uint32_t leaf7_ecx = 0;
  std::uint32_t leaf7_edx = 0;
  std::uint32_t leaf7_1_eax = 0;  ///< leaf 7, sub-leaf 1, EAX; 0 where there is no such sub-leaf
  std::uint64_t xcr0 = 0;         ///< registers that the operating system saves; 0 when OSXSAVE is off
  int tiles_refused = 0;          ///< why Linux does not let this process use AMX's tiles, as errno; 0 where it does

  bool has_avx512_vnni() const { return (leaf7_ecx & 1U << 11U) != 0; }
  bool has_avx512_bf16() const { return (leaf7_1_eax & 1U << 5U) != 0; }
};

/// What the processor that this runs on answers, asked once. Where it has AMX, the kernel is asked for leave to use the
/// tiles, which holds for all threads of the process. Any thread.
const CpuidAnswers& this_processor();

/// The instruction sets that a processor with these answers can run: the processor has the instructions and the
/// operating system saves the registers. kPortable comes first, the best one last.
std::vector<InstructionSet> supported_instruction_sets(const CpuidAnswers& answers);

/// Those of the processor that this runs on, asked once. Any thread.
const std::vector<InstructionSet>& supported_instruction_sets();

/// Why there is no kAmx on a processor that has AMX, one sentence; empty where there is, and for other processors.
std::string why_no_amx(const CpuidAnswers& answers = this_processor());

/// The instruction set of that name; for an empty name the one that RIVERBANK_ISA names, and without that the best.
/// Throws Error kUnsupported for a name that is unknown or that this machine lacks, with the list of what there is.
InstructionSet choose_instruction_set(std::string_view name = {});

}  // namespace riverbank
