#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "index/vectors/vector_graph.h"
#include "lib/base/parallel.h"

namespace riverbank {

struct GraphParts;
struct OwnedGraphParts;

/// A hierarchical navigable small world graph (Malkov and Yashunin, arXiv:1603.09320) over unit vectors: finds most of
/// the nearest in a time that grows with the logarithm of their number. It is built and walked over codes of 8 bits
/// (index/vectors/codes.h); the vectors themselves, which put the best in order, wait for that in a file without a
/// name, not in memory.
///
/// Any number of threads may search while one adds or removes; adding and removing take turns. The same calls give the
/// same graph, with any number of threads, on any processor.
class HnswIndex : public VectorGraph {
 public:
  /// The file is made in `folder`; without one, among the system's temporary files. Throws Error: kInvalidArgument for
  /// 0 dimensions or more than 65,536, kIo. What reads the vectors throws kIo too.
  explicit HnswIndex(std::size_t dimensions, const std::filesystem::path& folder = {});
  ~HnswIndex() override;
  HnswIndex(HnswIndex&&) noexcept;
  HnswIndex& operator=(HnswIndex&&) noexcept;

  /// Makes room, so that adding never moves the graph.
  void reserve(std::size_t count);
  /// Adds ids.size() vectors, one after the other in `vectors`. Throws Error kInvalidArgument: an id that is there (or
  /// was, and is a tombstone) or is negative, a wrong number of floats, one that is not finite; then nothing was added.
  /// Error kIo: they could not be written; then the first of them may have been.
  void add(std::span<const std::int64_t> ids, std::span<const float> vectors, ThreadPool* pool = nullptr);
  /// Leaves a tombstone, which still carries links but is never found. False when there is no such id.
  bool remove(std::int64_t id);

  std::vector<Neighbour> search(std::span<const float> question, std::size_t k, std::size_t ef,
                                const IdFilter& filter = {}) const override;
  std::vector<Neighbour> scan(std::span<const float> question, std::size_t k,
                              const IdFilter& filter = {}) const override;

  bool contains(std::int64_t id) const;
  std::vector<std::int64_t> ids() const override;
  std::size_t size() const override;
  std::size_t tombstones() const override;
  std::int64_t max_id() const override;
  std::size_t dimensions() const override;
  std::vector<float> vector(std::int64_t id) const override;
  void for_each_vector(const Visit& visit) const override;

  /// Over a fifth are tombstones: build a new one.
  bool wants_rebuild() const;

 private:
  friend struct GraphParts;       // how bytes become a graph
  friend struct OwnedGraphParts;  // and a graph bytes
  struct Parts;
  explicit HnswIndex(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
