#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace riverbank::cli {

/// `riverbank doctor`: what runs here and why.
void add_doctor_command(CLI::App& app, Session& session);

}  // namespace riverbank::cli
