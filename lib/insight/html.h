#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace riverbank {

// Self-contained HTML: one file that opens from disk, asks no network, and shows hostile text harmlessly.

/// What one page is made of. `body` is HTML as it is; everything else is escaped or checked here.
struct HtmlPage {
  std::string title;                      ///< plain text: the window's title
  std::string body;                       ///< HTML, its texts escaped already (escape_html)
  std::vector<std::string_view> styles;   ///< names of lib/insight/page/*.css, after the common one ("page.css")
  std::vector<std::string_view> scripts;  ///< names of lib/insight/page/*.js, run in this order after the body
  std::string data;  ///< JSON, for the scripts: JSON.parse(document.getElementById("data").textContent)
  /// Many numbers, for the scripts: in base64 in the elements "bytes-0", "bytes-1" …
  std::vector<std::string> bytes;
};

/// The whole file. A content security policy in it forbids all network, whatever the texts hold.
/// Throws Error kInvalidArgument for the name of a style or script that there is not.
std::string make_html(const HtmlPage& page);

/// Plain text for HTML, as an element's content or between double quotes of an attribute: the five characters escaped,
/// and what visible() makes of the rest.
std::string escape_html(std::string_view text);

/// `text` for reading on a page: control characters, bidirectional overrides and bytes that are no UTF-8 become visible
/// escapes as printable() writes them; tabs and line breaks stay.
std::string visible(std::string_view text);

/// JSON that cannot end the <script> element that it stands in, nor hide or reorder what is read in the file: <, > and
/// & and every control, line-separator and bidirectional character as \uXXXX. The value it means is the same.
std::string json_in_script(std::string_view json);

/// A page file with its marks {{name}} replaced by the values, which are plain text and are escaped here.
/// Throws Error kInvalidArgument for a file or mark that there is not.
std::string filled_template(std::string_view name, const std::vector<std::pair<std::string_view, std::string>>& values);

/// A file of lib/insight/page, as it was when riverbank was built. Throws Error kInvalidArgument for none such.
std::string_view page_asset(std::string_view name);

}  // namespace riverbank
