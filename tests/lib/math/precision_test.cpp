#include "lib/math/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/environment.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

constexpr std::uint32_t kAvx512Vnni = 1U << 11, kAvx512Bf16 = 1U << 5;

TEST(PrecisionOf, EachInstructionSetIsWhatTheProcessorHasInstructionsFor) {
  const CpuidAnswers plain{}, vnni{.leaf7_ecx = kAvx512Vnni}, all{.leaf7_ecx = kAvx512Vnni, .leaf7_1_eax = kAvx512Bf16};
  EXPECT_THAT(supported_precisions(InstructionSet::kAvx512, plain), ElementsAre(Precision::kFloat32));
  EXPECT_THAT(supported_precisions(InstructionSet::kAvx512, vnni), ElementsAre(Precision::kFloat32, Precision::kInt8));
  EXPECT_THAT(supported_precisions(InstructionSet::kAvx512, all),
              ElementsAre(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8));
  EXPECT_THAT(supported_precisions(InstructionSet::kAmx, all),
              ElementsAre(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8));
  EXPECT_THAT(supported_precisions(InstructionSet::kAvx2, plain), ElementsAre(Precision::kFloat32, Precision::kInt8));
  EXPECT_THAT(supported_precisions(InstructionSet::kAvx2Vnni, plain),
              ElementsAre(Precision::kFloat32, Precision::kInt8));
  EXPECT_THAT(supported_precisions(InstructionSet::kPortable, all), ElementsAre(Precision::kFloat32));
}

TEST(PrecisionOf, TheOptionGoesBeforeTheVariable) {
  const testing::EnvironmentVariable variable("RIVERBANK_PRECISION", "f32");
  EXPECT_EQ(choose_precision(InstructionSet::kPortable), Precision::kFloat32);
  expect_error(ErrorKind::kUnsupported,
               "the option asks for the precision \"int8\", which the instruction set portable",
               [] { choose_precision(InstructionSet::kPortable, "int8"); });
}

TEST(PrecisionOf, NothingAskedIsNothingChosen) {
  const testing::EnvironmentVariable variable("RIVERBANK_PRECISION", "");
  EXPECT_EQ(choose_precision(InstructionSet::kPortable), std::nullopt);
}

TEST(PrecisionOf, UnknownNamesAreRefusedWithTheListOfWhatThereIs) {
  const testing::EnvironmentVariable variable("RIVERBANK_PRECISION", "\x1b[1mfp4");
  expect_error(
      ErrorKind::kUnsupported,
      "RIVERBANK_PRECISION asks for the precision \"\\x1b[1mfp4\", which riverbank does not know; there is: f32",
      [] { choose_precision(InstructionSet::kPortable); });
}

}  // namespace
}  // namespace riverbank
