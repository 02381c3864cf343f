#include "lib/model/json_fields.h"

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// A value as a message shows it: short, and safe for a terminal.
std::string shown(const nlohmann::json& value) {
  constexpr std::size_t kMostShown = 60;
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "…";
  return printable(text);
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& name) {
  // The exception is the only way in which the parser tells where it stopped; none leaves this function.
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorKind::kCorrupt, printable(name) + " is not JSON: the mistake is at byte " +
                                         std::to_string(error.byte) + " of " + std::to_string(text.size()));
  } catch (const nlohmann::json::exception&) {  // a number beyond every float
    throw Error(ErrorKind::kCorrupt,
                printable(name) + " is not JSON that riverbank can read: a number is out of range");
  }
}

JsonFields::JsonFields(const nlohmann::json& json, std::string name) : json_(&json), name_(std::move(name)) {
  if (!json.is_object()) {
    throw Error(ErrorKind::kCorrupt, printable(name_) + " must be a JSON object, not " + json.type_name());
  }
}

const nlohmann::json* JsonFields::find(std::string_view key) const {
  const auto found = json_->find(key);
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::refuse(std::string_view key, std::string_view expected) const {
  const nlohmann::json* value = find(key);
  throw Error(ErrorKind::kCorrupt,
              printable(name_) + ": " + std::string(key) +
                  (value == nullptr ? " is missing; it must be " + std::string(expected)
                                    : " must be " + std::string(expected) + ", not " + shown(*value)));
}

std::optional<std::int64_t> JsonFields::optional_integer(std::string_view key, std::int64_t least,
                                                         std::int64_t most) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value->is_number_integer()) refuse(key, expected);
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    refuse(key, expected);
  }
  const auto number = value->get<std::int64_t>();
  if (number < least || number > most) refuse(key, expected);
  return number;
}

std::int64_t JsonFields::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  const auto number = optional_integer(key, least, most);
  if (!number) refuse(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return *number;
}

std::optional<double> JsonFields::optional_number(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse(key, "a number");
  return value->get<double>();
}

std::optional<std::string> JsonFields::optional_text(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(key, "a text");
  return value->get<std::string>();
}

std::string JsonFields::text(std::string_view key) const {
  auto value = optional_text(key);
  if (!value) refuse(key, "a text");
  return *std::move(value);
}

std::optional<bool> JsonFields::optional_bool(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) refuse(key, "true or false");
  return value->get<bool>();
}

}  // namespace riverbank
