#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lib/text/tokenizer.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// The encoder of a collection, loaded when something must be encoded and not before. Any thread.
class CollectionModel {
 public:
  /// `fingerprint` is that of the model that made the collection's vectors, empty while there are none.
  CollectionModel(std::string name, std::string fingerprint, std::string collection, EmbedderOptions options);

  /// Both throw what Embedder::load() throws, and Error kInvalidArgument when it is not the model that made the
  /// vectors.
  const Embedder& embedder() const;
  const Tokenizer& tokenizer() const;

  const std::string& name() const { return name_; }
  std::string fingerprint() const;
  /// The collection's vectors are of the model with this fingerprint: the first were made, or all anew, perhaps by
  /// another process. Throws Error kInvalidArgument when that is not the model that is loaded.
  void adopt(const std::string& fingerprint) const;

 private:
  const std::string name_;
  const std::string collection_;  // where it stands, for messages
  const EmbedderOptions options_;
  mutable std::mutex mutex_;
  mutable std::optional<Embedder> embedder_;
  // What follows from the store is no state of its own: a const searcher may learn it.
  mutable std::string fingerprint_;
};

/// The sentence that refuses a collection of another model and says the way out.
std::string other_model_message(const std::string& collection, const std::string& made_with, const std::string& asked);

}  // namespace riverbank
