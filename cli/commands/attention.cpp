#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/output/heat.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/wrap.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/insight/attention_page.h"
#include "lib/insight/attention_view.h"
#include "lib/insight/head_roles.h"
#include "lib/insight/head_steps.h"
#include "lib/insight/place_weights.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

using nlohmann::ordered_json;

struct AttentionArguments {
  AttentionRequest request;
  std::optional<long long> layer, head;  // as typed: below 0, too
  std::string keep, html, model = kDefaultModel;
  bool mean = false, steps = false, roles = false, positions = false, json = false;
};

/// What no flag allows by itself is said in the flags' own names; the rest says the library.
void check(const AttentionArguments& arguments) {
  if (arguments.head && !arguments.layer) {
    throw Error(ErrorKind::kInvalidArgument, "a head is one of a layer; name it too, as in --layer 3 --head 1");
  }
  if (arguments.head && (arguments.mean || arguments.request.rollout)) {
    throw Error(ErrorKind::kInvalidArgument, "--mean and --rollout are of all heads; leave out --head");
  }
  if (arguments.steps && (!arguments.head || arguments.request.word.empty())) {
    throw Error(ErrorKind::kInvalidArgument, "--steps shows one word in one head; name them: --word, --layer, --head");
  }
  if (arguments.positions && arguments.request.word.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "--positions shows the places around one word; name it with --word");
  }
}

std::optional<std::size_t> index_of(const std::optional<long long>& typed, std::int64_t count, const char* what) {
  if (!typed) return std::nullopt;
  if (*typed >= 0 && *typed < count) return static_cast<std::size_t>(*typed);
  throw Error(ErrorKind::kInvalidArgument,
              fmt::format("there is no {} {}: the model's {}s count from 0 to {}", what, *typed, what, count - 1));
}

void print_wrapped(Terminal& terminal, const std::vector<StyledText>& runs) {
  constexpr std::size_t kMostLines = 5;
  for (const std::string& line : wrap(runs, terminal, terminal.width(), 0, kMostLines)) terminal.print(line + "\n");
}

void print_ranked(Terminal& terminal, const AttentionReading& reading, const AttentionView& view, bool is_rollout) {
  constexpr std::size_t kMost = 10;
  constexpr std::size_t kName = 16;
  terminal.print(fmt::format("\n{} {}\n", terminal.styled(reading.word_shown(), Style::kBold),
                             is_rollout ? "is made of" : "attends to"));
  const std::size_t count = std::min(kMost, view.ranked.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [entry, weight] = view.ranked[i];
    const std::string name = fitted(view.labels[entry], kName);
    const std::size_t bar = terminal.width() > kName + 20 ? terminal.width() - kName - 20 : 10;
    const std::string bars = bar_of(weight, view.ranked[0].weight, std::min<std::size_t>(bar, 50));
    terminal.print(fmt::format("  {:>2}  {} {:>5.1f} %{}{}\n", i + 1,
                               terminal.styled(name, view.special[entry] ? Style::kFaint : Style::kPlain), 100 * weight,
                               bars.empty() ? "" : "  ", bars));
  }
  double rest = 0;
  for (std::size_t i = count; i < view.ranked.size(); ++i) rest += view.ranked[i].weight;
  std::string note;
  if (count < view.ranked.size())
    note = fmt::format("  {} more hold {:.1f} %.", view.ranked.size() - count, 100 * rest);
  if (view.left_out > 1e-4) note += fmt::format("  [CLS] and [SEP], left out, hold {:.1f} %.", 100 * view.left_out);
  if (!note.empty()) terminal.print(terminal.styled(note, Style::kFaint) + "\n");
}

void print_steps(Terminal& terminal, const AttentionArguments& arguments, const Model& model,
                 const AttentionReading& reading) {
  const HeadSteps steps =
      head_steps(model, reading.trace, *arguments.request.layer, *arguments.request.head, reading.word->first_token);
  print_wrapped(terminal,
                {{fmt::format("How the row of \"{}\" came to be: its query q times every token's key k, divided "
                              "by the root of d_k = {}, through softmax.",
                              printable(reading.trace.tokens[reading.word->first_token].piece), steps.d_k)}});
  terminal.print(fmt::format("  {}  {:>7}  {:>9}  {:>7}  {:>16}  {:>5}\n", fitted("token", 16), "q.k", "/sqrt(d_k)",
                             "softmax", "without scaling", "|v|"));
  const float root = std::sqrt(static_cast<float>(steps.d_k));
  for (std::size_t t = 0; t < steps.scores.size(); ++t) {
    terminal.print(fmt::format("  {}  {:>7.2f}  {:>10.2f}  {:>5.1f} %  {:>14.1f} %  {:>5.2f}\n",
                               fitted(printable(reading.trace.tokens[t].piece), 16), steps.scores[t],
                               steps.scores[t] / root, 100 * steps.weights[t], 100 * steps.unscaled[t],
                               steps.lengths[t]));
  }
  const ScalingEffect effect = scaling_effect(model, reading.trace);
  const auto line = [](const char* name, const Sharpness& row) {
    return fmt::format("  {:<22} {:>9.2f} bits  {:>13.1f} %  {:>18.3f}\n", name, row.entropy, 100 * row.largest,
                       row.slope);
  };
  terminal.print("\n");
  print_wrapped(terminal,
                {{fmt::format("The same in all heads of all layers, means over {} rows; the scores of a row spread "
                              "by {:.2f}, after the division by {:.2f}:",
                              with_thousands(effect.rows), effect.score_deviation, effect.score_deviation / root)}});
  terminal.print(fmt::format("  {:<22} {:>14}  {:>15}  {:>18}\n", "", "entropy", "largest weight", "slope p (1 - p)"));
  terminal.print(line("softmax(q.k/sqrt(d_k))", effect.scaled));
  terminal.print(line("softmax(q.k)", effect.unscaled));
}

void print_roles(Terminal& terminal, const Trace& trace) {
  constexpr std::size_t kMost = 3;
  terminal.print("Where the heads look, as shares of their attention, mean over the tokens but [CLS] and [SEP]\n");
  terminal.print(terminal.styled(
      fmt::format("  {} {:>10}   the heads that look there most: layer.head share\n", fitted("", 26), "by chance"),
      Style::kFaint));
  for (const HeadRole& role : head_roles(trace, kMost)) {
    if (role.heads.empty()) continue;
    std::string line = fmt::format("  {} {:>8.1f} %  ", fitted(role.name, 26), 100 * role.by_chance);
    for (const HeadShare& head : role.heads) {
      line += fmt::format(" {:>5} {:>4.1f} %  ", fmt::format("{}.{}", head.layer, head.head), 100 * head.share);
    }
    while (line.ends_with(' ')) line.pop_back();
    terminal.print(line + "\n");
  }
}

void print_positions(Terminal& terminal, const Model& model, const AttentionReading& reading) {
  const std::vector<TracedToken>& tokens = reading.trace.tokens;
  const std::size_t place = reading.word->first_token;
  const std::vector<PlaceWeights> kinds = place_weights(model, tokens.size(), place);
  print_wrapped(terminal, {{fmt::format("What \"{}\" would attend to if all tokens were alike and their places alone "
                                        "told them apart, by each kind of positions.",
                                        printable(tokens[place].piece))}});
  std::string head = "  " + fitted("token", 16);
  for (const PlaceWeights& kind : kinds) head += fmt::format("  {:>11}", kind.name);
  terminal.print(head + "\n");
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    std::string line = "  " + fitted(printable(tokens[t].piece), 16);
    for (const PlaceWeights& kind : kinds) line += fmt::format("  {:>9.1f} %", 100 * kind.weights[t]);
    terminal.print(line + "\n");
  }
}

ordered_json or_null(const std::optional<std::size_t>& number) {
  return number ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json as_json(const AttentionRequest& request, const Model& model, const AttentionReading& reading,
                     const AttentionView& view) {
  ordered_json rows = ordered_json::array();
  for (Eigen::Index i = 0; i < view.weights.rows(); ++i) {
    rows.push_back(std::vector<float>(view.weights.row(i).begin(), view.weights.row(i).end()));
  }
  ordered_json tokens = ordered_json::array();
  for (std::size_t t = 0; t < reading.trace.tokens.size(); ++t) {
    const TracedToken& token = reading.trace.tokens[t];
    tokens.push_back({{"piece", token.piece},
                      {"text", token.text},
                      {"begin", token.begin},
                      {"end", token.end},
                      {"special", token.special},
                      {"row", or_null(view.entry_of_token[t])}});
  }
  ordered_json json{{"model", model.name},
                    {"text", reading.text},
                    {"pair", reading.pair.empty() ? ordered_json(nullptr) : ordered_json(reading.pair)},
                    {"counting", kHowLayersCount},
                    {"layers", reading.trace.layers},
                    {"heads", reading.trace.heads},
                    {"tokens_of_text", reading.whole_tokens},
                    {"kind", request.rollout ? "rollout"
                             : request.head  ? "head"
                                             : "mean"}};
  json["layer"] = or_null(request.layer);
  json["head"] = or_null(request.head);
  json["joined"] = !request.pieces;
  json["tokens"] = tokens;
  json["rows"] = view.labels;
  json["weights"] = rows;
  json["word"] = nullptr;
  if (reading.word) {
    ordered_json attended = ordered_json::array();
    for (const auto& [entry, weight] : view.ranked) {
      attended.push_back({{"row", entry}, {"word", view.labels[entry]}, {"weight", weight}});
    }
    json["word"] = {{"name", request.word},
                    {"begin", reading.word->span.begin},
                    {"end", reading.word->span.end},
                    {"pieces", reading.word->pieces()},
                    {"attends_to", attended}};
  }
  return json;
}

/// A text as a title: one line, not too long.
std::string title_of(const std::string& text) {
  constexpr std::size_t kLongest = 160;
  const std::string title = printable(text);
  return columns_of(title) <= kLongest ? title : fitted(title, kLongest);
}

void write_page(Session& session, const AttentionArguments& arguments, const Model& model,
                const AttentionReading& reading) {
  const AttentionRequest& request = arguments.request;
  FigureView view;
  if (request.layer) view.layer = static_cast<int>(*request.layer);
  if (request.head) view.head = static_cast<int>(*request.head);
  if (request.rollout) view.head = FigureView::kRollout;
  if (reading.word) view.token = static_cast<int>(reading.word->first_token);
  const std::vector<AttentionFigure> figures{figure_of(reading.trace, reading.text, reading.pair)};
  const std::string title = title_of(reading.text) + (reading.pair.empty() ? "" : "  |  " + title_of(reading.pair));
  const std::string lead =
      fmt::format("What attends to what in {} while it reads this: {} tokens, {} layers of {} heads.", model.name,
                  reading.trace.tokens.size(), reading.trace.layers, reading.trace.heads);
  const std::string page = attention_page(title, lead, figures, view);
  write_file_atomically(arguments.html, page, 0644);
  session.terminal.note(
      fmt::format("wrote {} ({}); open it in a browser", printable(arguments.html), in_bytes(page.size())));
}

void say_what_was_read(Session& session, const AttentionReading& reading) {
  const std::size_t read = reading.trace.tokens.size();
  if (reading.trace.truncated) {
    session.terminal.note(
        fmt::format("the two texts are longer than the model reads; they were cut to {} tokens", read));
  } else if (reading.whole_tokens > read) {
    session.terminal.note(
        fmt::format("the text has {} tokens; {} {} were read", with_thousands(reading.whole_tokens), read,
                    reading.is_around_word ? "around \"" + reading.word_shown() + "\"" : "from its start on"));
  }
}

int run_attention(Session& session, AttentionArguments& arguments) {
  check(arguments);
  require_words(arguments.request.text, "text");
  require_writable(arguments.html);
  const std::shared_ptr<const Model> model = load_model(arguments.model);
  AttentionRequest& request = arguments.request;
  request.layer = index_of(arguments.layer, model->config.num_layers, "layer");
  request.head = index_of(arguments.head, model->config.num_heads, "head");
  request.keep_start = arguments.keep == "start";
  const AttentionReading reading = read_attention(model, request);
  const AttentionView view = attention_view(reading, request);
  say_what_was_read(session, reading);
  if (!arguments.html.empty()) write_page(session, arguments, *model, reading);
  Terminal& terminal = session.terminal;
  if (arguments.json) {
    terminal.print(dump(as_json(request, *model, reading, view)) + "\n");
    return kDone;
  }
  print_wrapped(terminal, {{fmt::format("{}: {}, {} tokens. ", printable(model->name),
                                        arguments.roles       ? "every head of every layer"
                                        : arguments.positions ? "kinds of positions"
                                                              : view_name(request, reading.trace),
                                        reading.trace.tokens.size())},
                           {"Layers and heads count from 0.", Style::kFaint}});
  terminal.print("\n");
  if (arguments.roles) {
    print_roles(terminal, reading.trace);
    return kDone;
  }
  if (arguments.positions) {
    print_positions(terminal, *model, reading);
    return kDone;
  }
  if (!arguments.steps) {
    for (const std::string& line : heat_lines({view.labels, view.labels, view.weights}, terminal)) {
      terminal.print(line + "\n");
    }
  }
  if (reading.word && !arguments.steps) print_ranked(terminal, reading, view, request.rollout);
  if (arguments.steps) print_steps(terminal, arguments, *model, reading);
  return kDone;
}

}  // namespace

void add_attention_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<AttentionArguments>();
  CLI::App* verb =
      add_verb(app, "attention", "Show what attends to what inside the encoder while it reads a text.",
               "  riverbank attention \"He sat on the bank of the river.\" --word bank\n"
               "  riverbank attention \"The bank raised its rates.\" --html bank.html\n"
               "  riverbank attention \"He sat on the bank of the river.\" --word bank --layer 1 --head 0 --steps\n");
  verb->add_option("text", arguments->request.text, "What the encoder reads")->required()->type_name("TEXT");
  verb->add_option("--pair", arguments->request.pair, "A second text, read together with the first")->type_name("TEXT");
  verb->add_option("--word", arguments->request.word, "Rank what this word attends to; bank#2 is the second bank")
      ->type_name("WORD");
  verb->add_option("--layer", arguments->layer, "This layer, counted from 0; else all")->type_name("L");
  verb->add_option("--head", arguments->head, "This head of the layer, counted from 0; else the mean")->type_name("H");
  CLI::Option* mean = verb->add_flag("--mean", arguments->mean, "The mean of the heads (the default)");
  verb->add_flag("--rollout", arguments->request.rollout,
                 "Attention rollout: what each token is made of after the layer")
      ->excludes(mean);
  verb->add_flag("--pieces", arguments->request.pieces, "Word pieces as they are, not joined to words");
  verb->add_flag("--no-special", arguments->request.no_special, "Leave out [CLS] and [SEP]");
  verb->add_flag("--steps", arguments->steps, "How the word's row came to be: q, k, scaling, softmax");
  verb->add_flag("--roles", arguments->roles,
                 "Which heads look at the token before, after, at [SEP] …, over this text");
  verb->add_flag(
      "--positions", arguments->positions,
      "What the word's place alone would say, by each kind of positions: learned, sinusoidal, rotary, ALiBi");
  verb->add_option("--tokens", arguments->request.max_tokens,
                   "Read at most so many tokens; default: what the model can")
      ->type_name("N");
  verb->add_option("--keep", arguments->keep, "Of a text that is too long: its start, or what is around --word")
      ->check(CLI::IsMember({"start", "word"}).description(""))
      ->type_name("start|word");
  verb->add_option("--html", arguments->html, "Write all layers and heads as one page to this file")->type_name("FILE");
  verb->add_flag("--json", arguments->json, "Print tokens and weights as JSON");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->callback([&session, arguments] {
    AttentionRequest& request = arguments->request;
    for (std::string* text : {&request.text, &request.pair, &request.word}) *text = unprotected(std::move(*text));
    session.run = [&session, arguments] { return run_attention(session, *arguments); };
  });
}

}  // namespace riverbank::cli
