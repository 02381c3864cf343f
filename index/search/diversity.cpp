#include "index/search/diversity.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

#include "index/search/update_plan.h"
#include "index/store/fts_tokenizer.h"
#include "lib/math/dot.h"

namespace riverbank {
namespace {

/// Hashes of a text's runs of four words, ascending, each once.
using Shingles = std::vector<std::size_t>;

Shingles shingles_of(std::string_view text) {
  constexpr std::size_t kRun = 4;
  const std::string words = plain_words(text);
  const std::hash<std::string_view> hash;
  Shingles shingles;
  std::deque<std::size_t> begins;
  for (std::size_t begin = 1; begin < words.size();) {
    const std::size_t end = words.find(' ', begin);
    begins.push_back(begin);
    if (begins.size() == kRun) {
      shingles.push_back(hash(std::string_view(words).substr(begins.front(), end - begins.front())));
      begins.pop_front();
    }
    begin = end + 1;
  }
  if (shingles.empty()) shingles.push_back(hash(words));
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

double resemblance(const Shingles& a, const Shingles& b) {
  const std::size_t fewer = std::min(a.size(), b.size());
  const std::size_t more = std::max(a.size(), b.size());
  if (static_cast<double>(fewer) < kSameText * static_cast<double>(more)) return 0;  // it cannot reach that
  std::size_t shared = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) ++shared;
    const bool first = *i <= *j, second = *j <= *i;
    i += first ? 1 : 0;
    j += second ? 1 : 0;
  }
  return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

/// Reads candidates' passages one by one, in their order.
class PassageQueue {
 public:
  PassageQueue(StoreReader& reader, std::span<const Candidate> candidates) : reader_(reader), candidates_(candidates) {}

  /// The next candidate with its passage; false when there is none.
  bool next(Chosen& chosen) {
    while (next_ < candidates_.size()) {
      const Candidate& candidate = candidates_[next_++];
      std::vector<StoredPassage> passage = reader_.passages(std::span(&candidate.chunk, 1));
      if (passage.empty()) continue;
      chosen = {candidate, std::move(passage.front()), {}};
      return true;
    }
    return false;
  }
  std::size_t read() const { return next_; }

 private:
  StoreReader& reader_;
  std::span<const Candidate> candidates_;
  std::size_t next_ = 0;
};

/// Those that were kept so far, and what they say.
class Folder {
 public:
  /// Whether the passage says what an earlier one did; then it is noted there.
  bool folds(const Chosen& next, std::vector<Chosen>& kept) {
    Shingles shingles = shingles_of(next.passage.chunk.text);
    for (std::size_t i = 0; i < said_.size(); ++i) {
      if (resemblance(said_[i], shingles) < kSameText) continue;
      kept[i].similar.push_back({next.passage.document.path, root_of(next.passage), next.passage.chunk.first_line,
                                 next.passage.chunk.last_line});
      return true;
    }
    latest_ = std::move(shingles);
    return false;
  }
  /// The passage that folds() saw last is kept.
  void keep() { said_.push_back(std::move(latest_)); }

 private:
  static std::string root_of(const StoredPassage& passage) {
    return passage.document.kind == DocumentKind::kFile ? RootPath(passage.root).folder().string() : std::string();
  }
  std::vector<Shingles> said_;  // of each that is kept
  Shingles latest_;
};

/// Moves the top_k of `pool` that MMR takes to its front, in the order in which it takes them.
void order_by_mmr(StoreReader& reader, std::vector<Chosen>& pool, double lambda, std::size_t top_k) {
  std::vector<std::vector<float>> vectors;
  vectors.reserve(pool.size());
  for (const Chosen& chosen : pool) vectors.push_back(reader.vector(chosen.passage.chunk.vector));
  const auto cosine = [&](std::size_t a, std::size_t b) {
    if (vectors[a].empty() || vectors[a].size() != vectors[b].size()) return 0.0F;
    return dot(vectors[a].data(), vectors[b].data(), vectors[a].size());
  };
  float low = 1;
  for (std::size_t a = 0; a < pool.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) low = std::min(low, cosine(a, b));
  }
  std::vector<double> nearest(pool.size());  // to those taken
  for (std::size_t taken = 0; taken < std::min(top_k, pool.size()); ++taken) {
    std::size_t best = taken;
    double best_value = -std::numeric_limits<double>::infinity();
    for (std::size_t i = taken; i < pool.size(); ++i) {
      const double value = lambda * pool[i].candidate.score - (1 - lambda) * nearest[i];
      if (value > best_value) best = i, best_value = value;
    }
    // What was passed over keeps its order, so that equal ones stay ordered by their score.
    const auto to_front = [&](auto& list) {
      const auto at = list.begin() + static_cast<std::ptrdiff_t>(best);
      std::rotate(list.begin() + static_cast<std::ptrdiff_t>(taken), at, at + 1);
    };
    to_front(pool), to_front(vectors), to_front(nearest);
    for (std::size_t i = taken + 1; i < pool.size(); ++i) {
      const double alike = low < 1 ? (cosine(i, taken) - low) / (1 - low) : 1;
      nearest[i] = std::max(nearest[i], alike);
    }
  }
}

}  // namespace

double resemblance(std::string_view a, std::string_view b) {
  const Shingles first = shingles_of(a), second = shingles_of(b);
  return resemblance(first, second);
}

std::vector<Chosen> choose(StoreReader& reader, std::span<const Candidate> candidates, const SearchOptions& options) {
  constexpr std::size_t kPool = 50;  // candidates that are read for MMR, and to see what else says the same
  const std::size_t pool = std::max(kPool, 4 * options.top_k);
  const std::size_t wanted = options.mmr ? pool : options.top_k;
  PassageQueue queue(reader, candidates);
  Folder folder;
  std::vector<Chosen> kept;
  std::unordered_map<std::int64_t, std::size_t> of_document;
  const auto has_room = [&](const Chosen& chosen) {
    return options.per_document == 0 || of_document[chosen.passage.document.id] < options.per_document;
  };
  Chosen next;
  while ((kept.size() < wanted || (options.fold_similar && queue.read() < pool)) && queue.next(next)) {
    if (options.fold_similar && folder.folds(next, kept)) continue;
    if (kept.size() == wanted || !has_room(next)) continue;
    if (options.fold_similar) folder.keep();
    ++of_document[next.passage.document.id];
    kept.push_back(std::move(next));
  }
  if (options.mmr) order_by_mmr(reader, kept, *options.mmr, options.top_k);
  if (kept.size() > options.top_k) kept.resize(options.top_k);
  return kept;
}

}  // namespace riverbank
