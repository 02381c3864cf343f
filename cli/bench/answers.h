#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "riverbank/index.h"

namespace riverbank::cli {

/// Times of one kind of question, in seconds.
struct AnswerTimes {
  std::string what;
  std::size_t asked = 0;
  double least = 0, median = 0, highest = 0;  ///< from question to answer
  double processor = 0;                       ///< the least processor time of all threads
};

/// An index asked in this very process, each question in turn: its vector alone, by vectors, by words, both, and all
/// that `query` does. Throws Error kCancelled.
std::vector<AnswerTimes> measure_answers(const Index& index, const std::vector<std::string>& questions,
                                         const std::stop_token& stop);

/// This program started anew for each question, from its start to its end, with these arguments behind
/// "query QUESTION". Throws Error: kIo (it cannot be started, or failed), kCancelled.
AnswerTimes measure_cold_answers(const std::vector<std::string>& questions, const std::vector<std::string>& arguments,
                                 const std::stop_token& stop);

}  // namespace riverbank::cli
