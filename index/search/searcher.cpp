#include "index/search/searcher.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "index/search/best_sentence.h"
#include "index/search/close_reading.h"
#include "index/search/collection_settings.h"
#include "index/search/fusion.h"
#include "index/search/passages.h"
#include "index/search/question_words.h"
#include "index/search/update_plan.h"
#include "index/search/vector_search.h"
#include "index/store/path_glob.h"
#include "lib/base/printable.h"
#include "lib/math/dot.h"
#include "lib/text/sentences.h"
#include "riverbank/cross_encoder.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Passages that each side of a hybrid search puts forward: from 100 on the figures of fusion.cpp hardly change.
constexpr std::size_t kCandidates = 200;
/// Passages whose words are weighed, so that one that only the vectors put forward gets its own BM25 too.
constexpr std::size_t kWeighed = 2000;
constexpr std::size_t kDefaultEf = 64;
/// The share of late interaction in the score of a passage, chosen on XQuAD for the default model: nDCG@10 over whole
/// paragraphs with 0 (hybrid), 0.3, 0.4, 0.5, 0.6, 0.7 is .9829 .9861 .9859 .9858 .9864 .9865 with bge-small-en-v1.5
/// and .9809 .9846 .9859 .9868 .9859 .9868 with all-MiniLM-L6-v2: of equals the least, which leaves most to the words.
/// Confirmed on every third of SciFact's claims with all-MiniLM-L6-v2: .746 .745 .743 .737 .732 .735.
constexpr double kLateWeight = 0.3;
/// The share of a sentence's own score among the sentences of all passages.
constexpr double kSentenceWeight = 0.5;

struct Asked {
  StoreReader& reader;
  const SearchOptions& options;
  const DocumentFilter& filter;
  std::span<const float> question;  // its vector; empty in keyword mode
  std::size_t count = 0;            // of candidates a side
};

/// Adds the passages that only the words found, with their true cosine from the stored vector.
void add_keyword_candidates(const Asked& asked, std::string_view question, std::vector<Candidate>& candidates) {
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < candidates.size(); ++i) place.emplace(candidates[i].chunk, i);
  const auto hits = asked.reader.find_words(question, std::max(kWeighed, asked.count), asked.filter);
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

std::vector<Hit> make_hits(StoreReader& reader, std::span<const Candidate> candidates, SearchMode mode) {
  std::vector<std::int64_t> chunks;
  std::unordered_map<std::int64_t, const Candidate*> by_chunk;
  for (const Candidate& candidate : candidates) {
    chunks.push_back(candidate.chunk);
    by_chunk.emplace(candidate.chunk, &candidate);
  }
  std::vector<Hit> hits;
  for (StoredPassage& passage : reader.passages(chunks)) {
    const Candidate& candidate = *by_chunk.at(passage.chunk.id);
    Hit hit;
    hit.score = candidate.score;
    if (mode != SearchMode::kKeyword) hit.cosine = candidate.cosine;
    if (candidate.bm25 > 0) hit.bm25 = candidate.bm25;
    hit.document = std::move(passage.document.path);
    if (passage.document.kind == DocumentKind::kFile) hit.root = RootPath(passage.root).folder().string();
    hit.title = std::move(passage.document.title);
    hit.headings = std::move(passage.chunk.headings);
    hit.first_line = passage.chunk.first_line;
    hit.last_line = passage.chunk.last_line;
    hit.text = std::move(passage.chunk.text);
    hit.metadata = std::move(passage.document.metadata);
    hits.push_back(std::move(hit));
  }
  return hits;
}

/// Throws Error kInvalidArgument, kUnsupported.
double relevance_asked(const SearchOptions& options, const ModelInfo* model) {
  const double asked = options.min_relevance.value_or(0);
  if (!(asked >= 0 && asked <= 1)) {
    throw Error(ErrorKind::kInvalidArgument, "a relevance lies between 0 and 1, so a least relevance of " +
                                                 std::to_string(asked) + " makes no sense");
  }
  const bool is_known = model != nullptr && model->calibration.has_value();
  if (asked > 0 && model == nullptr) {
    throw Error(
        ErrorKind::kInvalidArgument,
        "a search by keywords alone knows no relevance; leave out the least relevance or search in another mode");
  }
  if (asked > 0 && !is_known) {
    throw Error(ErrorKind::kUnsupported, "the model " + printable(model->name) +
                                             " is not calibrated, so nobody knows how relevant its hits are; leave out "
                                             "the least relevance, or use a model of the catalogue");
  }
  return options.min_relevance || !is_known ? asked : kMinRelevance;
}

/// Lines that begin in text[0, end).
std::size_t line_ends(std::string_view text, std::size_t end) {
  return static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

/// A sentence as a hit of its own.
Hit sentence_hit(const Hit& passage, const TextRange& range) {
  Hit hit = passage;
  if (passage.first_line > 0) {
    hit.first_line = passage.first_line + line_ends(passage.text, range.begin);
    hit.last_line = passage.first_line + line_ends(passage.text, range.end);
  }
  hit.text = passage.text.substr(range.begin, range.end - range.begin);
  hit.best_sentence = TextRange{0, hit.text.size()};
  return hit;
}

/// Their scores by the passages' and their own, 0..1; best first.
void order_sentences(std::vector<Hit>& hits, std::span<const double> own) {
  std::vector<double> of_passages;
  of_passages.reserve(hits.size());
  for (const Hit& hit : hits) of_passages.push_back(hit.score);
  const std::vector<double> passage = standard_scores(of_passages);
  const std::vector<double> sentence = standard_scores(own);
  for (std::size_t i = 0; i < hits.size(); ++i) {
    hits[i].score = (1 - kSentenceWeight) * passage[i] + kSentenceWeight * sentence[i];
  }
  std::ranges::stable_sort(hits, std::ranges::greater(), &Hit::score);
  if (hits.empty()) return;
  const double low = hits.back().score;
  const double high = hits.front().score;
  for (Hit& hit : hits) hit.score = high > low ? (hit.score - low) / (high - low) : 1;
}

}  // namespace

/// One question on its way through a search.
class Searcher::Search {
 public:
  Search(const Searcher& searcher, StoreReader& reader, std::string_view question, const SearchOptions& options)
      : searcher_(searcher), reader_(reader), question_(question), options_(options) {}

  SearchResult run(const std::string& fingerprint) {
    const bool by_vector = options_.mode != SearchMode::kKeyword;
    result_.min_relevance = relevance_asked(options_, by_vector ? &embedder().info() : nullptr);
    words_.emplace(reader_, question_);
    if (options_.best_sentences || options_.sentences || (options_.rerank && !options_.cross_encoder)) {
      late_.emplace(embedder(), question_, words_->weights());
      vector_.assign(late_->question_vector().begin(), late_->question_vector().end());
    } else if (by_vector) {
      vector_ = embedder().embed(question_, TextKind::kQuery);
    }
    find_candidates(fingerprint);
    rank(candidates_, options_.mode, options_.fusion);
    rerank_first();
    leave_out_irrelevant();
    make_result();
    return std::move(result_);
  }

 private:
  /// Loaded when first needed: a search by keywords alone does without.
  const Embedder& embedder() const { return searcher_.model_.embedder(); }

  void find_candidates(const std::string& fingerprint) {
    const DocumentFilter filter{options_.path_glob, options_.metadata, std::nullopt};
    const bool by_vector = options_.mode != SearchMode::kKeyword;
    const Asked asked{reader_, options_, filter, by_vector ? std::span<const float>(vector_) : std::span<const float>(),
                      std::max(kCandidates, 2 * options_.top_k)};
    if (by_vector) {
      std::shared_ptr<const HnswIndex> graph;
      if (!options_.exact) graph = searcher_.graph_.for_search(fingerprint);
      const std::size_t ef = setting_number(reader_.setting(SettingNames::kEf), kDefaultEf);
      for (const NearChunk& near : nearest_chunks(reader_, graph.get(), ef, vector_, asked.count, filter)) {
        candidates_.push_back({.chunk = near.chunk, .cosine = near.cosine});
        result_.best_cosine = std::max(result_.best_cosine, near.cosine);
      }
    }
    if (options_.mode != SearchMode::kVector) add_keyword_candidates(asked, question_, candidates_);
  }

  /// What late interaction says of these passages; each is read once.
  void read(std::span<const Candidate> candidates) {
    std::vector<std::int64_t> unread;
    for (const Candidate& candidate : candidates) {
      if (!passages_.contains(candidate.chunk)) unread.push_back(candidate.chunk);
    }
    if (unread.empty()) return;
    for (ReadPassage& passage : read_closely(reader_, *late_, unread)) {
      const std::int64_t chunk = passage.stored.chunk.id;
      passages_.emplace(chunk, std::move(passage));
    }
  }

  void rerank_first() {
    const std::span<const Candidate> first = std::span(candidates_).first(std::min(kReadPassages, candidates_.size()));
    std::vector<double> scores;
    if (options_.cross_encoder) {
      std::vector<std::string> texts;
      for (const Candidate& candidate : first) texts.push_back(encoded_chunk(candidate.chunk));
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      for (const float logit : options_.cross_encoder->score(question_, views)) {
        scores.push_back(static_cast<double>(logit));
      }
      rerank(candidates_, scores, 1);
    } else if (options_.rerank) {
      read(first);
      for (const Candidate& candidate : first) scores.push_back(passages_.at(candidate.chunk).match.score);
      rerank(candidates_, scores, kLateWeight);
    }
  }

  std::string encoded_chunk(std::int64_t chunk) {
    const bool whole = reader_.setting(SettingNames::kWholeDocuments) == "1";
    for (const StoredPassage& passage : reader_.passages(std::span(&chunk, 1))) {
      return encoded_passage(passage.document.title, passage.chunk.headings, passage.chunk.text, whole);
    }
    return "";
  }

  /// Keeps the first that are relevant enough, as many as are asked for.
  void leave_out_irrelevant() {
    const std::size_t wanted = options_.sentences ? std::max(kReadPassages, options_.top_k) : options_.top_k;
    std::optional<Calibration> calibration;
    if (options_.mode != SearchMode::kKeyword) calibration = embedder().info().calibration;
    if (!calibration) {
      if (candidates_.size() > wanted) candidates_.resize(wanted);
      return;
    }
    std::vector<Candidate> kept;
    for (const Candidate& candidate : candidates_) {
      if (kept.size() == wanted) break;
      // Most of what stands far down fails even if it held all words; then nobody need look.
      if (result_.best_relevance && relevance(*calibration, candidate.cosine, 1) < result_.min_relevance) continue;
      const double value = relevance(*calibration, candidate.cosine, words_->covered(candidate.chunk));
      result_.best_relevance = std::max(result_.best_relevance.value_or(0), value);
      if (value < result_.min_relevance) continue;
      relevance_.emplace(candidate.chunk, value);
      kept.push_back(candidate);
    }
    candidates_ = std::move(kept);
  }

  void make_result() {
    std::vector<Hit> hits = make_hits(reader_, candidates_, options_.mode);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const auto known = relevance_.find(candidates_[i].chunk);
      if (known != relevance_.end()) hits[i].relevance = known->second;
    }
    if (late_ && (options_.best_sentences || options_.sentences)) {
      read(std::span<const Candidate>(candidates_).first(std::min(kReadPassages, candidates_.size())));
    }
    if (options_.sentences) {
      hits = sentences_of(hits);
    } else if (options_.best_sentences) {
      for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto read = passages_.find(candidates_[i].chunk);
        if (read == passages_.end()) continue;
        hits[i].best_sentence = best_sentence(hits[i].text, read->second.sentences, read->second.match.sentences);
      }
    }
    result_.hits = std::move(hits);
  }

  std::vector<Hit> sentences_of(const std::vector<Hit>& passages) {
    std::vector<Hit> hits;
    std::vector<double> scores;
    for (std::size_t i = 0; i < passages.size(); ++i) {
      const auto found = passages_.find(candidates_[i].chunk);
      if (found == passages_.end()) continue;
      const ReadPassage& read = found->second;
      for (const std::size_t s : answering_sentences(passages[i].text, read.sentences)) {
        hits.push_back(sentence_hit(passages[i], read.sentences[s]));
        scores.push_back(read.match.sentences[s]);
      }
    }
    order_sentences(hits, scores);
    if (hits.size() > options_.top_k) hits.resize(options_.top_k);
    return hits;
  }

  const Searcher& searcher_;
  StoreReader& reader_;
  const std::string_view question_;
  const SearchOptions& options_;
  std::optional<QuestionWords> words_;
  std::optional<LateInteraction> late_;
  std::vector<float> vector_;  // the question's; empty when nothing needs it
  std::vector<Candidate> candidates_;
  std::map<std::int64_t, ReadPassage> passages_;
  std::map<std::int64_t, double> relevance_;
  SearchResult result_;
};

SearchResult Searcher::search(std::string_view question, const SearchOptions& options) const {
  if (options.top_k == 0) {
    throw Error(ErrorKind::kInvalidArgument, "a search for 0 hits was asked for; ask for 1 or more");
  }
  if (!options.path_glob.empty()) PathGlob{options.path_glob};  // throws when it cannot be read
  StoreReader reader = store_.read();
  const std::string fingerprint = reader.setting(SettingNames::kFingerprint).value_or("");
  if (words(question).empty() || fingerprint.empty()) return {};  // nothing asked, or nothing encoded yet
  model_.adopt(fingerprint);                                      // another process may have made the first vectors
  return Search(*this, reader, question, options).run(fingerprint);
}

}  // namespace riverbank
