#include "lib/base/printable.h"

#include <gtest/gtest.h>

namespace riverbank {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("naïve café 東京 🙂"), "naïve café 東京 🙂");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, ShowsWhatATerminalWouldActOn) {
  EXPECT_EQ(printable("a\nb\tc\r\x1b[31m"), "a\\nb\\tc\\x0d\\x1b[31m");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");  // C1 control sequence introducer
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "evil"),
            "\\u202eevil");                         // right-to-left override
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\u2028");  // line separator
}

TEST(Printable, ShowsIllFormedUtf8ByteByByte) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
}

}  // namespace
}  // namespace riverbank
