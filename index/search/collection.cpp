#include "index/search/collection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "index/search/reencode.h"
#include "index/store/writer_lock.h"
#include "index/vectors/recall.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr double kTargetRecall = 0.99;
constexpr std::size_t kRecallSample = 100;
/// An update that wrote more than this is worth folding the log into the file.
constexpr std::size_t kLargeUpdate = 1000;
constexpr std::chrono::hours kNotedAgainAfter(1);

const std::filesystem::path& checked(const std::filesystem::path& location, const IndexOptions& options) {
  if (options.access == Access::kReadWrite && !Index::exists(location)) check_new_collection(options);
  return location;
}

std::function<void(const std::string&)> or_silence(std::function<void(const std::string&)> notice) {
  if (notice) return notice;
  return [](const std::string&) {};
}

std::string iso8601(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// Whether the time of the last update is to be written although nothing has changed. Every question brings its folder
/// up to date first; it must not wait for the disk each time.
bool is_worth_noting(const std::optional<std::string>& updated, std::chrono::system_clock::time_point now) {
  return !updated || *updated < iso8601(now - kNotedAgainAfter) || *updated > iso8601(now);
}

}  // namespace

Collection::Collection(const std::filesystem::path& location, const IndexOptions& options)
    : access_(options.access),
      threads_(thread_count(options.threads)),
      store_(checked(location, options), options.access),
      settings_(settle(store_, options)),
      model_(settings_.model, settings_.fingerprint, location.string(),
             {.threads = options.threads, .instruction_set = {}, .notice = options.notice}),
      passages_(model_, settings_.chunk_tokens, settings_.whole_documents),
      graph_(store_, options.threads, or_silence(options.notice)),
      searcher_(store_, model_, graph_),
      reencode_(settings_.reencode) {}

UpdateReport Collection::change(const UpdateOptions& options,
                                const std::function<void(Indexer&, UpdateReport&)>& change) {
  if (access_ == Access::kReadOnly) {
    throw Error(ErrorKind::kInvalidArgument,
                "the index in " + printable(store_.folder().string()) + " was opened read-only; it cannot be changed");
  }
  const std::lock_guard turn(updates_);
  UpdateReport report;
  UpdateMeter meter(options.progress, report);
  try {
    const WriterLock lock =
        WriterLock::acquire(store_.folder(), std::chrono::duration<double>(options.wait_seconds), options.stop);
    Indexer indexer({store_, model_, graph_}, passages_, options, report, meter);
    if (reencode_) encode_anew(options, indexer, report, meter);
    if (!report.stopped) change(indexer, report);
    finish(options.check_graph, report, meter);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCancelled) throw;
    report.stopped = true;
  }
  report.seconds = meter.seconds();
  return report;
}

void Collection::encode_anew(const UpdateOptions& options, Indexer& indexer, UpdateReport& report, UpdateMeter& meter) {
  start_anew(store_, model_, passages_, options.stop, report, meter);
  reencode_ = false;
  const std::vector<StoredRoot> roots = store_.read().roots();
  indexer.update_roots(roots, /*must_exist=*/false);
}

void Collection::finish(bool check_graph, UpdateReport& report, UpdateMeter& meter) {
  const bool changed = report.files_read + report.files_removed + report.files_renamed > 0;
  const auto now = std::chrono::system_clock::now();
  if (!report.stopped && (changed || is_worth_noting(store_.read().setting(SettingNames::kUpdated), now))) {
    StoreWriter writer = store_.write();
    if (changed) writer.remove_unused_vectors();
    writer.set_setting(SettingNames::kUpdated, iso8601(now));
    if (report.chunks_encoded >= kReadPassages) {  // fewer tell little about the speed
      const double seconds = report.seconds_encoding / static_cast<double>(report.chunks_encoded);
      writer.set_setting(SettingNames::kRerankMs, fmt::format("{:.0f}", 1000 * seconds * kReadPassages));
    }
    writer.commit();
  }
  if (const std::string fingerprint = model_.fingerprint(); !fingerprint.empty()) {
    meter.begin(IndexProgress::Phase::kGraph);
    const double start = meter.seconds();
    const auto graph = graph_.save(fingerprint, check_graph);
    if (graph && !report.stopped) measure_if_grown(*graph);
    report.seconds_graph += meter.seconds() - start;
  }
  if (report.chunks_written > kLargeUpdate) store_.tidy();
  report.chunks_total = store_.read().chunks();
}

/// Measures again when there are a third more or fewer vectors than last time, or never was.
void Collection::measure_if_grown(const VectorGraph& graph) {
  const std::size_t before = setting_number(store_.read().setting(SettingNames::kMeasuredWith), 0);
  const std::size_t now = graph.size();
  if (before > 0 && now * 3 <= before * 4 && now * 4 >= before * 3) return;
  ThreadPool pool(threads_);
  const GraphRecall found = choose_ef(graph, kRecallSample, kTargetRecall, &pool);
  keep({found.sampled, found.recall_at_10, found.ef}, now);
}

RecallReport Collection::measure(std::size_t sample) {
  const auto graph = graph_.catch_up(model_.fingerprint());
  if (!graph) return {};
  ThreadPool pool(threads_);
  const GraphRecall found = choose_ef(*graph, sample, kTargetRecall, &pool);
  const RecallReport measured{found.sampled, found.recall_at_10, found.ef};
  if (access_ == Access::kReadWrite) keep(measured, graph->size());
  return measured;
}

void Collection::keep(const RecallReport& measured, std::size_t vectors) {
  StoreWriter writer = store_.write();
  writer.set_setting(SettingNames::kEf, std::to_string(measured.ef));
  writer.set_setting(SettingNames::kRecall, fmt::format("{:.4f}", measured.recall_at_10));
  writer.set_setting(SettingNames::kMeasuredWith, std::to_string(vectors));
  writer.commit();
}

}  // namespace riverbank
