#include "index/search/searcher.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "index/search/best_sentence.h"
#include "index/search/collection_settings.h"
#include "index/search/diversity.h"
#include "index/search/fusion.h"
#include "index/search/request.h"
#include "index/search/update_plan.h"
#include "index/search/vector_search.h"
#include "lib/math/dot.h"
#include "lib/text/sentences.h"

namespace riverbank {
namespace {

/// Passages that each side of a hybrid search puts forward: from 100 on the figures of fusion.cpp hardly change.
constexpr std::size_t kCandidates = 200;
/// Passages whose words are weighed, so that one that only the vectors put forward gets its own BM25 too.
constexpr std::size_t kWeighed = 2000;
constexpr std::size_t kDefaultEf = 64;

struct Asked {
  StoreReader& reader;
  const Request& request;
  std::span<const float> question;  // its vector; empty in keyword mode
  std::size_t count = 0;            // of candidates a side
};

/// Adds the passages that only the words found, with their true cosine from the stored vector.
void add_keyword_candidates(const Asked& asked, std::vector<Candidate>& candidates) {
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < candidates.size(); ++i) place.emplace(candidates[i].chunk, i);
  const auto hits = asked.reader.find_words(asked.request.words, std::max(kWeighed, asked.count), asked.request.filter);
  for (std::size_t rank = 0; rank < hits.size(); ++rank) {
    const auto known = place.find(hits[rank].chunk);
    if (known != place.end()) {
      candidates[known->second].bm25 = hits[rank].bm25;
    } else if (rank < asked.count) {
      Candidate candidate{.chunk = hits[rank].chunk, .bm25 = hits[rank].bm25};
      if (!asked.question.empty()) {
        const std::vector<float> vector = asked.reader.vector(hits[rank].vector);
        if (vector.size() == asked.question.size())
          candidate.cosine = dot(vector.data(), asked.question.data(), vector.size());
      }
      candidates.push_back(candidate);
    }
  }
}

std::vector<Hit> make_hits(std::vector<Chosen> all, SearchMode mode) {
  std::vector<Hit> hits;
  for (Chosen& chosen : all) {
    StoredPassage& passage = chosen.passage;
    Hit hit;
    hit.score = chosen.candidate.score;
    hit.passage = chosen.candidate.chunk;
    if (mode != SearchMode::kKeyword) hit.cosine = chosen.candidate.cosine;
    if (chosen.candidate.bm25 > 0) hit.bm25 = chosen.candidate.bm25;
    hit.document = std::move(passage.document.path);
    if (passage.document.kind == DocumentKind::kFile) hit.root = RootPath(passage.root).folder().string();
    hit.title = std::move(passage.document.title);
    hit.headings = std::move(passage.chunk.headings);
    hit.first_line = passage.chunk.first_line;
    hit.last_line = passage.chunk.last_line;
    hit.position = passage.chunk.order;
    hit.range = {passage.chunk.begin, passage.chunk.end};
    hit.text = std::move(passage.chunk.text);
    hit.metadata = std::move(passage.document.metadata);
    hit.similar = std::move(chosen.similar);
    hits.push_back(std::move(hit));
  }
  return hits;
}

void mark_best_sentences(std::vector<Hit>& hits, std::span<const float> question, const Embedder& embedder) {
  std::vector<std::string_view> texts;
  texts.reserve(hits.size());
  for (const Hit& hit : hits) texts.emplace_back(hit.text);
  const auto marks = best_sentences(texts, question, embedder);
  for (std::size_t i = 0; i < hits.size(); ++i) hits[i].best_sentence = marks[i];
}

}  // namespace

SearchResult Searcher::search(std::string_view question, const SearchOptions& options) const {
  SearchResult result;
  std::string fingerprint;
  const Request request = [&] {
    StoreReader reader = store_.read();
    fingerprint = reader.setting(SettingNames::kFingerprint).value_or("");
    result.searched = reader.counts().chunks;
    return read_request(reader, question, options);
  }();
  result.excluded = request.filter.excluded;
  if (words(request.words).empty() || fingerprint.empty()) return result;  // nothing asked, or nothing encoded yet

  model_.adopt(fingerprint);  // another process may have made the first vectors
  const bool by_vector = options.mode != SearchMode::kKeyword;
  std::vector<float> vector;
  if (by_vector || options.best_sentences) {
    vector = question_vector(request.text, options, request.like, model_.embedder());
    if (vector.empty()) return result;  // it was all taken away again
  }
  std::shared_ptr<const HnswIndex> graph;
  if (by_vector && !options.exact) graph = graph_.for_search(fingerprint);

  std::vector<Candidate> candidates;
  {
    StoreReader reader = store_.read();
    const Asked asked{reader, request, by_vector ? std::span<const float>(vector) : std::span<const float>(),
                      std::max(kCandidates, 2 * options.top_k)};
    const bool filtered = !request.filter.empty();
    std::vector<PassageKey> matching;
    if (filtered) {
      matching = reader.passages_matching(request.filter);
      result.searched = matching.size();
      if (matching.empty()) return result;
    }
    if (by_vector) {
      const std::size_t ef = setting_number(reader.setting(SettingNames::kEf), kDefaultEf);
      for (const NearChunk& near :
           nearest_chunks(reader, graph.get(), ef, vector, asked.count, filtered ? &matching : nullptr)) {
        candidates.push_back({.chunk = near.chunk, .cosine = near.cosine});
        result.best_cosine = std::max(result.best_cosine, near.cosine);
      }
    }
    if (options.mode != SearchMode::kVector) add_keyword_candidates(asked, candidates);
    // Words know nothing of what is taken away: then vectors alone order what both have found.
    result.form = rank(candidates, options.minus.empty() ? options.mode : SearchMode::kVector);
    if (by_vector) {
      result.floor = options.floor.value_or(request.plain ? model_.embedder().info().relevance_floor : 0);
      if (result.floor > 0) {
        std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.cosine < result.floor; });
      }
    }
    result.hits = make_hits(choose(reader, candidates, options), options.mode);
  }
  if (options.best_sentences) mark_best_sentences(result.hits, vector, model_.embedder());
  return result;
}

}  // namespace riverbank
