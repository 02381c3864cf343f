#include "cli/commands/bench.h"

#include "cli/arguments.h"
#include "cli/commands/commands.h"

namespace riverbank::cli {

void add_bench_command(CLI::App& app, Session& session) {
  CLI::App* verb = add_verb(app, "bench", "Measure riverbank on this machine.",
                            "  riverbank bench attention --max-length 1024\n"
                            "  riverbank bench attention --max-length 512 --svg cost.svg\n");
  verb->require_subcommand(1);
  for (const auto add : {add_bench_attention}) add(*verb, session);
}

}  // namespace riverbank::cli
