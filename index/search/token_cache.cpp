#include "index/search/token_cache.h"

#include <utility>

namespace riverbank {
namespace {

std::string key_of(const std::string& fingerprint, std::string_view text) {
  std::string key = fingerprint;
  key += '\0';
  key += text;
  return key;
}

}  // namespace

std::size_t PassageTokens::bytes() const {
  return static_cast<std::size_t>(vectors.size()) * sizeof(float) + places.size() * sizeof(TokenPlace);
}

std::shared_ptr<const PassageTokens> TokenCache::find(const std::string& fingerprint, std::string_view text) {
  const std::string key = key_of(fingerprint, text);
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->tokens;
}

void TokenCache::add(const std::string& fingerprint, std::string_view text,
                     std::shared_ptr<const PassageTokens> tokens) {
  if (tokens->bytes() > most_bytes_) return;
  std::string key = key_of(fingerprint, text);
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(key)) return;  // another thread was faster
  bytes_ += tokens->bytes();
  entries_.push_front({std::move(key), std::move(tokens)});
  by_key_.emplace(entries_.front().key, entries_.begin());
  while (bytes_ > most_bytes_) {
    const Entry& oldest = entries_.back();
    bytes_ -= oldest.tokens->bytes();
    by_key_.erase(oldest.key);
    entries_.pop_back();
  }
}

}  // namespace riverbank
