#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/model/hub_download.h"
#include "lib/model/hub_settings.h"
#include "riverbank/model.h"

namespace riverbank {

/// What to bring from the hub.
struct HubRequest {
  std::string repository;
  std::string revision = "main";  ///< a branch, a tag, or a commit
  std::vector<HubFile> files;     ///< with a commit: exactly these; empty: what the hub says a model consists of
};

/// Brings the files into the hub's cache and returns their snapshot's folder; asks nobody when all are there. The
/// snapshot shows its files only when every one of them is whole and right.
/// Throws Error: kNotFound, kIo (network, disk, offline), kCorrupt, kUnsupported, kCancelled.
std::filesystem::path pull_snapshot(const HubSettings& settings, const HubRequest& request,
                                    const TransferCallback& progress, std::stop_token stop);

/// What a name that pull_model() is given stands for: a catalogue's name or "owner/name", with "@revision" if need be.
/// Throws Error: kNotFound (no such name in the catalogue), kInvalidArgument (not a name at all).
HubRequest request_for(const std::string& name);

}  // namespace riverbank
