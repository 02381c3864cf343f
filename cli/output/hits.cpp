#include "cli/output/hits.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output/wrap.h"
#include "index/documents/chunker.h"
#include "lib/base/printable.h"
#include "lib/text/ascii.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

/// White space runs as single spaces, the rest made safe: what may go to a terminal as running text.
std::string flowing(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    if (!is_space(c)) {
      spaced += c;
    } else if (!spaced.empty() && spaced.back() != ' ') {
      spaced += ' ';
    }
  }
  return printable(spaced);
}

/// The context to show before and after the sentence: whole words, at most `most` bytes, "…" where text was left out.
std::string before(std::string_view text, std::size_t most) {
  if (text.size() <= most) return flowing(text);
  std::string_view tail = text.substr(text.size() - most);
  while (!tail.empty() && !is_space(tail[0])) tail.remove_prefix(1);
  return "… " + flowing(tail);
}

std::string after(std::string_view text, std::size_t most) {
  if (text.size() <= most) return flowing(text);
  std::string_view head = text.substr(0, most);
  while (!head.empty() && !is_space(head.back())) head.remove_suffix(1);
  return flowing(head) + "…";
}

std::string headings_of(const Hit& hit) {
  std::string path;
  for (const std::string& heading : hit.headings) path += (path.empty() ? "" : " › ") + flowing(heading);
  return path.empty() ? flowing(hit.title) : path;
}

std::vector<StyledText> passage_runs(const Hit& hit, const Terminal& terminal) {
  constexpr std::size_t kContext = 160;  // bytes to each side: about two lines
  // The headings stand above it already, without their marks.
  const std::size_t body = leading_headings(hit.headings, hit.text).end;
  const std::string_view text = hit.text;
  if (!hit.best_sentence) return {{after(text.substr(body == text.size() ? 0 : body), 3 * kContext), Style::kPlain}};
  const std::string_view sentence = best_sentence_of(hit);
  const std::size_t begin = std::min(body, hit.best_sentence->begin);
  const std::string lead = before(text.substr(begin, hit.best_sentence->begin - begin), kContext);
  const std::string rest = after(text.substr(hit.best_sentence->end), kContext);
  const bool marks = !terminal.color();  // without colour the mark must be a character
  return {{lead + (lead.empty() ? "" : " "), Style::kPlain},
          {(marks ? "▌" : "") + flowing(sentence) + (marks ? "▐" : ""), Style::kMark},
          {(rest.empty() ? "" : " ") + rest, Style::kPlain}};
}

}  // namespace

fs::path file_of(const Hit& hit) {
  if (hit.root.empty()) return hit.document;
  return hit.document.empty() ? fs::path(hit.root) : fs::path(hit.root) / hit.document;
}

std::string_view best_sentence_of(const Hit& hit) {
  const std::string_view text = hit.text;
  return hit.best_sentence ? text.substr(hit.best_sentence->begin, hit.best_sentence->end - hit.best_sentence->begin)
                           : text;
}

std::string place_of(const Hit& hit) {
  if (hit.root.empty()) return printable(hit.document);
  std::error_code gone;
  const fs::path here = fs::current_path(gone);
  const fs::path file = file_of(hit);
  const fs::path relative = gone ? fs::path() : file.lexically_relative(here);
  // A path that climbs is harder to read than a whole one.
  const bool near = !relative.empty() && *relative.begin() != "..";
  return fmt::format("{}:{}-{}", printable((near ? relative : file).string()), hit.first_line, hit.last_line);
}

namespace {

/// "and 3 more like this: a.md:3-9, b.md:1-4, …".
std::string similar_line(const Hit& hit) {
  constexpr std::size_t kNamed = 3;
  std::string places;
  for (std::size_t i = 0; i < std::min(kNamed, hit.similar.size()); ++i) {
    const SimilarPassage& passage = hit.similar[i];
    Hit other;
    other.root = passage.root;
    other.document = passage.document;
    other.first_line = passage.first_line;
    other.last_line = passage.last_line;
    places += (i == 0 ? "" : ", ") + place_of(other);
  }
  return fmt::format("and {} more like this: {}{}", hit.similar.size(), places,
                     hit.similar.size() > kNamed ? ", …" : "");
}

}  // namespace

void print_for_reading(Terminal& terminal, const std::vector<Hit>& hits,
                       const std::function<void(std::size_t hit)>& more) {
  constexpr std::size_t kIndent = 4;
  constexpr std::size_t kMostLines = 8;
  std::size_t rank = 0;
  for (const Hit& hit : hits) {
    terminal.print(fmt::format("{:>2}  {}  {}   {}\n", ++rank,
                               terminal.styled(fmt::format("{:.2f}", hit.relevance.value_or(hit.score)), Style::kBold),
                               terminal.styled(place_of(hit), Style::kPath), headings_of(hit)));
    for (const std::string& line : wrap(passage_runs(hit, terminal), terminal, terminal.width(), kIndent, kMostLines)) {
      terminal.print(line + "\n");
    }
    if (!hit.similar.empty()) {
      terminal.print(std::string(kIndent, ' ') + terminal.styled(similar_line(hit), Style::kFaint) + "\n");
    }
    if (more) more(rank - 1);
    terminal.print("\n");
  }
}

void print_for_pipe(Terminal& terminal, const std::vector<Hit>& hits) {
  for (const Hit& hit : hits) {
    terminal.print(fmt::format("{:.4f}\t{}\t{}\t{}\n", hit.score, place_of(hit), headings_of(hit),
                               flowing(best_sentence_of(hit))));
  }
}

}  // namespace riverbank::cli
