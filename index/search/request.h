#pragma once

#include <string>
#include <string_view>

#include "index/search/question_vector.h"
#include "index/store/store_reader.h"
#include "riverbank/search.h"

namespace riverbank {

/// A question with its options, made ready to be answered.
struct Request {
  std::string text;  ///< what is meant, without marks
  LikePassage like;
  std::string words;  ///< what the keyword half looks for
  PassageFilter filter;
  bool plain = true;  ///< a question and nothing added to it: its cosines are those that the model's floor is about
};

/// Throws Error: kInvalidArgument (an option that makes no sense, a glob that cannot be read), kNotFound (a place that
/// is not in the index).
Request read_request(StoreReader& reader, std::string_view typed, const SearchOptions& options);

}  // namespace riverbank
