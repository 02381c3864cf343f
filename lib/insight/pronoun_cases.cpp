#include "lib/insight/pronoun_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/printable.h"
#include "lib/insight/tab_separated.h"
#include "lib/text/utf8.h"

namespace riverbank {
namespace {

enum Column { kId, kText, kPronoun, kPronounOffset, kA, kAOffset, kACoref, kB, kBOffset, kBCoref, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"ID",       "Text",    "Pronoun", "Pronoun-offset", "A",
                                                        "A-offset", "A-coref", "B",       "B-offset",       "B-coref"};

/// The bytes of `name`, which must stand at that character of the text.
Span find_at(std::string_view text, Column offset, Column name_column, const TabSeparatedFile& file) {
  const std::size_t characters = file.number(file.cell(offset), kNames[offset]);
  const std::string_view name = file.cell(name_column);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < characters && begin < text.size(); ++i) begin += decode_utf8(text.substr(begin)).size;
  if (name.empty() || text.substr(begin, name.size()) != name) {
    file.refuse(fmt::format("\"{}\" does not stand at character {} of the text ({})", printable(name), characters,
                            kNames[offset]));
  }
  return {begin, begin + name.size()};
}

bool read_truth(Column column, const TabSeparatedFile& file) {
  std::string lower(file.cell(column));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (lower != "true" && lower != "false") {
    file.refuse(fmt::format("{} must be TRUE or FALSE, but is \"{}\"", kNames[column], printable(file.cell(column))));
  }
  return lower == "true";
}

}  // namespace

std::vector<PronounCase> read_pronoun_cases(const std::filesystem::path& path) {
  TabSeparatedFile file(path, {kNames.begin(), kNames.end()});
  std::vector<PronounCase> cases;
  while (file.next()) {
    const bool a = read_truth(kACoref, file);
    const bool b = read_truth(kBCoref, file);
    PronounCase one;
    one.id = file.cell(kId);
    one.text = file.cell(kText);
    one.pronoun = find_at(one.text, kPronounOffset, kPronoun, file);
    one.names[0] = find_at(one.text, kAOffset, kA, file);
    one.names[1] = find_at(one.text, kBOffset, kB, file);
    one.right = a ? 0 : 1;
    if (a != b) cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace riverbank
