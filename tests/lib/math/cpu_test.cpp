#include "lib/math/cpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

/// Sets an environment variable and puts the old value back.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      old_ = old;
      had_one_ = true;
    }
    ::setenv(name, value, 1);
  }
  ~Variable() {
    if (had_one_) {
      ::setenv(name_, old_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string old_;
  bool had_one_ = false;
};

constexpr std::uint32_t kFma = 1U << 12, kOsxsave = 1U << 27, kAvx = 1U << 28, kAvx2 = 1U << 5;
constexpr std::uint32_t kAvx512 = (1U << 16) | (1U << 17) | (1U << 30) | (1U << 31);
constexpr std::uint32_t kAvxVnni = 1U << 4;
constexpr CpuidAnswers kServer{
    .highest_leaf = 7, .leaf1_ecx = kFma | kOsxsave | kAvx, .leaf7_ebx = kAvx2 | kAvx512, .xcr0 = 0xe7};

TEST(Cpu, KnowsWhatAProcessorCanDo) {
  EXPECT_THAT(supported_instruction_sets(kServer),
              ElementsAre(InstructionSet::kPortable, InstructionSet::kAvx2, InstructionSet::kAvx512));
  CpuidAnswers desktop = kServer;
  desktop.leaf7_ebx = kAvx2;
  EXPECT_THAT(supported_instruction_sets(desktop), ElementsAre(InstructionSet::kPortable, InstructionSet::kAvx2));
  desktop.leaf7_1_eax = kAvxVnni;
  EXPECT_THAT(supported_instruction_sets(desktop),
              ElementsAre(InstructionSet::kPortable, InstructionSet::kAvx2, InstructionSet::kAvx2Vnni));
  EXPECT_THAT(supported_instruction_sets(CpuidAnswers{}), ElementsAre(InstructionSet::kPortable));
}

TEST(Cpu, UsesNoRegisterThatTheOperatingSystemDoesNotSave) {
  CpuidAnswers answers = kServer;
  answers.xcr0 = 0x7;  // x87, XMM, YMM: no ZMM
  EXPECT_THAT(supported_instruction_sets(answers), ElementsAre(InstructionSet::kPortable, InstructionSet::kAvx2));
  answers.xcr0 = 0x3;
  EXPECT_THAT(supported_instruction_sets(answers), ElementsAre(InstructionSet::kPortable));
  answers = kServer;
  answers.leaf1_ecx &= ~kOsxsave;
  EXPECT_THAT(supported_instruction_sets(answers), ElementsAre(InstructionSet::kPortable));
}

TEST(Cpu, NeedsEveryPartOfAnInstructionSet) {
  for (const std::uint32_t part : {1U << 16, 1U << 17, 1U << 30, 1U << 31}) {
    CpuidAnswers answers = kServer;
    answers.leaf7_ebx &= ~part;
    EXPECT_EQ(supported_instruction_sets(answers).back(), InstructionSet::kAvx2) << std::hex << part;
  }
  for (const std::uint32_t part : {kFma, kAvx}) {
    CpuidAnswers answers = kServer;
    answers.leaf1_ecx &= ~part;
    EXPECT_EQ(supported_instruction_sets(answers).back(), InstructionSet::kPortable) << std::hex << part;
  }
  CpuidAnswers old = kServer;
  old.highest_leaf = 6;
  old.leaf7_1_eax = kAvxVnni;
  EXPECT_EQ(supported_instruction_sets(old).back(), InstructionSet::kPortable);
}

constexpr std::uint32_t kAmxBf16 = 1U << 22, kAmxTile = 1U << 24, kAmxInt8 = 1U << 25;

CpuidAnswers server_with_amx() {
  CpuidAnswers answers = kServer;
  answers.leaf7_ecx = 1U << 11;  // AVX512_VNNI
  answers.leaf7_edx = kAmxBf16 | kAmxTile | kAmxInt8;
  answers.leaf7_1_eax = 1U << 5;  // AVX512_BF16
  answers.xcr0 = 0x602e7;
  return answers;
}

TEST(Cpu, TakesAmxForTheBestWhereTheKernelGrantsIt) {
  EXPECT_THAT(
      supported_instruction_sets(server_with_amx()),
      ElementsAre(InstructionSet::kPortable, InstructionSet::kAvx2, InstructionSet::kAvx512, InstructionSet::kAmx));
  EXPECT_EQ(why_no_amx(server_with_amx()), "");
  EXPECT_EQ(why_no_amx(kServer), "") << "a processor without AMX needs no reason";
}

TEST(Cpu, SaysWhenTheKernelRefusesAmx) {
  CpuidAnswers answers = server_with_amx();
  answers.tiles_refused = EPERM;
  EXPECT_EQ(supported_instruction_sets(answers).back(), InstructionSet::kAvx512);
  EXPECT_EQ(why_no_amx(answers),
            "this processor has AMX, but the kernel does not let this process use the tiles (arch_prctl: Operation not "
            "permitted), so riverbank does without them");
  for (const std::uint64_t xcr0 : {0xe7U, 0x200e7U, 0x400e7U}) {
    answers = server_with_amx();
    answers.xcr0 = xcr0;
    EXPECT_EQ(supported_instruction_sets(answers).back(), InstructionSet::kAvx512) << std::hex << xcr0;
    EXPECT_EQ(why_no_amx(answers),
              "this processor has AMX, but its operating system does not save the tiles, so they are not used; Linux "
              "does from 5.16 on");
  }
}

TEST(Cpu, NeedsEveryPartOfAmx) {
  const auto expect_none = [](void (*take_away)(CpuidAnswers&), const char* reason) {
    CpuidAnswers answers = server_with_amx();
    take_away(answers);
    EXPECT_NE(supported_instruction_sets(answers).back(), InstructionSet::kAmx);
    EXPECT_EQ(why_no_amx(answers), reason);
  };
  constexpr const char* kParts =
      "this processor has AMX, but not all of AMX-INT8, AMX-BF16, AVX512_VNNI and AVX512_BF16, so its tiles are not "
      "used";
  expect_none([](CpuidAnswers& answers) { answers.leaf7_edx &= ~kAmxTile; }, "");
  expect_none([](CpuidAnswers& answers) { answers.leaf7_edx &= ~kAmxInt8; }, kParts);
  expect_none([](CpuidAnswers& answers) { answers.leaf7_edx &= ~kAmxBf16; }, kParts);
  expect_none([](CpuidAnswers& answers) { answers.leaf7_ecx = 0; }, kParts);
  expect_none([](CpuidAnswers& answers) { answers.leaf7_1_eax = 0; }, kParts);
  expect_none([](CpuidAnswers& answers) { answers.leaf7_ebx &= ~(1U << 16); }, kParts);
}

TEST(Cpu, RefusesAmxWhereItIsNotAsAnyOtherSet) {
  if (supported_instruction_sets().back() == InstructionSet::kAmx) GTEST_SKIP() << "this machine has AMX";
  const Variable forced("RIVERBANK_ISA", "amx");
  expect_error(
      ErrorKind::kUnsupported,
      "RIVERBANK_ISA asks for the instruction set \"amx\", which this processor or its operating system lacks; "
      "this machine has: portable",
      [] { choose_instruction_set(); });
}

#if defined(__x86_64__)
TEST(Cpu, AgreesWithTheCompilersRuntime) {
  const auto& sets = supported_instruction_sets();
  const auto has = [&](InstructionSet set) { return std::find(sets.begin(), sets.end(), set) != sets.end(); };
  EXPECT_EQ(has(InstructionSet::kAvx2), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(has(InstructionSet::kAvx512), __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
  // With a kernel that grants it: the compiler's runtime does not ask.
  if (why_no_amx().empty()) {
    EXPECT_EQ(has(InstructionSet::kAmx), __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
                                             __builtin_cpu_supports("amx-bf16"));
  }
}
#endif

TEST(Cpu, TakesTheBestUnlessToldOtherwise) {
  {
    const Variable none("RIVERBANK_ISA", "");
    EXPECT_EQ(choose_instruction_set(), supported_instruction_sets().back());
  }
  const Variable forced("RIVERBANK_ISA", "portable");
  EXPECT_EQ(choose_instruction_set(), InstructionSet::kPortable);
  for (const InstructionSet set : supported_instruction_sets()) EXPECT_EQ(choose_instruction_set(to_string(set)), set);
}

TEST(Cpu, RefusesUnknownNamesWithTheListOfWhatThereIs) {
  expect_error(ErrorKind::kUnsupported, "the option asks for the instruction set \"mmx\"",
               [] { choose_instruction_set("mmx"); });
  expect_error(ErrorKind::kUnsupported, "this machine has: portable", [] { choose_instruction_set("AVX2"); });
  const Variable hostile("RIVERBANK_ISA", "\x1b[31mavx9");
  expect_error(ErrorKind::kUnsupported, "RIVERBANK_ISA asks for the instruction set \"\\x1b[31mavx9\"",
               [] { choose_instruction_set(); });
}

}  // namespace
}  // namespace riverbank
