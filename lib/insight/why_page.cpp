#include "lib/insight/why_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/insight/html.h"

namespace riverbank {
namespace {

double largest_of(const std::vector<SharedWord>& words) {
  double largest = 0;
  for (const SharedWord& word : words) largest = std::max(largest, std::abs(word.share));
  return largest;
}

/// The text with each word shaded, by its share of the largest; the best sentence underlined.
std::string shaded(const SharedText& shared) {
  const double largest = largest_of(shared.words);
  const std::string_view text = shared.text;
  std::string html;
  std::size_t at = 0;
  const auto plain_until = [&](std::size_t end) {
    html += escape_html(text.substr(at, end - at));
    at = end;
  };
  for (const SharedWord& word : shared.words) {
    plain_until(word.span.begin);
    const bool marked = word.span.begin >= shared.marked.begin && word.span.end <= shared.marked.end;
    const double strength = largest > 0 ? std::abs(word.share) / largest : 0;
    html += fmt::format(R"(<span class="word{}{}" style="--strength:{:.3f}" title="{:+.4f}">{}</span>)",
                        word.share < 0 ? " against" : "", marked ? " best" : "", strength, word.share,
                        escape_html(word.span.of(text)));
    at = word.span.end;
  }
  plain_until(text.size());
  return html;
}

/// The words that bring most, as a table: what a screen reader reads, and who wants the numbers.
std::string table_of(const SharedText& shared) {
  constexpr std::size_t kRows = 12;
  std::vector<SharedWord> words = shared.words;
  std::stable_sort(words.begin(), words.end(),
                   [](const SharedWord& a, const SharedWord& b) { return std::abs(a.share) > std::abs(b.share); });
  words.resize(std::min(words.size(), kRows));
  std::string rows;
  for (const SharedWord& word : words) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{:+.4f}</td></tr>", escape_html(word.span.of(shared.text)),
                        word.share);
  }
  return fmt::format(
      "<details><summary>The largest in numbers</summary><table><thead><tr><th>word</th><th>share</th></tr></thead>"
      "<tbody>{}</tbody></table></details>",
      rows);
}

}  // namespace

std::string why_page(std::string_view title, std::string_view lead, const std::vector<WhyHit>& hits,
                     std::span<const AttentionFigure> figures) {
  std::string body = fmt::format("<header><h1 class=\"text\">{}</h1><p class=\"soft text\">{}</p></header><main>",
                                 escape_html(title), escape_html(lead));
  for (const WhyHit& hit : hits) {
    body += fmt::format("<section class=\"card\"><h2 class=\"text\">{}</h2>", escape_html(hit.title));
    for (const std::string& sum : hit.sums) body += fmt::format("<p class=\"sum text\">{}</p>", escape_html(sum));
    for (const SharedText& text : hit.texts) {
      body += fmt::format("<h3>{}</h3><p class=\"passage text\">{}</p><p class=\"soft text\">{}</p>{}",
                          escape_html(text.name), shaded(text), escape_html(text.rest), table_of(text));
    }
    body += "</section>";
  }
  body += "</main>";
  HtmlPage page;
  if (!figures.empty()) {
    page = attention_part("The encoder's attention over the passages",
                          "The mean of each layer's heads: whose vector each word's vector was made of. Choose a "
                          "passage under Figure.",
                          figures, FigureView{});
  }
  page.title = title;
  page.body = body + page.body;
  page.styles.emplace_back("why.css");
  return make_html(page);
}

}  // namespace riverbank
