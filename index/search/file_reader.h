#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "index/search/passages.h"
#include "index/search/update_plan.h"

namespace riverbank {

/// What reading one planned file came to. `planned` is its place in the plan.
struct ReadFile {
  struct Skipped {
    std::string reason;
    bool keep = false;  ///< what is known of it stays
  };
  struct Vanished {};
  struct Touched {  ///< known, and says the same
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
  };
  struct Moved {  ///< says what a file that is gone said; the document with its new place and times
    StoredDocument document;
  };

  std::size_t planned = 0;
  std::variant<Skipped, Vanished, Touched, Moved, PreparedDocument> outcome;
};

/// Reads the files of a plan in order, on a thread of its own, as far ahead as memory allows.
class FileReader {
 public:
  /// All that is given must outlive it.
  FileReader(const UpdatePlan& plan, const PassageMaker& passages, std::uint64_t max_file_size);
  /// Stops the thread at the next file and waits for it.
  ~FileReader() = default;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// The next file's outcome; nothing at the end. Throws on what the reading thread threw (no model, no memory).
  std::optional<ReadFile> next();

  /// What the thread's work took, so far.
  struct Seconds {
    double reading = 0, tokenizing = 0;
  };
  Seconds seconds();

 private:
  void run(const std::stop_token& stop);
  ReadFile read(std::size_t planned, Seconds& took);
  std::optional<StoredDocument> where_it_was(const PlannedFile& file, const std::string& content_hash);

  const UpdatePlan& plan_;
  const PassageMaker& passages_;
  const std::uint64_t max_file_size_;
  std::multimap<std::string, const StoredDocument*> gone_;  // by content hash; of the thread alone

  std::mutex mutex_;  // of all below
  std::condition_variable_any changed_;
  std::deque<std::pair<ReadFile, std::size_t>> ready_;  // with the bytes each takes
  std::size_t ready_bytes_ = 0;
  bool ended_ = false;
  Seconds seconds_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace riverbank
