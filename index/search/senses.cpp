#include "riverbank/senses.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "index/search/best_sentence.h"
#include "index/search/request.h"
#include "index/search/update_plan.h"
#include "index/store/store.h"
#include "lib/base/printable.h"
#include "lib/insight/senses.h"
#include "lib/insight/words.h"
#include "lib/text/sentences.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostPassages = 20'000;
constexpr std::size_t kPassagesAtOnce = 500;
constexpr std::size_t kShortSentence = 10;  // words; a shorter one says too little by itself
constexpr std::size_t kSearched = 500;      // passages that a search in a sense chooses from

/// What the encoder reads around a use: its sentence, and both neighbours of a short one. The word's range is in it.
struct UseContext {
  std::string text;
  TextRange word;
  TextRange place;  ///< of the text in the passage
};

UseContext context_of(std::string_view passage, const std::vector<TextRange>& sentences, const Span& use) {
  const auto holds = [&](const TextRange& range) { return range.begin <= use.begin && use.begin < range.end; };
  const auto found = std::find_if(sentences.begin(), sentences.end(), holds);
  TextRange place{0, passage.size()};
  if (found != sentences.end()) {
    place = *found;
    if (words(passage.substr(place.begin, place.end - place.begin)).size() < kShortSentence) {
      if (found != sentences.begin()) place.begin = std::prev(found)->begin;
      if (std::next(found) != sentences.end()) place.end = std::next(found)->end;
    }
    place.end = std::max(place.end, use.end);
  }
  return {std::string(passage.substr(place.begin, place.end - place.begin)),
          {use.begin - place.begin, use.end - place.begin},
          place};
}

std::vector<WordUse> uses_in(const StoredPassage& passage, std::string_view word) {
  const std::string_view text = passage.chunk.text;
  std::vector<WordUse> uses;
  const std::vector<Span> places = find_uses(text, word);
  if (places.empty()) return uses;
  const std::vector<TextRange> sentences = passage_sentences(text);
  for (const Span& place : places) {
    UseContext context = context_of(text, sentences, place);
    WordUse use;
    use.document = passage.document.path;
    if (passage.document.kind == DocumentKind::kFile) use.root = RootPath(passage.root).folder().string();
    use.headings = passage.chunk.headings;
    const auto line_ends = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place.begin), '\n');
    if (passage.chunk.first_line > 0) use.line = passage.chunk.first_line + static_cast<std::size_t>(line_ends);
    use.text = std::move(context.text);
    use.word = context.word;
    uses.push_back(std::move(use));
  }
  return uses;
}

/// Every use in the passages that FTS finds for the word, in the order of the documents; where passages overlap each
/// use counts once.
std::vector<WordUse> all_uses(const Store& store, std::string_view word, const SensesOptions& options) {
  StoreReader reader = store.read();
  const PassageFilter filter = read_request(reader, "", options.where).filter;
  std::vector<std::int64_t> chunks;
  for (const KeywordHit& hit : reader.find_words(word, kMostPassages, filter)) chunks.push_back(hit.chunk);
  std::sort(chunks.begin(), chunks.end());
  std::vector<WordUse> uses;
  std::set<std::tuple<std::int64_t, std::size_t, std::size_t>> seen;  // document, its byte of the passage, of the use
  for (std::size_t first = 0; first < chunks.size(); first += kPassagesAtOnce) {
    if (options.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while looking for a word.");
    const std::size_t count = std::min(kPassagesAtOnce, chunks.size() - first);
    for (const StoredPassage& passage : reader.passages(std::span(chunks).subspan(first, count))) {
      const std::vector<Span> places = find_uses(passage.chunk.text, word);
      std::vector<WordUse> here = uses_in(passage, word);
      for (std::size_t i = 0; i < here.size(); ++i) {
        const bool is_new =
            seen.emplace(passage.document.id, passage.chunk.begin + places[i].begin, places[i].size()).second;
        if (is_new) uses.push_back(std::move(here[i]));
      }
    }
  }
  return uses;
}

/// `most` of them, evenly spread.
std::vector<WordUse> sample(std::vector<WordUse> uses, std::size_t most) {
  if (uses.size() <= most) return uses;
  std::vector<WordUse> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(std::move(uses[i * uses.size() / most]));
  return chosen;
}

Usage usage_of(const WordUse& use) { return {use.text, {use.word.begin, use.word.end}}; }

}  // namespace

SensesResult find_senses(const Index& index, std::string_view word, const SensesOptions& options) {
  if (words(word).empty()) {
    throw Error(ErrorKind::kInvalidArgument, '"' + printable(word) + "\" is no word; give one, like: bank");
  }
  if (options.most_uses == 0) {
    throw Error(ErrorKind::kInvalidArgument, "0 uses were asked for; ask for 1 or more");
  }
  SensesResult result;
  std::vector<WordUse> uses = all_uses(Store(index.status().location, Access::kReadOnly), word, options);
  result.found = uses.size();
  if (uses.empty()) return result;
  result.uses = sample(std::move(uses), options.most_uses);

  std::vector<Usage> usages;
  for (const WordUse& use : result.uses) usages.push_back(usage_of(use));
  const Embedder& embedder = index.embedder();
  const SenseGrouping grouping = group_by_sense(embedder.model(), usages,
                                                {.count = options.senses,
                                                 .threads = embedder.info().threads,
                                                 .progress = options.progress,
                                                 .stop = options.stop});
  for (std::size_t i = 0; i < result.uses.size(); ++i) {
    WordUse& use = result.uses[i];
    use.sense = grouping.sense_of[i];
    use.centrality = grouping.centrality[i];
    use.x = grouping.x[i];
    use.y = grouping.y[i];
  }
  for (const SenseCluster& cluster : grouping.senses) {
    WordSense sense{cluster.usages, {}};
    for (const SenseMarker& marker : cluster.markers) sense.marks.push_back({marker.word, marker.score});
    result.senses.push_back(std::move(sense));
  }
  result.separations = grouping.separations;
  result.threshold = grouping.threshold;
  result.is_measured = grouping.is_measured;
  result.explained = grouping.explained;
  return result;
}

namespace {

using Vector = std::vector<float>;

Vector minus(const Vector& a, const Vector& b) {
  Vector difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  return difference;
}

Usage use_of_sense(const WordInSense& meant) {
  if (meant.word.empty() || meant.sense.empty()) {
    throw Error(ErrorKind::kInvalidArgument,
                "a word and its sense go together; like: --word bank --sense \"the bank of the river\"");
  }
  const std::vector<Span> places = find_uses(meant.sense, meant.word);
  if (places.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "the sense must use the word, and \"" + printable(meant.sense) +
                                                 "\" does not hold \"" + printable(meant.word) +
                                                 "\"; like: --word bank --sense \"the bank of the river\"");
  }
  return {meant.sense, places.front()};
}

}  // namespace

SearchResult search_in_sense(const Index& index, std::string_view question, const WordInSense& meant,
                             const SearchOptions& options) {
  std::vector<Usage> usages{use_of_sense(meant)};
  SearchOptions plain = options;
  plain.best_sentences = false;
  plain.top_k = std::max(kSearched, options.top_k);
  SearchResult result = index.search(question, plain);

  std::vector<std::size_t> hit_of;     // of each use after the first
  std::vector<TextRange> sentence_of;  // in that hit's text
  for (std::size_t i = 0; i < result.hits.size(); ++i) {
    const std::string& text = result.hits[i].text;
    const std::vector<Span> places = find_uses(text, meant.word);
    if (places.empty()) continue;
    const std::vector<TextRange> sentences = passage_sentences(text);
    for (const Span& place : places) {
      UseContext context = context_of(text, sentences, place);
      usages.push_back({std::move(context.text), {context.word.begin, context.word.end}});
      hit_of.push_back(i);
      sentence_of.push_back(context.place);
    }
  }
  std::vector<Hit> hits = std::exchange(result.hits, {});
  result.uses = hit_of.size();
  if (hit_of.empty()) return result;

  const Embedder& embedder = index.embedder();
  SenseOptions encoding;
  encoding.threads = embedder.info().threads;
  std::vector<Vector> vectors = sense_vectors(embedder.model(), usages, encoding);
  Vector mean(vectors.front().size());
  for (std::size_t i = 1; i < vectors.size(); ++i) {
    for (std::size_t d = 0; d < mean.size(); ++d) mean[d] += vectors[i][d] / static_cast<float>(vectors.size() - 1);
  }
  const Vector sense = minus(vectors.front(), mean);
  std::vector<double> likeness(hits.size(), -1);
  for (std::size_t i = 0; i < hit_of.size(); ++i) {
    const double alike = (1 + cosine(sense, minus(vectors[i + 1], mean))) / 2;
    if (alike <= likeness[hit_of[i]]) continue;
    likeness[hit_of[i]] = alike;
    hits[hit_of[i]].best_sentence = sentence_of[i];
  }
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (likeness[i] < 0) continue;
    hits[i].score *= likeness[i];
    hits[i].steps.clear();
    result.hits.push_back(std::move(hits[i]));
  }
  std::stable_sort(result.hits.begin(), result.hits.end(),
                   [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (result.hits.size() > options.top_k) result.hits.resize(options.top_k);
  return result;
}

}  // namespace riverbank
