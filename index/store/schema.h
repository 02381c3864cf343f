#pragma once

#include "index/store/connection.h"

namespace riverbank {

/// What marks a SQLite file as ours ("rvbk", PRAGMA application_id), and the version of its tables (PRAGMA
/// user_version).
inline constexpr std::int64_t kApplicationId = 0x7276626b;
inline constexpr std::int64_t kSchemaVersion = 2;

/// Brings a file, empty or older, to kSchemaVersion. Throws Error: kUnsupported (another program's, or a newer
/// version's), kCorrupt, kIo.
void prepare_schema(Connection& connection);
/// The same checks for a file that is only read: an older one is read as it is (version 1 knows identifiers only as
/// wholes and scripts without spaces only by ICU's words).
void check_schema(Connection& connection);

}  // namespace riverbank
