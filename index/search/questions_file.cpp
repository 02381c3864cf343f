#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "index/search/left_out.h"
#include "index/search/numbered_lines.h"
#include "riverbank/evaluate.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20U;

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return columns;
}

bool is_header(const std::vector<std::string>& columns) { return columns[0] == "question" || columns[0] == "query"; }

/// The first and last line in which `words` stand in `text`, white space of any kind being equal.
std::optional<std::pair<std::size_t, std::size_t>> lines_of(std::string_view words, std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  std::string flowing;
  std::vector<std::size_t> line_of_byte;
  std::size_t line = 1;
  for (const char c : text) {
    const bool space = kSpace.find(c) != std::string_view::npos;
    if (!space || (!flowing.empty() && flowing.back() != ' ')) {
      flowing += space ? ' ' : c;
      line_of_byte.push_back(line);
    }
    if (c == '\n') ++line;
  }
  const std::size_t at = flowing.find(words);
  if (words.empty() || at == std::string::npos) return std::nullopt;
  return std::pair{line_of_byte[at], line_of_byte[at + words.size() - 1]};
}

std::size_t number_of_lines(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return text.empty() || text.back() == '\n' ? ends : ends + 1;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// A file and, behind a colon, the lines that are asked for.
AnswerPlace parse_place(const std::string& text, const fs::path& folder) {
  AnswerPlace place{text, 0, 0};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || fs::exists(folder / text)) return place;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data() + colon + 1, end, place.first_line);
  place.last_line = place.first_line;
  if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '-') {
    parsed = std::from_chars(parsed.ptr + 1, end, place.last_line);
  }
  if (parsed.ec != std::errc() || parsed.ptr != end || place.first_line == 0 || place.last_line < place.first_line) {
    return {text, 0, 0};
  }
  place.document = text.substr(0, colon);
  return place;
}

/// Reads the rows of one file of questions.
class QuestionReader {
 public:
  QuestionReader(const fs::path& folder, const fs::path& file) : folder_(folder), lines_(file) { set_.folder = folder; }

  RetrievalSet read() {
    std::string line;
    while (lines_.next(line)) {
      if (line.empty()) continue;
      std::vector<std::string> columns = columns_of(line);
      if (lines_.number() == 1 && is_header(columns)) {
        names_ = std::move(columns);
        continue;
      }
      if (columns.size() < 2) lines_.fail("expected a question and a file with a tab between them");
      add(columns);
    }
    for (const LeftOut* left_out : {&no_file_, &no_line_, &no_answer_}) {
      if (!left_out->empty()) set_.left_out.push_back(left_out->sentence());
    }
    if (set_.qrels.empty()) throw nothing_left(lines_.path(), set_.left_out);
    return std::move(set_);
  }

 private:
  void add(const std::vector<std::string>& columns) {
    AnswerPlace place = parse_place(trimmed(columns[1]), folder_);
    place.document = fs::path(place.document).lexically_normal().string();
    std::error_code ignored;
    if (place.document.empty() || place.document.starts_with("..") || fs::path(place.document).is_absolute() ||
        !fs::is_regular_file(folder_ / place.document, ignored)) {
      return no_file_.add(columns[1]);
    }
    if (place.first_line > 0 && place.first_line > number_of_lines(text_of(place.document))) {
      return no_line_.add(columns[1]);
    }
    const std::string answer = column("answer", columns);
    if (!answer.empty() && !find_answer(answer, place)) return no_answer_.add(answer);

    const std::string id = id_of(columns[0]);
    for (std::size_t i = 2; i < std::min(columns.size(), names_.size()); ++i) {
      if (names_[i] != "answer") set_.columns[names_[i]][id] = columns[i];
    }
    if (place.first_line == 0) {
      set_.qrels[id][place.document] = 1;
      return;
    }
    const std::string name = fmt::format("{}:{}-{}", place.document, place.first_line, place.last_line);
    set_.qrels[id][name] = 1;
    set_.places[id][name] = place;
  }

  /// A question is named by the first line on which it stands.
  std::string id_of(const std::string& question) {
    const auto [known, is_new] = ids_.try_emplace(question, std::to_string(lines_.number()));
    if (is_new) set_.queries[known->second] = question;
    return known->second;
  }

  std::string column(const std::string& name, const std::vector<std::string>& columns) const {
    for (std::size_t i = 2; i < std::min(columns.size(), names_.size()); ++i) {
      if (names_[i] == name) return columns[i];
    }
    return {};
  }

  const std::string& text_of(const std::string& document) {
    auto [text, is_new] = texts_.try_emplace(document);
    if (is_new) text->second = read_file(folder_ / document, kLargestFile);
    return text->second;
  }

  bool find_answer(const std::string& answer, AnswerPlace& place) {
    std::string words;
    for (const char c : trimmed(answer)) {
      if (c != ' ' || !words.ends_with(' ')) words += c;
    }
    const auto lines = lines_of(words, text_of(place.document));
    if (!lines) return false;
    std::tie(place.first_line, place.last_line) = *lines;
    return true;
  }

  fs::path folder_;
  NumberedLines lines_;
  RetrievalSet set_;
  std::vector<std::string> names_;  // of the columns
  std::unordered_map<std::string, std::string> ids_;
  std::unordered_map<std::string, std::string> texts_;  // of the files that were looked into
  LeftOut no_file_{"question", "a file that is not in the folder"};
  LeftOut no_line_{"question", "a line that its file does not have"};
  LeftOut no_answer_{"question", "an answer that does not stand in its file"};
};

}  // namespace

RetrievalSet read_questions(const fs::path& folder, const fs::path& questions) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::kNotFound, "no folder " + printable(folder.string()) + ", to which the questions in " +
                                          printable(questions.string()) + " were to be asked");
  }
  return QuestionReader(folder, questions).read();
}

}  // namespace riverbank
