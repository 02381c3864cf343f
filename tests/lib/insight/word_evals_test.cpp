#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/insight/sense_eval.h"
#include "lib/insight/wic.h"
#include "lib/insight/word_states.h"
#include "lib/insight/words.h"
#include "riverbank/transformer.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/needs_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::share;
using testing::TemporaryFolder;
using testing::tiny_model;

TEST(WordStates, AreTheMeanOfTheWordsPieces) {
  const auto model = share(tiny_model());
  LayeredEncoder encoder(model, 2);
  const std::vector<WordInText> words{{"the boats sat on the bank", {4, 9}}, {"she sat", {0, 3}}, {"", {0, 0}}};
  const WordStates states = read_words(encoder, words, true);
  ASSERT_EQ(states.words.size(), 4U);
  EXPECT_EQ(states.found, (std::vector<bool>{true, true, false}));
  const Trace trace = Transformer(model).trace(words[0].text);
  const auto places = find_word(words[0].text, trace.tokens, "boats");
  ASSERT_EQ(places.size(), 1U);
  for (int layer = 0; layer <= 2; ++layer) {
    const std::vector<float> expected = word_vector(trace, places[0], layer);
    for (Eigen::Index i = 0; i < 24; ++i) {
      EXPECT_NEAR(states.words[static_cast<std::size_t>(layer + 1)](0, i), expected[static_cast<std::size_t>(i)], 1e-5);
    }
  }
  EXPECT_EQ(states.words[0].row(1), model->weights.embeddings.word.row(model->tokenizer.pieces("she")[0].id));
  EXPECT_EQ(states.surroundings[0].row(1), model->weights.embeddings.word.row(model->tokenizer.pieces("sat")[0].id));
  EXPECT_TRUE(states.words[3].row(2).isZero());
}

class WordEvals : public ::testing::Test {
 protected:
  WordEvals() : model_(testing::write_tiny_model(folder_.path() / "model").string()) {}

  void write_wic(const std::string& train, const std::string& dev) const {
    const std::string header = "word\tpos\tidx1\tidx2\tsent1\tsent2\tlabel\n";
    folder_.write("wic/train.tsv", header + train);
    folder_.write("wic/dev.tsv", header + dev);
  }
  WicReport wic() const {
    WicOptions options;
    options.folder = folder_.path() / "wic";
    options.model = model_;
    return measure_wic(options);
  }
  SenseEvalReport senses(const std::string& model = "", std::size_t most = 600) const {
    SenseEvalOptions options;
    options.folder = folder_.path() / "set";
    options.model = model.empty() ? model_ : model;
    options.most_training = most;
    return measure_senses(options);
  }

  TemporaryFolder folder_;
  std::string model_;
};

TEST_F(WordEvals, WicTellsEqualSentencesFromOthers) {
  std::string pairs;
  for (const char* word : {"river", "money", "boat", "loan"}) {
    pairs += std::string("bank\tN\t1\t1\tthe bank ") + word + "\tthe bank " + word + "\tT\n";
    pairs += std::string("bank\tN\t1\t3\tthe bank ") + word + "\tshe sat on bank\tF\n";
  }
  write_wic(pairs, pairs);
  const WicReport report = wic();
  EXPECT_EQ(report.train_pairs, 8U);
  ASSERT_EQ(report.rows.size(), kWicReadings * 4);
  EXPECT_EQ(report.rows[0].layer, kWordTable);
  EXPECT_DOUBLE_EQ(report.rows[0].dev.value(), 0.5);  // the same word is the same row everywhere
  EXPECT_DOUBLE_EQ(report.rows[3].dev.value(), 1.0);
  EXPECT_EQ(report.chosen, 1U);  // the first of equals
  for (const WicRow& row : report.rows) EXPECT_EQ(row.train.right, row.dev.right);
}

TEST_F(WordEvals, WicChoosesWithoutTheDevPairs) {
  write_wic("bank\tN\t1\t1\tthe bank\tthe bank\tT\nbank\tN\t1\t3\tthe bank\tshe sat on bank\tF\n",
            "bank\tN\t1\t1\tthe bank\tthe bank\tF\nbank\tN\t1\t3\tthe bank\tshe sat on bank\tT\n");
  const WicReport report = wic();
  EXPECT_DOUBLE_EQ(report.rows[report.chosen].train.value(), 1);
  EXPECT_DOUBLE_EQ(report.rows[report.chosen].dev.value(), 0);
}

TEST_F(WordEvals, WicSaysTheLineOfWhatIsWrong) {
  const std::string good = "bank\tN\t1\t1\tthe bank\tthe bank\tT\n";
  write_wic(good + "bank\tN\t7\t1\tthe bank\tthe bank\tT\n", good);
  expect_error(ErrorKind::kCorrupt, "train.tsv:3: the sentence has no token 7", [&] { wic(); });
  write_wic(good, "bank\tN\tx\t1\tthe bank\tthe bank\tT\n");
  expect_error(ErrorKind::kCorrupt, "dev.tsv:2: a token's index must be a whole number", [&] { wic(); });
  write_wic(good, "bank\tN\t1\t1\tthe bank\tthe bank\t?\n");
  expect_error(ErrorKind::kCorrupt, "label must be T or F", [&] { wic(); });
  write_wic(good, "");
  expect_error(ErrorKind::kInvalidArgument, "dev.tsv has no pairs", [&] { wic(); });
  folder_.write("wic/dev.tsv", "word\tpos\n");
  expect_error(ErrorKind::kCorrupt, "missing: idx1, idx2, sent1, sent2, label", [&] { wic(); });
}

TEST_F(WordEvals, SensesAreThoseOfTheNearestCentroid) {
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  folder_.write("set/bank/train.data.txt",
                "4\tHe sat on the bank of the river .\n3\tReeds grew on bank and shore of the stream .\n"
                "1\tThe bank raised its interest rates .\n5\tShe paid the cheque at the bank .\n");
  folder_.write("set/bank/train.gold.txt", "0\n0\n1\n1\n");
  folder_.write("set/bank/test.data.txt",
                "4\tThey fished from the bank all day .\n4\tA loan from the bank costs six per cent .\n"
                "3\tReeds lined the bank of the river .\n");
  folder_.write("set/bank/test.gold.txt", "0\n1\n0\n");
  folder_.write("set/apple/train.data.txt",
                "1\tThe apple fell from the tree .\n2\tShares in apple fell after the telephone was shown .\n");
  folder_.write("set/apple/train.gold.txt", "fruit\ncompany\n");
  folder_.write("set/apple/test.data.txt", "3\tShe peeled an apple for the pie .\n0\tapple sold more computers .\n");
  folder_.write("set/apple/test.gold.txt", "fruit\ncompany\n");
  const SenseEvalReport report = senses("all-MiniLM-L6-v2");
  ASSERT_EQ(report.rows.size(), 8U);
  EXPECT_EQ(report.words.at("bank").senses, 2U);
  EXPECT_EQ(report.rows.back().micro.of, 5U);
  EXPECT_GE(report.rows.back().micro.right, 4U);  // of two training sentences a sense one may be missed
  EXPECT_GE(report.rows.back().words.at("bank").right, 2U);
  // One row for the word everywhere: all test sentences of a word get the same answer.
  EXPECT_LT(report.rows.front().micro.right, report.rows.back().micro.right);
}

TEST_F(WordEvals, SensesLearnFromTheFirstSentencesOnly) {
  folder_.write("set/bank/train.data.txt", "0\tbank\n0\tbank river\n0\tbank money\n");
  folder_.write("set/bank/train.gold.txt", "a\nb\nc\n");
  folder_.write("set/bank/test.data.txt", "0\tbank money\n0\tbank\n");
  folder_.write("set/bank/test.gold.txt", "c\na\n");
  EXPECT_EQ(senses().rows.back().micro.right, 2U);
  const SenseEvalReport fewer = senses("", 2);
  EXPECT_EQ(fewer.words.at("bank").training, 2U);
  EXPECT_EQ(fewer.rows.back().micro.right, 1U);  // nothing was learned of "c"
}

TEST_F(WordEvals, SensesSayWhatIsWrong) {
  expect_error(ErrorKind::kNotFound, "CoarseWSD-20's layout", [&] { senses(); });
  folder_.write("set/bank/train.data.txt", "0\tbank\n");
  folder_.write("set/bank/train.gold.txt", "a\nb\n");
  expect_error(ErrorKind::kCorrupt, "2 senses for the 1 sentences of train.data.txt", [&] { senses(); });
  folder_.write("set/bank/train.gold.txt", "a\n");
  expect_error(ErrorKind::kNotFound, "test.data.txt", [&] { senses(); });
  folder_.write("set/bank/test.gold.txt", "a\n");
  folder_.write("set/bank/test.data.txt", "3\tthe bank\n");
  expect_error(ErrorKind::kCorrupt, "test.data.txt:1: the sentence has no token 3", [&] { senses(); });
  folder_.write("set/bank/test.data.txt", "the bank\n");
  expect_error(ErrorKind::kCorrupt, "test.data.txt:1: the line must begin with", [&] { senses(); });
}

}  // namespace
}  // namespace riverbank
