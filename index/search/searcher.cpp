#include "index/search/searcher.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "index/search/best_sentence.h"
#include "index/search/close_reading.h"
#include "index/search/collection_settings.h"
#include "index/search/diversity.h"
#include "index/search/explain.h"
#include "index/search/fusion.h"
#include "index/search/passages.h"
#include "index/search/question_words.h"
#include "index/search/request.h"
#include "index/search/sentence_hits.h"
#include "index/search/update_plan.h"
#include "index/search/vector_search.h"
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
/// The share of late interaction in the score of a passage, chosen with the layer whose tokens it compares on XQuAD for
/// the default model, bge-small-en-v1.5. nDCG@10 with 0 (hybrid), .4, .5, .6: after all but two layers .983 .9887 .9890
/// .9890, and .9875 .9886 .9887 with all-MiniLM-L6-v2; after all of them .9859 .9858 .9864 and .9859 .9868 .9859. Of
/// equals the least, which leaves most to the words. On SciFact, whose claims are answered by words more than XQuAD's
/// questions are, it gives .757 and .749, the hybrid alone .760 and .750.
constexpr double kLateWeight = 0.4;
/// The share of the least relevance that a passage needs to be read before it is left out: of XQuAD's answers none that
/// reading would lift over kMinRelevance lies lower, and where nothing answers one passage or two are read.
constexpr double kWorthReading = 0.2;

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

std::vector<Hit> make_hits(std::vector<Chosen>& all, SearchMode mode) {
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

/// Throws Error: kInvalidArgument (out of bounds, or of a search that knows no relevance), kUnsupported (the model was
/// never calibrated). `model` is nothing for a search that compares no vectors with a plain question.
double relevance_asked(const SearchOptions& options, const ModelInfo* model) {
  const double asked = options.min_relevance.value_or(0);
  if (!(asked >= 0 && asked <= 1)) {
    throw Error(ErrorKind::kInvalidArgument, "a relevance lies between 0 and 1, so a least relevance of " +
                                                 std::to_string(asked) + " makes no sense");
  }
  if (asked > 0 && model == nullptr) {
    throw Error(ErrorKind::kInvalidArgument,
                "a search by keywords alone, or for more or other than a plain question, knows no relevance; leave out "
                "the least relevance");
  }
  const bool is_known = model != nullptr && model->calibration.has_value();
  if (asked > 0 && !is_known) {
    throw Error(ErrorKind::kUnsupported, "the model " + printable(model->name) +
                                             " is not calibrated, so nobody knows how relevant its hits are; leave out "
                                             "the least relevance, or use a model of the catalogue");
  }
  return options.min_relevance || !is_known ? asked : kMinRelevance;
}

}  // namespace

/// One question on its way through a search.
class Searcher::Search {
 public:
  Search(const Searcher& searcher, const Request& request, const SearchOptions& options, SearchResult& result)
      : searcher_(searcher), request_(request), options_(options), result_(result) {}

  /// Fills the result.
  void run(const std::string& fingerprint) {
    const bool knows_relevance = by_vector() && request_.plain;
    result_.min_relevance = relevance_asked(options_, knows_relevance ? &embedder().info() : nullptr);
    if (!understand()) return;
    if (by_vector() && !options_.exact) graph_ = searcher_.graph_.for_search(fingerprint);

    StoreReader reader = searcher_.store_.read();
    if (!find_candidates(reader)) return;
    // Words know nothing of what is taken away: then vectors alone order what both have found.
    const SearchMode order = options_.minus.empty() ? options_.mode : SearchMode::kVector;
    ordering_ = rank(candidates_, order, options_.fusion);
    result_.order = ordering_.how;
    // First what may be relevant, which costs nothing; then a reading of what is left.
    if (knows_relevance && embedder().info().calibration) weigh_relevance(*embedder().info().calibration);
    rerank_first(reader);
    make_hits_of(reader);
  }

 private:
  bool by_vector() const { return options_.mode != SearchMode::kKeyword; }
  bool marks_sentences() const { return options_.best_sentences || options_.sentences; }
  bool reads_closely() const { return marks_sentences() || (options_.rerank && !options_.cross_encoder); }
  /// Loaded when first needed: a search by keywords alone does without.
  const Embedder& embedder() const { return searcher_.model_.embedder(); }

  /// Encodes the question as far as anything needs it; false when nothing is left of it.
  bool understand() {
    const std::string& text = request_.text.empty() ? request_.words : request_.text;
    {
      StoreReader reader = searcher_.store_.read();
      words_.emplace(reader, text);
    }
    if (reads_closely()) late_.emplace(embedder(), text, words_->weights(), &searcher_.read_);
    if (late_ && request_.plain) {
      vector_.assign(late_->question_vector().begin(), late_->question_vector().end());
    } else if (by_vector()) {
      vector_ = question_vector(request_.text, options_, request_.like, embedder());
    }
    return !vector_.empty() || !by_vector();
  }

  /// False when no passage passes the filters.
  bool find_candidates(StoreReader& reader) {
    const Asked asked{reader, request_, by_vector() ? std::span<const float>(vector_) : std::span<const float>(),
                      std::max(kCandidates, 2 * options_.top_k)};
    const bool filtered = !request_.filter.empty();
    std::vector<PassageKey> matching;
    if (filtered) {
      matching = reader.passages_matching(request_.filter);
      result_.searched = matching.size();
      if (matching.empty()) return false;
    }
    if (by_vector()) {
      for (const NearChunk& near : find_near(reader, asked.count, filtered ? &matching : nullptr)) {
        candidates_.push_back({.chunk = near.chunk, .cosine = near.cosine});
        result_.best_cosine = std::max(result_.best_cosine, near.cosine);
      }
    }
    if (options_.mode != SearchMode::kVector) add_keyword_candidates(asked, candidates_);
    return true;
  }

  /// A graph is checked where a search comes to it: one that proves damaged is told of, and all vectors are compared.
  std::vector<NearChunk> find_near(StoreReader& reader, std::size_t count, const std::vector<PassageKey>* matching) {
    const std::size_t ef = setting_number(reader.setting(SettingNames::kEf), kDefaultEf);
    try {
      return nearest_chunks(reader, graph_.get(), ef, vector_, count, matching);
    } catch (const Error& error) {
      if (!graph_ || error.kind() != ErrorKind::kCorrupt) throw;
      searcher_.graph_.discard(*graph_, error.what());
      return nearest_chunks(reader, nullptr, ef, vector_, count, matching);
    }
  }

  /// Reads these passages word by word, those that were not read yet.
  void read(StoreReader& reader, std::span<const std::int64_t> chunks) {
    std::vector<std::int64_t> unread;
    for (const std::int64_t chunk : chunks) {
      if (!passages_.contains(chunk)) unread.push_back(chunk);
    }
    if (unread.empty()) return;
    for (ReadPassage& passage : read_closely(reader, *late_, unread, kept_states())) {
      const std::int64_t chunk = passage.stored.chunk.id;
      weigh_sentence(chunk, passage);
      passages_.emplace(chunk, std::move(passage));
    }
  }

  /// What Index::explain() will want of the pass. Not of the many that are read to order them anew.
  StatesAsked kept_states() const {
    if (!options_.explain || options_.rerank) return {};
    return explained_states(embedder().info(), *options_.explain);
  }

  void rerank_first(StoreReader& reader) {
    if (!options_.cross_encoder && !options_.rerank) return;
    std::vector<std::int64_t> chunks;
    for (const Candidate& candidate : candidates_) {
      if (chunks.size() < kReadPassages) chunks.push_back(candidate.chunk);
    }
    std::vector<double> scores;
    if (options_.cross_encoder) {
      const bool whole = reader.setting(SettingNames::kWholeDocuments) == "1";
      std::vector<std::string> texts;
      for (const StoredPassage& passage : reader.passages(chunks)) {
        texts.push_back(encoded_passage(passage.document.title, passage.chunk.headings, passage.chunk.text, whole));
      }
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      for (const float logit : options_.cross_encoder->score(request_.text, views)) {
        scores.push_back(static_cast<double>(logit));
      }
      rerank_ = rerank(candidates_, scores, 1, "cross-encoder");
    } else {
      read(reader, chunks);
      for (const std::int64_t chunk : chunks) scores.push_back(passages_.at(chunk).match.score);
      rerank_ = rerank(candidates_, scores, kLateWeight, "late interaction");
    }
    if (!rerank_->how.empty()) result_.order += " " + rerank_->how;
  }

  /// Leaves out what is not relevant enough, or where passages are read, what will hardly prove to be.
  void weigh_relevance(const Calibration& calibration) {
    calibration_ = calibration;
    const double least = result_.min_relevance * (marks_sentences() ? kWorthReading : 1);
    std::erase_if(candidates_, [&](const Candidate& candidate) {
      Relevance known{0, candidate.cosine, words_->covered(candidate.chunk)};
      known.value = relevance(calibration, known.cosine, known.covered, std::nullopt);
      relevance_.emplace(candidate.chunk, known);
      return known.value < least;
    });
  }

  /// The relevance of a passage that was read.
  void weigh_sentence(std::int64_t chunk, const ReadPassage& passage) {
    const auto known = relevance_.find(chunk);
    if (known == relevance_.end() || !marks_sentences()) return;
    const auto best = best_sentence(passage.stored.chunk.text, passage.sentences, passage.match.sentences);
    if (!best) return;
    Relevance& found = known->second;
    found.value = relevance(*calibration_, found.cosine, found.covered, passage.match.sentences[*best]);
  }

  bool is_irrelevant(std::int64_t chunk) const {
    const auto known = relevance_.find(chunk);
    return known != relevance_.end() && known->second.value < result_.min_relevance;
  }

  /// Chooses and reads what is to be shown. What proves irrelevant then makes room for the next; past kReadPassages the
  /// relevance of what was not read decides.
  std::vector<Chosen> choose_and_read(StoreReader& reader, const SearchOptions& options) {
    for (std::size_t left = marks_sentences() ? kReadPassages : 0;;) {
      std::vector<Chosen> chosen = choose(reader, candidates_, options);
      std::vector<std::int64_t> unread;
      for (const Chosen& one : chosen) {
        if (unread.size() < left && !passages_.contains(one.candidate.chunk)) unread.push_back(one.candidate.chunk);
      }
      read(reader, unread);
      left -= unread.size();
      if (std::ranges::none_of(chosen, [&](const Chosen& one) { return is_irrelevant(one.candidate.chunk); })) {
        return chosen;
      }
      std::erase_if(candidates_, [&](const Candidate& candidate) {
        return (left == 0 || passages_.contains(candidate.chunk)) && is_irrelevant(candidate.chunk);
      });
    }
  }

  void make_hits_of(StoreReader& reader) {
    SearchOptions passages = options_;
    if (options_.sentences) passages.top_k = std::max(options_.top_k, kReadPassages);
    std::vector<Chosen> chosen = choose_and_read(reader, passages);
    for (const auto& [chunk, known] : relevance_) {
      result_.best_relevance = std::max(result_.best_relevance.value_or(0), known.value);
    }
    std::vector<Hit> hits = make_hits(chosen, options_.mode);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      Hit& hit = hits[i];
      const auto known = relevance_.find(hit.passage);
      if (known != relevance_.end()) hit.relevance = known->second.value, hit.covered = known->second.covered;
      hit.steps = steps_of(chosen[i].candidate);
    }
    if (options_.sentences) {
      result_.hits = sentence_hits(hits, passages_, options_.top_k);
      return;
    }
    for (Hit& hit : hits) {
      const auto known = passages_.find(hit.passage);
      if (options_.explain) result_.states.emplace_back();
      if (known == passages_.end()) continue;
      ReadPassage& passage = known->second;
      if (options_.explain) result_.states.back() = std::move(passage.match.states);
      if (!options_.best_sentences) continue;
      if (const auto best = best_sentence(hit.text, passage.sentences, passage.match.sentences)) {
        hit.best_sentence = passage.sentences[*best];
        hit.sentence_score = passage.match.sentences[*best];
      }
    }
    result_.hits = std::move(hits);
  }

  std::vector<ScoreStep> steps_of(const Candidate& candidate) const {
    if (!candidate.reading) return {step_of(ordering_, candidate, candidate.score)};
    return {step_of(ordering_, candidate, candidate.score_before), step_of(*rerank_, candidate, candidate.score)};
  }

  /// Of a passage, and what it is made of besides its best sentence.
  struct Relevance {
    double value;
    double cosine, covered;
  };

  const Searcher& searcher_;
  const Request& request_;
  const SearchOptions& options_;
  SearchResult& result_;
  std::optional<QuestionWords> words_;
  std::optional<LateInteraction> late_;
  std::shared_ptr<const VectorGraph> graph_;  // to ask; null: compare all
  std::vector<float> vector_;                 // the question's; empty when nothing needs it
  std::vector<Candidate> candidates_;
  std::map<std::int64_t, ReadPassage> passages_;  // by chunk
  Ordering ordering_;
  std::optional<Ordering> rerank_;
  std::optional<Calibration> calibration_;                 // of a search that knows relevance
  std::unordered_map<std::int64_t, Relevance> relevance_;  // by chunk
};

SearchResult Searcher::search(std::string_view question, const SearchOptions& options) const {
  SearchResult result;
  std::string fingerprint;
  const Request request = [&] {
    StoreReader reader = store_.read();
    fingerprint = reader.setting(SettingNames::kFingerprint).value_or("");
    result.searched = reader.chunks();
    return read_request(reader, question, options);
  }();
  result.excluded = request.filter.excluded;
  if (words(request.words).empty() || fingerprint.empty()) return result;  // nothing asked, or nothing encoded yet
  model_.adopt(fingerprint);  // another process may have made the first vectors
  Search(*this, request, options, result).run(fingerprint);
  return result;
}

}  // namespace riverbank
