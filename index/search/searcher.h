#pragma once

#include <cstddef>
#include <string_view>

#include "index/search/collection_model.h"
#include "index/search/graph_keeper.h"
#include "index/search/token_cache.h"
#include "index/store/store.h"
#include "riverbank/search.h"

namespace riverbank {

/// Answers questions of a collection. Any number of threads, each call on its own view of the store.
class Searcher {
 public:
  Searcher(const Store& store, const CollectionModel& model, GraphKeeper& graph)
      : store_(store), model_(model), graph_(graph) {}

  SearchResult search(std::string_view question, const SearchOptions& options) const;

 private:
  class Search;

  /// Of passages' tokens: some 85,000 of 384 dimensions, a few hundred passages.
  static constexpr std::size_t kReadBytes = 128U << 20U;

  const Store& store_;
  const CollectionModel& model_;
  GraphKeeper& graph_;
  mutable TokenCache read_{kReadBytes};
};

}  // namespace riverbank
