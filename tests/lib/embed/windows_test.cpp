#include "lib/embed/windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "riverbank/embedder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::share;
using testing::tiny_model;

const Tokenizer& tokenizer() {
  static const auto model = share(tiny_model());
  return model->tokenizer;
}

std::vector<TextWindow> windows(const std::string& text, std::size_t most_tokens) {
  return windows_of(text, tokenizer().pieces(text), most_tokens);
}

std::vector<std::string> texts_of(const std::string& text, const std::vector<TextWindow>& windows) {
  std::vector<std::string> texts;
  for (const TextWindow& window : windows) texts.emplace_back(window.span.of(text));
  return texts;
}

TEST(Windows, ATextThatFitsIsOne) {
  const std::string text = "  The river sat. ";
  const auto whole = windows(text, 4);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].span.of(text), text);
  EXPECT_EQ(windows("", 4).size(), 1U);
  EXPECT_EQ(windows(" \n", 1).size(), 1U);
}

TEST(Windows, EndWhereASentenceDoes) {
  const std::string text = "The river sat. The bank sat on money. The boat sat on the water.";
  EXPECT_THAT(texts_of(text, windows(text, 12)),
              ::testing::ElementsAre("The river sat. The bank sat on money.", ". The boat sat on the water."));
}

/// With no sentence to end at, a word is not cut in two either.
TEST(Windows, EndBetweenWordsOtherwise) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "boats ";  // boat ##s
  for (const auto& window : texts_of(text, windows(text, 7))) {
    EXPECT_TRUE(window.starts_with("boats")) << window;
    EXPECT_TRUE(window.ends_with("boats")) << window;
  }
}

/// Whatever the text: windows fit, leave nothing out, move on, overlap little and count each token once.
TEST(Windows, HoldAllOfTheText) {
  std::string mixed;
  for (int i = 0; i < 300; ++i) {
    mixed += i % 17 == 0 ? "River. \n\n" : i % 5 == 0 ? "the boats, sat " : i % 23 == 0 ? "zzzzqqqqxxxx " : "water ";
  }
  const std::vector<std::string> texts = {mixed, std::string(90, 'x') + " " + std::string(90, 'y'),
                                          std::string(500, '.'), "bank \xff\xfe river " + mixed};
  for (const std::string& text : texts) {
    const std::vector<Piece> pieces = tokenizer().pieces(text);
    for (const std::size_t most : {1, 2, 3, 7, 8, 30, 64}) {
      const auto all = windows_of(text, pieces, most);
      std::size_t new_tokens = 0;
      std::size_t covered = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_GE(all[i].new_tokens, 1U);
        new_tokens += all[i].new_tokens;
        EXPECT_TRUE(i == 0 || all[i].span.begin > all[i - 1].span.begin);
        std::size_t held = 0;
        for (const Piece& piece : pieces) {
          held += piece.span.begin >= all[i].span.begin && piece.span.end <= all[i].span.end ? 1 : 0;
        }
        EXPECT_LE(held, most);
        EXPECT_LE(held, all[i].new_tokens + most / 8) << "overlap";
        EXPECT_TRUE(
            i == 0 ||
            tokenizer().pieces(text.substr(covered, all[i].span.begin - std::min(covered, all[i].span.begin))).empty());
        covered = all[i].span.end;
      }
      EXPECT_EQ(new_tokens, pieces.size());
      EXPECT_EQ(covered, pieces.back().span.end);
    }
  }
}

TEST(Windows, ArePooledByWhatTheyAdd) {
  const Matrix vectors = (Matrix(2, 2) << 1, 0, 0, 1).finished();
  const RowVector pooled = pool_windows(vectors, std::vector<TextWindow>{{{}, 30}, {{}, 40}});
  EXPECT_NEAR(pooled(0), 0.6F, 1e-6);
  EXPECT_NEAR(pooled(1), 0.8F, 1e-6);
}

TEST(Embedder, ReadsLongTextsThroughWindows) {
  const auto model = share(tiny_model());
  const Embedder cut(model);
  const Embedder windowed(model, {.threads = 2, .instruction_set = "", .long_texts = LongTexts::kWindows});
  std::string river;
  for (int i = 0; i < 30; ++i) river += "The river sat on the bank. ";
  const std::vector<std::string> texts = {"She sat.", river + "Money.", "", river + "A loan of the tree in the water."};
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const Embeddings all = windowed.embed(views);
  const Embeddings cuts = cut.embed(views);
  ASSERT_EQ(all.rows, 4U);
  EXPECT_EQ(all.windowed, 2U);
  EXPECT_EQ(all.truncated, 0U);
  EXPECT_EQ(cuts.windowed, 0U);
  EXPECT_EQ(cuts.truncated, 2U);
  const auto row = [](const Embeddings& from, std::size_t i) {
    return std::vector<float>(from.row(i).begin(), from.row(i).end());
  };
  EXPECT_EQ(row(all, 0), row(cuts, 0));  // what fits has the same bits
  EXPECT_EQ(row(all, 2), row(cuts, 2));
  EXPECT_EQ(row(cuts, 1), row(cuts, 3));  // both were cut before they differ
  EXPECT_NE(row(all, 1), row(all, 3));
  EXPECT_EQ(row(all, 3), windowed.embed(texts[3]));  // alone as among others

  // By hand: the windows embedded as texts of their own, their mean by new tokens.
  const auto parts = windows_of(texts[3], model->tokenizer.pieces(texts[3]), 30);
  RowVector sum = RowVector::Zero(24);
  for (const TextWindow& part : parts) {
    const std::vector<float> vector = cut.embed(part.span.of(texts[3]));
    sum += static_cast<float>(part.new_tokens) * Eigen::Map<const RowVector>(vector.data(), 24);
  }
  sum.normalize();
  for (std::size_t d = 0; d < 24; ++d) EXPECT_NEAR(row(all, 3)[d], sum[static_cast<Eigen::Index>(d)], 1e-6);
}

TEST(Embedder, WindowsLeaveRoomForThePrompt) {
  Model model = tiny_model();
  model.embedding.query_prompt = "query: ";
  const Embedder embedder(share(std::move(model)),
                          {.threads = 1, .instruction_set = "", .long_texts = LongTexts::kWindows});
  std::string text;
  for (int i = 0; i < 60; ++i) text += "water ";
  const std::string_view view = text;
  const Embeddings embedded = embedder.embed(std::span(&view, 1), TextKind::kQuery);
  EXPECT_EQ(embedded.windowed, 1U);
  EXPECT_EQ(embedded.truncated, 0U);  // not one window was cut
}

}  // namespace
}  // namespace riverbank
