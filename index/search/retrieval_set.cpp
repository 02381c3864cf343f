#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "index/search/left_out.h"
#include "index/search/numbered_lines.h"
#include "riverbank/evaluate.h"

namespace riverbank {
namespace {

std::string string_field(const nlohmann::json& object, const char* field, bool needed, const NumberedLines& at) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) {
    if (needed) at.fail(std::string("the field \"") + field + "\" is missing");
    return {};
  }
  if (!found->is_string()) at.fail(std::string("the field \"") + field + "\" is not a string");
  return found->get<std::string>();
}

/// Calls `use` with each line's object and where it stands.
template <typename Use>
void read_json_lines(const std::filesystem::path& path, const Use& use) {
  NumberedLines lines(path);
  std::string line;
  while (lines.next(line)) {
    if (line.empty()) continue;
    const nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) lines.fail("expected a JSON object on a line of its own");
    use(object, lines);
  }
}

std::filesystem::path qrels_of(const std::filesystem::path& folder) {
  for (const char* name : {"qrels.tsv", "qrels/test.tsv"}) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  throw Error(ErrorKind::kNotFound, "no qrels.tsv and no qrels/test.tsv in " + printable(folder.string()) +
                                        "; a retrieval set in BEIR's layout has one of them");
}

/// Leaves out what judges a question or document that is not there.
void keep_known(RetrievalSet& set, const std::unordered_set<std::string>& documents,
                const std::filesystem::path& qrels) {
  LeftOut questions("judgement", "a question that queries.jsonl does not have");
  LeftOut unknown("judgement", "a document that corpus.jsonl does not have");
  for (auto& judged_question : set.qrels) {
    const std::string& question = judged_question.first;
    auto& grades = judged_question.second;
    const bool asked = set.queries.contains(question);
    std::erase_if(grades, [&](const auto& judged) {
      if (!asked) {
        questions.add(question);
      } else if (!documents.contains(judged.first)) {
        unknown.add(judged.first);
      } else {
        return false;
      }
      return true;
    });
  }
  std::erase_if(set.qrels, [](const auto& entry) { return entry.second.empty(); });
  for (const LeftOut* left_out : {&questions, &unknown}) {
    if (!left_out->empty()) set.left_out.push_back(left_out->sentence());
  }
  if (set.qrels.empty()) throw nothing_left(qrels, set.left_out);
}

}  // namespace

RetrievalSet read_retrieval_set(const std::filesystem::path& folder, const std::filesystem::path& qrels) {
  RetrievalSet set;
  std::unordered_set<std::string> documents;
  read_json_lines(folder / "corpus.jsonl", [&](const nlohmann::json& object, const NumberedLines& at) {
    Record record;
    record.id = string_field(object, "_id", true, at);
    record.title = string_field(object, "title", false, at);
    record.text = string_field(object, "text", true, at);
    if (record.id.empty()) at.fail("the field \"_id\" is empty");
    if (!documents.insert(record.id).second) {
      at.fail("the document \"" + printable(record.id) + "\" appears for the second time");
    }
    set.corpus.push_back(std::move(record));
  });
  read_json_lines(folder / "queries.jsonl", [&](const nlohmann::json& object, const NumberedLines& at) {
    const std::string id = string_field(object, "_id", true, at);
    if (!set.queries.emplace(id, string_field(object, "text", true, at)).second) {
      at.fail("the question \"" + printable(id) + "\" appears for the second time");
    }
  });
  const std::filesystem::path judgements = qrels.empty() ? qrels_of(folder) : qrels;
  set.qrels = read_qrels(judgements);
  keep_known(set, documents, judgements);
  return set;
}

}  // namespace riverbank
