#include "index/search/reencode.h"

#include <algorithm>
#include <string>
#include <vector>

#include "index/search/collection_settings.h"
#include "index/search/document_writer.h"

namespace riverbank {
namespace {

/// A record's text out of its passages. What stood between them was white space; a line end is as good.
std::string text_of(const std::vector<StoredChunk>& chunks) {
  std::string text;
  for (const StoredChunk& chunk : chunks) {
    if (chunk.begin > text.size()) text.resize(chunk.begin, chunk.begin - text.size() == 1 ? ' ' : '\n');
    text += chunk.text;
  }
  return text;
}

/// Encodes prepared records together and writes them.
void write(StoreWriter& writer, const Embedder& embedder, std::vector<PreparedDocument>& documents,
           const std::stop_token& stop, UpdateReport& report) {
  std::vector<std::string_view> texts;
  for (const PreparedDocument& document : documents) {
    for (const PreparedChunk& chunk : document.chunks) texts.emplace_back(chunk.encoded);
  }
  const Embeddings made = embedder.embed(texts, TextKind::kPassage, stop);
  std::size_t row = 0;
  for (PreparedDocument& document : documents) {
    const std::int64_t id = writer.put_document(document.stored);
    for (PreparedChunk& chunk : document.chunks) {
      chunk.stored.document = id;
      chunk.stored.vector = writer.put_vector(chunk.key, made.row(row++));
      writer.add_chunk(chunk.stored);
    }
  }
  report.chunks_written += row;
  report.chunks_encoded += row;
  report.tokens_encoded += made.tokens;
  documents.clear();
}

}  // namespace

void start_anew(Store& store, CollectionModel& model, const PassageMaker& passages, std::stop_token stop,
                UpdateReport& report, UpdateMeter& meter) {
  const Embedder& embedder = model.embedder();
  StoreWriter writer = store.write();
  for (const StoredRoot& root : writer.roots()) {
    for (const StoredDocument& file : writer.documents_of(root.id)) writer.remove_document(file.id);
  }
  const std::vector<StoredDocument> records = writer.documents_of(0);
  meter.begin(IndexProgress::Phase::kEncoding);
  meter.expect(records.size(), static_cast<double>(records.size()));
  std::vector<PreparedDocument> together;
  std::size_t tokens = 0;
  for (const StoredDocument& listed : records) {
    const StoredDocument known = writer.find_record(listed.path).value_or(listed);  // with its metadata
    PreparedDocument prepared =
        passages.of_record({known.path, text_of(writer.chunks_of(known.id)), known.title, known.metadata});
    prepared.stored.content_hash = known.content_hash;
    prepared.stored.size = known.size;
    for (const PreparedChunk& chunk : prepared.chunks) tokens += chunk.stored.tokens;
    together.push_back(std::move(prepared));
    if (tokens >= kTokensAtOnce) {
      write(writer, embedder, together, stop, report);
      tokens = 0;
    }
    meter.finished(1, 1);
  }
  write(writer, embedder, together, stop, report);
  writer.remove_unused_vectors();
  const ModelInfo& info = embedder.info();
  writer.set_setting(SettingNames::kModel, model.name());
  writer.set_setting(SettingNames::kFingerprint, info.fingerprint);
  writer.set_setting(SettingNames::kDimensions, std::to_string(info.dimensions));
  for (const char* name : {SettingNames::kEf, SettingNames::kRecall, SettingNames::kMeasuredWith}) {
    writer.remove_setting(name);
  }
  writer.commit();
  model.adopt(info.fingerprint);
}

}  // namespace riverbank
