#include "riverbank/rerank.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/input.h"
#include "cli/output/json.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct RerankArguments {
  std::string question, file, model = kDefaultModel, cross_encoder;
  std::optional<std::size_t> top_k;
  int threads = 0;
  bool json = false;
};

/// A passage as it came in: the text to rank, and the line to give back.
struct Passage {
  std::string text;
  nlohmann::ordered_json given;  // null for a plain line
};

/// Plain lines, or JSON lines with "text" when the first one begins with '{'. Blank lines are none.
std::vector<Passage> passages_of(const std::string& input, const std::string& name) {
  std::vector<Passage> passages;
  bool as_json = false;
  std::size_t number = 0;
  for (std::string& line : lines_of(input)) {
    ++number;
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    if (passages.empty()) as_json = line[first] == '{';
    if (!as_json) {
      passages.push_back({std::move(line), nullptr});
      continue;
    }
    nlohmann::ordered_json given = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!given.is_object() || !given.contains("text") || !given["text"].is_string()) {
      throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}: expected a JSON object with a \"text\" that is a string, as "
                                                   "the first line has it",
                                                   printable(name), number));
    }
    std::string text = given["text"];
    passages.push_back({std::move(text), std::move(given)});
  }
  return passages;
}

std::vector<RankedText> ranked(Session& session, const RerankArguments& arguments,
                               const std::vector<Passage>& passages) {
  std::vector<std::string_view> texts;
  texts.reserve(passages.size());
  for (const Passage& passage : passages) texts.push_back(passage.text);
  EmbedderOptions options;
  options.threads = arguments.threads;
  options.notice = [&](const std::string& sentence) { session.terminal.note(sentence); };
  if (!arguments.cross_encoder.empty()) {
    return rank_texts(CrossEncoder::load(arguments.cross_encoder, options), arguments.question, texts,
                      session.interrupts.token());
  }
  return rank_texts(Embedder::load(arguments.model, options), arguments.question, texts, session.interrupts.token());
}

void print_json(Session& session, const RerankArguments& arguments, const std::vector<Passage>& passages,
                const std::vector<RankedText>& results) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const RankedText& result : results) {
    const Passage& passage = passages[result.place];
    nlohmann::ordered_json json{{"rank", list.size() + 1}, {"score", result.score}, {"place", result.place}};
    json["text"] = passage.text;
    json["best_sentence"] = nullptr;
    if (result.best_sentence) {
      const auto& [begin, end] = *result.best_sentence;
      json["best_sentence"] = {{"begin", begin}, {"end", end}, {"text", passage.text.substr(begin, end - begin)}};
    }
    json["given"] = passage.given;
    list.push_back(std::move(json));
  }
  const bool crosses = !arguments.cross_encoder.empty();
  const nlohmann::ordered_json all{{"question", arguments.question},
                                   {"model", crosses ? arguments.cross_encoder : arguments.model},
                                   {"method", crosses ? "cross-encoder" : "late interaction"},
                                   {"passages", list}};
  session.terminal.print(dump(all) + "\n");
}

int run_rerank(Session& session, const RerankArguments& arguments) {
  require_words(arguments.question, "question");
  const std::string input =
      read_input(arguments.file,
                 "no passages given; pipe one a line, or name a file with one a line (or JSON lines with \"text\")");
  const std::string name = arguments.file.empty() || arguments.file == "-" ? "standard input" : arguments.file;
  const std::vector<Passage> passages = passages_of(input, name);
  if (passages.empty()) {
    throw Error(ErrorKind::kInvalidArgument, printable(name) + " is empty; give passages, one a line");
  }
  std::vector<RankedText> results = ranked(session, arguments, passages);
  if (arguments.top_k) results.resize(std::min(*arguments.top_k, results.size()));
  if (arguments.json) {
    print_json(session, arguments, passages, results);
    return kDone;
  }
  for (const RankedText& result : results) {
    session.terminal.print(fmt::format("{:.4f}\t{}\n", result.score, printable(passages[result.place].text)));
  }
  return kDone;
}

}  // namespace

void add_rerank_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<RerankArguments>();
  CLI::App* verb = add_verb(
      app, "rerank", "Order passages by how well they answer a question: one a line, or JSON lines with \"text\".",
      "  riverbank rerank \"who pays for repairs\" sentences.txt\n"
      "  grep -rh rent ~/letters | riverbank rerank \"when does the rent go up\" -k 3\n"
      "  riverbank query \"side effects\" -k 30 ~/book | cut -f4 | riverbank rerank \"side effects\" --json\n");
  verb->add_option("question", arguments->question, "What you want to know")->required()->type_name("QUESTION");
  verb->add_option("file", arguments->file, "The passages; none or -: standard input")->type_name("FILE");
  verb->add_option("-k,--top-k", arguments->top_k, "How many to print, 1 or more; left out: all")->type_name("N");
  verb->add_option("--model", arguments->model, "Encoder for late interaction, by name or folder")
      ->capture_default_str()
      ->type_name("NAME");
  verb->add_option("--cross-encoder", arguments->cross_encoder, "Score by this model instead, by name or folder")
      ->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print everything as JSON");
  verb->callback([&session, arguments] {
    arguments->question = unprotected(arguments->question);
    session.run = [&session, arguments] { return run_rerank(session, *arguments); };
  });
}

}  // namespace riverbank::cli
