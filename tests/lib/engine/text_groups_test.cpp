#include "lib/engine/text_groups.h"

#include <gtest/gtest.h>

#include <numeric>

namespace riverbank {
namespace {

using Sizes = std::vector<std::size_t>;

class TextGroups : public ::testing::Test {
 protected:
  /// The lengths of the texts of each group, after a check that they are the batch's own.
  static std::vector<Sizes> groups(const Sizes& lengths, std::size_t tokens, bool with_types = true) {
    Sizes starts{0};
    for (const std::size_t length : lengths) starts.push_back(starts.back() + length);
    std::vector<std::int32_t> ids(starts.back()), types(with_types ? starts.back() : 0, 1);
    std::iota(ids.begin(), ids.end(), 0);
    std::vector<Sizes> of_groups;
    std::size_t text = 0;
    for (const TextGroup& group : groups_of({ids, types, starts}, tokens)) {
      EXPECT_EQ(group.first_text, text);
      EXPECT_EQ(group.first_row, starts[text]);
      const RaggedBatch batch = group.batch();
      EXPECT_EQ(batch.starts.front(), 0U);
      EXPECT_EQ(batch.starts.back(), batch.ids.size());
      EXPECT_EQ(batch.type_ids.size(), with_types ? batch.ids.size() : 0);
      EXPECT_TRUE(batch.ids.empty() || batch.ids.front() == static_cast<std::int32_t>(starts[text]));
      Sizes& texts = of_groups.emplace_back();
      for (std::size_t i = 0; i + 1 < batch.starts.size(); ++i) texts.push_back(batch.starts[i + 1] - batch.starts[i]);
      text += texts.size();
    }
    EXPECT_EQ(text, lengths.size());
    return of_groups;
  }
};

TEST_F(TextGroups, TakeAsManyTextsAsFit) {
  EXPECT_EQ(groups({4, 6, 1, 9, 2}, 10), (std::vector<Sizes>{{4, 6}, {1, 9}, {2}}));
  EXPECT_EQ(groups({4, 6, 1, 9, 2}, 10, false), (std::vector<Sizes>{{4, 6}, {1, 9}, {2}}));
  EXPECT_EQ(groups({4}, 10), (std::vector<Sizes>{{4}}));
}

TEST_F(TextGroups, LeaveALongTextAlone) {
  EXPECT_EQ(groups({3, 11, 3, 12, 13}, 10), (std::vector<Sizes>{{3}, {11}, {3}, {12}, {13}}));
}

TEST_F(TextGroups, KeepTextsWithoutTokens) {
  EXPECT_EQ(groups({0, 11, 0, 0, 5}, 10), (std::vector<Sizes>{{0}, {11}, {0, 0, 5}}));
  EXPECT_EQ(groups({0, 0}, 10), (std::vector<Sizes>{{0, 0}}));
  EXPECT_EQ(groups({}, 10), (std::vector<Sizes>{}));
}

}  // namespace
}  // namespace riverbank
