#include <algorithm>
#include <charconv>
#include <system_error>

#include "index/search/index_parts.h"
#include "index/store/writer_lock.h"
#include "index/vectors/graph_file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// A share as it was written; nothing when it is none.
std::optional<double> setting_share(const std::optional<std::string>& text) {
  double share = 0;
  if (!text) return std::nullopt;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), share);
  return parsed.ec == std::errc() && share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

}  // namespace

IndexStatus Index::status() const {
  Collection& collection = parts_->collection;
  StoreReader reader = collection.store().read();
  IndexStatus status;
  status.location = location();
  for (const StoredRoot& root : reader.roots()) status.roots.push_back(RootPath(root.path).shown());
  status.model = model();
  status.fingerprint = reader.setting(SettingNames::kFingerprint).value_or("");
  const StoreCounts counts = reader.counts();
  status.documents = counts.files;
  status.records = counts.records;
  status.chunks = counts.chunks;
  status.vectors = counts.vectors;
  status.dimensions = setting_number(reader.setting(SettingNames::kDimensions), 0);
  status.chunk_tokens = collection.settings().chunk_tokens;
  status.whole_documents = collection.settings().whole_documents;
  status.store_bytes = collection.store().bytes();
  const GraphBytes graph = graph_bytes(collection.graph().file());
  status.graph_bytes = graph.graph + graph.vectors;
  status.updated = reader.setting(SettingNames::kUpdated).value_or("");
  status.recall_at_10 = setting_share(reader.setting(SettingNames::kRecall));
  const std::size_t rerank_ms = setting_number(reader.setting(SettingNames::kRerankMs), 0);
  if (rerank_ms > 0) status.rerank_ms = static_cast<double>(rerank_ms);
  status.ef = setting_number(reader.setting(SettingNames::kEf), 0);
  return status;
}

std::vector<std::string> Index::verify() const {
  Collection& collection = parts_->collection;
  std::vector<std::string> problems = collection.store().check();
  const std::string fingerprint = collection.store().read().setting(SettingNames::kFingerprint).value_or("");
  if (!fingerprint.empty()) std::ranges::move(collection.graph().check(fingerprint), std::back_inserter(problems));
  return problems;
}

bool Index::exists(const std::filesystem::path& location) {
  std::error_code ignored;
  return std::filesystem::exists(location / Store::kFileName, ignored);
}

void Index::destroy(const std::filesystem::path& location) {
  if (!exists(location)) {
    throw Error(ErrorKind::kNotFound, "no index stands in " + printable(location.string()));
  }
  const WriterLock lock = WriterLock::acquire(location, std::chrono::duration<double>(0));
  std::error_code error;
  const std::string store = Store::kFileName;
  // The store goes first: without it nothing of the rest counts as an index.
  for (const std::string& name : {store, store + "-wal", store + "-shm", std::string(WriterLock::kFileName)}) {
    std::filesystem::remove(location / name, error);
    if (error) {
      throw Error(ErrorKind::kIo, "cannot remove " + printable((location / name).string()) + ": " + error.message());
    }
  }
  remove_graph(location / GraphKeeper::kFileName);
  std::filesystem::remove(location, error);  // stays when it holds something of somebody else's
}

}  // namespace riverbank
