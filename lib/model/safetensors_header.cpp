#include "lib/model/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostTensors = 1'000'000;
constexpr std::size_t kMostDimensions = 16;

struct TypeRow {
  DataType type;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<TypeRow, 10> kTypes = {{{DataType::kFloat32, "F32", 4},
                                             {DataType::kFloat16, "F16", 2},
                                             {DataType::kBFloat16, "BF16", 2},
                                             {DataType::kFloat64, "F64", 8},
                                             {DataType::kInt8, "I8", 1},
                                             {DataType::kUInt8, "U8", 1},
                                             {DataType::kInt16, "I16", 2},
                                             {DataType::kInt32, "I32", 4},
                                             {DataType::kInt64, "I64", 8},
                                             {DataType::kBool, "BOOL", 1}}};

const TypeRow& row_of(DataType type) {
  return *std::ranges::find(kTypes, type, &TypeRow::type);  // every enumerator has its row
}

/// One tensor as the header claims it.
struct Entry {
  std::string name;
  std::optional<DataType> type;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;
};

/// Takes the header's events one by one and accepts nothing but
///
///     {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"key": "text"}}
///
/// so that no nesting and no list can grow beyond what a tensor has. Throws Error from its callbacks.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string file) : file_(std::move(file)) {}

  std::vector<Entry> take() { return std::move(entries_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kHeader;
    } else if (place_ == Place::kHeader && in_metadata_) {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kHeader) {
      place_ = Place::kTensor;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(string_t& key) override {
    if (place_ == Place::kHeader) {
      in_metadata_ = key == "__metadata__";
      if (!in_metadata_) begin_entry(key);
    } else if (place_ == Place::kTensor) {
      field_ = key;
      if (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets") {
        refuse("has a field \"" + printable(field_) + "\" that the format does not know");
      }
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      const Entry& entry = entries_.back();
      if (!entry.type) refuse("has no dtype");
      if (!entry.shape) refuse("has no shape");
      if (!entry.offsets) refuse("has no data_offsets");
    }
    place_ = place_ == Place::kHeader ? Place::kEnd : Place::kHeader;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || field_ == "dtype") unexpected("a list");
    auto& list = field_ == "shape" ? entries_.back().shape : entries_.back().offsets;
    if (list) refuse("has its " + field_ + " twice");
    list.emplace();
    place_ = Place::kList;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    if (field_ == "data_offsets" && entries_.back().offsets->size() != 2) refuse("must have two data_offsets");
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kList) unexpected("a number");
    auto& list = field_ == "shape" ? *entries_.back().shape : *entries_.back().offsets;
    if (list.size() == kMostDimensions) {
      refuse("has a " + field_ + " of more than " + std::to_string(kMostDimensions) + " numbers");
    }
    list.push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kTensor || field_ != "dtype") unexpected("a text");
    if (entries_.back().type) refuse("has its dtype twice");
    const auto* const row = std::ranges::find(kTypes, value, &TypeRow::name);
    if (row == kTypes.end()) {
      throw Error(ErrorKind::kUnsupported, printable(file_) + ": tensor \"" + printable(entries_.back().name) +
                                               "\" has the dtype \"" + printable(value) +
                                               "\", which riverbank does not know");
    }
    entries_.back().type = row->type;
    return true;
  }

  bool number_integer(number_integer_t value) override { return unexpected("the number " + std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected("the number " + text); }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(ErrorKind::kCorrupt, printable(file_) + ": the header is not JSON: the mistake is at byte " +
                                         std::to_string(place) + " of it");
  }

 private:
  enum class Place { kStart, kHeader, kMetadata, kTensor, kList, kEnd };

  void begin_entry(const std::string& name) {
    if (entries_.size() == kMostTensors) {
      throw Error(ErrorKind::kUnsupported,
                  printable(file_) + " names more than " + std::to_string(kMostTensors) + " tensors");
    }
    entries_.push_back({name, {}, {}, {}});
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, printable(file_) + ": tensor \"" + printable(entries_.back().name) + "\" " + what);
  }

  bool unexpected(const std::string& what) const {
    if (place_ == Place::kTensor || place_ == Place::kList) {
      refuse("has " + printable(what) + " where its " + printable(field_) + " should be");
    }
    throw Error(ErrorKind::kCorrupt, printable(file_) + ": the header must be an object of tensors; it has " +
                                         printable(what) + " where it should not");
  }

  std::string file_;
  Place place_ = Place::kStart;
  bool in_metadata_ = false;
  std::string field_;
  std::vector<Entry> entries_;
};

/// The bytes that a tensor of this shape and type has, or nothing when no file could hold them.
std::optional<std::uint64_t> byte_count(const std::vector<std::uint64_t>& shape, DataType type) {
  std::uint64_t bytes = element_size(type);
  for (const std::uint64_t size : shape) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return bytes;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (const std::uint64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

void check_entry(const Entry& entry, std::size_t data_size, const std::string& file) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, printable(file) + ": tensor \"" + printable(entry.name) + "\" " + what);
  };
  const std::uint64_t begin = entry.offsets->at(0);
  const std::uint64_t end = entry.offsets->at(1);
  const std::string range = fmt::format("[{}, {})", begin, end);
  if (begin > end) refuse("has data_offsets " + range + " that end before they begin");
  if (end > data_size) {
    refuse("has data_offsets " + range + ", but the file holds " + std::to_string(data_size) +
           " bytes of data; it may have been cut short");
  }
  const auto bytes = byte_count(*entry.shape, *entry.type);
  if (!bytes || *bytes != end - begin) {
    refuse("of shape " + shape_text(*entry.shape) + " and dtype " + std::string(data_type_name(*entry.type)) +
           " needs " + (bytes ? std::to_string(*bytes) : "more than 2^64") + " bytes, but its data_offsets " + range +
           " give " + std::to_string(end - begin));
  }
}

/// The format: "byte buffer needs to be entirely indexed, and cannot contain holes".
void check_cover(std::vector<Entry>& entries, std::size_t data_size, const std::string& file) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return *entry.offsets; });
  std::uint64_t covered = 0;
  const auto gap = [&](std::uint64_t next, const std::string& what) {
    if (next == covered) return;
    throw Error(ErrorKind::kCorrupt, printable(file) + ": " + what + " at byte " + std::to_string(next) +
                                         " of the data, but " + std::to_string(covered) +
                                         " bytes stand before that: tensors must " +
                                         (next < covered ? "not overlap" : "leave no gap"));
  };
  for (const Entry& entry : entries) {
    gap(entry.offsets->at(0), "tensor \"" + printable(entry.name) + "\" begins");
    covered = entry.offsets->at(1);
  }
  gap(data_size, "the file ends");
}

}  // namespace

std::size_t element_size(DataType type) { return row_of(type).size; }

std::string_view data_type_name(DataType type) { return row_of(type).name; }

std::map<std::string, TensorView, std::less<>> parse_safetensors_header(std::string_view json,
                                                                        std::span<const std::byte> data,
                                                                        const std::string& name) {
  HeaderReader reader(name);
  nlohmann::json::sax_parse(json, &reader);
  std::vector<Entry> entries = reader.take();
  for (const Entry& entry : entries) check_entry(entry, data.size(), name);
  check_cover(entries, data.size(), name);
  std::map<std::string, TensorView, std::less<>> tensors;
  for (Entry& entry : entries) {
    const std::uint64_t begin = entry.offsets->at(0);
    TensorView view{*entry.type, {}, data.subspan(begin, entry.offsets->at(1) - begin)};
    for (const std::uint64_t size : *entry.shape) {
      if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw Error(ErrorKind::kCorrupt, printable(name) + ": tensor \"" + printable(entry.name) +
                                             "\" has a dimension above 2^63");  // only beside a dimension of 0
      }
      view.shape.push_back(static_cast<std::int64_t>(size));
    }
    if (!tensors.try_emplace(entry.name, std::move(view)).second) {
      throw Error(ErrorKind::kCorrupt,
                  printable(name) + ": tensor \"" + printable(entry.name) + "\" stands in the header twice");
    }
  }
  return tensors;
}

}  // namespace riverbank
