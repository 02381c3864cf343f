#include "lib/insight/contrast.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/output/heat.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/wrap.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostPairsInTable = 15;  // six sentences

struct ContrastArguments {
  std::string word, html, model = kDefaultModel;
  std::vector<std::string> sentences;
  bool json = false;
};

ordered_json layer_json(int layer) { return layer == kWordTable ? ordered_json("word") : ordered_json(layer); }

ordered_json as_json(const Contrast& contrast, const Model& model) {
  ordered_json sentences = ordered_json::array();
  for (const ContrastSentence& sentence : contrast.sentences) {
    sentences.push_back({{"text", sentence.text},
                         {"begin", sentence.place.span.begin},
                         {"end", sentence.place.span.end},
                         {"pieces", sentence.pieces},
                         {"occurrences", sentence.occurrences},
                         {"tokens", sentence.tokens},
                         {"is_part", sentence.is_part}});
  }
  ordered_json layers = ordered_json::array();
  for (std::size_t l = 0; l < contrast.layers.size(); ++l) {
    ordered_json rows = ordered_json::array();
    for (const auto& row : contrast.cosines[l].rowwise()) rows.push_back(std::vector<float>(row.begin(), row.end()));
    layers.push_back({{"layer", layer_json(contrast.layers[l])}, {"cosine", rows}});
  }
  ordered_json attention = ordered_json::array();
  for (std::size_t l = 0; l < contrast.attended.size(); ++l) {
    ordered_json of_sentences = ordered_json::array();
    for (std::size_t s = 0; s < contrast.sentences.size(); ++s) {
      ordered_json words = ordered_json::array();
      for (const AttendedWord& word : contrast.attended[l][s]) {
        words.push_back({{"word", word.word}, {"weight", word.weight}});
      }
      of_sentences.push_back({{"attends_to", words}, {"left_out", contrast.left_out[l][s]}});
    }
    attention.push_back({{"attention_layer", l}, {"sentences", of_sentences}});
  }
  ordered_json groups = nullptr;
  if (contrast.groups) {
    groups = {{"sentences", contrast.groups->members},
              {"farthest_within", contrast.groups->farthest_within},
              {"nearest_across", contrast.groups->nearest_across},
              {"from_layer", layer_json(contrast.groups_from)}};
  }
  return {{"word", contrast.word}, {"model", model.name}, {"counting", kHowLayersCount},     {"sentences", sentences},
          {"layers", layers},      {"groups", groups},    {"reading", reading_of(contrast)}, {"attention", attention}};
}

void print_sentences(Terminal& terminal, const Contrast& contrast) {
  for (std::size_t s = 0; s < contrast.sentences.size(); ++s) {
    const ContrastSentence& sentence = contrast.sentences[s];
    const std::string_view text = sentence.text;
    const Span span = sentence.place.span;
    const bool marks = !terminal.color();
    const std::vector<StyledText> runs{
        {printable(text.substr(0, span.begin)), Style::kPlain},
        {(marks ? "▌" : "") + printable(span.of(text)) + (marks ? "▐" : ""), Style::kMark},
        {printable(text.substr(span.end)), Style::kPlain}};
    const auto lines = wrap(runs, terminal, terminal.width(), 4, 3);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      terminal.print((i == 0 ? fmt::format("{:>3} {}", s + 1, lines[i].substr(4)) : lines[i]) + "\n");
    }
    std::string notes;
    if (sentence.pieces.size() > 1) {
      std::vector<std::string> pieces;
      for (const std::string& piece : sentence.pieces) pieces.push_back(printable(piece));
      notes += fmt::format(" Of {} pieces ({}); their mean counts.", pieces.size(), fmt::join(pieces, " "));
    }
    if (sentence.occurrences > 1) {
      notes += fmt::format(" It stands {} times here; #2 after the word means the second.", sentence.occurrences);
    }
    if (sentence.is_part) {
      notes += fmt::format(" Of {} tokens; what the model can read around the word was read.",
                           with_thousands(sentence.tokens));
    }
    if (!notes.empty()) terminal.print(terminal.styled("   " + notes, Style::kFaint) + "\n");
  }
}

/// A row for each layer, a column for each pair.
void print_pairs(Terminal& terminal, const Contrast& contrast) {
  constexpr std::size_t kCell = 7;
  const auto n = static_cast<Eigen::Index>(contrast.sentences.size());
  std::string header = "  layer";
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = i + 1; j < n; ++j) header += fmt::format("{:>{}}", fmt::format("{}-{}", i + 1, j + 1), kCell);
  }
  terminal.print(terminal.styled(header, Style::kFaint) + "\n");
  for (std::size_t l = 0; l < contrast.layers.size(); ++l) {
    std::string line = fmt::format("{:>7}", layer_name(contrast.layers[l]));
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = i + 1; j < n; ++j) line += fmt::format("{:>{}.3f}", contrast.cosines[l](i, j), kCell);
    }
    terminal.print(line + "\n");
  }
}

void print_matrix(Terminal& terminal, const Contrast& contrast, std::size_t l) {
  terminal.print(fmt::format("  layer {}\n", layer_name(contrast.layers[l])));
  const auto n = contrast.cosines[l].rows();
  for (Eigen::Index i = 0; i < n; ++i) {
    std::string line = fmt::format("  {:>3}", i + 1);
    for (Eigen::Index j = 0; j < n; ++j) line += fmt::format(" {:5.3f}", contrast.cosines[l](i, j));
    terminal.print(line + "\n");
  }
}

/// A row for each attention layer, a column for each sentence: as many of the top words as fit.
void print_attended(Terminal& terminal, const Contrast& contrast) {
  const std::size_t count = std::min<std::size_t>(contrast.sentences.size(), 6);
  const std::size_t column = std::max<std::size_t>(16, (terminal.width() - 7) / count);
  terminal.print(fmt::format(
      "\nWhat {} attended to most, in per cent: mean of the heads, pieces joined; itself, [CLS], [SEP] and punctuation "
      "left out\n",
      printable(contrast.word)));
  std::string header = "  layer";
  for (std::size_t s = 0; s < count; ++s) header += "  " + fitted(fmt::format("in {}", s + 1), column - 2);
  while (header.ends_with(' ')) header.pop_back();
  terminal.print(terminal.styled(header, Style::kFaint) + "\n");
  for (std::size_t l = 0; l < contrast.attended.size(); ++l) {
    std::string line = fmt::format("{:>7}", l);
    for (std::size_t s = 0; s < count; ++s) {
      std::string cell;
      for (const AttendedWord& word : contrast.attended[l][s]) {
        const std::string next = fmt::format("{}{} {:.0f}", cell.empty() ? "" : ", ", word.word, 100 * word.weight);
        if (columns_of(cell) + columns_of(next) > column - 2) break;
        cell += next;
      }
      line += "  " + fitted(cell, column - 2);
    }
    while (line.ends_with(' ')) line.pop_back();
    terminal.print(line + "\n");
  }
  if (count < contrast.sentences.size()) {
    terminal.print(terminal.styled("  The first 6 sentences; --json and --html show all.", Style::kFaint) + "\n");
  }
}

/// A word for each sentence: the one that was named, or "bank,bank#2" one by one.
std::vector<std::string> names_of(const ContrastArguments& arguments) {
  std::vector<std::string> names(1);
  for (const char c : arguments.word) {
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  if (names.size() == arguments.sentences.size()) return names;
  return std::vector<std::string>(arguments.sentences.size(), arguments.word);
}

int run_contrast(Session& session, const ContrastArguments& arguments) {
  require_words(arguments.word, "word");
  for (const std::string& sentence : arguments.sentences) require_words(sentence, "sentence");
  require_writable(arguments.html);
  const auto model = load_model(arguments.model);
  const Contrast result = contrast(model, names_of(arguments), arguments.sentences);
  if (!arguments.html.empty()) {
    const std::string page = contrast_page(result, model->name);
    write_file_atomically(arguments.html, page, 0644);
    session.terminal.note(
        fmt::format("wrote {} ({}); open it in a browser", printable(arguments.html), in_bytes(page.size())));
  }
  Terminal& terminal = session.terminal;
  if (arguments.json) {
    terminal.print(dump(as_json(result, *model)) + "\n");
    return kDone;
  }
  print_sentences(terminal, result);
  const std::size_t n = result.sentences.size();
  terminal.print(
      fmt::format("\nCosine of {} in each pair of sentences, {}\n", printable(result.word), printable(model->name)));
  if (n * (n - 1) / 2 <= kMostPairsInTable) {
    print_pairs(terminal, result);
  } else {
    for (const std::size_t l : {std::size_t{0}, std::size_t{1}, result.layers.size() - 1}) {
      print_matrix(terminal, result, l);
    }
    terminal.print(terminal.styled("  --json and --html show all layers.", Style::kFaint) + "\n");
  }
  print_attended(terminal, result);
  terminal.print("\n");
  for (const auto& [text, style] :
       {StyledText{reading_of(result), Style::kBold}, StyledText{std::string(kHowLayersCount), Style::kFaint}}) {
    for (const std::string& line : wrap({{text, style}}, terminal, terminal.width(), 0, 8)) terminal.print(line + "\n");
  }
  return kDone;
}

}  // namespace

void add_contrast_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<ContrastArguments>();
  CLI::App* verb = add_verb(
      app, "contrast", "Compare one word's vector in several sentences, layer by layer.",
      "  riverbank contrast bank \"He sat on the bank of the river.\" \"The bank raised its rates.\"\n"
      "  riverbank contrast bank#2,bank \"The bank by the river bank.\" \"The bank raised its rates.\" --json\n"
      "  riverbank contrast bank \"Reeds grew on the muddy bank.\" \"The bank gave a loan.\" --html bank.html\n");
  verb->add_option("word", arguments->word,
                   "The word; bank#2 where it stands for the second time; bank,bank#2: one for each sentence")
      ->required()
      ->type_name("WORD");
  verb->add_option("sentence", arguments->sentences, "Two sentences or more that hold the word")
      ->required()
      ->type_name("SENTENCE");
  verb->add_option("--html", arguments->html, "Write the picture as one page to this file")->type_name("FILE");
  verb->add_flag("--json", arguments->json, "Print the matrices as JSON");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->callback([&session, arguments] {
    arguments->word = unprotected(std::move(arguments->word));
    for (std::string& sentence : arguments->sentences) sentence = unprotected(std::move(sentence));
    session.run = [&session, arguments] { return run_contrast(session, *arguments); };
  });
}

}  // namespace riverbank::cli
