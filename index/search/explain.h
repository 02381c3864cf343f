#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "index/store/store.h"
#include "riverbank/embedder.h"
#include "riverbank/explanation.h"
#include "riverbank/search.h"

namespace riverbank {

/// What explain() needs of the encoder's pass over the hits' passages.
StatesAsked explained_states(const ModelInfo& model, const ExplainOptions& options);

/// How the hits of a search came to be: the words' parts of BM25 from the store, the tokens' parts of the cosine from
/// the hidden states that the search kept, else from the encoder, in one call for all hits. `question` is the text that
/// was looked for. Throws what StoreReader and Embedder throw.
Explanations explain(StoreReader& reader, const Embedder& embedder, std::string_view question,
                     const SearchResult& result, bool whole_documents, const ExplainOptions& options);

}  // namespace riverbank
