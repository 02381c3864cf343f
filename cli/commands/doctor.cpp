#include "cli/commands/doctor.h"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/doctor/checkup.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "lib/base/environment.h"
#include "lib/base/printable.h"
#include "riverbank/model.h"
#include "riverbank/version.h"

namespace riverbank::cli {
namespace {

std::string listed(const std::vector<Precision>& precisions) {
  std::string list;
  for (const Precision precision : precisions) list += (list.empty() ? "" : ", ") + std::string(to_string(precision));
  return list;
}

std::string reason_of(const EncoderChoice& choice) {
  switch (choice.reason) {
    case PrecisionReason::kAsked:
      return "RIVERBANK_PRECISION asks for it";
    case PrecisionReason::kMeasured:
      return "the least to compute, and measured to keep this model's answers: nDCG@10 at most 0.3 points of 100 under "
             "float32's";
    case PrecisionReason::kNotMeasured:
      return "what a faster one would do to this model's answers is not measured; riverbank eval under "
             "RIVERBANK_PRECISION=int8 does";
    case PrecisionReason::kNoFasterKernels:
      return fmt::format("{} has nothing faster", to_string(choice.instruction_set));
  }
  return "";
}

const char* reason_name(PrecisionReason reason) {
  switch (reason) {
    case PrecisionReason::kAsked:
      return "asked";
    case PrecisionReason::kMeasured:
      return "measured";
    case PrecisionReason::kNotMeasured:
      return "not measured";
    case PrecisionReason::kNoFasterKernels:
      return "no faster kernels";
  }
  return "";
}

std::string described(const ProcessorCheckup& processor) {
  std::string text =
      fmt::format("Processor    {}, {}\n", processor.name.empty() ? "unknown" : printable(processor.name),
                  counted(static_cast<std::uint64_t>(processor.threads), "core", "cores"));
  for (const InstructionSet set : processor.offered) {
    const bool chosen = set == processor.chosen;
    const char* why = !chosen                                ? ""
                      : environment("RIVERBANK_ISA").empty() ? "  <- runs: the best here"
                                                             : "  <- runs: RIVERBANK_ISA asks for it";
    text += fmt::format("  {:<11}{}{}\n", to_string(set), listed(supported_precisions(set)), why);
  }
  return text;
}

std::string described_files(const ModelCheckup& model) {
  if (model.files_right + model.files_wrong == 0) return "no sums to check its files by";
  return counted(model.files_right, "file", "files") + " right" +
         (model.files_wrong == 0 ? "" : fmt::format(", {} wrong", model.files_wrong));
}

std::string described(const ModelCheckup& model, const Terminal& terminal) {
  std::string text =
      terminal.styled(printable(model.name), Style::kBold) + (model.name == kDefaultModel ? "  (default)" : "") + "\n";
  text += fmt::format("  stands in  {}; {}\n", shown(model.folder), described_files(model));
  if (!model.choice) return text + "  cannot be loaded\n";
  text += fmt::format("  computes   {} in {}: {}\n", to_string(model.choice->instruction_set),
                      to_string(model.choice->precision), reason_of(*model.choice));
  text += fmt::format("  agrees     cosine {:.5f} with plain float32 (at least {})\n", model.cosine, model.limit);
  if (model.packed.file.empty()) return text + "  weights    packed anew by every process\n";
  return text + fmt::format("  weights    {}, {}: {}\n", model.packed.mapped ? "mapped" : "packed just now",
                            in_bytes(model.packed_bytes), shown(model.packed.file));
}

std::string described(const Checkup& checkup, const Terminal& terminal) {
  std::string text = fmt::format("riverbank {}\n\n{}\n", kVersion, described(checkup.processor));
  for (const ModelCheckup& model : checkup.models) text += described(model, terminal) + "\n";
  text += fmt::format("Collections  {}: {}, {}; {} free\n", shown(checkup.data.path / "collections"),
                      with_thousands(checkup.collections), in_bytes(checkup.collection_bytes),
                      in_bytes(checkup.data.free_bytes));
  text += fmt::format("Cache        {}: {} of packed weights and tokenizers; {} free\n", shown(checkup.cache.path),
                      in_bytes(checkup.packed_bytes), in_bytes(checkup.cache.free_bytes));
  for (const std::string& note : checkup.notes) text += "\nNote: " + printable(note) + ".";
  for (const std::string& problem : checkup.problems) {
    text += "\n" + terminal.styled("Broken:", Style::kMark) + " " + printable(problem) + ".";
  }
  if (!checkup.notes.empty() || !checkup.problems.empty()) text += "\n";
  return text + (checkup.problems.empty() ? "\nAll is well.\n" : "");
}

nlohmann::ordered_json as_json(const ModelCheckup& model) {
  nlohmann::ordered_json json{{"name", model.name}};
  set_path(json, "folder", model.folder.string());
  json["files_right"] = model.files_right;
  json["files_wrong"] = model.files_wrong;
  json["loads"] = model.choice.has_value();
  if (!model.choice) return json;
  json["instruction_set"] = to_string(model.choice->instruction_set);
  json["precision"] = to_string(model.choice->precision);
  json["precision_reason"] = reason_name(model.choice->reason);
  json["cosine_to_float32"] = model.cosine;
  json["least_cosine"] = model.limit;
  json["packed_weights"] = nullptr;
  if (!model.packed.file.empty()) {
    nlohmann::ordered_json& packed = json["packed_weights"] = nlohmann::ordered_json::object();
    set_path(packed, "file", model.packed.file);
    packed["bytes"] = model.packed_bytes;
    packed["mapped"] = model.packed.mapped;
  }
  return json;
}

nlohmann::ordered_json as_json(const FolderCheckup& folder) {
  nlohmann::ordered_json json;
  set_path(json, "path", folder.path.string());
  json["writable"] = folder.writable;
  json["free_bytes"] = folder.free_bytes;
  return json;
}

nlohmann::ordered_json as_json(const Checkup& checkup) {
  nlohmann::ordered_json sets = nlohmann::ordered_json::array();
  for (const InstructionSet set : checkup.processor.offered) {
    nlohmann::ordered_json precisions = nlohmann::ordered_json::array();
    for (const Precision precision : supported_precisions(set)) precisions.push_back(to_string(precision));
    sets.push_back({{"name", to_string(set)}, {"precisions", precisions}, {"chosen", set == checkup.processor.chosen}});
  }
  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  for (const ModelCheckup& model : checkup.models) models.push_back(as_json(model));
  nlohmann::ordered_json data = as_json(checkup.data), cache = as_json(checkup.cache);
  data["collections"] = checkup.collections;
  data["collection_bytes"] = checkup.collection_bytes;
  cache["packed_bytes"] = checkup.packed_bytes;
  return {
      {"version", kVersion},
      {"processor", {{"name", checkup.processor.name}, {"threads", checkup.processor.threads}}},
      {"instruction_sets", sets},
      {"forced",
       {{"RIVERBANK_ISA", environment("RIVERBANK_ISA")}, {"RIVERBANK_PRECISION", environment("RIVERBANK_PRECISION")}}},
      {"models", models},
      {"data", data},
      {"cache", cache},
      {"notes", checkup.notes},
      {"problems", checkup.problems}};
}

int run_doctor(Session& session, bool json) {
  const Checkup checkup = check_up(session.interrupts.token());
  session.terminal.print(json ? dump(as_json(checkup)) + "\n" : described(checkup, session.terminal));
  return checkup.problems.empty() ? kDone : kFailed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Session& session) {
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(app, "doctor", "Check what riverbank runs on, and say what it chose and why.",
                            "  riverbank doctor\n"
                            "  riverbank doctor --json\n"
                            "  RIVERBANK_ISA=avx2 riverbank doctor\n");
  verb->add_flag("--json", *json, "Print it as JSON");
  verb->callback([&session, json] { session.run = [&session, json] { return run_doctor(session, *json); }; });
}

}  // namespace riverbank::cli
