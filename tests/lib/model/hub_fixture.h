#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/model/hub_cache.h"
#include "lib/model/hub_pull.h"
#include "tests/support/environment.h"
#include "tests/support/fake_hub.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {

inline const std::string kWeights = "model.safetensors";

/// Bytes that no part of which looks like another.
inline std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

/// A hub on this machine with one model, and an empty cache.
class Hub : public ::testing::Test {
 protected:
  Hub() {
    hub_.add("config.json", R"({"model_type":"bert"})");
    hub_.add("tokenizer.json", R"({"version":"1.0"})");
    hub_.add(kWeights, weights_);
  }

  std::filesystem::path pull(const HubRequest& request) { return pull_snapshot(hub_.settings(), request, {}, {}); }
  std::filesystem::path pull() { return pull(hub_.request()); }

  std::filesystem::path repository() const { return cache_.path() / "models--owner--model"; }
  std::filesystem::path partial() const { return repository() / "blobs" / (to_hex(sha256(weights_)) + ".incomplete"); }
  std::string read(const std::filesystem::path& path) const { return read_file(path, 1U << 26U); }
  /// Nothing of the snapshot may show while any of its files is not right.
  void expect_nothing_usable() const {
    EXPECT_FALSE(find_snapshot(testing::FakeHub::kRepository, testing::FakeHub::kCommit));
  }

  const std::string weights_ = noise(300'000);
  testing::TemporaryFolder cache_;
  testing::EnvironmentVariable hub_cache_{"HF_HUB_CACHE", cache_.path().string()};
  testing::EnvironmentVariable no_proxy_{"no_proxy", "127.0.0.1,localhost"};
  testing::FakeHub hub_;
};

}  // namespace riverbank
