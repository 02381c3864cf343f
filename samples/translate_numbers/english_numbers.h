#pragma once

#include <string>

/// What the model is to read for what a person typed: "97200" and "97,200" become "ninety-seven thousand two hundred",
/// words that say a number stay as they are. Throws std::invalid_argument with one sentence for a person: a word that
/// is none of a number's, words that together are no number, a number that the model was not taught.
std::string english_number(const std::string& text);
