#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {

/// A value of a JSON file, with the way to it ("model.vocab"), so that what is wrong with it can be said.
/// Lives as long as the parser and the file's name. All throw Error kCorrupt when the value is of another type.
class JsonValue {
 public:
  JsonValue(simdjson::dom::element element, std::string path, const std::string& file)
      : element_(element), path_(std::move(path)), file_(&file) {}

  /// The field `key` of an object; nothing when it is not there or null.
  std::optional<JsonValue> find(std::string_view key) const {
    simdjson::dom::element child;
    if (object().at_key(key).get(child) != simdjson::SUCCESS || child.is_null()) return std::nullopt;
    return JsonValue(child, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), *file_);
  }
  /// The same, but it must be there.
  JsonValue operator[](std::string_view key) const {
    std::optional<JsonValue> child = find(key);
    if (!child) refuse(ErrorKind::kCorrupt, fmt::format("has no field \"{}\"", key));
    return *std::move(child);
  }
  std::vector<JsonValue> items() const {
    std::vector<JsonValue> out;
    for (const simdjson::dom::element item : get<simdjson::dom::array>("an array")) {
      out.emplace_back(item, fmt::format("{}[{}]", path_, out.size()), *file_);
    }
    return out;
  }
  simdjson::dom::object object() const { return get<simdjson::dom::object>("an object"); }
  std::string_view string() const { return get<std::string_view>("a string"); }
  bool boolean() const { return get<bool>("true or false"); }
  std::int64_t integer(std::int64_t least, std::int64_t most) const {
    const auto number = get<std::int64_t>("a whole number");
    if (number >= least && number <= most) return number;
    refuse(ErrorKind::kCorrupt, fmt::format("is {}, expected a number from {} to {}", number, least, most));
  }

  /// Throws an Error that says where and what.
  [[noreturn]] void refuse(ErrorKind kind, std::string_view what) const {
    throw Error(kind, fmt::format("{}: {} {}.", *file_, path_.empty() ? "the file" : path_, what));
  }

 private:
  template <typename T>
  T get(std::string_view expected) const {
    T out;
    if (element_.get<T>().get(out) != simdjson::SUCCESS) {
      refuse(ErrorKind::kCorrupt, fmt::format("is {}, expected {}", type_name(), expected));
    }
    return out;
  }
  std::string_view type_name() const {
    using simdjson::dom::element_type;
    switch (element_.type()) {
      case element_type::ARRAY:
        return "an array";
      case element_type::OBJECT:
        return "an object";
      case element_type::STRING:
        return "a string";
      case element_type::BOOL:
        return "true or false";
      case element_type::NULL_VALUE:
        return "null";
      default:
        return "another number";
    }
  }

  simdjson::dom::element element_;
  std::string path_;
  const std::string* file_;
};

}  // namespace riverbank
