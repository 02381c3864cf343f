#pragma once

#include <span>

#include "index/search/collection_model.h"
#include "index/search/document_writer.h"
#include "index/search/graph_keeper.h"
#include "index/search/passages.h"
#include "index/search/update_meter.h"
#include "index/search/update_plan.h"
#include "index/store/store.h"
#include "riverbank/index.h"

namespace riverbank {

/// One update of a collection, whose writer's lock the caller holds. A thread of its own reads, decodes and cuts files
/// ahead of the encoder; what waits between them is bounded, so that memory does not grow with the folder.
class Indexer {
 public:
  Indexer(DocumentWriter::Parts parts, const PassageMaker& passages, const UpdateOptions& options, UpdateReport& report,
          UpdateMeter& meter);

  /// Brings the roots up to date: encodes what has no vector yet, moves what was renamed, removes what is gone. When
  /// stopped, the report says so, and nothing is removed. Throws Error: kNotFound (`must_exist`), kIo, kCorrupt.
  void update_roots(std::span<const StoredRoot> roots, bool must_exist);
  /// Adds or replaces records; those that have not changed are left alone.
  void add_records(std::span<const Record> records);

 private:
  void read_planned(UpdatePlan& plan);
  void remove_gone(const UpdatePlan& plan);

  DocumentWriter::Parts parts_;
  const PassageMaker& passages_;
  const UpdateOptions& options_;
  UpdateReport& report_;
  UpdateMeter& meter_;
};

}  // namespace riverbank
