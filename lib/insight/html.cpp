#include "lib/insight/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

bool is_text_space(char c) { return c == '\n' || c == '\t' || c == '\r'; }

std::size_t base64_size(std::string_view bytes) { return (bytes.size() + 2) / 3 * 4; }

void append_base64(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  std::array<char, 4096> part;
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    if (at == part.size()) {
      out.append(part.data(), at);
      at = 0;
    }
    const std::uint32_t group = (byte(i) << 16U) | (byte(i + 1) << 8U) | byte(i + 2);
    part[at++] = kDigits[group >> 18U];
    part[at++] = kDigits[(group >> 12U) & 63U];
    part[at++] = i + 1 < bytes.size() ? kDigits[(group >> 6U) & 63U] : '=';
    part[at++] = i + 2 < bytes.size() ? kDigits[group & 63U] : '=';
  }
  out.append(part.data(), at);
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t run = std::min(text.find_first_of("\n\t\r"), text.size());
    out += printable(text.substr(0, run));
    text.remove_prefix(run);
    while (!text.empty() && is_text_space(text[0])) {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_in_script(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto length = static_cast<std::size_t>(utf8_sequence_length(json));
    const std::string_view sequence = json.substr(0, length == 0 ? 1 : length);
    if (length == 0) {
      out += "\\ufffd";
    } else if (sequence == "<" || sequence == ">" || sequence == "&") {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(sequence[0]));
    } else if (is_text_space(sequence[0])) {
      out += ' ';  // between values: a string of JSON holds none
    } else if (const std::string safe = printable(sequence); safe.starts_with("\\u") && sequence != "\\") {
      out += safe;
    } else if (safe.starts_with("\\x") && sequence != "\\") {
      out += "\\u00" + safe.substr(2);
    } else {
      out += sequence;
    }
    json.remove_prefix(sequence.size());
  }
  return out;
}

std::string filled_template(std::string_view name,
                            const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string_view left = page_asset(name);
  std::string out;
  for (std::size_t at = left.find("{{"); at != std::string_view::npos; at = left.find("{{")) {
    const std::size_t end = std::min(left.find("}}", at), left.size() - 2);
    const std::string_view mark = left.substr(at + 2, end - at - 2);
    const auto value =
        std::find_if(values.begin(), values.end(), [&](const auto& candidate) { return candidate.first == mark; });
    if (value == values.end()) {
      throw Error(ErrorKind::kInvalidArgument, fmt::format("Nothing was given for \"{}\" of the page file \"{}\".",
                                                           printable(mark), printable(name)));
    }
    out += left.substr(0, at);
    out += escape_html(value->second);
    left.remove_prefix(end + 2);
  }
  return out.append(left);
}

std::string make_html(const HtmlPage& page) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}",
      escape_html(page.title), page_asset("page.css"));
  for (const std::string_view style : page.styles) out += page_asset(style);
  out += "</style>\n</head>\n<body>\n" + page.body;
  if (!page.data.empty()) {
    out += "\n<script type=\"application/json\" id=\"data\">" + json_in_script(page.data) + "</script>";
  }
  std::size_t room = out.size() + (std::size_t{1} << 18U);  // scripts
  for (const std::string& bytes : page.bytes) room += base64_size(bytes) + 100;
  out.reserve(room);
  for (std::size_t i = 0; i < page.bytes.size(); ++i) {
    out += fmt::format("\n<script type=\"text/plain\" id=\"bytes-{}\">", i);
    append_base64(page.bytes[i], out);
    out += "</script>";
  }
  for (const std::string_view script : page.scripts) {
    out += "\n<script>\n";
    out += page_asset(script);
    out += "</script>";
  }
  out += "\n</body>\n</html>\n";
  return out;
}

}  // namespace riverbank
