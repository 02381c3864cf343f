#include <fmt/format.h>

#include <algorithm>

#include "lib/base/printable.h"
#include "lib/text/tokenizer_definition.h"
#include "lib/text/utf8.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

std::vector<Vocabulary::Entry> read_lines(std::string_view text, const std::string& name) {
  std::vector<Vocabulary::Entry> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (std::string_view rest = line; !rest.empty();) {
      const int length = utf8_sequence_length(rest);
      if (length == 0) {
        throw Error(ErrorKind::kCorrupt, fmt::format("{}: line {} is not UTF-8 (\"{}\"); is it a vocabulary at all?",
                                                     name, out.size() + 1, printable(line.substr(0, 80))));
      }
      rest.remove_prefix(static_cast<std::size_t>(length));
    }
    out.push_back({line});
  }
  return out;
}

}  // namespace

TokenizerDefinition read_vocabulary_txt(std::string_view text, const NormalizerSettings& normalizer,
                                        const std::string& name) {
  Vocabulary vocabulary(read_lines(text, name), "##", name, "line");
  const auto required = [&](std::string_view piece) {
    const std::int32_t id = vocabulary.find(piece);
    if (id != Vocabulary::kNone) return id;
    throw Error(ErrorKind::kCorrupt,
                fmt::format("{}: no line is {}, which every BERT vocabulary has; {} pieces were read.", name, piece,
                            vocabulary.size()));
  };
  const std::int32_t unknown_id = required("[UNK]");
  const std::int32_t cls_id = required("[CLS]");
  const std::int32_t sep_id = required("[SEP]");
  std::vector<AddedToken> added;
  for (const std::string_view piece : {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}) {
    const std::int32_t id = vocabulary.find(piece);
    if (id != Vocabulary::kNone) added.push_back({.content = std::string(piece), .id = id});
  }
  return {.vocabulary = std::move(vocabulary),
          .unknown_id = unknown_id,
          .cls_id = cls_id,
          .sep_id = sep_id,
          .normalizer = normalizer,
          .added_tokens = std::move(added)};
}

}  // namespace riverbank
