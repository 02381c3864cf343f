#include "lib/insight/encoder_check.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/needs_model.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

TEST(EncoderCheck, FindsTheEngineRightOnEveryInstructionSet) {
  const testing::EnvironmentVariable precision("RIVERBANK_PRECISION", "f32");
  for (const Pooling pooling : {Pooling::kCls, Pooling::kMean}) {
    for (const InstructionSet set : supported_instruction_sets()) {
      const testing::EnvironmentVariable forced("RIVERBANK_ISA", std::string(to_string(set)));
      const EncoderCheck check = check_encoder(testing::tiny_model(pooling), {});
      EXPECT_EQ(check.choice.instruction_set, set);
      EXPECT_EQ(check.limit, 0.9999);
      EXPECT_GT(check.cosine, 0.99999);
      EXPECT_TRUE(check.is_right());
      EXPECT_EQ(check.packed_weights.file, "");  // it was made in memory
    }
  }
}

TEST(EncoderCheck, HoldsEachPrecisionToItsOwnLimit) {
  for (const char* name : {"bge-small-en-v1.5", "all-MiniLM-L6-v2"}) {
    RIVERBANK_NEEDS_MODEL(name);
    const auto model = load_model(name);
    for (const Precision precision : supported_precisions(choose_instruction_set())) {
      const testing::EnvironmentVariable forced("RIVERBANK_PRECISION", std::string(to_string(precision)));
      const EncoderCheck check = check_encoder(*model, {});
      EXPECT_EQ(check.choice.precision, precision);
      EXPECT_TRUE(check.is_right()) << name << " " << to_string(precision) << " " << check.cosine;
      if (precision != Precision::kFloat32) {
        EXPECT_LT(check.cosine, 0.999998);  // it did run: float32 differs by less than a millionth
      }
    }
  }
}

TEST(EncoderCheck, SaysWhatCannotRun) {
  const testing::EnvironmentVariable forced("RIVERBANK_ISA", "mmx");
  testing::expect_error(ErrorKind::kUnsupported, "mmx", [] { check_encoder(testing::tiny_model(), {}); });
}

TEST(EncoderCheck, BelowTheLimitIsWrong) {
  EncoderCheck check{.cosine = 0.98, .limit = 0.99};
  EXPECT_FALSE(check.is_right());
  check.cosine = NAN;
  EXPECT_FALSE(check.is_right());
}

}  // namespace
}  // namespace riverbank
