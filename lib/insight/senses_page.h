#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// One use of the word on the plane. All texts are plain.
struct SensePoint {
  double x = 0, y = 0;
  std::size_t sense = 0;
  std::string place;  ///< "river.md:3"
  std::string before, word, after;
};

/// One colour of the plane.
struct SenseGroup {
  std::string title;  ///< "23 uses: river, water, reeds"
};

/// The uses of a word as points, one colour and one shape a sense; a pointer or the arrow keys show the passage behind
/// a point. The whole HTML file; `title`, `lead` are plain text. At most 10,000 points are drawn.
std::string senses_page(std::string_view title, std::string_view lead, std::span<const SenseGroup> senses,
                        std::span<const SensePoint> points);

}  // namespace riverbank
