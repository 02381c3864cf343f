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
#include "index/vectors/hnsw_index.h"
#include "index/vectors/mapped_graph.h"
#include "index/vectors/vector_graph.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// Keeps the graph equal to the store's vectors: catches up with what the store has gained and lost since it was
/// written, builds it anew when the file is damaged, another store's, or full of tombstones. A question is asked of the
/// mapped file, with what came later beside it; only an update makes a graph that grows. It is a cache: nothing is lost
/// with it. Any thread; searching never waits for a build.
class GraphKeeper {
 public:
  static constexpr char kFileName[] = "graph.hnsw";
  /// A question puts at most this many later vectors beside a graph that is behind. One that is further behind waits
  /// for the next update; until then the vectors themselves are compared.
  static constexpr std::size_t kMaxCatchUp = 1000;

  static constexpr std::size_t kWorthWriting = 64;

  /// `notice` is told what had to be repaired, in full sentences, from whichever thread finds it.
  GraphKeeper(const Store& store, int threads, std::function<void(const std::string&)> notice);

  /// The graph to ask a question of; nothing when there is none or it is too far behind the store. Writes
  /// no file that stays.
  std::shared_ptr<const VectorGraph> for_search(const std::string& fingerprint);
  /// The graph with every vector that the store has now, whatever that takes; nothing when the store has none.
  std::shared_ptr<const VectorGraph> catch_up(const std::string& fingerprint);
  /// The same, and writes it when it has gained or lost kWorthWriting vectors since, or the file is none of its own; a
  /// reader catches up with fewer in no time, and adding one record to many must not write them all. An empty store's
  /// file is removed. With `check_all` all of the file is looked at, once, so that damage that no search has come to is
  /// mended too. Throws Error kIo.
  std::shared_ptr<const VectorGraph> save(const std::string& fingerprint, bool check_all);

  /// Damage that a search came to: from now on there is no graph, until the next update makes one. Says so, once.
  void discard(const VectorGraph& graph, const std::string& damage);

  /// One sentence for each way in which the file is not what the store says.
  std::vector<std::string> check(const std::string& fingerprint) const;
  std::filesystem::path file() const;

 private:
  /// What is asked now.
  struct State {
    std::shared_ptr<const VectorGraph> graph;
    std::shared_ptr<HnswIndex> growing;  ///< `graph`, when it is one that grows
    std::uint64_t generation = 0;        ///< of the store that it equals
  };
  State state() const;
  void set_state(State state);
  /// How a graph of some ids gets to the store's.
  struct Difference {
    std::vector<std::int64_t> gone, missing;
  };
  /// Of a graph that equalled the store at `generation`; nothing when it is better built anew.
  static std::optional<Difference> way_from(const VectorGraph& graph, std::uint64_t generation, StoreReader& reader);

  void say_anew(const std::string& damage);

  // All that follows wants change_mutex_.
  /// Opens the file if it was written since the last try; what grows here is older then, and goes.
  void open_if_newer(const std::string& fingerprint, std::uint64_t generation);
  /// Makes the state equal the store with at most `most` vectors added to what grows, or gained and lost beside what is
  /// mapped. False when that will not do.
  bool refresh_to_ask(const std::string& fingerprint, std::size_t most);
  /// Makes it a graph that grows and equals the store.
  void refresh_to_grow(const std::string& fingerprint);
  /// Either, whichever is less work.
  std::shared_ptr<const VectorGraph> bring_up(const std::string& fingerprint);
  void follow(const Difference& way, StoreReader& reader, const std::shared_ptr<HnswIndex>& graph,
              std::uint64_t generation);
  /// The mapped graph as one that grows; nothing, said, when it is damaged.
  std::shared_ptr<HnswIndex> grow_from_file();
  void build(StoreReader& reader, std::uint64_t generation);
  void forget_file(const std::string& damage);
  void take_discarded();
  void check_mapped();

  const Store& store_;
  const std::function<void(const std::string&)> notice_;
  std::mutex change_mutex_;  // held while the graph is changed; a question never waits for it
  ThreadPool pool_;
  std::optional<std::filesystem::file_time_type> tried_file_;
  bool checked_ = false;               // all of mapped_
  std::optional<MappedGraph> mapped_;  // the file, when it is ours; at mapped_->source().generation
  std::size_t unwritten_ = 0;          // vectors gained and lost since the file

  mutable std::mutex state_mutex_;  // held for a moment
  State state_;
  bool discarded_ = false;  // the file was found damaged; mapped_ has still to go
};

}  // namespace riverbank
