#include "index/documents/chunker.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "index/documents/atoms.h"
#include "index/documents/heading_paths.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kBytesPerToken = 32;  // English has 4 to 5, a table some 10
constexpr std::size_t kSpecialTokens = 2;   // [CLS] and [SEP]
constexpr std::size_t kPassagesHeld = 64;   // a section that has more is cut while it is read

std::size_t tokens_of(std::span<const Atom> atoms) {
  std::size_t sum = 0;
  for (const Atom& atom : atoms) sum += atom.tokens;
  return sum;
}

/// Consecutive sections that will be cut as one.
struct Group {
  std::vector<Atom> atoms;
  std::size_t tokens = 0;
  std::size_t read_tokens = 0;  ///< without those of mere markup
  bool has_body = false;        ///< anything but headings and markup

  bool empty() const { return atoms.empty(); }
  void add(const Atom& atom) {
    atoms.push_back(atom);
    tokens += atom.tokens;
    if (!atom.is_markup) read_tokens += atom.tokens;
    has_body = has_body || atom.is_body();
  }
};

class Chunker {
 public:
  Chunker(const Document& document, const Tokenizer& tokenizer, std::size_t max_tokens)
      : document_(document),
        tokenizer_(tokenizer),
        max_tokens_(max_tokens),
        max_path_(max_tokens / 3),
        paths_(document, tokenizer, max_path_) {}

  std::vector<Chunk> run();

 private:
  std::size_t max_bytes() const { return max_tokens_ * kBytesPerToken; }
  void take(const Atom& atom);
  void close_unit();
  bool belong_together(const Group& before, const Group& after) const;
  std::size_t cut_and_emit(std::span<const Atom> atoms, bool more_follows);
  std::size_t part_end(std::span<const Atom> atoms, std::size_t rest_tokens, std::size_t budget) const;
  std::uint32_t section_of(std::span<const Atom> atoms) const;
  std::size_t prefix_tokens(std::span<const Atom> atoms, std::uint32_t section);
  bool fits(std::span<const Atom> atoms);
  void emit(std::span<const Atom> atoms);

  const Document& document_;
  const Tokenizer& tokenizer_;
  std::size_t max_tokens_;
  std::size_t max_path_;
  HeadingPaths paths_;
  Group group_;                 ///< complete, but the next section may join it
  Group unit_;                  ///< headings and the text below the last of them, being read
  std::size_t counted_to_ = 0;  ///< lines are counted up to here
  std::size_t line_ = 1;
  std::vector<Chunk> chunks_;
};

std::vector<Chunk> Chunker::run() {
  AtomCutter cutter(document_.text, tokenizer_, {max_tokens_ - kSpecialTokens - max_path_, max_bytes()});
  for (const Block& block : document_.blocks) {
    // A heading that follows its parent's heading directly goes on with it.
    const bool opens_unit = block.kind == BlockKind::kHeading && !unit_.empty() &&
                            (unit_.has_body || !paths_.is_part_of(block.section, unit_.atoms.back().section));
    if (opens_unit) close_unit();
    cutter.cut(block, [&](const Atom& atom) { take(atom); });
  }
  close_unit();
  cut_and_emit(group_.atoms, false);
  return std::move(chunks_);
}

void Chunker::take(const Atom& atom) {
  unit_.add(atom);
  if (unit_.tokens < kPassagesHeld * max_tokens_ && unit_.atoms.size() < kPassagesHeld * max_tokens_) return;
  cut_and_emit(group_.atoms, false);
  group_ = {};
  const std::size_t done = cut_and_emit(unit_.atoms, true);
  unit_.atoms.erase(unit_.atoms.begin(), unit_.atoms.begin() + static_cast<std::ptrdiff_t>(done));
  unit_.tokens = tokens_of(unit_.atoms);
}

void Chunker::close_unit() {
  if (unit_.empty()) return;
  if (!belong_together(group_, unit_)) {
    cut_and_emit(group_.atoms, false);
    group_ = {};
  }
  for (const Atom& atom : unit_.atoms) group_.add(atom);
  unit_ = {};
}

/// Whether two neighbours make a better passage together: a few words that lead in to their first subsection, siblings
/// of which one says little, headings without any text. Markup alone is no passage: it goes with what follows.
bool Chunker::belong_together(const Group& before, const Group& after) const {
  if (before.read_tokens == 0) return true;
  const std::size_t little = max_tokens_ / 8;
  const std::size_t together = before.tokens + after.tokens;
  const std::uint32_t first = before.atoms.front().section;
  const std::uint32_t second = after.atoms.front().section;
  if (paths_.is_part_of(second, first) && before.read_tokens < little) return together <= max_tokens_ - little;
  if (together > max_tokens_ / 2) return false;  // still about few things
  if (!before.has_body || !after.has_body) return true;
  const bool related =
      paths_.is_part_of(second, first) || document_.sections[first].parent == document_.sections[second].parent;
  return related && (before.read_tokens < little || after.read_tokens < little);
}

/// The innermost section that all of the atoms' text stands in; headings and markup alone: that of the first.
std::uint32_t Chunker::section_of(std::span<const Atom> atoms) const {
  std::uint32_t section = std::numeric_limits<std::uint32_t>::max();
  for (const Atom& atom : atoms) {
    if (!atom.is_body()) continue;
    section =
        section == std::numeric_limits<std::uint32_t>::max() ? atom.section : paths_.common(section, atom.section);
  }
  return section == std::numeric_limits<std::uint32_t>::max() ? atoms.front().section : section;
}

/// How many tokens stand in front of the text: the path without what the text itself begins with.
std::size_t Chunker::prefix_tokens(std::span<const Atom> atoms, std::uint32_t section) {
  const HeadingPaths::Path& path = paths_.of(section);
  const std::string_view text = Span{atoms.front().span.begin, atoms.back().span.end}.of(document_.text);
  const std::string encoded = encoded_text(document_.title, path.headings, text);
  const std::size_t bytes = encoded.size() - text.size();
  return bytes == path.bytes ? path.tokens : tokenizer_.pieces(std::string_view(encoded).substr(0, bytes)).size();
}

bool Chunker::fits(std::span<const Atom> atoms) {
  if (atoms.back().span.end - atoms.front().span.begin > max_bytes()) return false;
  const std::size_t tokens = tokens_of(atoms);
  if (tokens + kSpecialTokens > max_tokens_) return false;
  return tokens + kSpecialTokens + prefix_tokens(atoms, section_of(atoms)) <= max_tokens_;
}

/// Makes chunks of the atoms and returns how many are in one; when more of the same section follows, the last part
/// waits for it.
std::size_t Chunker::cut_and_emit(std::span<const Atom> atoms, bool more_follows) {
  std::size_t done = 0;
  std::size_t path_tokens = 0;
  std::uint32_t last_section = std::numeric_limits<std::uint32_t>::max();
  for (const Atom& atom : atoms) {
    if (atom.section == last_section) continue;
    last_section = atom.section;
    path_tokens = std::max(path_tokens, paths_.of(atom.section).tokens);
  }
  const auto forced = [](const Atom& atom) { return atom.cut == Cut::kForced; };
  while (done < atoms.size()) {
    const auto border = std::find_if(atoms.begin() + static_cast<std::ptrdiff_t>(done) + 1, atoms.end(), forced);
    const auto stretch_end = static_cast<std::size_t>(border - atoms.begin());
    std::size_t rest_tokens = tokens_of(atoms.subspan(done, stretch_end - done));
    while (done < stretch_end) {
      const std::span<const Atom> rest = atoms.subspan(done, stretch_end - done);
      std::size_t count = rest.size();
      if (rest_tokens > max_tokens_ || !fits(rest)) {
        count = part_end(rest, rest_tokens, max_tokens_ - kSpecialTokens - path_tokens);
        // The path in front of a part may be another than any section's own, shortened in another way.
        while (count > 1 && !fits(rest.first(count))) --count;
      }
      if (more_follows && done + count == atoms.size()) return done;
      emit(rest.first(count));
      rest_tokens -= tokens_of(rest.first(count));
      done += count;
    }
  }
  return done;
}

/// Where the first part ends: near an equal share of the rest, at as good a place as there is. `budget` is what fits.
std::size_t Chunker::part_end(std::span<const Atom> atoms, std::size_t rest_tokens, std::size_t budget) const {
  static constexpr double kCost[] = {0, 0.05, 0.25, 0.35, 0.6, 0};  // by Cut
  const std::size_t parts = std::max<std::size_t>(1, (rest_tokens + budget - 1) / budget);
  const double target = static_cast<double>(rest_tokens) / static_cast<double>(parts);
  std::size_t best = 1;
  double best_cost = std::numeric_limits<double>::infinity();
  std::size_t tokens = atoms[0].tokens;
  for (std::size_t end = 1;; ++end) {
    if (end == atoms.size()) return end;
    const double share = std::abs(static_cast<double>(tokens) - target) / static_cast<double>(budget);
    const bool one_more = (rest_tokens - tokens + budget - 1) / budget > parts - 1;
    const double cost = share + kCost[static_cast<std::size_t>(atoms[end].cut)] + (one_more ? 0.5 : 0) +
                        (atoms[end - 1].is_heading ? 1 : 0);
    if (cost <= best_cost) {
      best_cost = cost;
      best = end;
    }
    tokens += atoms[end].tokens;
    if (tokens > budget || atoms[end].span.end - atoms[0].span.begin > max_bytes()) return best;
  }
}

void Chunker::emit(std::span<const Atom> atoms) {
  const auto lines_to = [&](std::size_t position) {
    line_ += static_cast<std::size_t>(std::count(document_.text.begin() + static_cast<std::ptrdiff_t>(counted_to_),
                                                 document_.text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
    counted_to_ = position;
    return line_;
  };
  const std::uint32_t section = section_of(atoms);
  Chunk chunk;
  chunk.span = {atoms.front().span.begin, atoms.back().span.end};
  chunk.first_line = lines_to(chunk.span.begin);
  chunk.last_line = lines_to(chunk.span.end);
  chunk.tokens = kSpecialTokens + prefix_tokens(atoms, section) + tokens_of(atoms);
  chunk.headings = paths_.of(section).headings;
  chunks_.push_back(std::move(chunk));
}

}  // namespace

std::vector<Chunk> chunk_document(const Document& document, const Tokenizer& tokenizer, const ChunkerOptions& options) {
  if (options.max_tokens < 16) {
    throw Error(ErrorKind::kInvalidArgument, "A passage of " + std::to_string(options.max_tokens) +
                                                 " tokens is too short to hold a heading and a text; use 16 or more.");
  }
  return Chunker(document, tokenizer, options.max_tokens).run();
}

}  // namespace riverbank
