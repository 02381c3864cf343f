#include "cli/commands/eval_sets.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/collections.h"
#include "cli/commands/update.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/hash.h"
#include "lib/base/xdg.h"
#include "lib/model/model.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

RetrievalSet read(const EvalSource& source) {
  if (!source.questions.empty()) return read_questions(source.folder, source.questions);
  if (fs::is_directory(source.folder) && !fs::exists(fs::path(source.folder) / "corpus.jsonl")) {
    throw Error(ErrorKind::kNotFound,
                shown(source.folder) +
                    " has no corpus.jsonl, so it is no set in BEIR's layout; for a folder of your "
                    "own documents give --questions FILE, lines of question, TAB, file[:line]");
  }
  return read_retrieval_set(source.folder, source.qrels);
}

}  // namespace

EvalSet::EvalSet(Session& session, EvalSource source)
    : session_(session), source_(std::move(source)), set_(read(source_)) {
  for (const std::string& sentence : set_.left_out) session_.terminal.note(shown(source_.folder) + ": " + sentence);
  documents_ = set_.folder.empty() ? to_hex(sha256_of_file(fs::path(source_.folder) / "corpus.jsonl"))
                                   : fs::canonical(set_.folder).string();
}

std::string EvalSet::name() const { return fs::canonical(source_.folder).filename().string(); }

const EncoderChoice& EvalSet::encoder_of(const EvalSettings& settings) {
  const auto [known, is_new] = encoders_.try_emplace(settings.model);
  if (is_new) known->second = choose_encoder(*load_model(settings.model), "", "");
  return known->second;
}

std::string EvalSet::precision_of(const EvalSettings& settings) {
  return std::string(to_string(encoder_of(settings).precision));
}

fs::path EvalSet::location_of(const EvalSettings& settings) {
  const std::string model = fs::exists(settings.model) ? fs::canonical(settings.model).string() : settings.model;
  const EncoderChoice& encoder = encoder_of(settings);  // each rounds in its own way
  const std::string all = fmt::format("{}\n{}\n{} {}\n{}\n{}", documents_, model, to_string(encoder.instruction_set),
                                      to_string(encoder.precision), settings.whole, settings.chunk_tokens);
  return cache_home() / "eval" / to_hex(sha256(all)).substr(0, 24);
}

Index& EvalSet::index_for(const EvalSettings& settings, int threads) {
  const fs::path location = location_of(settings);
  if (const auto open = indexes_.find(location); open != indexes_.end()) return open->second;
  IndexOptions options;
  options.model = settings.model;
  options.threads = threads;
  options.chunk_tokens = settings.chunk_tokens;
  options.whole_documents = settings.whole;
  const bool is_new = !Index::exists(location);
  Index index = open_index(session_, {location, "", "", !is_new}, options);
  fill(index, location, is_new);
  return indexes_.emplace(location, std::move(index)).first->second;
}

/// Brings the index up to date; a stop leaves what is encoded for the next time.
void EvalSet::fill(Index& index, const fs::path& location, bool is_new) {
  UpdateReport report;
  if (!set_.folder.empty()) {
    UpdateRequest request;
    request.folders = {fs::canonical(set_.folder)};
    report = update_index(session_, index, request);
  } else if (index.status().records != set_.corpus.size()) {
    ProgressLine line(session_.terminal);
    UpdateOptions update;
    update.stop = session_.interrupts.token();
    update.progress = [&](const IndexProgress& progress) { line.show(progress.fraction, describe(progress)); };
    report = index.add(set_.corpus, update);
  }
  if (report.stopped) throw Error(ErrorKind::kCancelled, "stopped");
  if (is_new) {
    session_.terminal.note(fmt::format("  {}: {} encoded in {}; kept in {} for the next time", shown(source_.folder),
                                       counted(report.chunks_encoded, "passage", "passages"),
                                       in_seconds(report.seconds), shown(location)));
  }
}

Evaluation EvalSet::ask(const EvalSettings& settings, const std::string& label, std::size_t depth, int threads) {
  const Index& index = index_for(settings, threads);
  ProgressLine line(session_.terminal);
  EvaluationOptions options;
  options.search = settings.search;
  options.depth = depth;
  options.stop = session_.interrupts.token();
  options.progress = [&](std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(1, total)),
              fmt::format("{} {}  {}/{} questions", name(), label, with_thousands(done), with_thousands(total)));
  };
  return evaluate(index, set_, options);
}

IndexStatus EvalSet::status(const EvalSettings& settings) { return indexes_.at(location_of(settings)).status(); }

}  // namespace riverbank::cli
