#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace riverbank::cli {

// One verb each: adds itself to the parser; when chosen, sets session.run.
void add_index_command(CLI::App& app, Session& session);
void add_query_command(CLI::App& app, Session& session);
void add_context_command(CLI::App& app, Session& session);
void add_status_command(CLI::App& app, Session& session);
void add_verify_command(CLI::App& app, Session& session);
void add_remove_command(CLI::App& app, Session& session);
void add_forget_command(CLI::App& app, Session& session);
void add_rerank_command(CLI::App& app, Session& session);
void add_embed_command(CLI::App& app, Session& session);
void add_eval_command(CLI::App& app, Session& session);
void add_attention_command(CLI::App& app, Session& session);
void add_contrast_command(CLI::App& app, Session& session);
void add_heads_command(CLI::App& app, Session& session);
void add_senses_command(CLI::App& app, Session& session);
void add_model_command(CLI::App& app, Session& session);
void add_bench_command(CLI::App& app, Session& session);

// The verbs of eval.
void add_eval_wic_command(CLI::App& eval, Session& session);
void add_eval_senses_command(CLI::App& eval, Session& session);

/// `riverbank` alone: what it is, what to try, the collections there are.
int show_welcome(Session& session);

}  // namespace riverbank::cli
