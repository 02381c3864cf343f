#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "lib/base/file.h"
#include "lib/model/catalogue.h"
#include "lib/model/config.h"
#include "lib/model/hub_cache.h"
#include "lib/model/locate.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

/// Bytes of all files below a folder, what links point to included.
std::uint64_t bytes_of(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code gone;
    if (fs::is_regular_file(file->path(), gone)) bytes += fs::file_size(file->path(), gone);
  }
  return bytes;
}

/// One line about an encoder that is not in the catalogue; empty when the folder holds none that riverbank can run.
std::string about(const fs::path& folder) {
  if (!is_whole_model(folder)) return {};
  try {
    const fs::path file = folder / "config.json";
    const EncoderConfig config = parse_encoder_config(read_file(file, kMostConfigBytes), file.string());
    return std::to_string(config.num_layers) + " layers, " + std::to_string(config.d_model) + " dimensions, " +
           std::to_string(config.max_positions) + " positions";
  } catch (const Error&) {
    return {};  // the hub's cache holds models of every kind
  }
}

ModelListing listing_of(const KnownModel& known) {
  ModelListing listing;
  listing.name = known.name;
  listing.repository = known.repository;
  listing.about = std::string(known.about) + " (" + std::string(known.license) + ")";
  listing.bytes = known.bytes();
  listing.in_catalogue = true;
  try {
    listing.folder = find_model(listing.name);
    listing.bytes = bytes_of(*listing.folder);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
  }
  return listing;
}

/// The names of the folders below `folder`, sorted; none when it is not there.
std::vector<std::string> subfolders(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (fs::is_directory(entry->path(), gone)) names.push_back(entry->path().filename().string());
  }
  if (error && error.value() != ENOENT) throw_errno("cannot read", folder, error.value());
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<ModelListing> list_models() {
  std::vector<ModelListing> models;
  for (const KnownModel& known : catalogue()) models.push_back(listing_of(known));
  for (const std::string& name : subfolders(models_folder())) {
    if (!is_model_name(name) || find_known_model(name) != nullptr) continue;
    const fs::path folder = models_folder() / name;
    const std::string line = about(folder);
    models.push_back(
        {name, "", line.empty() ? "not a model that riverbank can run" : line, bytes_of(folder), false, folder});
  }
  for (const HubSnapshot& snapshot : list_snapshots()) {
    if (find_known_model(snapshot.repository) != nullptr) continue;
    const std::string line = about(snapshot.folder);
    if (line.empty()) continue;
    const bool is_main = find_snapshot(snapshot.repository) == snapshot.folder;
    models.push_back({snapshot.repository + (is_main ? "" : "@" + snapshot.commit), snapshot.repository, line,
                      bytes_of(snapshot.folder), false, snapshot.folder});
  }
  return models;
}

}  // namespace riverbank
