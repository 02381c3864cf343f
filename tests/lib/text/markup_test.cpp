#include "lib/text/markup.h"

#include <gtest/gtest.h>

#include <string>

namespace riverbank {
namespace {

TEST(Markup, AnchorsAndCommentsSayNothing) {
  EXPECT_TRUE(is_only_markup("<a id=\"old-name\"></a>"));
  EXPECT_TRUE(is_only_markup("<!-- Old headings. Do not remove or links may break. -->\n<a id=\"x\"></a>\n"));
  EXPECT_TRUE(is_only_markup("<br/> -- <hr>"));
}

TEST(Markup, TextInsideOrBesideTagsIsText) {
  EXPECT_FALSE(is_only_markup("<p>The river</p>"));
  EXPECT_FALSE(is_only_markup("<b></b> 7"));
  EXPECT_FALSE(is_only_markup("<i></i>東京"));
}

TEST(Markup, WhatHasNoMarkupIsNone) {
  EXPECT_FALSE(is_only_markup(""));
  EXPECT_FALSE(is_only_markup("---"));
  EXPECT_FALSE(is_only_markup("a < b > c"));
  EXPECT_FALSE(is_only_markup("<3"));
}

TEST(Markup, WhatIsNotClosedIsText) {
  EXPECT_FALSE(is_only_markup("<!-- never ends"));
  EXPECT_FALSE(is_only_markup("<a href="));
  EXPECT_FALSE(is_only_markup("<a <b>"));
  EXPECT_FALSE(is_only_markup(std::string(1'000'000, '<')));
}

}  // namespace
}  // namespace riverbank
