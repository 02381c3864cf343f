#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <regex>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/commands/eval_sets.h"
#include "cli/output/json.h"
#include "cli/output/measured.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/search_flags.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

/// Documents ranked for each question, or more when a metric looks further; metrics without @K see that many.
constexpr std::size_t kLeastDepth = 100;

struct EvalArguments {
  std::vector<std::string> folders, rows, compare, runs;
  EvalSettings settings;
  std::string metrics = "ndcg@10,recall@100";
  std::string questions, qrels, by, write_run, write_qrels;
  int threads = 0;
  bool table = false, complete = false, json = false;
};

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorKind::kInvalidArgument, message); }

/// What goes together and what does not.
void check(const EvalArguments& arguments) {
  const bool runs = !arguments.runs.empty();
  const bool many = arguments.folders.size() > 1;
  if (arguments.folders.empty() && !runs) refuse("name a set to measure, DIR, or a run with --run FILE --qrels FILE");
  if (runs && !arguments.folders.empty()) refuse("a run is judged by --qrels FILE alone; leave out DIR");
  if (runs && arguments.qrels.empty()) refuse("--run needs the judgements: --qrels FILE");
  if (runs && arguments.runs.size() > 2) refuse("--run can be given once, or twice to compare");
  if (runs && (arguments.table || !arguments.compare.empty() || !arguments.questions.empty() ||
               !arguments.write_run.empty() || !arguments.write_qrels.empty())) {
    refuse("--run measures a ranking that is there already; it goes with --qrels, --metrics, --complete and --json");
  }
  if (arguments.complete && !runs) refuse("--complete is for --run; a set's questions all count anyway");
  if (many && !(arguments.questions + arguments.qrels).empty()) {
    refuse("--questions and --qrels belong to one DIR; measure the others in a command of their own");
  }
  if (!arguments.questions.empty() && !arguments.qrels.empty()) refuse("give --questions or --qrels, not both");
  if (!arguments.by.empty() && arguments.questions.empty()) refuse("--by names a column of the --questions file");
  if (arguments.table && !arguments.compare.empty()) refuse("give --table or --compare, not both");
  if (!arguments.rows.empty() && !arguments.table) refuse("--settings names a row of --table");
  if ((many || arguments.table || !arguments.compare.empty()) && !arguments.write_run.empty()) {
    refuse("--write-run writes the ranking of one set with one setting");
  }
  if (many && !arguments.write_qrels.empty()) refuse("--write-qrels writes the judgements of one set");
}

std::size_t depth_of(const std::vector<Metric>& metrics) {
  std::size_t depth = kLeastDepth;
  for (const Metric& metric : metrics) depth = std::max(depth, metric.k);
  return depth;
}

/// The questions that have each value of a column, by their place in the qrels.
std::map<std::string, std::vector<std::size_t>> groups_by(const std::string& column, const RetrievalSet& set) {
  std::map<std::string, std::vector<std::size_t>> groups;
  if (column.empty()) return groups;
  const auto values = set.columns.find(column);
  if (values == set.columns.end()) {
    std::string names;
    for (const auto& [name, ignored] : set.columns) names += (names.empty() ? "" : ", ") + printable(name);
    refuse("the questions have no column \"" + printable(column) + "\"; they have " + (names.empty() ? "none" : names));
  }
  std::size_t place = 0;
  for (const auto& [question, ignored] : set.qrels) {
    const auto value = values->second.find(question);
    groups[value == values->second.end() ? "" : value->second].push_back(place++);
  }
  return groups;
}

Measured measure_set(const EvalArguments& arguments, EvalSet& source, const std::string& text,
                     const EvalSettings& settings) {
  const RetrievalSet& set = source.set();
  Measured measured;
  measured.metrics = parse_metrics(arguments.metrics);
  measured.groups = groups_by(arguments.by, set);
  const std::size_t depth = depth_of(measured.metrics);
  const Evaluation evaluation = source.ask(settings, text, depth, arguments.threads);
  const IndexStatus status = source.status(settings);
  const std::string precision = source.precision_of(settings);

  measured.set = source.name();
  measured.settings = text;
  measured.model = status.model;
  measured.questions = set.qrels.size();
  measured.seconds = evaluation.seconds;
  const std::size_t documents = status.documents + status.records;
  measured.title =
      fmt::format("{}  {} ({})  {}  {}: {} over {}", shown(source.folder()), printable(status.model), precision,
                  name_of(settings.search.mode),
                  settings.whole ? "whole documents" : fmt::format("chunks of {} tokens", settings.chunk_tokens),
                  counted(measured.questions, "question", "questions"), counted(documents, "document", "documents"));
  measured.json_settings = {{"set", source.folder()}};
  measured.json_settings.update(to_json(settings));
  measured.json_settings.update({{"precision", precision},
                                 {"documents", documents},
                                 {"chunks", status.chunks},
                                 {"questions", measured.questions},
                                 {"depth", depth}});
  for (const Metric& metric : measured.metrics) {
    measured.values.push_back(measure(metric, evaluation.run, set.qrels));
  }
  if (!arguments.write_run.empty()) write_run(arguments.write_run, evaluation.run, "riverbank");
  return measured;
}

EvalSet open_set(Session& session, const EvalArguments& arguments, const std::string& folder) {
  EvalSet set(session, {folder, arguments.questions, arguments.qrels});
  if (!arguments.write_qrels.empty()) write_qrels(arguments.write_qrels, set.set().qrels);
  return set;
}

/// Prints what was made for each set, as one JSON object for one and {"sets": […]} for more.
void print_json(Session& session, std::vector<nlohmann::ordered_json> sets) {
  session.terminal.print(
      dump(sets.size() == 1 ? std::move(sets.front()) : nlohmann::ordered_json{{"sets", std::move(sets)}}) + "\n");
}

void run_sets(Session& session, const EvalArguments& arguments) {
  std::vector<nlohmann::ordered_json> json;
  for (const std::string& folder : arguments.folders) {
    EvalSet set = open_set(session, arguments, folder);
    if (arguments.compare.empty()) {
      const Measured measured = measure_set(arguments, set, "", arguments.settings);
      arguments.json ? json.push_back(to_json(measured)) : print_measured(session.terminal, measured);
      continue;
    }
    std::vector<Measured> both;
    for (const std::string& text : arguments.compare) {
      both.push_back(measure_set(arguments, set, text, parse_settings(text, arguments.settings)));
    }
    both.front().title = fmt::format("{}: {}", shown(folder), counted(both.front().questions, "question", "questions"));
    arguments.json ? json.push_back(comparison_as_json(both[0], both[1]))
                   : print_comparison(session.terminal, both[0], both[1]);
  }
  if (arguments.json) print_json(session, std::move(json));
}

/// Settings without their model, which has a column of its own.
std::string without_model(const std::string& settings) {
  std::string text = std::regex_replace(settings, std::regex(R"(\s*--model[ =]\S+)"), "");
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

void run_table(Session& session, const EvalArguments& arguments) {
  std::vector<std::string> rows = arguments.rows;
  if (rows.empty()) rows = {"--mode keyword", "--mode vector", "--mode hybrid"};
  std::vector<EvalSettings> settings;
  settings.reserve(rows.size());
  for (const std::string& row : rows) settings.push_back(parse_settings(row, arguments.settings));
  std::vector<Measured> measured;
  for (const std::string& folder : arguments.folders) {
    EvalSet set = open_set(session, arguments, folder);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      measured.push_back(measure_set(arguments, set, without_model(rows[i]), settings[i]));
    }
  }
  if (!arguments.json) return print_table(session.terminal, measured);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Measured& one : measured) json.push_back(to_json(one));
  session.terminal.print(dump({{"rows", json}}) + "\n");
}

/// Judged questions that a run lacks are left out, as trec_eval does, unless --complete counts them as found nothing.
void keep_asked(Session& session, const EvalArguments& arguments, const std::string& file, const Run& run,
                Qrels& qrels) {
  const std::size_t judged = qrels.size();
  std::size_t lacking = 0;
  std::erase_if(qrels, [&](const auto& entry) {
    const bool lacks = !run.contains(entry.first);
    lacking += lacks ? 1 : 0;
    return lacks && !arguments.complete;
  });
  if (lacking == judged) {
    throw Error(ErrorKind::kCorrupt, "no question of " + printable(file) + " is judged in " +
                                         printable(arguments.qrels) + "; do the two belong together?");
  }
  if (lacking > 0) {
    session.terminal.note(
        fmt::format("{} has nothing on {} of {} judged questions; they {}", shown(file), lacking, judged,
                    arguments.complete ? "count as 0" : "are left out (--complete counts them as 0)"));
  }
  const auto unjudged =
      std::count_if(run.begin(), run.end(), [&](const auto& entry) { return !qrels.contains(entry.first); });
  if (unjudged > 0) {
    session.terminal.note(fmt::format("{} ranks for {} that nobody judged; they do not count", shown(file),
                                      counted(static_cast<std::size_t>(unjudged), "question", "questions")));
  }
}

void run_files(Session& session, const EvalArguments& arguments) {
  Qrels qrels = read_qrels(arguments.qrels);
  std::vector<Run> runs;
  for (const std::string& file : arguments.runs) {
    runs.push_back(read_run(file));
    keep_asked(session, arguments, file, runs.back(), qrels);
  }
  std::vector<Measured> measured;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Measured one;
    one.metrics = parse_metrics(arguments.metrics);
    one.questions = qrels.size();
    one.settings = arguments.runs[i];
    one.title = fmt::format("{}: {}", runs.size() == 1 ? shown(arguments.runs[i]) : shown(arguments.qrels),
                            counted(one.questions, "question", "questions"));
    one.json_settings = {{"run", arguments.runs[i]},
                         {"qrels", arguments.qrels},
                         {"complete", arguments.complete},
                         {"questions", one.questions}};
    for (const Metric& metric : one.metrics) one.values.push_back(measure(metric, runs[i], qrels));
    measured.push_back(std::move(one));
  }
  if (arguments.json) {
    print_json(session, {runs.size() == 1 ? to_json(measured[0]) : comparison_as_json(measured[0], measured[1])});
  } else if (runs.size() == 1) {
    print_measured(session.terminal, measured[0]);
  } else {
    print_comparison(session.terminal, measured[0], measured[1]);
  }
}

int run_eval(Session& session, const EvalArguments& arguments) {
  check(arguments);
  parse_metrics(arguments.metrics);  // before anything is encoded
  for (const std::string& file : {arguments.write_run, arguments.write_qrels}) require_writable(file);
  if (!arguments.runs.empty()) {
    run_files(session, arguments);
  } else if (arguments.table) {
    run_table(session, arguments);
  } else {
    run_sets(session, arguments);
  }
  return kDone;
}

void add_flags(CLI::App& verb, EvalArguments& arguments) {
  verb.add_option("dir", arguments.folders,
                  "Folder with corpus.jsonl, queries.jsonl, qrels.tsv; or, with --questions, any")
      ->type_name("DIR");
  verb.add_option("--questions", arguments.questions, "Lines of question, TAB, file[:line] in DIR")->type_name("FILE");
  verb.add_option("--by", arguments.by, "Show each value of this column of the questions too")->type_name("COLUMN");
  verb.add_option("--metrics", arguments.metrics, "ndcg@K, recall@K, map, mrr, success@K, with commas between")
      ->capture_default_str()
      ->type_name("LIST");
  add_settings_flags(verb, arguments.settings);
  verb.add_option("--compare", arguments.compare, "Two settings, quoted: their difference, its interval, and p")
      ->expected(2)
      ->type_name("A B");
  verb.add_flag("--table", arguments.table, "A Markdown table of every DIR and settings");
  verb.add_option("--settings", arguments.rows, "A row of the table, quoted; again for each further one")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("SETTINGS");
  verb.add_option("--run", arguments.runs, "Measure this TREC run instead; twice: compare the two")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  verb.add_option("--qrels", arguments.qrels, "Judgements, TREC's or BEIR's, of the run or in place of the set's")
      ->type_name("FILE");
  verb.add_flag("--complete", arguments.complete, "Judged questions that the run lacks count as 0");
  verb.add_option("--write-run", arguments.write_run, "Write the ranking as a TREC run")->type_name("FILE");
  verb.add_option("--write-qrels", arguments.write_qrels, "Write the judgements as TREC qrels")->type_name("FILE");
  verb.add_option("--threads", arguments.threads, "Threads; 0: one for each core")->type_name("N");
  verb.add_flag("--json", arguments.json, "Print settings, metrics and intervals as JSON");
}

}  // namespace

void add_eval_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<EvalArguments>();
  CLI::App* verb =
      add_verb(app, "eval", "Measure retrieval on a set of judged questions, with this very program.",
               "  riverbank eval ~/beir/scifact\n"
               "  riverbank eval ~/beir/scifact --compare \"--mode vector\" \"--mode hybrid\" --metrics ndcg@10,mrr\n"
               "  riverbank eval ~/book --questions ~/questions.tsv --metrics success@1,success@3\n"
               "  riverbank eval ~/beir/scifact --table --settings \"--mode keyword\" --settings \"--mode hybrid\"\n"
               "  riverbank eval ~/beir/scifact --write-run ~/run.trec --write-qrels ~/qrels.txt --json\n"
               "  riverbank eval --run ~/run.trec --qrels ~/qrels.txt --metrics map,ndcg@10\n");
  add_flags(*verb, *arguments);
  add_eval_wic_command(*verb, session);
  add_eval_senses_command(*verb, session);
  verb->callback([&session, arguments, verb] {
    if (!verb->get_subcommands().empty()) return;  // that one runs
    for (auto* texts : {&arguments->compare, &arguments->rows}) {
      for (std::string& text : *texts) text = unprotected(text);
    }
    session.run = [&session, arguments] { return run_eval(session, *arguments); };
  });
}

}  // namespace riverbank::cli
