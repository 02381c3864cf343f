#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <exception>
#include <map>
#include <new>
#include <system_error>

#include "cli/arguments.h"
#include "cli/bus_errors.h"
#include "cli/commands/commands.h"
#include "cli/commands/doctor.h"
#include "cli/session.h"
#include "riverbank/error.h"
#include "riverbank/version.h"

namespace riverbank::cli {
namespace {

int run(Session& session, int argc, char** argv) {
  CLI::App app("riverbank answers questions out of your own documents, on your own machine.", "riverbank");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(
      "  riverbank query \"how do I share data between threads\" ~/book\n"
      "  riverbank index ~/papers\n"
      "  riverbank model pull bge-small-en-v1.5\n");
  app.set_help_flag("-h,--help", "Show this help");
  app.set_help_all_flag("--help-all", "Show the help of every verb");
  app.set_version_flag("--version", kVersion, "Show the version");
  app.fallthrough();
  ColorChoice color = ColorChoice::kAuto;
  app.add_option("--color", color, "Colour: auto, always or never")
      ->transform(one_of<ColorChoice>(
          {{"auto", ColorChoice::kAuto}, {"always", ColorChoice::kAlways}, {"never", ColorChoice::kNever}}))
      ->type_name("WHEN");

  for (const auto add :
       {add_index_command, add_query_command, add_context_command, add_status_command, add_verify_command,
        add_remove_command, add_forget_command, add_embed_command, add_rerank_command, add_eval_command,
        add_attention_command, add_contrast_command, add_heads_command, add_senses_command, add_model_command,
        add_doctor_command, add_bench_command}) {
    add(app, session);
  }
  require_counts(app);
  try {
    std::vector<std::string> arguments = protect_texts(argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 reads its vector from the back
    app.parse(arguments);
  } catch (const CLI::Success& success) {  // --help, --help-all, --version
    if (success.get_name() == "CallForVersion") {
      session.terminal.print(std::string("riverbank ") + kVersion + "\n");
    } else {
      const auto mode = success.get_name() == "CallForAllHelp" ? CLI::AppFormatMode::All : CLI::AppFormatMode::Normal;
      session.terminal.print(app.help("", mode));
    }
    return kDone;
  } catch (const CLI::ParseError& error) {
    session.terminal.note(explain(app, error));
    return kFailed;
  }
  session.terminal.choose_color(color);
  return session.run ? session.run() : show_welcome(session);
}

}  // namespace
}  // namespace riverbank::cli

int main(int argc, char** argv) {
  using namespace riverbank::cli;
  std::setlocale(LC_CTYPE, "C.UTF-8");  // for wcwidth(); numbers stay as C writes them
  explain_bus_errors();
  Session session;
  try {
    const int code = run(session, argc, argv);
    session.terminal.finish();
    return code;
  } catch (const riverbank::Error& error) {
    if (error.kind() == riverbank::ErrorKind::kCancelled) return kInterrupted;
    session.terminal.note(error.what());
  } catch (const std::bad_alloc&) {
    session.terminal.note("not enough memory for this; close other programs, or work on less at once");
  } catch (const std::system_error& error) {
    const bool lacks_threads = error.code() == std::errc::resource_unavailable_try_again;
    session.terminal.note(lacks_threads
                              ? "no more threads can be started: there is too little memory, or there are too "
                                "many of them; close other programs, or ask for fewer with --threads"
                              : std::string("something that should not happen did: ") + error.what());
  } catch (const std::exception& error) {
    session.terminal.note(std::string("something that should not happen did: ") + error.what());
  }
  return kFailed;
}
