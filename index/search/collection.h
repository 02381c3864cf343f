#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "index/search/collection_model.h"
#include "index/search/collection_settings.h"
#include "index/search/graph_keeper.h"
#include "index/search/indexer.h"
#include "index/search/passages.h"
#include "index/search/searcher.h"
#include "index/store/store.h"
#include "riverbank/index.h"

namespace riverbank {

/// All that an Index stands on: the store, its model, its graph, and the turns of updates.
class Collection {
 public:
  /// Throws like Index::open().
  Collection(const std::filesystem::path& location, const IndexOptions& options);

  /// Runs a change while no other thread or process changes the collection, then brings the graph up and measures it.
  /// Throws Error: kInvalidArgument (read-only), kBusy, kIo and what `change` throws.
  UpdateReport change(const UpdateOptions& options, const std::function<void(Indexer&, UpdateReport&)>& change);

  Store& store() { return store_; }
  const CollectionModel& model() const { return model_; }
  const GraphKeeper& graph() const { return graph_; }
  const Searcher& searcher() const { return searcher_; }
  const CollectionSettings& settings() const { return settings_; }

  /// Recall of the graph now; a writable collection keeps the ef found.
  RecallReport measure(std::size_t sample);

 private:
  void encode_anew(const UpdateOptions& options, Indexer& indexer, UpdateReport& report, UpdateMeter& meter);
  void finish(bool check_graph, UpdateReport& report, UpdateMeter& meter);
  void measure_if_grown(const VectorGraph& graph);
  void keep(const RecallReport& measured, std::size_t vectors);

  const Access access_;
  const int threads_;
  Store store_;
  const CollectionSettings settings_;
  CollectionModel model_;
  PassageMaker passages_;
  GraphKeeper graph_;
  Searcher searcher_;
  std::mutex updates_;  // held by the update that runs
  bool reencode_;
};

}  // namespace riverbank
