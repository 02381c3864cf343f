#include "lib/engine/packed_encoder.h"

#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/engine/buffer.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

void (*product_with_activation(const Kernels& kernels, Activation activation))(const Product&) {
  switch (activation) {
    case Activation::kGelu:
      return kernels.product_gelu;
    case Activation::kGeluTanh:
      return kernels.product_gelu_tanh;
    case Activation::kRelu:
      return kernels.product_relu;
  }
  return nullptr;
}

/// Whether the first panel of the first linear layer is what these kernels make of its weights, whose layout a file
/// does not name.
bool begins_as_packed_now(const Linear& first, std::span<const std::byte> panels) {
  Buffer panel;
  panel.reserve(1, divide_up(first.panel_bytes(), sizeof(float)));
  first.pack(0, reinterpret_cast<std::byte*>(panel.data()));
  return std::memcmp(panel.data(), panels.data(), first.panel_bytes()) == 0;
}

}  // namespace

PackedEncoder::PackedEncoder(const EncoderConfig& config, const EncoderWeights& weights, const Kernels& kernels,
                             const PackedIdentity& identity, const Notice& notice, ThreadPool& pool)
    : config_(config),
      weights_(weights),
      kernels_(kernels),
      product_activation_(product_with_activation(kernels, config.activation)) {
  for (const EncoderLayerWeights& layer : weights_.layers) {
    layers_.push_back(
        {.query_key_value = Linear(kernels, {&layer.attention.query, &layer.attention.key, &layer.attention.value}),
         .attention_output = Linear(kernels, {&layer.attention.output}),
         .attention_norm = layer.attention_norm,
         .intermediate = Linear(kernels, {&layer.feed_forward.inner}),
         .output = Linear(kernels, {&layer.feed_forward.outer}),
         .output_norm = layer.output_norm});
  }
  get_weights(identity, notice, pool);
}

std::vector<Linear*> PackedEncoder::linears() {
  std::vector<Linear*> all;
  for (Layer& layer : layers_) {
    all.insert(all.end(), {&layer.query_key_value, &layer.attention_output, &layer.intermediate, &layer.output});
  }
  return all;
}

/// Maps what an earlier process packed, else packs, and leaves that to later processes.
void PackedEncoder::get_weights(PackedIdentity identity, const Notice& notice, ThreadPool& pool) {
  const std::vector<Linear*> all = linears();
  std::vector<std::uint64_t> samples;
  for (const Linear* linear : all) {
    identity.bytes += linear->bytes();
    samples.push_back(linear->sample());
  }
  identity.sample = checksum64(std::as_bytes(std::span(samples)));
  std::filesystem::path file;
  if (!identity.model.empty()) {
    try {
      file = packed_weights_file(identity);
      std::optional<PackedWeights> found = PackedWeights::open(file, identity, pool);
      if (found && !begins_as_packed_now(*all.front(), found->panels())) {
        throw Error(ErrorKind::kUnsupported, "the packed weights in " + printable(file.string()) +
                                                 " are laid out as another version of riverbank reads them");
      }
      mapped_ = std::move(found);
    } catch (const Error& error) {
      const bool is_unusable = error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported;
      if (notice && is_unusable) notice(std::string(error.what()) + "; packing them again");
    }
    std::error_code missing;
    if (is_there(file) && !std::filesystem::is_regular_file(file, missing)) {
      // Not ours to replace, and a pipe would wait for a reader.
      if (notice)
        notice(printable(file.string()) + " is no file; packing the weights for this process alone; remove it");
      file.clear();
    }
  }
  if (!mapped_) pack(all, identity.bytes, pool);
  const std::byte* place = mapped_ ? mapped_->panels().data() : reinterpret_cast<const std::byte*>(packed_.data());
  for (Linear* linear : all) {
    linear->place_at(place);
    place += linear->bytes();
  }
  if (mapped_) place_ = {file.string(), true};
  if (mapped_ || file.empty()) return;
  try {
    save_packed_weights(file, identity, {reinterpret_cast<const std::byte*>(packed_.data()), identity.bytes}, pool);
    place_ = {file.string(), false};
    remove_unused_packed_weights(file);
  } catch (const Error&) {
    // A cache that cannot be written costs the next process the time to pack, and nothing else.
  }
}

void PackedEncoder::pack(const std::vector<Linear*>& all, std::size_t bytes, ThreadPool& pool) {
  packed_.reserve(1, divide_up(bytes, sizeof(float)));
  auto* place = reinterpret_cast<std::byte*>(packed_.data());
  struct Item {
    const Linear* linear;
    std::size_t panel;
    std::byte* place;
  };
  std::vector<Item> items;
  for (const Linear* linear : all) {
    for (std::size_t panel = 0; panel < linear->panels(); ++panel) items.push_back({linear, panel, place});
    place += linear->bytes();
  }
  pool.run(items.size(), [&](std::size_t i, int) { items[i].linear->pack(items[i].panel, items[i].place); });
}

}  // namespace riverbank
