#pragma once

#include <span>
#include <string_view>

#include "lib/insight/html.h"
#include "riverbank/attention.h"
#include "riverbank/attention_page.h"

namespace riverbank {

// What the encoder attended to, as a figure for the page of riverbank/attention_page.h.

/// The tokens of a trace as a side of a figure, with the words that a reader joins them to.
FigureAxis figure_axis(const Trace& trace, std::string_view text, std::string_view second_text = {});

/// The encoder's attention over one text (or a pair, the second text given), as a figure.
AttentionFigure figure_of(const Trace& trace, std::string_view text, std::string_view second_text = {});

/// The page of attention_page() as a part of another one: to stand below what the other has, in the same file. Throws
/// what attention_page() throws.
HtmlPage attention_part(std::string_view title, std::string_view lead, std::span<const AttentionFigure> figures,
                        const FigureView& view);

}  // namespace riverbank
