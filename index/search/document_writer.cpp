#include "index/search/document_writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "index/search/collection_settings.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// What may wait to be written: bounds the memory, and how long a small document stays out of sight.
constexpr std::size_t kMostWaitingBytes = std::size_t{16} << 20U;
constexpr std::size_t kMostWaiting = 512;

double seconds_between(std::chrono::steady_clock::time_point start, std::chrono::steady_clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

}  // namespace

DocumentWriter::DocumentWriter(Parts parts, UpdateReport& report, UpdateMeter& meter, std::stop_token stop)
    : parts_(parts), report_(report), meter_(meter), stop_(std::move(stop)) {}

void DocumentWriter::add(PreparedDocument document) {
  StoreReader reader = parts_.store.read();
  const double share = document.chunks.empty()
                           ? 0
                           : static_cast<double>(document.stored.size) / static_cast<double>(document.chunks.size());
  Group& group = collected_;
  for (PreparedChunk& chunk : document.chunks) {
    group.bytes += chunk.stored.text.size();
    const auto [place, is_new] = group.vectors.try_emplace(chunk.key, 0);
    if (!is_new || (running_ && running_->group->vectors.contains(chunk.key))) continue;
    if (const auto known = reader.vector_with_key(chunk.key)) {
      place->second = *known;
      continue;
    }
    group.tasks.push_back({chunk.key, std::move(chunk.encoded), chunk.stored.tokens, share});
    group.tokens += chunk.stored.tokens;
  }
  group.documents.push_back(std::move(document));
  if (group.tokens >= kTokensAtOnce || group.bytes >= kMostWaitingBytes || group.documents.size() >= kMostWaiting) {
    send();
  }
}

void DocumentWriter::finish() {
  send();
  if (const std::optional<Batch> last = wait()) write(*last);
}

/// Gives what has come together to the encoder, batch after batch; the last one stays there.
void DocumentWriter::send() {
  const auto group = std::make_shared<Group>(std::exchange(collected_, {}));
  const std::vector<Task>& tasks = group->tasks;
  std::size_t begin = 0;
  do {
    std::size_t end = begin;
    for (std::size_t tokens = 0; end < tasks.size() && (end == begin || tokens + tasks[end].tokens <= kTokensAtOnce);
         ++end) {
      tokens += tasks[end].tokens;
    }
    const std::optional<Batch> before = wait();
    if (end > begin) start(group, begin, end);
    if (before) write(*before);
    begin = end;
  } while (begin < tasks.size());
  if (tasks.empty()) write_documents(*group);
}

void DocumentWriter::start(const std::shared_ptr<Group>& group, std::size_t begin, std::size_t end) {
  const Embedder& embedder = parts_.model.embedder();
  linking_.clear();
  running_ = Batch{
      .group = group, .begin = begin, .end = end, .start = std::chrono::steady_clock::now(), .made = {}, .vectors = {}};
  running_->made = std::async(std::launch::async, [&embedder, group, begin, end, stop = stop_] {
    std::vector<std::string_view> texts;
    texts.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) texts.emplace_back(group->tasks[i].text);
    Embeddings vectors = embedder.embed(texts, TextKind::kPassage, stop);
    return Made{std::move(vectors), std::chrono::steady_clock::now()};
  });
}

/// The batch that the encoder was at; nothing when it was at none.
std::optional<DocumentWriter::Batch> DocumentWriter::wait() {
  if (!running_) return std::nullopt;
  std::optional<Batch> batch = std::exchange(running_, std::nullopt);
  auto [vectors, end] = batch->made.get();
  batch->vectors = std::move(vectors);
  report_.seconds_encoding += seconds_between(batch->start, end);
  for (const auto& [from, to] : linking_)
    report_.seconds_both += std::max(0.0, seconds_between(from, std::min(to, end)));
  return batch;
}

void DocumentWriter::write(const Batch& batch) {
  const auto start = std::chrono::steady_clock::now();
  Group& group = *batch.group;
  StoreWriter writer = parts_.store.write();
  name_model(writer);
  double bytes = 0;
  for (std::size_t i = batch.begin; i < batch.end; ++i) {
    const Task& task = group.tasks[i];
    group.vectors[task.key] = writer.put_vector(task.key, batch.vectors.row(i - batch.begin));
    bytes += task.bytes;
  }
  writer.commit();
  report_.seconds_writing += seconds_between(start, std::chrono::steady_clock::now());
  parts_.model.adopt(parts_.model.embedder().info().fingerprint);
  report_.chunks_encoded += batch.end - batch.begin;
  report_.tokens_encoded += batch.vectors.tokens;
  meter_.encoded(bytes);
  if (batch.end == group.tasks.size()) write_documents(group);
}

/// With the first vector the collection becomes one of this model.
void DocumentWriter::name_model(StoreWriter& writer) {
  if (!parts_.model.fingerprint().empty()) return;
  const ModelInfo& info = parts_.model.embedder().info();
  writer.set_setting(SettingNames::kFingerprint, info.fingerprint);
  writer.set_setting(SettingNames::kDimensions, std::to_string(info.dimensions));
}

void DocumentWriter::write_documents(Group& group) {
  if (group.documents.empty()) return;
  const auto start = std::chrono::steady_clock::now();
  StoreWriter writer = parts_.store.write();
  std::size_t chunks = 0;
  double bytes = 0;
  const auto vector_of = [&](const std::string& key) {
    std::int64_t& id = group.vectors.at(key);
    if (id == 0) id = writer.vector_with_key(key).value();  // of the group before, written by now
    return id;
  };
  for (PreparedDocument& document : group.documents) {
    const std::int64_t id = writer.put_document(document.stored);
    for (PreparedChunk& chunk : document.chunks) {
      chunk.stored.document = id;
      chunk.stored.vector = vector_of(chunk.key);
      writer.add_chunk(chunk.stored);
    }
    chunks += document.chunks.size();
    bytes += static_cast<double>(document.stored.size);
  }
  writer.commit();
  report_.seconds_writing += seconds_between(start, std::chrono::steady_clock::now());
  link();
  report_.chunks_written += chunks;
  meter_.finished(group.documents.size(), bytes, /*were_encoding=*/true);
}

void DocumentWriter::link() {
  const std::string model = parts_.model.fingerprint();
  if (model.empty() || !links_) return;
  const auto start = std::chrono::steady_clock::now();
  try {
    parts_.graph.catch_up(model);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIo) throw;
    links_ = false;  // documents come first: that the graph finds no room is said when it is to be written
  }
  const auto end = std::chrono::steady_clock::now();
  report_.seconds_graph += seconds_between(start, end);
  if (running_) linking_.emplace_back(start, end);
}

}  // namespace riverbank
