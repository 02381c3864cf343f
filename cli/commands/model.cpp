#include "riverbank/model.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

struct ModelArguments {
  std::string name, config;
  std::vector<std::string> paths;
  bool json = false;
};

int run_list(Session& session, const ModelArguments& arguments) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const ModelListing& model : list_models()) {
    list.push_back({{"name", model.name},
                    {"repository", model.repository},
                    {"about", model.about},
                    {"bytes", model.bytes},
                    {"default", model.name == kDefaultModel},
                    {"folder", nullptr}});
    if (model.folder) set_path(list.back(), "folder", model.folder->string());
    text += fmt::format("{}  {}\n    {}\n    {}\n", session.terminal.styled(printable(model.name), Style::kBold),
                        model.name == kDefaultModel ? "(default)" : "", printable(model.about),
                        model.folder ? "here: " + shown(*model.folder)
                                     : "not here (" + in_bytes(model.bytes) + "); get it: riverbank model pull " +
                                           printable(model.name));
  }
  session.terminal.print(arguments.json ? dump(list) + "\n" : text);
  return kDone;
}

int run_pull(Session& session, const ModelArguments& arguments) {
  ProgressLine line(session.terminal);
  const auto progress = [&](const TransferProgress& transfer) {
    const double fraction =
        transfer.total > 0 ? static_cast<double>(transfer.done) / static_cast<double>(transfer.total) : -1;
    line.show(fraction, describe(transfer));
  };
  const auto folder = pull_model(arguments.name, progress, session.interrupts.token());
  line.clear();
  session.terminal.print(shown(folder) + "\n");
  return kDone;
}

int run_import(Session& session, const ModelArguments& arguments) {
  ImportSource source;
  source.paths.assign(arguments.paths.begin(), arguments.paths.end());
  source.config = arguments.config;
  source.name = arguments.name;
  session.terminal.print(shown(import_model(source, session.interrupts.token())) + "\n");
  return kDone;
}

int run_verify(Session& session, const ModelArguments& arguments) {
  const std::string name = arguments.name.empty() ? kDefaultModel : arguments.name;
  bool whole = true;
  for (const VerifiedFile& file : verify_model(name, session.interrupts.token())) {
    session.terminal.print(printable(file.file) + ": " + (file.problem.empty() ? "right" : printable(file.problem)) +
                           "\n");
    whole = whole && file.problem.empty();
  }
  return whole ? kDone : kFailed;
}

}  // namespace

void add_model_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<ModelArguments>();
  CLI::App* verb = add_verb(app, "model", "Get, list and check encoders.",
                            "  riverbank model list\n"
                            "  riverbank model pull bge-small-en-v1.5\n"
                            "  riverbank model import ./my-bert\n");
  verb->require_subcommand(1);
  const auto on = [&](CLI::App* sub, int (*run)(Session&, const ModelArguments&)) {
    sub->callback(
        [&session, arguments, run] { session.run = [&session, arguments, run] { return run(session, *arguments); }; });
  };

  CLI::App* list =
      add_verb(*verb, "list", "The models riverbank knows, and those on this machine.", "  riverbank model list\n");
  list->add_flag("--json", arguments->json, "Print it as JSON");
  on(list, run_list);

  CLI::App* pull = add_verb(*verb, "pull", "Download a model from the Hugging Face hub; goes on where it stopped.",
                            "  riverbank model pull bge-small-en-v1.5\n"
                            "  riverbank model pull sentence-transformers/all-MiniLM-L12-v2\n"
                            "  HF_ENDPOINT=https://mirror.example riverbank model pull all-MiniLM-L6-v2\n");
  pull->add_option("name", arguments->name, "A name from `model list`, or owner/name[@revision]")
      ->required()
      ->type_name("NAME");
  on(pull, run_pull);

  CLI::App* import =
      add_verb(*verb, "import", "Bring in a model of your own: a transformers folder, or an .onnx file.",
               "  riverbank model import ./my-bert\n"
               "  riverbank model import model.onnx tokenizer.json --config config.json --name my-bert\n");
  import->add_option("path", arguments->paths, "A folder, or model.onnx and tokenizer.json")
      ->required()
      ->type_name("PATH");
  import->add_option("--config", arguments->config, "config.json that belongs to the .onnx file")->type_name("FILE");
  import->add_option("--name", arguments->name, "What to call it; else the folder's name")->type_name("NAME");
  on(import, run_import);

  CLI::App* verify = add_verb(*verb, "verify", "Compute the sums of a model's files and compare.",
                              "  riverbank model verify bge-small-en-v1.5\n");
  verify->add_option("name", arguments->name, "The model; none: the default one")->type_name("NAME");
  on(verify, run_verify);

  CLI::App* path =
      add_verb(*verb, "path", "Print the folder that a model stands in.", "  riverbank model path bge-small-en-v1.5\n");
  path->add_option("name", arguments->name, "The model")->required()->type_name("NAME");
  on(path, [](Session& s, const ModelArguments& a) {
    s.terminal.print(find_model(a.name).string() + "\n");
    return kDone;
  });
}

}  // namespace riverbank::cli
