#include "index/documents/heading_paths.h"

#include <utility>

#include "index/documents/chunker.h"
#include "index/documents/document_builder.h"

namespace riverbank {

// A section's parent always has a smaller number than the section.
std::uint32_t HeadingPaths::common(std::uint32_t a, std::uint32_t b) const {
  while (a != b) {
    std::uint32_t& later = a > b ? a : b;
    later = document_.sections[later].parent;
  }
  return a;
}

/// The first words of a heading that fit; nothing when its first word does not.
std::string HeadingPaths::shortened(std::string_view heading, std::size_t max_tokens) const {
  heading = heading_beginning(heading);
  const std::vector<Piece> pieces = tokenizer_.pieces(heading);
  if (pieces.size() <= max_tokens) return std::string(heading);
  std::size_t kept = max_tokens;
  while (kept > 0 && !pieces[kept].starts_word) --kept;
  return std::string(trimmed(heading.substr(0, kept == 0 ? 0 : pieces[kept].span.begin)));
}

const HeadingPaths::Path& HeadingPaths::of(std::uint32_t section) {
  const auto found = known_.find(section);
  if (found != known_.end()) return found->second;
  if (known_.size() >= 256) known_.clear();  // sections come in order: the oldest are not asked for again
  Path path;
  path.headings = document_.heading_path(section);
  const auto count = [&] {
    const std::string prefix = encoded_text(document_.title, path.headings, {});
    path.bytes = prefix.size();
    return tokenizer_.pieces(prefix).size();
  };
  path.tokens = count();
  if (path.tokens > max_tokens_) {
    // The outermost says what the document is about and the innermost what the passage is; those between go first.
    if (path.headings.empty()) path.headings.push_back(document_.title);
    const std::size_t each = path.headings.size() == 1 ? max_tokens_ : (max_tokens_ - 1) / 2;
    for (std::string& heading : path.headings) heading = shortened(heading, each);
    std::erase(path.headings, std::string());
    while ((path.tokens = count()) > max_tokens_ && !path.headings.empty()) {
      path.headings.erase(path.headings.begin() + (path.headings.size() > 2 ? 1 : 0));
    }
    if (path.headings.empty()) path.headings.emplace_back();  // so that no title takes its place
    path.tokens = count();
  }
  return known_.emplace(section, std::move(path)).first->second;
}

}  // namespace riverbank
