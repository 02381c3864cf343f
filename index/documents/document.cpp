#include "index/documents/document.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "index/documents/document_builder.h"
#include "index/documents/markdown.h"
#include "index/documents/plain_text.h"
#include "index/documents/restructured_text.h"
#include "index/documents/source_code.h"

namespace riverbank {
namespace {

constexpr std::array<std::string_view, 4> kMarkdown = {"md", "markdown", "mdown", "mkd"};
constexpr std::array<std::string_view, 2> kRestructuredText = {"rst", "rest"};
constexpr std::array<std::string_view, 66> kSourceCode = {
    "asm",   "awk", "bash", "bat", "c",     "cc",   "clj", "cljs", "cmake", "cpp",    "cs",     "css",  "cu",  "cxx",
    "dart",  "el",  "elm",  "erl", "ex",    "exs",  "f90", "fs",   "go",    "gradle", "groovy", "h",    "hh",  "hpp",
    "hrl",   "hs",  "hxx",  "ini", "ipp",   "java", "jl",  "js",   "json",  "jsx",    "kt",     "lisp", "lua", "m",
    "mjs",   "ml",  "mli",  "mm",  "nim",   "php",  "pl",  "pm",   "proto", "ps1",    "py",     "r",    "rb",  "rs",
    "scala", "scm", "sh",   "sql", "swift", "toml", "ts",  "tsx",  "yaml",  "yml"};

/// The last part of a name, and what stands behind its last dot, in small letters.
std::string_view file_name(std::string_view name) { return name.substr(name.rfind('/') + 1); }

std::string extension(std::string_view name) {
  const std::string_view file = file_name(name);
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string found(file.substr(dot + 1));
  std::transform(found.begin(), found.end(), found.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return found;
}

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

std::vector<std::string_view> extensions_of_kind(std::string_view kind) {
  if (kind == "markdown") return {kMarkdown.begin(), kMarkdown.end()};
  if (kind == "restructuredtext") return {kRestructuredText.begin(), kRestructuredText.end()};
  if (kind == "code") return {kSourceCode.begin(), kSourceCode.end()};
  if (kind == "text") return {"txt", "text", ""};
  return {};
}

Document read_document(std::string_view name, std::string utf8_text) {
  DocumentBuilder builder(std::move(utf8_text));
  const std::string kind = extension(name);
  const std::string_view file = file_name(name);
  if (holds(kMarkdown, kind)) {
    read_markdown(builder);
  } else if (holds(kRestructuredText, kind)) {
    read_restructured_text(builder);
  } else if (holds(kSourceCode, kind) || file == "Makefile" || file == "Dockerfile") {
    read_source_code(builder);
  } else {
    read_plain_text(builder);
  }
  return builder.finish(file);
}

}  // namespace riverbank
