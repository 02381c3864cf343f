#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace riverbank::cli {

// The verbs of `riverbank bench`, one file each: bench_NAME.cpp prints what cli/bench/ measures.
void add_bench_attention(CLI::App& bench, Session& session);
void add_bench_encode(CLI::App& bench, Session& session);  ///< and tokenize
void add_bench_index(CLI::App& bench, Session& session);
void add_bench_query(CLI::App& bench, Session& session);
void add_bench_vectors(CLI::App& bench, Session& session);

}  // namespace riverbank::cli
