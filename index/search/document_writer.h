#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "index/search/collection_model.h"
#include "index/search/graph_keeper.h"
#include "index/search/passages.h"
#include "index/search/update_meter.h"
#include "index/store/store.h"
#include "riverbank/index.h"

namespace riverbank {

/// Tokens that the encoder gets at once: enough to fill its batches, few enough that a stop loses a second or two.
inline constexpr std::size_t kTokensAtOnce = 8192;

/// The last stretch of an update: takes documents whose passages are made, encodes those that have no vector yet, in
/// batches that span documents (many small files are as fast as one large one), and writes each document in one piece.
/// Vectors are kept as soon as they are made, so that a stop loses one batch. One thread.
class DocumentWriter {
 public:
  struct Parts {
    Store& store;
    CollectionModel& model;
    GraphKeeper& graph;
  };

  DocumentWriter(Parts parts, UpdateReport& report, UpdateMeter& meter, std::stop_token stop);

  /// Takes a document; writes what is complete when enough has come together.
  /// Throws Error: kIo, kCorrupt, kCancelled (what was written stays).
  void add(PreparedDocument document);
  /// Writes all that is left.
  void finish();

 private:
  /// A passage that has to be encoded.
  struct Task {
    std::string key, text;
    std::size_t tokens = 0;
    double bytes = 0;  ///< of its document's, for progress
  };

  void encode_all();
  void encode(std::span<const Task> tasks);
  void write_documents();
  void name_model(StoreWriter& writer);

  Parts parts_;
  UpdateReport& report_;
  UpdateMeter& meter_;
  std::stop_token stop_;
  std::vector<PreparedDocument> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<Task> tasks_;
  std::size_t task_tokens_ = 0;
  std::unordered_map<std::string, std::int64_t> vectors_;  ///< by key, of what waits; 0 while it has to be made
};

}  // namespace riverbank
