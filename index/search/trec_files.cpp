#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "index/search/numbered_lines.h"
#include "riverbank/metrics.h"

namespace riverbank {
namespace {

std::vector<std::string_view> fields_of(std::string_view line) {
  constexpr std::string_view kSpace = " \t\f\v";
  std::vector<std::string_view> fields;
  for (std::size_t at = line.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kSpace, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kSpace, end);
  }
  return fields;
}

template <typename Number>
bool parse(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

/// As trec_eval orders: it keeps scores in single precision.
bool ranks_before(const RankedDocument& a, const RankedDocument& b) {
  const auto score_a = static_cast<float>(a.score);
  const auto score_b = static_cast<float>(b.score);
  return score_a != score_b ? score_a > score_b : a.id > b.id;
}

/// An id that white space cannot cut in two.
std::string as_field(std::string_view id) {
  std::string field;
  for (const char c : id) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '%') {
      field += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      field += c;
    }
  }
  return field;
}

}  // namespace

Run read_run(const std::filesystem::path& file) {
  Run run;
  std::map<std::string, std::unordered_set<std::string>> seen;
  NumberedLines lines(file);
  std::string line;
  while (lines.next(line)) {
    const auto fields = fields_of(line);
    if (fields.empty()) continue;
    if (fields.size() != 6) {
      lines.fail(fmt::format("expected the six columns of a TREC run (question Q0 document rank score tag), found {}",
                             fields.size()));
    }
    const std::string question(fields[0]);
    RankedDocument document{std::string(fields[2]), 0};
    if (!parse(fields[4], document.score) || std::isnan(document.score)) {
      lines.fail("the score \"" + printable(fields[4]) + "\" is not a number");
    }
    if (!seen[question].insert(document.id).second) {
      lines.fail(fmt::format("the document \"{}\" appears for the second time for the question \"{}\"",
                             printable(document.id), printable(question)));
    }
    run[question].push_back(std::move(document));
  }
  for (auto& [question, ranking] : run) std::sort(ranking.begin(), ranking.end(), ranks_before);
  return run;
}

Qrels read_qrels(const std::filesystem::path& file) {
  Qrels qrels;
  NumberedLines lines(file);
  std::string line;
  while (lines.next(line)) {
    if (line.empty() || (lines.number() == 1 && line.starts_with("query-id"))) continue;
    // BEIR's ids may hold spaces, TREC's may not.
    std::vector<std::string_view> fields = fields_of(line);
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    const bool beir = second != std::string::npos && line.find('\t', second + 1) == std::string::npos;
    if (beir) {
      const std::string_view text = line;
      fields = {text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
    } else if (fields.size() == 4) {
      fields.erase(fields.begin() + 1);
    } else {
      lines.fail(
          "expected three columns with tabs between them (question, document, grade) or TREC's four (question, "
          "iteration, document, grade)");
    }
    int grade = 0;
    if (!parse(fields[2], grade)) lines.fail("the grade \"" + printable(fields[2]) + "\" is not a whole number");
    const auto [place, is_new] = qrels[std::string(fields[0])].try_emplace(std::string(fields[1]), grade);
    if (!is_new && place->second != grade) {
      lines.fail(fmt::format("the document \"{}\" has another grade for the question \"{}\" further up",
                             printable(fields[1]), printable(fields[0])));
    }
  }
  return qrels;
}

void write_run(const std::filesystem::path& file, const Run& run, std::string_view tag) {
  AtomicFile out(file, 0644);
  for (const auto& [question, ranking] : run) {
    float last = std::numeric_limits<float>::infinity();
    std::size_t rank = 0;
    for (const RankedDocument& document : ranking) {
      last =
          std::min(static_cast<float>(document.score), std::nextafter(last, -std::numeric_limits<float>::infinity()));
      out.write(
          fmt::format("{} Q0 {} {} {} {}\n", as_field(question), as_field(document.id), ++rank, last, as_field(tag)));
    }
  }
  out.commit();
}

void write_qrels(const std::filesystem::path& file, const Qrels& qrels) {
  AtomicFile out(file, 0644);
  for (const auto& [question, grades] : qrels) {
    for (const auto& [document, grade] : grades) {
      out.write(fmt::format("{} 0 {} {}\n", as_field(question), as_field(document), grade));
    }
  }
  out.commit();
}

}  // namespace riverbank
