#include "index/search/document_writer.h"

#include <chrono>
#include <utility>

#include "index/search/collection_settings.h"
#include "lib/base/clock.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// What may wait to be written: bounds the memory, and how long a small document stays out of sight.
constexpr std::size_t kMostWaitingBytes = std::size_t{16} << 20U;
constexpr std::size_t kMostWaiting = 512;

}  // namespace

DocumentWriter::DocumentWriter(Parts parts, UpdateReport& report, UpdateMeter& meter, std::stop_token stop)
    : parts_(parts), report_(report), meter_(meter), stop_(std::move(stop)) {}

void DocumentWriter::add(PreparedDocument document) {
  StoreReader reader = parts_.store.read();
  const double share = document.chunks.empty()
                           ? 0
                           : static_cast<double>(document.stored.size) / static_cast<double>(document.chunks.size());
  for (PreparedChunk& chunk : document.chunks) {
    waiting_bytes_ += chunk.stored.text.size();
    const auto [place, is_new] = vectors_.try_emplace(chunk.key, 0);
    if (!is_new) continue;
    if (const auto known = reader.vector_with_key(chunk.key)) {
      place->second = *known;
      continue;
    }
    tasks_.push_back({chunk.key, std::move(chunk.encoded), chunk.stored.tokens, share});
    task_tokens_ += chunk.stored.tokens;
  }
  waiting_.push_back(std::move(document));
  if (task_tokens_ >= kTokensAtOnce || waiting_bytes_ >= kMostWaitingBytes || waiting_.size() >= kMostWaiting) finish();
}

void DocumentWriter::finish() {
  encode_all();
  write_documents();
}

void DocumentWriter::encode_all() {
  std::size_t begin = 0;
  while (begin < tasks_.size()) {
    std::size_t end = begin;
    for (std::size_t tokens = 0; end < tasks_.size() && (end == begin || tokens + tasks_[end].tokens <= kTokensAtOnce);
         ++end) {
      tokens += tasks_[end].tokens;
    }
    encode(std::span(tasks_).subspan(begin, end - begin));
    begin = end;
  }
  tasks_.clear();
  task_tokens_ = 0;
}

void DocumentWriter::encode(std::span<const Task> tasks) {
  std::vector<std::string_view> texts;
  texts.reserve(tasks.size());
  for (const Task& task : tasks) texts.emplace_back(task.text);
  const auto start = std::chrono::steady_clock::now();
  const Embeddings made = parts_.model.embedder().embed(texts, TextKind::kPassage, stop_);
  report_.seconds_encoding += seconds_since(start);

  StoreWriter writer = parts_.store.write();
  name_model(writer);
  double bytes = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    vectors_[tasks[i].key] = writer.put_vector(tasks[i].key, made.row(i));
    bytes += tasks[i].bytes;
  }
  writer.commit();
  parts_.model.adopt(parts_.model.embedder().info().fingerprint);
  report_.chunks_encoded += tasks.size();
  report_.tokens_encoded += made.tokens;
  meter_.encoded(bytes);
}

/// With the first vector the collection becomes one of this model.
void DocumentWriter::name_model(StoreWriter& writer) {
  if (!parts_.model.fingerprint().empty()) return;
  const ModelInfo& info = parts_.model.embedder().info();
  writer.set_setting(SettingNames::kFingerprint, info.fingerprint);
  writer.set_setting(SettingNames::kDimensions, std::to_string(info.dimensions));
}

void DocumentWriter::write_documents() {
  if (waiting_.empty()) return;
  StoreWriter writer = parts_.store.write();
  std::size_t chunks = 0;
  double bytes = 0;
  for (PreparedDocument& document : waiting_) {
    const std::int64_t id = writer.put_document(document.stored);
    for (PreparedChunk& chunk : document.chunks) {
      chunk.stored.document = id;
      chunk.stored.vector = vectors_.at(chunk.key);
      writer.add_chunk(chunk.stored);
    }
    chunks += document.chunks.size();
    bytes += static_cast<double>(document.stored.size);
  }
  writer.commit();
  const auto start = std::chrono::steady_clock::now();
  if (const std::string model = parts_.model.fingerprint(); !model.empty()) parts_.graph.catch_up(model);
  report_.seconds_graph += seconds_since(start);
  report_.chunks_written += chunks;
  meter_.finished(waiting_.size(), bytes, /*were_encoding=*/true);
  waiting_.clear();
  waiting_bytes_ = 0;
  vectors_.clear();
}

}  // namespace riverbank
