#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "index/store/store.h"
#include "index/vectors/graph_file.h"
#include "index/vectors/hnsw_index.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// Keeps the graph equal to the store's vectors: loads it, catches up with what the store has gained and lost since,
/// builds it anew when the file is damaged, another store's, or full of tombstones. It is a cache: nothing is lost with
/// it. Any thread; searching never waits for a build.
class GraphKeeper {
 public:
  static constexpr char kFileName[] = "graph.hnsw";
  /// A question adds at most this many vectors to a graph that is behind (about half a second). One that is further
  /// behind waits for the next update; until then the vectors themselves are compared, which is sooner done.
  static constexpr std::size_t kMaxCatchUp = 1000;

  static constexpr std::size_t kWorthWriting = 64;

  /// `notice` is told what had to be repaired, in full sentences, from whichever thread finds it.
  GraphKeeper(const Store& store, int threads, std::function<void(const std::string&)> notice);

  /// The graph to ask a question of; nothing when there is none or it is too far behind the store. Writes nothing.
  std::shared_ptr<const VectorGraph> for_search(const std::string& fingerprint);
  /// The graph with every vector that the store has now, whatever that takes; nothing when the store has none.
  std::shared_ptr<const VectorGraph> catch_up(const std::string& fingerprint);
  /// The same, and writes it when it has gained or lost kWorthWriting vectors since, or the file is none of its own; a
  /// reader catches up with fewer in no time, and adding one record to many must not write them all. An empty store's
  /// file is removed. Throws Error kIo.
  std::shared_ptr<const VectorGraph> save(const std::string& fingerprint);

  /// One sentence for each way in which the file is not what the store says.
  std::vector<std::string> check(const std::string& fingerprint) const;
  std::filesystem::path file() const;

 private:
  struct State {
    std::shared_ptr<HnswIndex> graph;
    std::uint64_t generation = 0;  ///< of the store that it equals
  };
  State state() const;
  void set_state(State state);
  /// Loads the file if it was written since the last try. Wants change_mutex_, as does what follows.
  void load_if_newer(const std::string& fingerprint, std::uint64_t generation);
  /// Whether the graph now equals the store, with at most `limit` vectors added.
  bool refresh(const std::string& fingerprint, std::size_t limit);
  void build(StoreReader& reader, std::uint64_t generation);

  const Store& store_;
  const std::function<void(const std::string&)> notice_;
  std::mutex change_mutex_;  // held while the graph is changed; a question never waits for it
  ThreadPool pool_;
  std::optional<std::filesystem::file_time_type> tried_file_;
  bool file_is_ours_ = false;
  std::size_t unwritten_ = 0;  // vectors gained and lost since the file

  mutable std::mutex state_mutex_;  // held for a moment
  State state_;
};

}  // namespace riverbank
