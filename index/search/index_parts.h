#pragma once

#include "index/search/collection.h"
#include "riverbank/index.h"

namespace riverbank {

struct Index::Parts {
  Parts(const std::filesystem::path& location, const IndexOptions& options) : collection(location, options) {}
  Collection collection;
};

}  // namespace riverbank
