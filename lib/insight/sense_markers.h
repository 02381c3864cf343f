#pragma once

#include <span>

#include "lib/insight/senses.h"

namespace riverbank {

/// Fills in the words that mark each sense, at most eight. With several senses those of highest log-odds ratio against
/// all other senses, in standard errors (Monroe, Colaresi and Quinn, Political Analysis 16, 2008, eq. 15, 22):
///
///     z_w = (log(a / (A - a)) - log(b / (B - b))) / sqrt(1 / a + 1 / b)
///
/// a of A uses of this sense and b of B uses of the others have w beside them, each with 1/2 added. With one sense
/// those that stand beside most uses. Left out are the word itself, words of two letters or fewer, function words, and
/// those that stand beside one use only (of several senses).
void mark_senses(std::span<const Usage> usages, SenseGrouping& grouping);

}  // namespace riverbank
