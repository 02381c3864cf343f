#include "cli/commands/update.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/printable.h"

namespace riverbank::cli {
namespace {

std::string names(const std::vector<std::filesystem::path>& folders) {
  std::string text;
  for (const auto& folder : folders) text += (text.empty() ? "" : ", ") + shown(folder);
  return text.empty() ? "the collection" : text;
}

/// "  skipped 3 files: 2 binary (a.zip, b.bin), 1 permission denied (c.txt)\n".
std::string describe_skipped(const std::vector<SkippedFile>& skipped) {
  if (skipped.empty()) return "";
  constexpr std::size_t kNamed = 5;
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const SkippedFile& file : skipped) by_reason[file.reason].push_back(printable(file.path));
  std::string text;
  for (auto& [reason, paths] : by_reason) {
    const std::size_t count = paths.size();
    if (count > kNamed) paths.resize(kNamed), paths.emplace_back("…");
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", with_thousands(count), printable(reason),
                        fmt::join(paths, ", "));
  }
  return fmt::format("  skipped {}: {}\n", counted(skipped.size(), "file", "files"), text);
}

}  // namespace

Index open_index(Session& session, const Collection& collection, IndexOptions options) {
  options.notice = [&session](const std::string& sentence) { session.terminal.note(sentence); };
  return Index::open(collection.location, options);
}

UpdateReport update_index(Session& session, Index& index, const UpdateRequest& request) {
  ProgressLine line(session.terminal);
  UpdateOptions options;
  options.max_file_size = request.max_file_size;
  options.wait_seconds = request.wait_seconds;
  options.check_graph = request.check_graph;
  options.stop = session.interrupts.token();
  options.progress = [&](const IndexProgress& progress) { line.show(progress.fraction, describe(progress)); };
  return request.folders.empty() ? index.update(options) : index.update_folders(request.folders, options);
}

UpdateReport update_collection(Session& session, const Collection& collection, const UpdateRequest& request) {
  Index index = open_index(session, collection, request.index_options);
  if (!collection.exists && session.terminal.err_is_terminal()) {
    session.terminal.note(
        fmt::format("  Indexing {} (first time, {})", names(request.folders), printable(index.status().model)));
  }
  return update_index(session, index, request);
}

std::string parts_of(const UpdateReport& report) {
  std::string text;
  for (const auto& [part, seconds] :
       {std::pair("reading", report.seconds_reading), std::pair("tokenizing", report.seconds_tokenizing),
        std::pair("encoding", report.seconds_encoding), std::pair("writing", report.seconds_writing),
        std::pair("graph", report.seconds_graph)}) {
    text += fmt::format("  {:<12}{:>9.3f} s\n", part, seconds);
  }
  text += fmt::format("  {:<12}{:>9.3f} s", "all", report.seconds);
  if (report.seconds_encoding > 0) {
    const double neither = report.seconds_neither();
    text += fmt::format(", beside each other; {:.3f} s, {:.1f} % of all but the graph, neither encoding nor linking",
                        neither, 100 * neither / (report.seconds_encoding + neither));
  }
  return text + "\n";
}

std::string summary_of(const UpdateReport& report, const std::vector<std::filesystem::path>& folders) {
  std::string text = describe_skipped(report.skipped);
  if (report.stopped) {
    return text +
           fmt::format("Stopped after {} of {}; {} searchable. Run it again to go on.\n",
                       counted(report.files_read + report.files_unchanged, "file", "files"), names(folders),
                       report.chunks_total == 1 ? "1 chunk is" : with_thousands(report.chunks_total) + " chunks are");
  }
  text += fmt::format("{}: {} read, {} unchanged", names(folders), counted(report.files_read, "file", "files"),
                      with_thousands(report.files_unchanged));
  if (report.files_renamed > 0) text += fmt::format(", {} renamed", with_thousands(report.files_renamed));
  if (report.files_removed > 0) text += fmt::format(", {} removed", with_thousands(report.files_removed));
  text += fmt::format("; {} encoded, {} in all; {}", counted(report.chunks_encoded, "chunk", "chunks"),
                      with_thousands(report.chunks_total), in_seconds(report.seconds));
  if (report.tokens_encoded > 0 && report.seconds_encoding > 0) {
    const double rate = static_cast<double>(report.tokens_encoded) / report.seconds_encoding;
    text += fmt::format(" ({} tokens/s)", with_thousands(static_cast<std::uint64_t>(rate)));
  }
  return text + ".\n";
}

}  // namespace riverbank::cli
