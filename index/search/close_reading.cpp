#include "index/search/close_reading.h"

#include <utility>

#include "index/search/best_sentence.h"
#include "index/search/collection_settings.h"
#include "index/search/passages.h"

namespace riverbank {

std::vector<ReadPassage> read_closely(StoreReader& reader, const LateInteraction& question,
                                      std::span<const std::int64_t> chunks, const StatesAsked& keep) {
  const bool whole = reader.setting(SettingNames::kWholeDocuments).value_or("0") != "0";
  std::vector<ReadPassage> passages;
  for (StoredPassage& stored : reader.passages(chunks)) {
    ReadPassage passage{std::move(stored), {}, {}, {}};
    const std::string& text = passage.stored.chunk.text;
    passage.encoded = encoded_passage(passage.stored.document.title, passage.stored.chunk.headings, text, whole);
    passage.sentences = passage_sentences(text);
    passages.push_back(std::move(passage));
  }
  std::vector<LatePassage> asked;
  for (const ReadPassage& passage : passages) {
    const std::size_t before = passage.encoded.size() - passage.stored.chunk.text.size();
    LatePassage& late = asked.emplace_back(LatePassage{passage.encoded, passage.sentences});
    for (TextRange& sentence : late.sentences) sentence = {sentence.begin + before, sentence.end + before};
  }
  std::vector<LateMatch> matches = question.match(asked, keep);
  for (std::size_t i = 0; i < passages.size(); ++i) passages[i].match = std::move(matches[i]);
  return passages;
}

}  // namespace riverbank
