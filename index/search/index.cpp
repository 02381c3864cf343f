#include "riverbank/index.h"

#include <algorithm>
#include <utility>

#include "index/search/explain.h"
#include "index/search/index_parts.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// The folders among the roots that hold this one.
std::vector<std::string> roots_around(const RootPath& root, const std::vector<StoredRoot>& all) {
  std::vector<std::string> related;
  for (const StoredRoot& other : all) {
    if (RootPath(other.path).relative(root.shown())) related.push_back(other.path);
  }
  return related;
}

/// The roots that an update of these folders has to look at, new ones added: those named, and those around them, whose
/// documents they take over.
std::vector<StoredRoot> roots_for(Store& store, std::span<const std::filesystem::path> folders) {
  std::vector<std::string> wanted;
  wanted.reserve(folders.size());
  StoreWriter writer = store.write();
  const std::vector<StoredRoot> known = writer.roots();
  for (const std::filesystem::path& folder : folders) {
    const RootPath root = RootPath::of_existing(folder);
    wanted.push_back(root.stored());
    for (std::string& around : roots_around(root, known)) wanted.push_back(std::move(around));
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<StoredRoot> roots;
  roots.reserve(wanted.size());
  for (const std::string& path : wanted) roots.push_back({writer.add_root(path), path});
  writer.commit();
  return roots;
}

Error no_document(const std::string& location, std::string_view name) {
  return {ErrorKind::kNotFound, "the index in " + printable(location) + " has nothing under " + printable(name)};
}

/// Absolute and without "..", whether or not it still stands.
std::string place_of(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  std::string place = (error ? std::filesystem::absolute(path).lexically_normal() : real).string();
  if (place.size() > 1 && place.ends_with('/')) place.pop_back();
  return place;
}

/// Removes the documents of `root` that stand at or below `place`. Returns how many.
std::size_t remove_below(StoreWriter& writer, const StoredRoot& root, const std::string& place) {
  const RootPath path(root.path);
  if (path.shown() == place) {
    const std::size_t count = writer.documents_of(root.id).size();
    writer.remove_root(root.id);
    return count;
  }
  const std::optional<std::string> inside = path.relative(place);
  if (!inside) return 0;
  std::size_t count = 0;
  for (const StoredDocument& document : writer.documents_of(root.id)) {
    if (document.path != *inside && !document.path.starts_with(*inside + "/")) continue;
    writer.remove_document(document.id);
    ++count;
  }
  return count;
}

}  // namespace

Index::Index(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::open(const std::filesystem::path& location, const IndexOptions& options) {
  return Index(std::make_unique<Parts>(location, options));
}

UpdateReport Index::update_folders(std::span<const std::filesystem::path> folders, const UpdateOptions& options) {
  Collection& collection = parts_->collection;
  return collection.change(options, [&](Indexer& indexer, UpdateReport&) {
    indexer.update_roots(roots_for(collection.store(), folders), /*must_exist=*/true);
  });
}

UpdateReport Index::update(const UpdateOptions& options) {
  Collection& collection = parts_->collection;
  return collection.change(options, [&](Indexer& indexer, UpdateReport&) {
    // Apart, so that no view of the store stays open and keeps its log from being folded in.
    const std::vector<StoredRoot> roots = collection.store().read().roots();
    indexer.update_roots(roots, /*must_exist=*/false);
  });
}

std::size_t Index::remove_path(const std::filesystem::path& path) {
  Collection& collection = parts_->collection;
  const std::string place = place_of(path);
  const UpdateReport report = collection.change({}, [&](Indexer&, UpdateReport& changed) {
    StoreWriter writer = collection.store().write();
    bool found = false;
    for (const StoredRoot& root : writer.roots()) {
      found = found || RootPath(root.path).shown() == place;
      changed.files_removed += remove_below(writer, root, place);
    }
    if (!found && changed.files_removed == 0) throw no_document(collection.store().folder().string(), place);
    writer.commit();
  });
  return report.files_removed;
}

UpdateReport Index::add(std::span<const Record> records, const UpdateOptions& options) {
  return parts_->collection.change(options, [&](Indexer& indexer, UpdateReport&) { indexer.add_records(records); });
}

UpdateReport Index::add(const Record& record) { return add(std::span(&record, 1)); }

UpdateReport Index::update(const Record& record) {
  Collection& collection = parts_->collection;
  return collection.change({}, [&](Indexer& indexer, UpdateReport&) {
    if (!collection.store().read().find_record(record.id)) {
      throw no_document(collection.store().folder().string(), record.id);
    }
    indexer.add_records(std::span(&record, 1));
  });
}

void Index::remove(std::string_view id) {
  Collection& collection = parts_->collection;
  collection.change({}, [&](Indexer&, UpdateReport& changed) {
    StoreWriter writer = collection.store().write();
    const auto known = writer.find_record(id);
    if (!known) throw no_document(collection.store().folder().string(), id);
    writer.remove_document(known->id);
    writer.commit();
    ++changed.files_removed;
  });
}

SearchResult Index::search(std::string_view question, const SearchOptions& options) const {
  return parts_->collection.searcher().search(question, options);
}

Explanations Index::explain(std::string_view question, const SearchResult& result,
                            const ExplainOptions& options) const {
  Collection& collection = parts_->collection;
  StoreReader reader = collection.store().read();
  return riverbank::explain(reader, collection.model().embedder(), question, result,
                            collection.settings().whole_documents, options);
}

RecallReport Index::measure_recall(std::size_t sample) { return parts_->collection.measure(sample); }

std::string Index::location() const { return parts_->collection.store().folder().string(); }

std::string Index::model() const { return parts_->collection.model().name(); }

const Embedder& Index::embedder() const { return parts_->collection.model().embedder(); }

}  // namespace riverbank
