#include "index/search/collection_model.h"

#include "lib/base/printable.h"
#include "lib/model/model.h"
#include "riverbank/error.h"

namespace riverbank {

CollectionModel::CollectionModel(std::string name, std::string fingerprint, std::string collection,
                                 EmbedderOptions options)
    : name_(std::move(name)),
      collection_(std::move(collection)),
      options_(std::move(options)),
      fingerprint_(std::move(fingerprint)) {}

const Embedder& CollectionModel::embedder() const {
  const std::lock_guard lock(mutex_);
  if (!embedder_) {
    Embedder loaded = Embedder::load(name_, options_);
    if (!fingerprint_.empty() && loaded.info().fingerprint != fingerprint_) {
      throw Error(ErrorKind::kInvalidArgument,
                  other_model_message(collection_, "what was called " + name_ + " then", "what is called so now"));
    }
    embedder_.emplace(std::move(loaded));
  }
  return *embedder_;
}

const Tokenizer& CollectionModel::tokenizer() const { return embedder().model()->tokenizer; }

std::string CollectionModel::fingerprint() const {
  const std::lock_guard lock(mutex_);
  return fingerprint_;
}

void CollectionModel::adopt(const std::string& fingerprint) const {
  const std::lock_guard lock(mutex_);
  if (embedder_ && embedder_->info().fingerprint != fingerprint) {
    throw Error(ErrorKind::kInvalidArgument, other_model_message(collection_, "another", name_));
  }
  fingerprint_ = fingerprint;
}

std::string other_model_message(const std::string& collection, const std::string& made_with, const std::string& asked) {
  return "the index in " + printable(collection) + " was made with the model " + printable(made_with) + ", not with " +
         printable(asked) +
         "; the vectors of two models cannot be compared: use its own model, or --reencode to encode " +
         "everything again with the other";
}

}  // namespace riverbank
