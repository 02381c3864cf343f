#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace riverbank {

/// Parses JSON from outside; `name` is what messages call it. Throws Error kCorrupt with the place of the mistake.
nlohmann::json parse_json(std::string_view text, const std::string& name);

/// A JSON object from outside, whose fields are only read with the type and range that they must have.
/// Borrows the object. One thread.
class JsonFields {
 public:
  /// Throws Error kCorrupt when `json` is not an object.
  JsonFields(const nlohmann::json& json, std::string name);

  /// The field, or nullptr when it is absent or null.
  const nlohmann::json* find(std::string_view key) const;

  /// Throw Error kCorrupt: missing, of another type, or out of [least, most].
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::string text(std::string_view key) const;

  /// Nothing when absent or null; else as above.
  std::optional<std::int64_t> optional_integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::optional<double> optional_number(std::string_view key) const;
  std::optional<std::string> optional_text(std::string_view key) const;
  std::optional<bool> optional_bool(std::string_view key) const;

  const std::string& name() const { return name_; }
  /// Throws Error kCorrupt: "<name>: <key> must be <expected>, not <what it is>".
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
  const nlohmann::json* json_;
  std::string name_;
};

}  // namespace riverbank
