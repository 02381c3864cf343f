#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/dates.h"
#include "tests/cli/fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank::cli {
namespace {

using Clock = std::chrono::system_clock;
using namespace std::chrono_literals;

std::string local_time(Clock::time_point time) {
  const std::time_t seconds = Clock::to_time_t(time);
  std::tm calendar{};
  ::localtime_r(&seconds, &calendar);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &calendar);
  return text;
}

TEST(Dates, AreStretchesOfTheLocalCalendar) {
  const auto borders = [](const char* text) {
    const Period period = read_period(text, "--since");
    return local_time(period.begin) + " " + local_time(period.end);
  };
  EXPECT_EQ(borders("2024"), "2024-01-01T00:00:00 2025-01-01T00:00:00");
  EXPECT_EQ(borders("2024-12"), "2024-12-01T00:00:00 2025-01-01T00:00:00");
  EXPECT_EQ(borders("2024-02-29"), "2024-02-29T00:00:00 2024-03-01T00:00:00");
  EXPECT_EQ(borders("2024-02-29T23:59"), "2024-02-29T23:59:00 2024-03-01T00:00:00");
}

TEST(Dates, OrAMomentAgo) {
  const auto age = [](const char* text) { return Clock::now() - read_period(text, "--since").begin; };
  EXPECT_LT(age("7d") - 7 * 24h, 10s);
  EXPECT_GE(age("7d"), 7 * 24h);
  EXPECT_LT(age("90m") - 90min, 10s);
  EXPECT_LT(age("2w") - 14 * 24h, 10s);
  EXPECT_LT(age("1y") - 365 * 24h, 10s);
  EXPECT_LT(age("today"), 25h);
  EXPECT_GE(age("yesterday"), 23h);
}

TEST(Dates, ThatAreNoneAreRefusedByName) {
  for (const char* bad : {"", "soon", "2023-02-29", "2024-13", "2024-00-10", "2024-1-1", "24-01-01", "2024-01-01T25:00",
                          "7", "d", "7x", "-7d", "99999999d", "2024-01-01x", "1066", "2024-04-31", "7 d", "\x1b[31m"}) {
    testing::expect_error(ErrorKind::kInvalidArgument, "--since takes a date", [&] { read_period(bad, "--since"); });
  }
}

class FilterFlags : public ProgramTest {
 protected:
  FilterFlags() {
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 30);
    std::filesystem::last_write_time(program.home() / "book/money.md", old);
  }
  std::string found(std::vector<std::string> flags) const {
    flags.insert(flags.end(), {"--json", "-k", "50"});
    const Outcome outcome = query("bank", flags);
    EXPECT_LT(outcome.exit_code, 2) << outcome.err;
    std::string documents;
    const auto json = nlohmann::json::parse(outcome.out);
    for (const auto& hit : json.at("hits")) {
      documents += hit.at("document").get<std::string>() + " ";
    }
    return documents;
  }
};

TEST_F(FilterFlags, ChooseFiles) {
  EXPECT_EQ(found({"--type", "txt"}), "notes/boat.txt ");
  EXPECT_EQ(found({"--since", "7d", "--type", "markdown"}), "river.md ");
  EXPECT_EQ(found({"--until", "7d"}), "money.md ");
  EXPECT_EQ(found({"--heading", "the river"}), "river.md ");
  EXPECT_EQ(found({"--document", "notes/boat.txt"}), "notes/boat.txt ");
  EXPECT_EQ(found({"--type", "txt", "--type", "md", "--path", "m*"}), "money.md ");
}

TEST_F(FilterFlags, ThatNothingPassesAreNamed) {
  const Outcome outcome = query("bank", {"--path", "*.xyz", "--since", "1h"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("Nothing in ~/book passes --path \"*.xyz\" --since \"1h\""));
}

TEST_F(FilterFlags, ThatCannotBeReadAreTwo) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
      {{"--since", "someday"}, "--since takes a date"},
      {{"--until", "2023-02-29"}, "--until takes a date"},
      {{"--path", "[a"}, "a [ has no ]"},
      {{"--meta", "novalue"}, "NAME=VALUE"},
      {{"--heading", "?!"}, "has none"},
      {{"--mmr", "1.5"}, "between 0"},
      {{"--mmr", "nan"}, "between 0"},
      {{"-k", "0"}, "1 or more is needed, not 0"},
      {{"--per-document", "-1"}, "per-document"},
      {{"--like", "nowhere.md:3"}, "is not in the index"},
      {{"--like", "river.md:0"}, "counted from 1"},
      {{"--like", "river.md:900"}, "its last one ends at line"},
      {{"--minus", "money", "--mode", "keyword"}, "keyword mode does not have"}};
  for (const auto& [flags, message] : cases) {
    const Outcome outcome = query("bank", flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags[0] << " " << flags[1];
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }
}

TEST_F(FilterFlags, LikeTakesAFileOfTheDiskAndLeavesItsPassageOut) {
  program.run({"index", path("book")});
  const Outcome outcome = program.run({"query", "--like", path("book/river.md") + ":3", path("book"), "-k", "9"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("money.md"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("river.md")));
  program.work_in(program.home() / "book");
  EXPECT_EQ(program.run({"query", "--like", "river.md", "-k", "9"}).out, [&] {
    return program.run({"query", "--like", "river.md:1", "-k", "9"}).out;
  }());
  const Outcome nothing = program.run({"query"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("what is the question?"));
}

TEST_F(FilterFlags, PlusAndMinusTakeTexts) {
  EXPECT_EQ(query("bank", {"--plus", "- a river", "--minus", "money", "--minus", "loan"}).exit_code, 0);
}

TEST_F(FilterFlags, TheQuestionsOwnMarksWork) {
  EXPECT_THAT(query("\"bank of the river\"").out, HasSubstr("river.md"));
  EXPECT_THAT(query("\"bank of the river\"").out, Not(HasSubstr("money.md")));
  const Outcome without = query("bank -river -boat");
  EXPECT_THAT(without.out, HasSubstr("money.md"));
  EXPECT_THAT(without.out, Not(HasSubstr("river.md")));
  const Outcome none = query("bank -bank");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("Passages with bank were left out"));
}

TEST_F(FilterFlags, PassagesThatSayTheSameAreFoldedUnlessForbidden) {
  write("book/copy.md", "# The river\n\nShe sat on the bank of the river! Reeds grew in the water…\n");
  query("bank");
  program.set("NO_COLOR", "1");
  const Outcome folded = program.run_on_terminal({"query", "river bank", path("book"), "--min-relevance", "0"}, 100);
  EXPECT_THAT(folded.out, HasSubstr("and 1 more like this: "));
  EXPECT_THAT(folded.out, Not(HasSubstr("# The river")));  // the heading stands above, without its marks
  const Outcome all = query("river bank", {"--no-fold"});
  EXPECT_THAT(all.out, HasSubstr("copy.md"));
  EXPECT_THAT(all.out, HasSubstr("river.md"));
}

}  // namespace
}  // namespace riverbank::cli
