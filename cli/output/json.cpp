#include "cli/output/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/output/hits.h"
#include "lib/base/printable.h"

namespace riverbank::cli {

using nlohmann::ordered_json;

namespace {

/// The code point of one well-formed sequence of up to three bytes; 0 for one of four, which stands for nothing below.
char32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  if (sequence.size() == 2) return (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU);
  if (sequence.size() == 3) return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
  return 0;
}

/// What JSON may hold as it is and a terminal obeys or turns around: DEL, the C1 controls, marks of direction.
bool acts_on_a_terminal(char32_t c) {
  return (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const int length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

}  // namespace

std::string dump(const ordered_json& value) {
  const std::string json = value.dump(2, ' ', false, ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const auto bytes = static_cast<std::size_t>(std::max(1, utf8_sequence_length(std::string_view(json).substr(at))));
    const char32_t c = code_point(std::string_view(json).substr(at, bytes));
    if (acts_on_a_terminal(c)) {
      safe += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
    } else {
      safe.append(json, at, bytes);
    }
    at += bytes;
  }
  return safe;
}

void set_path(ordered_json& json, const std::string& key, const std::string& path) {
  json[key] = path;
  if (!is_utf8(path)) json[key + "_uri"] = uri_of(path);
}

void set_paths(ordered_json& json, const std::string& key, const std::vector<std::string>& paths) {
  json[key] = paths;
  if (std::ranges::all_of(paths, is_utf8)) return;
  ordered_json& uris = json[key + "_uris"] = ordered_json::array();
  for (const std::string& path : paths) uris.push_back(uri_of(path));
}

ordered_json to_json(const UpdateReport& report, const std::string& location,
                     const std::vector<std::filesystem::path>& folders) {
  const std::vector<std::string> roots(folders.begin(), folders.end());
  ordered_json skipped = ordered_json::array();
  for (const SkippedFile& file : report.skipped) {
    set_path(skipped.emplace_back(ordered_json::object()), "path", file.path);
    skipped.back()["reason"] = file.reason;
  }
  ordered_json json;
  set_path(json, "index", location);
  set_paths(json, "folders", roots);
  json.update(ordered_json{{"files_read", report.files_read},
                           {"files_unchanged", report.files_unchanged},
                           {"files_renamed", report.files_renamed},
                           {"files_removed", report.files_removed},
                           {"skipped", skipped},
                           {"chunks", report.chunks_total},
                           {"chunks_written", report.chunks_written},
                           {"chunks_encoded", report.chunks_encoded},
                           {"tokens_encoded", report.tokens_encoded},
                           {"seconds", report.seconds},
                           {"seconds_reading", report.seconds_reading},
                           {"seconds_tokenizing", report.seconds_tokenizing},
                           {"seconds_encoding", report.seconds_encoding},
                           {"seconds_writing", report.seconds_writing},
                           {"seconds_graph", report.seconds_graph},
                           {"seconds_neither", report.seconds_neither()},
                           {"stopped", report.stopped}});
  return json;
}

ordered_json to_json(const Hit& hit, std::size_t rank) {
  ordered_json json{{"rank", rank}, {"score", hit.score}};
  json["relevance"] = hit.relevance ? ordered_json(*hit.relevance) : ordered_json(nullptr);
  json["cosine"] = hit.cosine ? ordered_json(*hit.cosine) : ordered_json(nullptr);
  json["bm25"] = hit.bm25 ? ordered_json(*hit.bm25) : ordered_json(nullptr);
  set_path(json, "document", hit.document);
  json["file"] = nullptr;
  if (!hit.root.empty()) set_path(json, "file", file_of(hit).string());
  json["first_line"] = hit.first_line;
  json["last_line"] = hit.last_line;
  json["title"] = hit.title;
  json["headings"] = hit.headings;
  json["text"] = hit.text;
  json["best_sentence"] = nullptr;
  if (hit.best_sentence) {
    json["best_sentence"] = {{"begin", hit.best_sentence->begin},
                             {"end", hit.best_sentence->end},
                             {"text", std::string(best_sentence_of(hit))}};
    if (hit.sentence_score) json["best_sentence"]["score"] = *hit.sentence_score;
  }
  json["metadata"] = hit.metadata;
  json["similar"] = ordered_json::array();
  for (const SimilarPassage& passage : hit.similar) {
    ordered_json& similar = json["similar"].emplace_back(ordered_json::object());
    set_path(similar, "document", passage.document);
    similar["first_line"] = passage.first_line;
    similar["last_line"] = passage.last_line;
  }
  return json;
}

ordered_json to_json(const IndexStatus& status) {
  ordered_json json;
  set_path(json, "index", status.location);
  set_paths(json, "folders", status.roots);
  json.update(ordered_json{{"model", status.model},
                           {"fingerprint", status.fingerprint},
                           {"documents", status.documents},
                           {"records", status.records},
                           {"chunks", status.chunks},
                           {"vectors", status.vectors},
                           {"dimensions", status.dimensions},
                           {"chunk_tokens", status.chunk_tokens},
                           {"whole_documents", status.whole_documents},
                           {"store_bytes", status.store_bytes},
                           {"graph_bytes", status.graph_bytes},
                           {"updated", status.updated}});
  json["recall_at_10"] = status.recall_at_10 ? ordered_json(*status.recall_at_10) : ordered_json(nullptr);
  json["ef"] = status.ef;
  json["rerank_ms"] = status.rerank_ms ? ordered_json(*status.rerank_ms) : ordered_json(nullptr);
  return json;
}

}  // namespace riverbank::cli
