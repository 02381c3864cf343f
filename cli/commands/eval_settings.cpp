#include "cli/commands/eval_settings.h"

#include "cli/arguments.h"
#include "cli/search_flags.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {

void add_settings_flags(CLI::App& verb, EvalSettings& settings) {
  add_search_flags(verb, settings.search);
  verb.add_option("--model", settings.model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb.add_flag("--whole", settings.whole, "One vector a document (title + text), cut at the model's limit");
  verb.add_option("--chunk-tokens", settings.chunk_tokens, "Longest passage, in tokens")
      ->capture_default_str()
      ->type_name("N");
}

EvalSettings parse_settings(const std::string& text, const EvalSettings& base) {
  EvalSettings settings = base;
  CLI::App app("", "eval");
  app.set_help_flag();
  add_settings_flags(app, settings);
  try {
    app.parse(text);
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::kInvalidArgument,
                "the settings \"" + printable(text) + "\" cannot be read: " + explain(app, error));
  }
  return settings;
}

nlohmann::ordered_json to_json(const EvalSettings& settings) {
  nlohmann::ordered_json json = to_json(settings.search);
  json["model"] = settings.model;
  json["whole"] = settings.whole;
  json["chunk_tokens"] = settings.chunk_tokens;
  return json;
}

}  // namespace riverbank::cli
