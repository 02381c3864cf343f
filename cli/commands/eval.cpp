#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/commands/update.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/hash.h"
#include "lib/base/xdg.h"
#include "riverbank/error.h"
#include "riverbank/evaluate.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

const std::map<std::string, SearchMode> kModes{
    {"hybrid", SearchMode::kHybrid}, {"vector", SearchMode::kVector}, {"keyword", SearchMode::kKeyword}};

struct EvalArguments {
  std::string folder, mode = "hybrid", model = kDefaultModel;
  std::size_t chunk_tokens = IndexOptions().chunk_tokens;
  int threads = 0;
  bool whole = false, exact = false, json = false;
};

/// The index of a set is kept among the caches, so that asking again in another mode encodes nothing. Its name is made
/// of all that its vectors depend on.
fs::path location_of(const EvalArguments& arguments) {
  const std::string corpus = to_hex(sha256_of_file(fs::path(arguments.folder) / "corpus.jsonl"));
  const std::string model = fs::exists(arguments.model) ? fs::canonical(arguments.model).string() : arguments.model;
  const std::string all = fmt::format("{}\n{}\n{}\n{}", corpus, model, arguments.whole, arguments.chunk_tokens);
  return cache_home() / "eval" / to_hex(sha256(all)).substr(0, 24);
}

Index open_set(Session& session, const EvalArguments& arguments, const RetrievalSet& set) {
  IndexOptions options;
  options.model = arguments.model;
  options.threads = arguments.threads;
  options.chunk_tokens = arguments.chunk_tokens;
  options.whole_documents = arguments.whole;
  const fs::path location = location_of(arguments);
  Index index = open_index(session, {location, "", "", Index::exists(location)}, options);
  if (index.status().records == set.corpus.size()) return index;
  ProgressLine line(session.terminal);
  UpdateOptions update;
  update.stop = session.interrupts.token();
  update.progress = [&](const IndexProgress& progress) { line.show(progress.fraction, describe(progress)); };
  if (index.add(set.corpus, update).stopped) throw Error(ErrorKind::kCancelled, "stopped");
  return index;
}

int run_eval(Session& session, const EvalArguments& arguments) {
  const RetrievalSet set = read_retrieval_set(arguments.folder);
  const Index index = open_set(session, arguments, set);
  ProgressLine line(session.terminal);
  EvaluationOptions options;
  options.mode = kModes.at(arguments.mode);
  options.exact = arguments.exact;
  options.stop = session.interrupts.token();
  options.progress = [&](std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(1, total)),
              fmt::format("{}/{} questions", with_thousands(done), with_thousands(total)));
  };
  const Evaluation result = evaluate(index, set, options);
  line.clear();
  const IndexStatus status = index.status();
  if (arguments.json) {
    const nlohmann::ordered_json json{
        {"settings",
         {{"set", arguments.folder},
          {"mode", arguments.mode},
          {"model", status.model},
          {"whole", arguments.whole},
          {"chunk_tokens", arguments.chunk_tokens},
          {"exact", arguments.exact},
          {"documents", set.corpus.size()},
          {"chunks", status.chunks},
          {"questions", result.queries}}},
        {"metrics", {{"ndcg@10", result.ndcg_at_10}, {"recall@100", result.recall_at_100}}},
        {"seconds", result.seconds}};
    session.terminal.print(dump(json) + "\n");
    return kDone;
  }
  session.terminal.print(fmt::format(
      "{}  {}  {}  {}: {} over {}\n", shown(arguments.folder), status.model, arguments.mode,
      arguments.whole ? "whole documents" : fmt::format("chunks of {} tokens", arguments.chunk_tokens),
      counted(result.queries, "question", "questions"), counted(set.corpus.size(), "document", "documents")));
  session.terminal.print(
      fmt::format("  nDCG@10 {:.4f}   recall@100 {:.4f}   {} a question\n", result.ndcg_at_10, result.recall_at_100,
                  in_seconds(result.seconds / static_cast<double>(std::max<std::size_t>(1, result.queries)))));
  return kDone;
}

}  // namespace

void add_eval_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<EvalArguments>();
  CLI::App* verb =
      add_verb(app, "eval", "Measure retrieval on a BEIR set: nDCG@10 and recall@100 of this very program.",
               "  riverbank eval ~/beir/scifact\n"
               "  riverbank eval ~/beir/scifact --mode vector --whole --model all-MiniLM-L6-v2\n"
               "  riverbank eval ~/beir/scifact --mode keyword --json\n");
  verb->add_option("dir", arguments->folder, "Folder with corpus.jsonl, queries.jsonl, qrels.tsv")
      ->required()
      ->type_name("DIR");
  verb->add_option("--mode", arguments->mode, "hybrid, vector or keyword")
      ->check(CLI::IsMember({"hybrid", "vector", "keyword"}).description(""))
      ->capture_default_str()
      ->type_name("MODE");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_flag("--whole", arguments->whole, "One vector a document (title + text), cut at the model's limit");
  verb->add_option("--chunk-tokens", arguments->chunk_tokens, "Longest passage, in tokens")
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--exact", arguments->exact, "Compare with every vector instead of asking the graph");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print settings and metrics as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_eval(session, *arguments); }; });
}

}  // namespace riverbank::cli
