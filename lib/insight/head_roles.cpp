#include "lib/insight/head_roles.h"

#include <algorithm>
#include <cctype>
#include <functional>

namespace riverbank {
namespace {

using Looks = std::function<bool(std::size_t query, std::size_t key)>;

bool is_punctuation(const std::string& piece) {
  return !piece.empty() &&
         std::all_of(piece.begin(), piece.end(), [](unsigned char c) { return std::ispunct(c) != 0; });
}

/// The queries that have such a key at all, and for each of them those keys.
struct Places {
  std::vector<std::size_t> queries;
  std::vector<std::vector<std::size_t>> keys;
};

Places places_of(const Trace& trace, const Looks& looks) {
  Places places;
  for (std::size_t query = 0; query < trace.tokens.size(); ++query) {
    if (trace.tokens[query].special) continue;
    std::vector<std::size_t> keys;
    for (std::size_t key = 0; key < trace.tokens.size(); ++key) {
      if (looks(query, key)) keys.push_back(key);
    }
    if (keys.empty()) continue;
    places.queries.push_back(query);
    places.keys.push_back(std::move(keys));
  }
  return places;
}

HeadRole role_of(const Trace& trace, const std::string& name, const Looks& looks, std::size_t most) {
  HeadRole role{.name = name};
  const Places places = places_of(trace, looks);
  if (places.queries.empty()) return role;
  const auto count = static_cast<double>(places.queries.size());
  for (const auto& keys : places.keys) {
    role.by_chance += static_cast<double>(keys.size()) / static_cast<double>(trace.tokens.size()) / count;
  }
  for (std::size_t layer = 0; layer < trace.layers; ++layer) {
    for (std::size_t head = 0; head < trace.heads; ++head) {
      HeadShare share{layer, head, 0};
      for (std::size_t i = 0; i < places.queries.size(); ++i) {
        const auto weights = trace.attention_of(layer, head, places.queries[i]);
        for (const std::size_t key : places.keys[i]) share.share += weights[key] / count;
      }
      role.heads.push_back(share);
    }
  }
  std::stable_sort(role.heads.begin(), role.heads.end(),
                   [](const HeadShare& a, const HeadShare& b) { return a.share > b.share; });
  if (role.heads.size() > most) role.heads.resize(most);
  return role;
}

}  // namespace

std::vector<HeadRole> head_roles(const Trace& trace, std::size_t most) {
  const auto& tokens = trace.tokens;
  return {role_of(
              trace, "the token before", [](std::size_t i, std::size_t j) { return j + 1 == i; }, most),
          role_of(
              trace, "the token after", [](std::size_t i, std::size_t j) { return j == i + 1; }, most),
          role_of(
              trace, "itself", [](std::size_t i, std::size_t j) { return i == j; }, most),
          role_of(
              trace, "the same piece elsewhere",
              [&](std::size_t i, std::size_t j) { return i != j && tokens[i].piece == tokens[j].piece; }, most),
          role_of(
              trace, "[CLS] and [SEP]", [&](std::size_t, std::size_t j) { return tokens[j].special; }, most),
          role_of(
              trace, "punctuation",
              [&](std::size_t i, std::size_t j) { return i != j && is_punctuation(tokens[j].piece); }, most)};
}

}  // namespace riverbank
