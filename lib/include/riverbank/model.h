#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// The model that is used when none is named.
inline constexpr const char* kDefaultModel = "bge-small-en-v1.5";

/// A model that riverbank knows or finds on this machine.
struct ModelListing {
  std::string name;         ///< "bge-small-en-v1.5", or "owner/name" for one from the hub that is not in the catalogue
  std::string repository;   ///< on the hub: "BAAI/bge-small-en-v1.5"; empty for an imported folder
  std::string about;        ///< one line: layers, width, licence
  std::uint64_t bytes = 0;  ///< to download, or on disk when installed
  bool in_catalogue = false;
  std::optional<std::filesystem::path> folder;  ///< where it stands, when it is here
};

/// The catalogue's models, then whatever else is in the hub's cache or was imported. Throws Error kIo.
std::vector<ModelListing> list_models();

/// The folder of a model on this machine: `name` is a folder (anything with a '/' that exists, or "."), a name of the
/// catalogue, an imported name, or "owner/name" in the hub's cache. Imported ones come before the hub's.
/// Throws Error kNotFound with the command that would get it.
std::filesystem::path find_model(const std::string& name);

/// What pull_model() and import_model() report while they work.
struct TransferProgress {
  std::string file;
  std::uint64_t done = 0;   ///< bytes, those of an earlier try included
  std::uint64_t total = 0;  ///< 0 while unknown
  double bytes_per_second = 0;
};
using TransferCallback = std::function<void(const TransferProgress&)>;

/// Downloads a model from the Hugging Face hub into the hub's own cache (HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN,
/// HF_HUB_OFFLINE honoured), resuming what is half there, and returns its folder. Every file's sum is checked before it
/// is moved into place. `name` is a name of the catalogue or "owner/name", with "@revision" if need be.
/// Throws Error: kNotFound (no such model), kIo (network, disk), kCorrupt (a wrong sum), kCancelled.
std::filesystem::path pull_model(const std::string& name, const TransferCallback& progress, std::stop_token stop);

/// What import_model() is given: a folder in transformers' layout, or an .onnx file and what belongs to it.
struct ImportSource {
  std::vector<std::filesystem::path> paths;  ///< one folder, or model.onnx and tokenizer.json, in any order (without
                                             ///< the latter, what stands beside the .onnx)
  std::filesystem::path config;              ///< config.json for an .onnx whose sum the catalogue does not know
  std::string name;                          ///< the name to give it; empty: the catalogue's, else the folder's own
};

/// Brings a model into riverbank's own folder (XDG_DATA_HOME/riverbank/models/NAME) as safetensors + config +
/// tokenizer, with the sums of all files in SHA256SUMS (sha256sum -c reads it), and returns that folder. It appears
/// there whole or not at all; one of the same name and weights is replaced. Throws Error: kNotFound, kCorrupt,
/// kUnsupported, kInvalidArgument (paths that are no model; a name that another has), kIo, kCancelled.
std::filesystem::path import_model(const ImportSource& source, std::stop_token stop);

/// One file that verify_model() looked at.
struct VerifiedFile {
  std::string file;
  std::string problem;  ///< empty when the sum is right
};

/// Computes the sum of every file of a model whose sum is known (written at import, or the catalogue's, or the hub's).
/// Throws Error: kNotFound, kIo, kCancelled. Files that are wrong are returned, not thrown.
std::vector<VerifiedFile> verify_model(const std::string& name, std::stop_token stop);

}  // namespace riverbank
