#include "cli/doctor/checkup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "cli/collections.h"
#include "cli/output/numbers.h"
#include "lib/base/parallel.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "lib/insight/encoder_check.h"
#include "lib/model/model.h"
#include "riverbank/error.h"
#include "riverbank/index.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kLittleRoom = std::uint64_t{256} << 20U;

/// As the kernel has it; ARM's does not say.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

ProcessorCheckup check_processor(std::vector<std::string>& problems) {
  ProcessorCheckup processor{.name = processor_name(),
                             .threads = thread_count(0),
                             .offered = supported_instruction_sets(),
                             .chosen = std::nullopt};
  try {
    processor.chosen = choose_instruction_set();
    choose_precision(*processor.chosen);
  } catch (const Error& error) {
    problems.emplace_back(error.what());
  }
  return processor;
}

void check_files(ModelCheckup& model, const std::stop_token& stop, std::vector<std::string>& problems) {
  std::vector<VerifiedFile> files;
  try {
    files = verify_model(model.name, stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;  // a folder of one's own has no sums
  }
  for (const VerifiedFile& file : files) {
    ++(file.problem.empty() ? model.files_right : model.files_wrong);
    if (file.problem.empty()) continue;
    problems.push_back(fmt::format("{} of {} {}; get it again", file.file, model.name, file.problem));
  }
}

void try_encoder(ModelCheckup& model, Checkup& checkup) {
  const EncoderCheck check =
      check_encoder(*load_model(model.name), [&](const std::string& sentence) { checkup.notes.push_back(sentence); });
  model.choice = check.choice;
  model.cosine = check.cosine;
  model.limit = check.limit;
  model.packed = check.packed_weights;
  std::error_code ignored;
  if (!model.packed.file.empty()) model.packed_bytes = fs::file_size(model.packed.file, ignored);
  if (!check.is_right()) {
    checkup.problems.push_back(
        fmt::format("{} in {} on {} comes to a cosine of {:.5f} with plain float32, under the limit of {}: the "
                    "processor or riverbank is at fault; RIVERBANK_PRECISION=f32 may do without",
                    model.name, to_string(check.choice.precision), to_string(check.choice.instruction_set),
                    check.cosine, check.limit));
  }
}

void check_models(Checkup& checkup, const std::stop_token& stop) {
  bool has_default = false;
  for (const ModelListing& listing : list_models()) {
    if (!listing.folder) continue;
    has_default = has_default || listing.name == kDefaultModel;
    ModelCheckup& model = checkup.models.emplace_back();
    model.name = listing.name;
    model.folder = *listing.folder;
    try {
      check_files(model, stop, checkup.problems);
      try_encoder(model, checkup);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCancelled) throw;
      const bool is_said = std::ranges::find(checkup.problems, error.what()) != checkup.problems.end();
      if (!is_said) checkup.problems.emplace_back(error.what());
    }
  }
  const std::string get = std::string("riverbank model pull ") + kDefaultModel;
  if (checkup.models.empty()) checkup.problems.push_back("there is no model on this machine; get one: " + get);
  if (!checkup.models.empty() && !has_default) {
    checkup.notes.push_back(std::string("the default model, ") + kDefaultModel + ", is not here; get it: " + get);
  }
}

FolderCheckup check_folder(const fs::path& path) {
  FolderCheckup folder{.path = path};
  std::error_code error;
  fs::path standing = path;
  while (!fs::exists(standing, error) && standing.has_relative_path()) standing = standing.parent_path();
  folder.writable = fs::is_directory(standing, error) && ::access(standing.c_str(), W_OK | X_OK) == 0;
  const fs::space_info space = fs::space(standing, error);
  if (!error) folder.free_bytes = space.available;
  return folder;
}

void check_collections(Checkup& checkup) {
  for (const fs::path& location : all_collections()) {
    ++checkup.collections;
    try {
      const IndexStatus status = Index::open(location, {.access = Access::kReadOnly}).status();
      checkup.collection_bytes += status.store_bytes + status.graph_bytes;
    } catch (const Error& error) {
      checkup.problems.push_back(
          fmt::format("the collection in {} cannot be opened: {}", shown(location), error.what()));
    }
  }
}

void check_folders(Checkup& checkup) {
  checkup.data = check_folder(data_home());
  checkup.cache = check_folder(cache_home());
  if (!checkup.data.writable) {
    checkup.problems.push_back(
        fmt::format("{} cannot be written, so nothing can be indexed; set XDG_DATA_HOME", shown(checkup.data.path)));
  } else if (checkup.data.free_bytes < kLittleRoom) {
    checkup.problems.push_back(
        fmt::format("only {} are free for {}", in_bytes(checkup.data.free_bytes), shown(checkup.data.path)));
  }
  if (!checkup.cache.writable) {
    checkup.notes.push_back(
        fmt::format("{} cannot be written, so every process packs the weights anew; set XDG_CACHE_HOME",
                    shown(checkup.cache.path)));
  } else if (checkup.cache.free_bytes < kLittleRoom) {
    checkup.notes.push_back(
        fmt::format("only {} are free for {}; where packed weights find no room every process packs them anew",
                    in_bytes(checkup.cache.free_bytes), shown(checkup.cache.path)));
  }
  std::error_code error;
  for (auto entry = fs::directory_iterator(checkup.cache.path / "packed", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const std::uintmax_t bytes = entry->file_size(gone);
    if (!gone) checkup.packed_bytes += bytes;
  }
}

}  // namespace

Checkup check_up(const std::stop_token& stop) {
  Checkup checkup;
  checkup.processor = check_processor(checkup.problems);
  if (std::string reason = why_no_amx(); !reason.empty()) checkup.notes.push_back(std::move(reason));
  check_models(checkup, stop);
  check_folders(checkup);
  check_collections(checkup);
  return checkup;
}

}  // namespace riverbank::cli
