#include "lib/math/cpu.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "lib/base/printable.h"
#include "riverbank/error.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace riverbank {
namespace {

constexpr std::array kAllSets{InstructionSet::kPortable, InstructionSet::kAvx2, InstructionSet::kAvx2Vnni,
                              InstructionSet::kAvx512, InstructionSet::kAmx};

// Bit numbers: Intel SDM volume 2A, CPUID; volume 1, 13.3 "Enabling the XSAVE feature set".
constexpr std::uint32_t kFma = 1U << 12, kOsxsave = 1U << 27, kAvx = 1U << 28;  // leaf 1, ECX
constexpr std::uint32_t kAvx2 = 1U << 5, kAvx512f = 1U << 16, kAvx512dq = 1U << 17, kAvx512bw = 1U << 30,
                        kAvx512vl = 1U << 31;                                           // leaf 7, EBX
constexpr std::uint32_t kAvxVnni = 1U << 4;                                             // leaf 7, sub-leaf 1, EAX
constexpr std::uint32_t kAmxBf16 = 1U << 22, kAmxTile = 1U << 24, kAmxInt8 = 1U << 25;  // leaf 7, EDX
constexpr std::uint64_t kXmmAndYmm = 0x6, kXmmToZmmAndMasks = 0xe6, kTiles = 0x60000;   // XCR0

constexpr bool has_all(std::uint64_t bits, std::uint64_t wanted) { return (bits & wanted) == wanted; }

/// Whether there are tiles that the operating system saves.
bool has_saved_tiles(const CpuidAnswers& answers) {
  return has_all(answers.leaf7_edx, kAmxTile) && has_all(answers.xcr0, kTiles);
}

#if defined(__x86_64__)
/// Linux saves tiles only for processes that have asked (Documentation/arch/x86/xstate.rst). Returns errno.
int ask_kernel_for_tiles() {
  constexpr unsigned long kTileData = 18;  // the number of the state in XCR0
  return ::syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, kTileData) == 0 ? 0 : errno;
}

CpuidAnswers ask_processor() {
  CpuidAnswers answers;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  answers.highest_leaf = __get_cpuid_max(0, nullptr);
  if (answers.highest_leaf >= 1) {
    __cpuid(1, eax, ebx, ecx, edx);
    answers.leaf1_ecx = ecx;
  }
  if (answers.highest_leaf >= 7) {
    __cpuid_count(7, 0, eax, ebx, ecx, edx);
    answers.leaf7_ebx = ebx;
    answers.leaf7_ecx = ecx;
    answers.leaf7_edx = edx;
    const unsigned highest_subleaf = eax;
    if (highest_subleaf >= 1) {
      __cpuid_count(7, 1, eax, ebx, ecx, edx);
      answers.leaf7_1_eax = eax;
    }
  }
  if ((answers.leaf1_ecx & kOsxsave) != 0) {
    unsigned low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    answers.xcr0 = (std::uint64_t{high} << 32) | low;
  }
  if (has_saved_tiles(answers)) answers.tiles_refused = ask_kernel_for_tiles();
  return answers;
}
#else
CpuidAnswers ask_processor() { return {}; }
#endif

std::string list_of_supported() {
  std::string list;
  for (const InstructionSet set : supported_instruction_sets()) {
    if (!list.empty()) list += ", ";
    list += to_string(set);
  }
  return list;
}

}  // namespace

std::string_view to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::kPortable:
      return "portable";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx2Vnni:
      return "avx2_vnni";
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kAmx:
      return "amx";
  }
  return "unknown";
}

std::vector<InstructionSet> supported_instruction_sets(const CpuidAnswers& answers) {
  std::vector<InstructionSet> sets{InstructionSet::kPortable};
  const bool has_leaves = answers.highest_leaf >= 7 && has_all(answers.leaf1_ecx, kOsxsave);
  const bool avx2 = has_leaves && has_all(answers.leaf1_ecx, kAvx | kFma) && has_all(answers.leaf7_ebx, kAvx2) &&
                    has_all(answers.xcr0, kXmmAndYmm);
  const bool avx512 = avx2 && has_all(answers.leaf7_ebx, kAvx512f | kAvx512dq | kAvx512bw | kAvx512vl) &&
                      has_all(answers.xcr0, kXmmToZmmAndMasks);
  const bool amx = avx512 && answers.has_avx512_vnni() && answers.has_avx512_bf16() &&
                   has_all(answers.leaf7_edx, kAmxTile | kAmxInt8 | kAmxBf16) && has_saved_tiles(answers) &&
                   answers.tiles_refused == 0;
  if (avx2) sets.push_back(InstructionSet::kAvx2);
  if (avx2 && has_all(answers.leaf7_1_eax, kAvxVnni)) sets.push_back(InstructionSet::kAvx2Vnni);
  if (avx512) sets.push_back(InstructionSet::kAvx512);
  if (amx) sets.push_back(InstructionSet::kAmx);
  return sets;
}

const CpuidAnswers& this_processor() {
  static const CpuidAnswers answers = ask_processor();
  return answers;
}

const std::vector<InstructionSet>& supported_instruction_sets() {
  static const std::vector<InstructionSet> sets = supported_instruction_sets(this_processor());
  return sets;
}

std::string why_no_amx(const CpuidAnswers& answers) {
  if (!has_all(answers.leaf7_edx, kAmxTile) || supported_instruction_sets(answers).back() == InstructionSet::kAmx) {
    return "";
  }
  const std::string but = "this processor has AMX, but ";
  if (!has_all(answers.xcr0, kTiles)) {
    return but + "its operating system does not save the tiles, so they are not used; Linux does from 5.16 on";
  }
  if (answers.tiles_refused != 0) {
    return but + "the kernel does not let this process use the tiles (arch_prctl: " +
           std::generic_category().message(answers.tiles_refused) + "), so riverbank does without them";
  }
  return but + "not all of AMX-INT8, AMX-BF16, AVX512_VNNI and AVX512_BF16, so its tiles are not used";
}

InstructionSet choose_instruction_set(std::string_view name) {
  const auto& supported = supported_instruction_sets();
  std::string asked_by = "the option asks for";
  if (name.empty()) {
    const char* variable = std::getenv("RIVERBANK_ISA");
    if (variable == nullptr || *variable == '\0') return supported.back();
    name = variable;
    asked_by = "RIVERBANK_ISA asks for";
  }
  const auto found = std::find_if(kAllSets.begin(), kAllSets.end(), [&](auto set) { return to_string(set) == name; });
  if (found == kAllSets.end()) {
    throw Error(ErrorKind::kUnsupported,
                asked_by + " the instruction set \"" + printable(name.substr(0, 64)) +
                    "\", which riverbank does not know; this machine has: " + list_of_supported());
  }
  if (std::find(supported.begin(), supported.end(), *found) == supported.end()) {
    throw Error(ErrorKind::kUnsupported, asked_by + " the instruction set \"" + std::string(name) +
                                             "\", which this processor or its operating system lacks; this machine "
                                             "has: " +
                                             list_of_supported());
  }
  return *found;
}

}  // namespace riverbank
