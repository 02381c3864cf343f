#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/input.h"
#include "cli/output/json.h"
#include "cli/output/npy.h"
#include "cli/output/output_file.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/embedder.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct EmbedArguments {
  std::vector<std::string> texts;
  std::string file, model = kDefaultModel, format = "text", output, long_texts = "windows";
  int threads = 0;
  bool query = false, json = false, null = false;
};

std::vector<std::string> between_zero_bytes(const std::string& text) {
  std::vector<std::string> texts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    texts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return texts;
}

std::vector<std::string> texts_of(const EmbedArguments& arguments) {
  for (const std::string& text : arguments.texts) require_words(text, "text");
  if (!arguments.texts.empty()) return arguments.texts;
  const std::string input =
      read_input(arguments.file, "no text given; name texts, or a file with --file, or pipe one text a line");
  if (input.find_first_not_of(std::string_view(" \t\n\v\f\r\0", 7)) == std::string::npos) {
    const bool is_file = !arguments.file.empty() && arguments.file != "-";
    throw Error(ErrorKind::kInvalidArgument,
                (is_file ? printable(arguments.file) : "standard input") + " is empty; give texts, one a line");
  }
  return arguments.null ? between_zero_bytes(input) : lines_of(input);
}

std::string as_text(const Embeddings& embeddings) {
  std::string out;
  for (std::size_t i = 0; i < embeddings.rows; ++i) out += fmt::format("{:.7g}\n", fmt::join(embeddings.row(i), " "));
  return out;
}

std::string as_json(const Embedder& embedder, const std::vector<std::string>& texts, const Embeddings& embeddings) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < embeddings.rows; ++i) {
    const auto row = embeddings.row(i);
    rows.push_back({{"text", texts[i]}, {"embedding", std::vector<float>(row.begin(), row.end())}});
  }
  const nlohmann::ordered_json all{{"model", embedder.info().name},
                                   {"fingerprint", embedder.info().fingerprint},
                                   {"precision", embedder.info().precision},
                                   {"dimensions", embeddings.dimensions},
                                   {"tokens", embeddings.tokens},
                                   {"truncated", embeddings.truncated},
                                   {"windowed", embeddings.windowed},
                                   {"embeddings", rows}};
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string rendered(const EmbedArguments& arguments, const Embedder& embedder, const std::vector<std::string>& texts,
                     const Embeddings& embeddings) {
  if (arguments.json) return as_json(embedder, texts, embeddings);
  if (arguments.format == "npy") return as_npy(embeddings.values, embeddings.rows, embeddings.dimensions);
  if (arguments.format == "f32") return as_f32(embeddings.values);
  return as_text(embeddings);
}

int run_embed(Session& session, const EmbedArguments& arguments) {
  const bool binary = arguments.format != "text" && !arguments.json;
  if (binary && arguments.output.empty() && session.terminal.out_is_terminal()) {
    throw Error(ErrorKind::kInvalidArgument,
                "--format " + arguments.format + " is not for a terminal; redirect it, or name a file with --output");
  }
  require_writable(arguments.output);
  const std::vector<std::string> texts = texts_of(arguments);
  const Embedder embedder = Embedder::load(
      arguments.model, {.threads = arguments.threads,
                        .instruction_set = "",
                        .notice = [&](const std::string& sentence) { session.terminal.note(sentence); },
                        .long_texts = arguments.long_texts == "cut" ? LongTexts::kCut : LongTexts::kWindows});
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const TextKind kind = arguments.query ? TextKind::kQuery : TextKind::kPassage;
  const Embeddings embeddings = embedder.embed(views, kind, session.interrupts.token());
  const std::string bytes = rendered(arguments, embedder, texts, embeddings);
  if (arguments.output.empty()) {
    session.terminal.print(bytes);
  } else {
    write_file_atomically(arguments.output, bytes, 0644);
  }
  if (embeddings.truncated > 0) {
    session.terminal.note(fmt::format("{} of {} texts are longer than the model's {} tokens and were cut there",
                                      embeddings.truncated, embeddings.rows, embedder.info().max_tokens));
  }
  if (embeddings.windowed > 0) {
    session.terminal.note(
        fmt::format("{} of {} texts are longer than the model's {} tokens and were read through windows",
                    embeddings.windowed, embeddings.rows, embedder.info().max_tokens));
  }
  return kDone;
}

}  // namespace

void add_embed_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* verb = add_verb(app, "embed", "Turn texts into unit vectors.",
                            "  riverbank embed \"She sat on the bank of the river.\"\n"
                            "  riverbank embed --file sentences.txt --format npy --output vectors.npy\n"
                            "  riverbank embed --null --file ~/book/river.md --json\n"
                            "  riverbank embed --query --json \"where do otters live\"\n");
  verb->add_option("text", arguments->texts, "Texts; none: one a line from standard input")->type_name("TEXT");
  verb->add_option("--file", arguments->file, "Read one text a line from this file; - is standard input")
      ->type_name("FILE");
  verb->add_flag("-0,--null", arguments->null, "Texts end with a zero byte, not with the line: a file is one text");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_flag("--query", arguments->query, "The texts are questions (some models want a prompt before them)");
  verb->add_option(
          "--long", arguments->long_texts,
          "Texts longer than the model's limit: windows (read all, the mean of overlapping windows) or cut (read "
          "the beginning)")
      ->check(CLI::IsMember({"windows", "cut"}).description(""))
      ->capture_default_str()
      ->type_name("HOW");
  verb->add_option("--format", arguments->format, "text, npy (NumPy) or f32 (little-endian floats, row after row)")
      ->check(CLI::IsMember({"text", "npy", "f32"}).description(""))
      ->capture_default_str()
      ->type_name("FORMAT");
  verb->add_flag("--json", arguments->json, "Print texts and vectors as JSON");
  verb->add_option("-o,--output", arguments->output, "Write to this file; - is standard output, as without it")
      ->type_name("FILE")
      ->transform([](const std::string& file) { return file == "-" ? std::string() : file; });
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->callback([&session, arguments] {
    for (std::string& text : arguments->texts) text = unprotected(std::move(text));
    session.run = [&session, arguments] { return run_embed(session, *arguments); };
  });
}

}  // namespace riverbank::cli
