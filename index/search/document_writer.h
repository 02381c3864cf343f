#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
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
/// While a batch is encoded, on a thread of its own, the one before it is written and the next one comes together.
/// Vectors are kept as soon as that, so that a stop loses two batches. One thread.
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
  using Time = std::chrono::steady_clock::time_point;

  /// A passage that has to be encoded.
  struct Task {
    std::string key, text;
    std::size_t tokens = 0;
    double bytes = 0;  ///< of its document's, for progress
  };
  /// Documents that are written together, once their passages have vectors.
  struct Group {
    std::vector<PreparedDocument> documents;
    std::size_t bytes = 0;
    std::vector<Task> tasks;
    std::size_t tokens = 0;                                 ///< of the tasks
    std::unordered_map<std::string, std::int64_t> vectors;  ///< by key; 0 while it has to be made
  };
  struct Made {
    Embeddings vectors;
    Time end;
  };
  /// Tasks [begin, end) of a group, at the encoder or back from it.
  struct Batch {
    std::shared_ptr<Group> group;
    std::size_t begin, end;
    Time start;
    std::future<Made> made;
    Embeddings vectors;
  };

  void send();
  void start(const std::shared_ptr<Group>& group, std::size_t begin, std::size_t end);
  std::optional<Batch> wait();
  void write(const Batch& batch);
  void write_documents(Group& group);
  void name_model(StoreWriter& writer);
  void link();

  Parts parts_;
  UpdateReport& report_;
  UpdateMeter& meter_;
  std::stop_token stop_;
  Group collected_;
  std::optional<Batch> running_;
  std::vector<std::pair<Time, Time>> linking_;  ///< when the graph was worked at while running_ ran
  bool links_ = true;                           ///< there is room for the graph, as far as is known
};

}  // namespace riverbank
