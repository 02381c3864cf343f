#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"
#include "riverbank/evaluate.h"

namespace riverbank {
namespace {

/// The lines of a text file, one at a time, with what a message needs to name the place.
class NumberedLines {
 public:
  explicit NumberedLines(std::filesystem::path path) : path_(std::move(path)), in_(path_, std::ios::binary) {
    if (!in_) throw_errno("cannot open", path_, errno);
  }

  bool next(std::string& line) {
    if (!std::getline(in_, line)) {
      if (in_.bad()) throw Error(ErrorKind::kIo, "cannot read " + printable(path_.string()) + " to its end");
      return false;
    }
    ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, printable(path_.string()) + ":" + std::to_string(number_) + ": " + what);
  }

  std::size_t number() const { return number_; }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  std::size_t number_ = 0;
};

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

/// The columns of one line of qrels: question, document, grade.
struct Judgement {
  std::string question, document;
  int grade = 0;
};

Judgement parse_judgement(const std::string& line, const NumberedLines& at) {
  const std::size_t first = line.find('\t');
  const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
  if (second == std::string::npos) at.fail("expected three columns with tabs between them: question, document, grade");
  Judgement result{line.substr(0, first), line.substr(first + 1, second - first - 1), 0};
  const char* const end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data() + second + 1, end, result.grade);
  if (parsed.ec != std::errc() || parsed.ptr != end) at.fail("the grade is not a whole number");
  return result;
}

}  // namespace

RetrievalSet read_retrieval_set(const std::filesystem::path& folder) {
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

  NumberedLines lines(qrels_of(folder));
  std::string line;
  while (lines.next(line)) {
    if (line.empty() || (lines.number() == 1 && line.starts_with("query-id"))) continue;
    const Judgement judged = parse_judgement(line, lines);
    if (!set.queries.contains(judged.question)) {
      lines.fail("queries.jsonl has no question \"" + printable(judged.question) + "\"");
    }
    if (!documents.contains(judged.document)) {
      lines.fail("corpus.jsonl has no document \"" + printable(judged.document) + "\"");
    }
    set.qrels[judged.question][judged.document] = judged.grade;
  }
  return set;
}

}  // namespace riverbank
