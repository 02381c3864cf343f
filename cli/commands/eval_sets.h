#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands/eval_settings.h"
#include "cli/session.h"
#include "lib/embed/encoder_choice.h"
#include "riverbank/evaluate.h"

namespace riverbank::cli {

/// Which set, and where its questions and judgements stand; empty: inside it, in BEIR's layout.
struct EvalSource {
  std::string folder;
  std::string questions;  ///< a file of questions to a folder of documents
  std::string qrels;      ///< judgements in place of the set's own
};

/// A set with its indexes. Each is kept among the user's caches under a name made of all that its vectors depend on, so
/// that the next evaluation encodes nothing.
class EvalSet {
 public:
  /// Reads the set; what was left out of it is said on stderr. Throws what read_retrieval_set() and read_questions()
  /// do.
  EvalSet(Session& session, EvalSource source);

  const RetrievalSet& set() const { return set_; }
  /// The folder's name: "scifact".
  std::string name() const;
  const std::string& folder() const { return source_.folder; }

  /// Ranks all questions, with progress. Throws Error kCancelled.
  Evaluation ask(const EvalSettings& settings, const std::string& label, std::size_t depth, int threads);
  /// What the vectors of these settings are computed in: "int8".
  std::string precision_of(const EvalSettings& settings);
  /// Of the index that these settings ask. Only after ask().
  IndexStatus status(const EvalSettings& settings);

 private:
  const EncoderChoice& encoder_of(const EvalSettings& settings);
  std::filesystem::path location_of(const EvalSettings& settings);
  Index& index_for(const EvalSettings& settings, int threads);
  void fill(Index& index, const std::filesystem::path& location, bool is_new);

  Session& session_;
  EvalSource source_;
  RetrievalSet set_;
  std::string documents_;  ///< what tells them from every other set's
  std::map<std::filesystem::path, Index> indexes_;
  std::map<std::string, EncoderChoice> encoders_;  ///< of models
};

}  // namespace riverbank::cli
