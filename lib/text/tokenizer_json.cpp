#include <algorithm>

#include "lib/text/json_value.h"
#include "lib/text/tokenizer_definition.h"

namespace riverbank {
namespace {

/// Each added token is compared with the text by itself, so that there is a limit; real models have 5 to 1,000.
constexpr std::size_t kMaxAddedTokens = 10'000;
constexpr std::int64_t kMaxWordCharacters = 10'000;

JsonValue parse(simdjson::dom::parser& parser, std::string_view json, const std::string& name) {
  simdjson::dom::element root;
  if (const simdjson::error_code error = parser.parse(json.data(), json.size()).get(root); error != 0) {
    throw Error(ErrorKind::kCorrupt, fmt::format("{} is no whole JSON file ({}); fetch or import the model again.",
                                                 name, printable(simdjson::error_message(error))));
  }
  return {root, "", name};
}

bool boolean_or(const JsonValue& value, std::string_view key, bool otherwise) {
  const std::optional<JsonValue> child = value.find(key);
  return child ? child->boolean() : otherwise;
}

/// The part of a tokenizer under `key`, refused by its name when it is of none of the types.
JsonValue part_of_type(const JsonValue& root, std::string_view key, std::initializer_list<std::string_view> types) {
  const std::optional<JsonValue> part = root.find(key);
  const std::optional<JsonValue> type = part ? part->find("type") : std::nullopt;
  const std::string_view found = type ? type->string() : "missing";
  if (std::find(types.begin(), types.end(), found) != types.end()) return *part;
  root.refuse(
      ErrorKind::kUnsupported,
      fmt::format("is another kind of tokenizer: its {} is {}, where riverbank has only {}; take a model of the "
                  "BERT family",
                  key, printable(found), fmt::join(types, " and ")));
}

NormalizerSettings read_normalizer(const JsonValue& root) {
  const JsonValue part = part_of_type(root, "normalizer", {"BertNormalizer"});
  NormalizerSettings out;
  out.clean_text = boolean_or(part, "clean_text", out.clean_text);
  out.handle_chinese_chars = boolean_or(part, "handle_chinese_chars", out.handle_chinese_chars);
  out.lowercase = boolean_or(part, "lowercase", out.lowercase);
  if (const std::optional<JsonValue> strip = part.find("strip_accents")) out.strip_accents = strip->boolean();
  return out;
}

std::vector<AddedToken> read_added_tokens(const JsonValue& root, std::size_t num_pieces) {
  std::vector<AddedToken> out;
  const std::optional<JsonValue> list = root.find("added_tokens");
  if (!list) return out;
  const std::vector<JsonValue> items = list->items();
  if (items.size() > kMaxAddedTokens) {
    list->refuse(ErrorKind::kUnsupported,
                 fmt::format("has {} entries, more than the {} that riverbank can do", items.size(), kMaxAddedTokens));
  }
  const auto last_id = static_cast<std::int64_t>(num_pieces + items.size()) - 1;
  for (const JsonValue& item : items) {
    const JsonValue content = item["content"];
    if (content.string().empty()) content.refuse(ErrorKind::kCorrupt, "is empty");
    out.push_back({.content = std::string(content.string()),
                   .id = static_cast<std::int32_t>(item["id"].integer(0, last_id)),
                   .single_word = boolean_or(item, "single_word", false),
                   .lstrip = boolean_or(item, "lstrip", false),
                   .rstrip = boolean_or(item, "rstrip", false),
                   .normalized = boolean_or(item, "normalized", true)});
  }
  return out;
}

/// Puts the pieces of model.vocab, and the added tokens beyond them, in the order of their ids, which must be all the
/// numbers from 0 on.
Vocabulary read_vocabulary(const JsonValue& model, const std::vector<AddedToken>& added, const std::string& name) {
  const JsonValue vocab = model["vocab"];
  const simdjson::dom::object fields = vocab.object();
  std::size_t count = 0;
  for ([[maybe_unused]] const auto field : fields) ++count;  // size() saturates at 2^24 - 1
  std::vector<Vocabulary::Entry> entries(count + added.size());
  std::vector<bool> taken(entries.size());
  std::size_t used = 0;
  for (const auto& [piece, value] : fields) {
    std::int64_t id = 0;
    if (value.get(id) != simdjson::SUCCESS || id < 0 || static_cast<std::size_t>(id) >= entries.size()) {
      vocab.refuse(ErrorKind::kCorrupt, fmt::format("gives \"{}\" no id from 0 to {}", printable(piece),
                                                    static_cast<std::int64_t>(entries.size()) - 1));
    }
    Vocabulary::Entry& entry = entries[static_cast<std::size_t>(id)];
    if (taken[static_cast<std::size_t>(id)]) {
      vocab.refuse(ErrorKind::kCorrupt, fmt::format("gives the id {} to \"{}\" and to \"{}\"", id,
                                                    printable(entry.piece), printable(piece)));
    }
    entry.piece = piece;
    taken[static_cast<std::size_t>(id)] = true;
    used = std::max(used, static_cast<std::size_t>(id) + 1);
  }
  for (const AddedToken& token : added) {
    const auto id = static_cast<std::size_t>(token.id);
    Vocabulary::Entry& entry = entries[id];
    if (taken[id] && entry.piece != token.content) {
      vocab.refuse(ErrorKind::kCorrupt, fmt::format("gives the id {} to \"{}\", but added_tokens gives it to \"{}\"",
                                                    id, printable(entry.piece), printable(token.content)));
    }
    if (!taken[id]) entry = {token.content, true};
    taken[id] = true;
    used = std::max(used, id + 1);
  }
  if (const auto gap = std::find(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(used), false);
      gap != taken.begin() + static_cast<std::ptrdiff_t>(used)) {
    vocab.refuse(ErrorKind::kCorrupt,
                 fmt::format("has no piece with the id {}, though ids go up to {}", gap - taken.begin(), used - 1));
  }
  entries.resize(used);
  const std::optional<JsonValue> prefix = model.find("continuing_subword_prefix");
  Vocabulary out(entries, std::string(prefix ? prefix->string() : "##"), name, "id");
  for (const AddedToken& token : added) {
    if (const std::int32_t id = out.find(token.content); id != Vocabulary::kNone && id != token.id) {
      vocab.refuse(ErrorKind::kCorrupt, fmt::format("gives \"{}\" the id {}, but added_tokens gives it the id {}",
                                                    printable(token.content), id, token.id));
    }
  }
  return out;
}

/// A special token of the post-processor: its name and the id that it has there.
struct SpecialToken {
  std::string_view content;
  std::int64_t id = 0;
};

struct SpecialTokens {
  SpecialToken cls;
  SpecialToken sep;
};

constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();

/// BertProcessing: {"sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}.
SpecialToken read_named_id(const JsonValue& pair) {
  const std::vector<JsonValue> items = pair.items();
  if (items.size() != 2) pair.refuse(ErrorKind::kCorrupt, "is not a pair of a token and its id");
  return {items[0].string(), items[1].integer(0, kMaxId)};
}

/// TemplateProcessing's {"SpecialToken": {"id": "[CLS]", "type_id": 0}} and {"Sequence": {"id": "A", "type_id": 0}},
/// written as the library's users do: "[CLS]:0", "$A:0".
std::string template_text(const JsonValue& items) {
  std::string out;
  for (const JsonValue& item : items.items()) {
    const std::optional<JsonValue> sequence = item.find("Sequence");
    const JsonValue entry = sequence ? *sequence : item["SpecialToken"];
    out += fmt::format("{}{}{}:{}", out.empty() ? "" : " ", sequence ? "$" : "", entry["id"].string(),
                       entry["type_id"].integer(0, kMaxId));
  }
  return out;
}

SpecialToken read_special_token(const JsonValue& processor, std::string_view content) {
  const JsonValue token = processor["special_tokens"][content];
  const std::vector<JsonValue> ids = token["ids"].items();
  if (ids.size() != 1) token.refuse(ErrorKind::kUnsupported, fmt::format("stands for {} ids, not one", ids.size()));
  return {content, ids[0].integer(0, kMaxId)};
}

SpecialTokens read_template(const JsonValue& processor) {
  const JsonValue single = processor["single"];
  const std::vector<JsonValue> items = single.items();
  const std::optional<JsonValue> cls = items.size() == 3 ? items[0].find("SpecialToken") : std::nullopt;
  const std::optional<JsonValue> sep = items.size() == 3 ? items[2].find("SpecialToken") : std::nullopt;
  if (!cls || !sep) {
    single.refuse(ErrorKind::kUnsupported,
                  fmt::format("is \"{}\", where riverbank has only BERT's \"[CLS]:0 $A:0 [SEP]:0\"",
                              printable(template_text(single))));
  }
  const std::string_view cls_name = (*cls)["id"].string();
  const std::string_view sep_name = (*sep)["id"].string();
  const auto expect = [](const JsonValue& value, const std::string& expected) {
    if (const std::string found = template_text(value); found != expected) {
      value.refuse(ErrorKind::kUnsupported, fmt::format("is \"{}\", where riverbank has only BERT's \"{}\"",
                                                        printable(found), printable(expected)));
    }
  };
  expect(single, fmt::format("{}:0 $A:0 {}:0", cls_name, sep_name));
  expect(processor["pair"], fmt::format("{}:0 $A:0 {}:0 $B:1 {}:1", cls_name, sep_name, sep_name));
  return {read_special_token(processor, cls_name), read_special_token(processor, sep_name)};
}

SpecialTokens read_special_tokens(const JsonValue& root) {
  const JsonValue processor = part_of_type(root, "post_processor", {"TemplateProcessing", "BertProcessing"});
  if (processor["type"].string() == "TemplateProcessing") return read_template(processor);
  return {read_named_id(processor["cls"]), read_named_id(processor["sep"])};
}

std::int32_t checked_id(const JsonValue& root, const Vocabulary& vocabulary, const SpecialToken& token) {
  if (static_cast<std::size_t>(token.id) >= vocabulary.size() ||
      vocabulary.piece(static_cast<std::int32_t>(token.id)) != token.content) {
    root.refuse(ErrorKind::kCorrupt,
                fmt::format("says in post_processor that \"{}\" has the id {}, which it has not in the vocabulary",
                            printable(token.content), token.id));
  }
  return static_cast<std::int32_t>(token.id);
}

}  // namespace

TokenizerDefinition read_tokenizer_json(std::string_view json, const std::string& name) {
  simdjson::dom::parser parser;
  const JsonValue root = parse(parser, json, name);
  const JsonValue model = part_of_type(root, "model", {"WordPiece"});
  const NormalizerSettings normalizer = read_normalizer(root);
  part_of_type(root, "pre_tokenizer", {"BertPreTokenizer"});
  const SpecialTokens special = read_special_tokens(root);

  std::size_t num_pieces = 0;
  for ([[maybe_unused]] const auto field : model["vocab"].object()) ++num_pieces;
  std::vector<AddedToken> added = read_added_tokens(root, num_pieces);
  Vocabulary vocabulary = read_vocabulary(model, added, name);

  const JsonValue unknown = model["unk_token"];
  const std::int32_t unknown_id = vocabulary.find(unknown.string());
  if (unknown_id == Vocabulary::kNone) {
    unknown.refuse(ErrorKind::kCorrupt,
                   fmt::format("is \"{}\", which is not in the vocabulary", printable(unknown.string())));
  }
  const std::optional<JsonValue> max_characters = model.find("max_input_chars_per_word");
  const std::int32_t cls_id = checked_id(root, vocabulary, special.cls);
  const std::int32_t sep_id = checked_id(root, vocabulary, special.sep);
  return {.vocabulary = std::move(vocabulary),
          .unknown_id = unknown_id,
          .cls_id = cls_id,
          .sep_id = sep_id,
          .max_word_characters =
              static_cast<std::size_t>(max_characters ? max_characters->integer(1, kMaxWordCharacters) : 100),
          .normalizer = normalizer,
          .added_tokens = std::move(added)};
}

NormalizerSettings read_tokenizer_config(std::string_view json, const std::string& name) {
  simdjson::dom::parser parser;
  const JsonValue root = parse(parser, json, name);
  NormalizerSettings out;
  out.lowercase = boolean_or(root, "do_lower_case", out.lowercase);
  out.handle_chinese_chars = boolean_or(root, "tokenize_chinese_chars", out.handle_chinese_chars);
  if (const std::optional<JsonValue> strip = root.find("strip_accents")) out.strip_accents = strip->boolean();
  return out;
}

}  // namespace riverbank
