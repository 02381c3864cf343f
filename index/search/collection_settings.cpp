#include "index/search/collection_settings.h"

#include <algorithm>
#include <charconv>

#include "index/search/collection_model.h"
#include "lib/model/model.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

constexpr std::size_t kLeastChunkTokens = 16;

/// The name under which a store remembers a model: a folder's whole path, so that it means the same from anywhere.
std::string lasting_name(const std::string& model) {
  if (model.empty()) return kDefaultModel;
  std::error_code error;
  const bool folder = model.find('/') != std::string::npos || model == "." || model == "..";
  const std::filesystem::path real = folder ? std::filesystem::canonical(model, error) : std::filesystem::path();
  return folder && !error ? real.string() : model;
}

CollectionSettings new_settings(Store& store, const IndexOptions& options) {
  CollectionSettings settings{.model = lasting_name(options.model),
                              .fingerprint = {},
                              .chunk_tokens = options.chunk_tokens,
                              .whole_documents = options.whole_documents};
  if (options.access == Access::kReadOnly) return settings;
  StoreWriter writer = store.write();
  writer.set_setting(SettingNames::kModel, settings.model);
  writer.set_setting(SettingNames::kChunkTokens, std::to_string(settings.chunk_tokens));
  writer.set_setting(SettingNames::kWholeDocuments, settings.whole_documents ? "1" : "0");
  writer.commit();
  return settings;
}

/// Brings what is asked for and what the store has together, or refuses.
void choose_model(Store& store, const IndexOptions& options, CollectionSettings& settings) {
  const std::string asked = options.model.empty() ? settings.model : lasting_name(options.model);
  if (asked == settings.model && !options.reencode) return;
  if (settings.fingerprint.empty()) {  // nothing is encoded yet: any model is welcome
    find_model(asked);
    settings.model = asked;
    if (options.access == Access::kReadOnly) return;
    StoreWriter writer = store.write();
    writer.set_setting(SettingNames::kModel, asked);
    writer.commit();
    return;
  }
  if (load_model(asked)->fingerprint == settings.fingerprint) {  // the same under another name
    settings.model = asked;
    return;
  }
  if (!options.reencode || options.access == Access::kReadOnly) {
    throw Error(ErrorKind::kInvalidArgument, other_model_message(store.folder().string(), settings.model, asked));
  }
  settings.model = asked;
  settings.fingerprint.clear();
  settings.reencode = true;
}

}  // namespace

std::size_t setting_number(const std::optional<std::string>& text, std::size_t otherwise) {
  std::size_t number = 0;
  if (!text) return otherwise;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text->data() + text->size() ? number : otherwise;
}

void check_new_collection(const IndexOptions& options) {
  if (options.chunk_tokens < kLeastChunkTokens) {
    throw Error(ErrorKind::kInvalidArgument, "a chunk of " + std::to_string(options.chunk_tokens) +
                                                 " tokens is too small; it needs at least " +
                                                 std::to_string(kLeastChunkTokens));
  }
  find_model(lasting_name(options.model));
}

CollectionSettings settle(Store& store, const IndexOptions& options) {
  CollectionSettings settings;
  {
    StoreReader reader = store.read();
    settings.model = reader.setting(SettingNames::kModel).value_or("");
    settings.fingerprint = reader.setting(SettingNames::kFingerprint).value_or("");
    settings.chunk_tokens =
        std::max(kLeastChunkTokens, setting_number(reader.setting(SettingNames::kChunkTokens), 256));
    settings.whole_documents = reader.setting(SettingNames::kWholeDocuments) == "1";
  }
  if (settings.model.empty()) return new_settings(store, options);
  choose_model(store, options, settings);
  return settings;
}

}  // namespace riverbank
