#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/math/matrix.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// A passage as late interaction compares it.
struct PassageTokens {
  std::vector<TokenPlace> places;  ///< of its tokens but [CLS], [SEP] and the prompt's, ascending
  Matrix vectors;                  ///< (places, dimensions), unit rows

  std::size_t bytes() const;
};

/// The passages that were read last, so that the next question about them need not have them encoded again; those that
/// were asked for longest ago go first. Any thread.
class TokenCache {
 public:
  explicit TokenCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Nothing when it is not here.
  std::shared_ptr<const PassageTokens> find(const std::string& fingerprint, std::string_view text);
  /// What is larger than all that may be kept is not kept.
  void add(const std::string& fingerprint, std::string_view text, std::shared_ptr<const PassageTokens> tokens);

 private:
  struct Entry {
    std::string key;  // the model's fingerprint and the text
    std::shared_ptr<const PassageTokens> tokens;
  };

  std::mutex mutex_;
  std::list<Entry> entries_;                                                 // the one asked for last is the first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;  // views of the entries' keys
  std::size_t bytes_ = 0;
  const std::size_t most_bytes_;
};

}  // namespace riverbank
