#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/hub_download.h"
#include "lib/model/hub_http.h"

namespace riverbank {

/// What a repository holds at the commit that a revision stands for now.
struct HubTree {
  HubCommit commit;
  std::vector<HubFile> files;  ///< those that a model consists of, the weights last
};

/// Asks the hub's API: GET /api/models/REPOSITORY/revision/REVISION?blobs=true.
/// Throws Error: kNotFound, kIo, kUnsupported (no model.safetensors, config.json or tokenizer, named), kCorrupt (not
/// the answer of such an API), kCancelled.
HubTree ask_hub(HttpClient& client, const std::string& repository, const std::string& revision, std::stop_token stop);

/// Reads the API's answer; every field is taken for hostile. `repository` is for messages and for the result.
HubTree parse_hub_answer(std::string_view json, const std::string& repository);

}  // namespace riverbank
