#include "cli/output/json.h"

#include "cli/output/hits.h"

namespace riverbank::cli {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json to_json(const UpdateReport& report, const std::string& location,
                     const std::vector<std::filesystem::path>& folders) {
  ordered_json roots = ordered_json::array();
  for (const auto& folder : folders) roots.push_back(folder.string());
  ordered_json skipped = ordered_json::array();
  for (const SkippedFile& file : report.skipped) skipped.push_back({{"path", file.path}, {"reason", file.reason}});
  return {{"index", location},
          {"folders", roots},
          {"files_read", report.files_read},
          {"files_unchanged", report.files_unchanged},
          {"files_renamed", report.files_renamed},
          {"files_removed", report.files_removed},
          {"skipped", skipped},
          {"chunks", report.chunks_total},
          {"chunks_written", report.chunks_written},
          {"chunks_encoded", report.chunks_encoded},
          {"tokens_encoded", report.tokens_encoded},
          {"seconds", report.seconds},
          {"seconds_encoding", report.seconds_encoding},
          {"seconds_graph", report.seconds_graph},
          {"stopped", report.stopped}};
}

ordered_json to_json(const Hit& hit, std::size_t rank) {
  ordered_json json{{"rank", rank}, {"score", hit.score}};
  json["relevance"] = hit.relevance ? ordered_json(*hit.relevance) : ordered_json(nullptr);
  json["cosine"] = hit.cosine ? ordered_json(*hit.cosine) : ordered_json(nullptr);
  json["bm25"] = hit.bm25 ? ordered_json(*hit.bm25) : ordered_json(nullptr);
  json["document"] = hit.document;
  json["file"] = hit.root.empty() ? ordered_json(nullptr) : ordered_json(file_of(hit).string());
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
    json["similar"].push_back(
        {{"document", passage.document}, {"first_line", passage.first_line}, {"last_line", passage.last_line}});
  }
  return json;
}

ordered_json to_json(const IndexStatus& status) {
  ordered_json json{{"index", status.location},
                    {"folders", status.roots},
                    {"model", status.model},
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
                    {"updated", status.updated}};
  json["recall_at_10"] = status.recall_at_10 ? ordered_json(*status.recall_at_10) : ordered_json(nullptr);
  json["ef"] = status.ef;
  json["rerank_ms"] = status.rerank_ms ? ordered_json(*status.rerank_ms) : ordered_json(nullptr);
  return json;
}

}  // namespace riverbank::cli
