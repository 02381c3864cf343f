#include "cli/commands/bench.h"

#include "cli/arguments.h"
#include "cli/commands/commands.h"

namespace riverbank::cli {

void add_bench_command(CLI::App& app, Session& session) {
  CLI::App* verb = add_verb(app, "bench", "Measure riverbank on this machine.",
                            "  riverbank bench encode --limit 8\n"
                            "  riverbank bench query ~/book --limit 5\n"
                            "  riverbank bench attention --max-length 512\n");
  verb->require_subcommand(1);
  for (const auto add : {add_bench_encode, add_bench_query, add_bench_index, add_bench_vectors, add_bench_attention})
    add(*verb, session);
}

}  // namespace riverbank::cli
