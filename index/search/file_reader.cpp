#include "index/search/file_reader.h"

#include <chrono>
#include <utility>

#include "index/search/source_file.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/text/unicode.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostReadyBytes = std::size_t{16} << 20U;
constexpr std::size_t kMostReady = 1024;

std::size_t bytes_of(const ReadFile& file) {
  const auto* prepared = std::get_if<PreparedDocument>(&file.outcome);
  std::size_t bytes = 0;
  if (prepared == nullptr) return bytes;
  for (const PreparedChunk& chunk : prepared->chunks) {
    bytes += sizeof(chunk) + chunk.stored.text.size() + chunk.encoded.size();
  }
  return bytes;
}

}  // namespace

FileReader::FileReader(const UpdatePlan& plan, const PassageMaker& passages, std::uint64_t max_file_size)
    : plan_(plan), passages_(passages), max_file_size_(max_file_size) {
  for (const StoredDocument& document : plan.gone) gone_.emplace(document.content_hash, &document);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::optional<ReadFile> FileReader::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || !ready_.empty(); });
  if (ready_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  auto [file, bytes] = std::move(ready_.front());
  ready_.pop_front();
  ready_bytes_ -= bytes;
  changed_.notify_all();
  return std::move(file);
}

FileReader::Seconds FileReader::seconds() {
  const std::lock_guard lock(mutex_);
  return seconds_;
}

void FileReader::run(const std::stop_token& stop) {
  std::exception_ptr failure;
  try {
    for (std::size_t planned = 0; planned < plan_.to_read.size() && !stop.stop_requested(); ++planned) {
      Seconds took;
      ReadFile file = read(planned, took);
      const std::size_t bytes = bytes_of(file);
      std::unique_lock lock(mutex_);
      seconds_.reading += took.reading;
      seconds_.tokenizing += took.tokenizing;
      changed_.wait(lock, stop, [&] {
        return ready_.empty() || (ready_bytes_ + bytes <= kMostReadyBytes && ready_.size() < kMostReady);
      });
      ready_.emplace_back(std::move(file), bytes);
      ready_bytes_ += bytes;
      changed_.notify_all();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

/// Where a new file stood before, when it is one that is gone under its old name. Only one of the same kind: another
/// ending may be read in another way.
std::optional<StoredDocument> FileReader::where_it_was(const PlannedFile& file, const std::string& content_hash) {
  const auto [begin, end] = gone_.equal_range(content_hash);
  for (auto place = begin; place != end; ++place) {
    const std::filesystem::path old = place->second->path;
    if (old.extension() != file.file.extension()) continue;
    StoredDocument document = *place->second;
    gone_.erase(place);
    if (document.title == old.filename().string()) document.title = file.file.filename().string();
    return document;
  }
  return std::nullopt;
}

ReadFile FileReader::read(std::size_t planned, Seconds& took) {
  const auto reading = std::chrono::steady_clock::now();
  const PlannedFile& file = plan_.to_read[planned];
  auto read = read_source_file(file.file, max_file_size_);
  if (const auto* failed = std::get_if<Unreadable>(&read)) {
    if (failed->vanished) return {planned, ReadFile::Vanished{}};
    return {planned, ReadFile::Skipped{failed->reason, failed->keep}};
  }
  auto& source = std::get<SourceFile>(read);
  const Sha256Digest digest = sha256(source.bytes);
  StoredDocument document;
  document.root = file.root;
  document.path = file.path;
  document.size = source.size;
  document.modified_ns = source.modified_ns;
  document.content_hash.assign(digest.begin(), digest.end());
  if (file.known && file.known->content_hash == document.content_hash) {
    return {planned, ReadFile::Touched{source.size, source.modified_ns}};
  }
  if (auto old = file.known ? std::nullopt : where_it_was(file, document.content_hash)) {
    old->root = document.root;
    old->path = document.path;
    old->size = document.size;
    old->modified_ns = document.modified_ns;
    return {planned, ReadFile::Moved{std::move(*old)}};
  }
  std::optional<DecodedText> text = decode_text(source.bytes);
  if (!text) return {planned, ReadFile::Skipped{"binary", false}};
  source.bytes = {};
  took.reading = seconds_since(reading);
  const auto tokenizing = std::chrono::steady_clock::now();
  PreparedDocument prepared = passages_.of_file(std::move(document), std::move(text->text));
  took.tokenizing = seconds_since(tokenizing);
  return {planned, std::move(prepared)};
}

}  // namespace riverbank
