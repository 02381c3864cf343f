#include "index/search/question_vector.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "index/search/update_plan.h"
#include "lib/base/printable.h"
#include "lib/math/dot.h"
#include "lib/text/sentences.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

void add(std::vector<float>& sum, const std::vector<float>& vector, float weight) {
  if (sum.empty()) sum.resize(vector.size());
  for (std::size_t i = 0; i < std::min(sum.size(), vector.size()); ++i) sum[i] += weight * vector[i];
}

/// Brings a vector to length 1; one that is nearly nothing becomes empty.
void normalise(std::vector<float>& vector) {
  constexpr float kNothing = 1e-4F;
  const float length = std::sqrt(dot(vector.data(), vector.data(), vector.size()));
  if (length < kNothing) vector.clear();
  for (float& value : vector) value /= length;
}

std::optional<StoredDocument> find_document(StoreReader& reader, const std::string& name) {
  std::vector<StoredDocument> found;
  for (const StoredRoot& root : reader.roots()) {
    const std::optional<std::string> relative = RootPath(root.path).relative(name);
    if (auto file = reader.find_file(root.id, relative.value_or(name))) found.push_back(std::move(*file));
  }
  if (auto record = reader.find_record(name)) found.push_back(std::move(*record));
  if (found.size() > 1) {
    throw Error(ErrorKind::kInvalidArgument, "the index holds " + std::to_string(found.size()) +
                                                 " documents under the name \"" + printable(name) +
                                                 "\"; give the whole path");
  }
  if (found.empty()) return std::nullopt;
  return found.front();
}

/// The passage at a line, or the one behind it where the line is blank.
const StoredChunk& at_line(const std::vector<StoredChunk>& chunks, const PassagePlace& place) {
  for (const StoredChunk& chunk : chunks) {
    if (place.line <= chunk.last_line) return chunk;
  }
  const std::size_t last = chunks.back().last_line;
  throw Error(ErrorKind::kNotFound, "there is no passage at line " + std::to_string(place.line) + " of \"" +
                                        printable(place.document) + "\": " +
                                        (last == 0 ? "it is a record, which has no lines; leave the line out"
                                                   : "its last one ends at line " + std::to_string(last)));
}

}  // namespace

LikePassage find_like(StoreReader& reader, const PassagePlace& place) {
  const std::optional<StoredDocument> document = find_document(reader, place.document);
  std::vector<StoredChunk> chunks = document ? reader.chunks_of(document->id) : std::vector<StoredChunk>();
  if (chunks.empty()) {
    throw Error(ErrorKind::kNotFound, "\"" + printable(place.document) + "\" is not in the index, or says nothing");
  }
  if (place.line > 0) chunks = {at_line(chunks, place)};
  LikePassage like;
  for (const StoredChunk& chunk : chunks) {
    like.chunks.push_back(chunk.id);
    add(like.vector, reader.vector(chunk.vector), 1);
    like.text += chunk.text + "\n";
  }
  normalise(like.vector);
  return like;
}

std::vector<float> question_vector(const std::string& text, const SearchOptions& options, const LikePassage& like,
                                   const Embedder& embedder) {
  std::vector<float> sum;
  if (!words(text).empty()) add(sum, embedder.embed(text, TextKind::kQuery), 1);
  if (!like.vector.empty()) add(sum, like.vector, 1);
  for (const std::string& more : options.plus) add(sum, embedder.embed(more, TextKind::kQuery), 1);
  for (const std::string& less : options.minus) add(sum, embedder.embed(less, TextKind::kQuery), -1);
  normalise(sum);
  return sum;
}

}  // namespace riverbank
