#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/embedder.h"
#include "riverbank/search.h"

namespace riverbank {

/// A text that comes from the program, not from a file.
struct Record {
  std::string id;     ///< not empty; adding the same id again replaces it
  std::string text;   ///< any bytes
  std::string title;  ///< encoded in front of the text, may be empty
  std::map<std::string, std::string> metadata;
};

enum class Access {
  kReadWrite,  ///< made when absent
  kReadOnly,   ///< must exist; nothing that stays is written, not even a lock
};

struct IndexOptions {
  /// Model by name or folder; empty: the one the index was made with, or the default for a new one.
  std::string model;
  Access access = Access::kReadWrite;
  int threads = 0;                 ///< 0: one for each core
  std::size_t chunk_tokens = 256;  ///< of a new index; [CLS], [SEP] and the heading path count
  bool whole_documents = false;    ///< of a new index: one chunk a document, cut at the model's limit
  bool reencode = false;  ///< when the index was made by another model: throw its vectors away and use this one
  /// Called with one full sentence when something was repaired (a damaged graph rebuilt) or is worth knowing; from
  /// whichever thread finds it, a searching one too.
  std::function<void(const std::string&)> notice;
};

/// How far an update is. Called often; the numbers only grow within a phase.
struct IndexProgress {
  enum class Phase { kScanning, kEncoding, kGraph } phase = Phase::kScanning;
  std::size_t files_done = 0, files_total = 0;
  std::size_t chunks_done = 0;
  std::size_t tokens_done = 0;
  double seconds = 0;
  double fraction = 0;  ///< of the phase's bytes, 0..1
};

struct UpdateOptions {
  std::uint64_t max_file_size = std::uint64_t{64} << 20U;
  std::function<void(const IndexProgress&)> progress;
  std::stop_token stop;  ///< what was written stays; the next update goes on from there
  /// How long to wait for another process that is updating the same index, in seconds. Then Error kIo says who holds
  /// it.
  double wait_seconds = 0;
  /// Look at all of the graph's file, so that damage that no search has come to is mended too. Who only refreshes the
  /// index before a question does without: reading it all takes longer than the question.
  bool check_graph = true;
};

struct SkippedFile {
  std::string path;
  std::string reason;  ///< "binary", "larger than 64 MiB", "permission denied" …
};

/// What an update did.
struct UpdateReport {
  std::size_t files_read = 0;       ///< new or changed
  std::size_t files_unchanged = 0;  ///< not opened, or opened and found the same
  std::size_t files_renamed = 0;    ///< same content under another name; nothing encoded
  std::size_t files_removed = 0;
  std::vector<SkippedFile> skipped;
  std::size_t chunks_total = 0;  ///< in the whole index, afterwards
  std::size_t chunks_written = 0;
  std::size_t chunks_encoded = 0;  ///< those whose vector was not there yet
  std::size_t tokens_encoded = 0;
  double seconds = 0;             ///< from beginning to end; those that follow lie beside each other
  double seconds_reading = 0;     ///< files from the disk, decoded
  double seconds_tokenizing = 0;  ///< what was read, cut into passages
  double seconds_encoding = 0;
  double seconds_writing = 0;  ///< into the store
  double seconds_graph = 0;    ///< vectors linked to their neighbours
  double seconds_both = 0;     ///< in which passages were encoded and others linked
  /// In which neither was encoded nor linked: what all else costs.
  double seconds_neither() const { return seconds - seconds_encoding - seconds_graph + seconds_both; }
  bool stopped = false;
};

struct IndexStatus {
  std::string location;
  std::vector<std::string> roots;
  std::string model;  ///< name or folder it was made with
  std::string fingerprint;
  std::size_t documents = 0, records = 0, chunks = 0, vectors = 0, dimensions = 0;
  std::size_t chunk_tokens = 0;
  bool whole_documents = false;
  std::uint64_t store_bytes = 0, graph_bytes = 0;
  /// When an update last changed something, or, more than an hour after that, found nothing to change. UTC, ISO 8601;
  /// empty before the first update.
  std::string updated;
  std::optional<double> recall_at_10;  ///< of the graph against the scan, on a sample of its own chunks
  std::size_t ef = 0;                  ///< of the search, set from that
  /// What SearchOptions::rerank adds to a question here, in milliseconds: the time that reading so many passages took
  /// when the collection was encoded last.
  std::optional<double> rerank_ms;
};

/// Recall of the graph against the scan: each sampled chunk's vector is a question, itself left out.
struct RecallReport {
  std::size_t sampled = 0;
  double recall_at_10 = 0;
  std::size_t ef = 0;
};

/// A collection of documents with their passages, vectors and words: SQLite is the truth, the HNSW graph a cache of it.
/// Any number of threads may search while one updates; updates take turns. Two processes may hold the same index; one
/// at a time updates it.
class Index {
 public:
  /// Opens the index that stands in `location`, or makes one (kReadWrite). The model is loaded when first needed.
  /// Throws Error: kNotFound, kCorrupt, kUnsupported (a newer version's), kInvalidArgument (made by another model),
  /// kIo.
  static Index open(const std::filesystem::path& location, const IndexOptions& options = {});

  /// Whether an index stands in `location`. Opens nothing.
  static bool exists(const std::filesystem::path& location);
  /// Deletes the index that stands in `location`, and the folder when nothing else is in it.
  /// Throws Error: kNotFound, kBusy (another process is updating it), kIo.
  static void destroy(const std::filesystem::path& location);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  /// Adds folders to the index's roots (or files: a root may be a single file) and brings all of the given ones up to
  /// date. Throws Error: kNotFound, kIo; a stop is reported, not thrown.
  UpdateReport update_folders(std::span<const std::filesystem::path> folders, const UpdateOptions& options = {});
  /// Brings all roots up to date.
  UpdateReport update(const UpdateOptions& options = {});
  /// Removes a root, or what stands below a path of one, until its next update names it again.
  /// Returns how many documents went. Throws Error kNotFound when there is no such document.
  std::size_t remove_path(const std::filesystem::path& path);

  /// Adds or replaces records; encodes only what has no vector yet. Throws Error kInvalidArgument (an empty id).
  UpdateReport add(std::span<const Record> records, const UpdateOptions& options = {});
  /// The same for one record.
  UpdateReport add(const Record& record);
  /// Replaces a record. Throws Error kNotFound when there is none with that id.
  UpdateReport update(const Record& record);
  /// Throws Error kNotFound when there is no record with that id.
  void remove(std::string_view id);

  /// The passages that answer. Any text is a question; one without words gives no hits. What it holds in quotation
  /// marks must stand in a passage word for word, and a word behind a single '-' must not: " -word", a '-' between
  /// white space and a letter, outside quotation marks ("--dry-run" is looked for like any other word). Throws Error:
  /// kInvalidArgument (top_k of 0, a glob that cannot be read, mmr outside 0..1, a place that is ambiguous), kNotFound
  /// (a place that is not in the index).
  SearchResult search(std::string_view question, const SearchOptions& options = {}) const;

  /// How the hits of a search of this index came to be: `question` and `result` are search()'s. Encodes the question
  /// anew, word by word, and the passages that SearchOptions::explain did not keep.
  Explanations explain(std::string_view question, const SearchResult& result, const ExplainOptions& options = {}) const;

  IndexStatus status() const;
  /// The same as in status(), where it costs nothing.
  std::string location() const;
  std::string model() const;
  /// Measures recall now; a writable index also keeps the ef found.
  RecallReport measure_recall(std::size_t sample = 200);
  /// Checks the store, the graph and that they agree; one sentence for each thing that is wrong.
  std::vector<std::string> verify() const;

  /// The encoder behind it, loaded at first use.
  const Embedder& embedder() const;

 private:
  struct Parts;
  explicit Index(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
