#include "lib/insight/window.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;

class Window : public ::testing::Test {
 protected:
  Model model_ = testing::tiny_model();
};

TEST_F(Window, IsTheWholeTextWhenItFits) {
  const std::string text = " the bank ";
  const WordWindow window = window_around(model_, text, {0, 0}, 4);
  EXPECT_EQ(window.span, (Span{0, text.size()}));
  EXPECT_EQ(window.tokens, 4U);
  EXPECT_FALSE(window.is_part(text));
}

TEST_F(Window, HasTheMiddleInItAndKeepsToTheLimit) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the boats ";  // 3 pieces each time
  for (std::size_t at = 0; at < text.size(); at += 10) {
    for (const std::size_t limit : {4U, 9U, 32U}) {
      const WordWindow window = window_around(model_, text, {at, at + 3}, limit);
      EXPECT_EQ(window.tokens, 152U);
      EXPECT_LE(window.span.begin, at);
      EXPECT_GE(window.span.end, at + 3);
      EXPECT_LE(model_.tokenizer.pieces(window.span.of(text)).size() + 2, limit);
      const char first = window.span.of(text)[0];
      EXPECT_TRUE(first == 't' || first == 'b') << window.span.of(text);  // no word is cut
    }
  }
  const WordWindow middle = window_around(model_, text, {250, 253}, 32);
  EXPECT_NEAR(static_cast<double>(middle.span.begin + middle.span.end) / 2, 250, 12);
}

TEST_F(Window, NeedsRoom) {
  expect_error(ErrorKind::kInvalidArgument, "fewer than 3 tokens", [&] { window_around(model_, "bank", {0, 4}, 2); });
}

TEST_F(Window, FindsAWordBehindTheModelsLimit) {
  const std::string text = std::string(200, '?') + " bank and bank";
  EXPECT_EQ(span_of_word(model_, text, "bank#2").begin, 210U);
  expect_error(ErrorKind::kInvalidArgument, "does not have the word \"river\"",
               [&] { span_of_word(model_, text, "river"); });
}

}  // namespace
}  // namespace riverbank
