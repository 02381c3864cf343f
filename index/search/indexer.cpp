#include "index/search/indexer.h"

#include <iterator>
#include <set>
#include <utility>

#include "index/search/file_reader.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kWriteAtOnce = 256;

/// Small changes of documents that need no encoder, written some hundred at a time.
class SmallChanges {
 public:
  explicit SmallChanges(Store& store) : store_(store) {}

  void touch(const StoredDocument& known, const ReadFile::Touched& now) {
    if (known.size == now.size && known.modified_ns == now.modified_ns) return;
    StoredDocument document = known;
    document.size = now.size;
    document.modified_ns = now.modified_ns;
    touched_.push_back(std::move(document));
    write_if_many();
  }
  void move(StoredDocument document) {
    moved_.push_back(std::move(document));
    write_if_many();
  }
  void remove(std::int64_t document) {
    removed_.push_back(document);
    write_if_many();
  }

  void write() {
    if (count() == 0) return;
    StoreWriter writer = store_.write();
    for (const std::int64_t document : removed_) writer.remove_document(document);
    for (const StoredDocument& document : touched_) {
      writer.touch_document(document.id, document.size, document.modified_ns);
    }
    for (const StoredDocument& document : moved_) writer.move_document(document);
    writer.commit();
    touched_.clear();
    moved_.clear();
    removed_.clear();
  }

 private:
  std::size_t count() const { return touched_.size() + moved_.size() + removed_.size(); }
  void write_if_many() {
    if (count() >= kWriteAtOnce) write();
  }

  Store& store_;
  std::vector<StoredDocument> touched_, moved_;
  std::vector<std::int64_t> removed_;
};

double bytes_to_read(const UpdatePlan& plan) {
  double bytes = 0;
  for (const PlannedFile& file : plan.to_read) bytes += static_cast<double>(file.size);
  return bytes;
}

}  // namespace

Indexer::Indexer(DocumentWriter::Parts parts, const PassageMaker& passages, const UpdateOptions& options,
                 UpdateReport& report, UpdateMeter& meter)
    : parts_(parts), passages_(passages), options_(options), report_(report), meter_(meter) {}

void Indexer::update_roots(std::span<const StoredRoot> roots, bool must_exist) {
  meter_.begin(IndexProgress::Phase::kScanning);
  try {
    UpdatePlan plan = plan_update(parts_.store, roots, must_exist, options_.stop);
    report_.files_unchanged += plan.files_unchanged;
    std::move(plan.skipped.begin(), plan.skipped.end(), std::back_inserter(report_.skipped));
    meter_.begin(IndexProgress::Phase::kEncoding);
    meter_.expect(plan.files_total, bytes_to_read(plan));
    meter_.finished(plan.files_unchanged, 0);
    read_planned(plan);
    if (!report_.stopped) remove_gone(plan);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCancelled) throw;
    report_.stopped = true;
  }
}

/// Reads, encodes and writes what the plan names. Takes the documents that turn out to be moved off plan.gone.
void Indexer::read_planned(UpdatePlan& plan) {
  if (plan.to_read.empty()) return;
  DocumentWriter documents(parts_, report_, meter_, options_.stop);
  SmallChanges changes(parts_.store);
  std::set<std::int64_t> moved;
  {
    FileReader reader(plan, passages_, options_.max_file_size);
    while (std::optional<ReadFile> file = reader.next()) {
      if (options_.stop.stop_requested()) {
        report_.stopped = true;
        break;
      }
      const PlannedFile& planned = plan.to_read[file->planned];
      if (auto* prepared = std::get_if<PreparedDocument>(&file->outcome)) {
        ++report_.files_read;
        documents.add(std::move(*prepared));
        continue;
      }
      if (const auto* touched = std::get_if<ReadFile::Touched>(&file->outcome)) {
        ++report_.files_unchanged;
        changes.touch(*planned.known, *touched);
      } else if (auto* found = std::get_if<ReadFile::Moved>(&file->outcome)) {
        ++report_.files_renamed;
        moved.insert(found->document.id);
        changes.move(std::move(found->document));
      } else {
        const auto* skipped = std::get_if<ReadFile::Skipped>(&file->outcome);
        if (skipped != nullptr) report_.skipped.push_back({planned.path, skipped->reason});
        const bool keep = skipped != nullptr && skipped->keep;
        if (planned.known && !keep) {
          ++report_.files_removed;
          changes.remove(planned.known->id);
        }
      }
      meter_.finished(1, static_cast<double>(planned.size));
    }
    const FileReader::Seconds took = reader.seconds();
    report_.seconds_reading += took.reading;
    report_.seconds_tokenizing += took.tokenizing;
  }
  changes.write();
  std::erase_if(plan.gone, [&](const StoredDocument& document) { return moved.contains(document.id); });
  if (!report_.stopped) documents.finish();
}

void Indexer::remove_gone(const UpdatePlan& plan) {
  SmallChanges changes(parts_.store);
  for (const StoredDocument& document : plan.gone) changes.remove(document.id);
  changes.write();
  report_.files_removed += plan.gone.size();
}

void Indexer::add_records(std::span<const Record> records) {
  for (const Record& record : records) {
    if (record.id.empty()) throw Error(ErrorKind::kInvalidArgument, "a record needs an id that is not empty");
  }
  double bytes = 0;
  for (const Record& record : records) bytes += static_cast<double>(record.text.size());
  meter_.begin(IndexProgress::Phase::kEncoding);
  meter_.expect(records.size(), bytes);
  try {
    DocumentWriter documents(parts_, report_, meter_, options_.stop);
    for (const Record& record : records) {
      if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "the update was stopped");
      const auto known = parts_.store.read().find_record(record.id);
      if (known && known->content_hash == stored_record(record).content_hash) {
        ++report_.files_unchanged;
        meter_.finished(1, static_cast<double>(record.text.size()));
        continue;
      }
      ++report_.files_read;
      documents.add(passages_.of_record(record));
    }
    documents.finish();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCancelled) throw;
    report_.stopped = true;
  }
}

}  // namespace riverbank
