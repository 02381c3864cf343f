#include "lib/insight/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Html, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(escape_html("<b a=\"1\" c='2'>&amp;</b>"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
  EXPECT_EQ(escape_html("two\nlines\tand \xe2\x80\xae\x1b[31m\xff"), "two\nlines\tand \\u202e\\x1b[31m\\xff");
}

TEST(Html, JsonCannotLeaveItsScriptAndMeansTheSame) {
  const std::string hostile = "</script><!--<script>&\xe2\x80\xa8\xe2\x80\xae\x7f\x01 \\u003c \\ \"\n\t caf\xc3\xa9";
  const nlohmann::json value{{"text", hostile}, {"list", {1, 2.5, nullptr}}};
  for (const int indent : {-1, 2}) {
    const std::string safe = json_in_script(value.dump(indent));
    EXPECT_EQ(nlohmann::json::parse(safe), value);
    for (const char* bad : {"<", ">", "&", "\xe2\x80\xa8", "\xe2\x80\xae", "\x7f"})
      EXPECT_THAT(safe, Not(HasSubstr(bad)));
  }
}

TEST(Html, IsOneFileThatMayAskNobody) {
  const std::string page =
      make_html({.title = "bank & </title>", .body = "<h1>bank</h1>", .data = "{\"a\":\"</script>\"}"});
  EXPECT_THAT(page, ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("<title>bank &amp; &lt;/title&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("color-scheme: light dark"));
  EXPECT_THAT(page, HasSubstr("{\"a\":\"\\u003c/script\\u003e\"}"));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  testing::expect_error(ErrorKind::kInvalidArgument, "no page file \"none.js\"",
                        [] { make_html({.scripts = {"none.js"}}); });
}

}  // namespace
}  // namespace riverbank
