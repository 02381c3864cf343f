#pragma once

#include <string_view>

#include "index/store/store.h"
#include "riverbank/embedder.h"
#include "riverbank/explanation.h"
#include "riverbank/search.h"

namespace riverbank {

/// How the hits of a search came to be: the words' parts of BM25 from the store, the tokens' parts of the cosine and
/// the best sentences' scores from the encoder, in two calls for all hits. `question` is the text that was looked for.
/// Throws what StoreReader and Embedder throw.
Explanations explain(StoreReader& reader, const Embedder& embedder, std::string_view question,
                     const SearchResult& result, bool whole_documents);

}  // namespace riverbank
