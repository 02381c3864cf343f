#include "lib/embed/encoder_choice.h"

#include <gtest/gtest.h>

#include "lib/model/catalogue.h"
#include "lib/model/model.h"
#include "riverbank/embedder.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/needs_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

class Choice : public ::testing::Test {
 protected:
  static Model model(bool measured) {
    Model made = testing::tiny_model();
    made.keeps_answers_in_int8 = measured;
    return made;
  }

  testing::EnvironmentVariable no_set_{"RIVERBANK_ISA", std::nullopt};
  testing::EnvironmentVariable no_precision_{"RIVERBANK_PRECISION", std::nullopt};
};

TEST_F(Choice, AModelThatNobodyMeasuredIsComputedInFloat32) {
  const EncoderChoice choice = choose_encoder(model(false), "", "");
  EXPECT_EQ(choice.instruction_set, supported_instruction_sets().back());
  EXPECT_EQ(choice.precision, Precision::kFloat32);
  const bool has_faster = supported_precisions(choice.instruction_set).size() > 1;
  EXPECT_EQ(choice.reason, has_faster ? PrecisionReason::kNotMeasured : PrecisionReason::kNoFasterKernels);
}

TEST_F(Choice, AMeasuredOneInTheFastestOfEverySet) {
  for (const InstructionSet set : supported_instruction_sets()) {
    const EncoderChoice choice = choose_encoder(model(true), std::string(to_string(set)), "");
    EXPECT_EQ(choice.instruction_set, set);
    EXPECT_EQ(choice.precision, supported_precisions(set).back());
    const bool is_exact = choice.precision == Precision::kFloat32;
    EXPECT_EQ(choice.reason, is_exact ? PrecisionReason::kNoFasterKernels : PrecisionReason::kMeasured);
  }
}

TEST_F(Choice, WhatIsAskedForGoesFirst) {
  const EncoderChoice by_option = choose_encoder(model(true), "portable", "f32");
  EXPECT_EQ(by_option.reason, PrecisionReason::kAsked);
  const testing::EnvironmentVariable set("RIVERBANK_ISA", "portable"), precision("RIVERBANK_PRECISION", "f32");
  const EncoderChoice by_variable = choose_encoder(model(true), "", "");
  EXPECT_EQ(by_variable.instruction_set, InstructionSet::kPortable);
  EXPECT_EQ(by_variable.reason, PrecisionReason::kAsked);
  testing::expect_error(ErrorKind::kUnsupported, "\"int8\"", [] { choose_encoder(model(true), "", "int8"); });
}

TEST_F(Choice, IsWhatTheEmbedderRuns) {
  for (const bool measured : {false, true}) {
    const EncoderChoice choice = choose_encoder(model(measured), "", "");
    const Embedder embedder(testing::share(model(measured)));
    EXPECT_EQ(embedder.info().instruction_set, to_string(choice.instruction_set));
    EXPECT_EQ(embedder.info().precision, to_string(choice.precision));
  }
}

/// The measurement is of the weights, not of whatever bears the name.
TEST_F(Choice, AnotherModelUnderAKnownNameIsNotMeasured) {
  const testing::TemporaryFolder home;
  const testing::EnvironmentVariable data("XDG_DATA_HOME", home.path().string()),
      cache("XDG_CACHE_HOME", home.path().string());
  testing::write_tiny_model(home.path() / "riverbank/models/bge-small-en-v1.5");
  EXPECT_FALSE(load_model("bge-small-en-v1.5")->keeps_answers_in_int8);
}

TEST_F(Choice, TheCataloguesModelsWereMeasured) {
  for (const KnownModel& known : catalogue()) {
    RIVERBANK_NEEDS_MODEL(std::string(known.name));
    EXPECT_TRUE(load_model(std::string(known.name))->keeps_answers_in_int8) << known.name;
  }
}

TEST_F(Choice, OnlyAModelOnTheDiskLeavesItsWeightsPacked) {
  EXPECT_EQ(fingerprint_on_disk(model(true)), "");
  const testing::TemporaryFolder folder;
  Model on_disk = model(true);
  on_disk.folder = folder.path();
  EXPECT_EQ(fingerprint_on_disk(on_disk), on_disk.fingerprint);
}

}  // namespace
}  // namespace riverbank
