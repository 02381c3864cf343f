#include "lib/base/hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <vector>

#include "lib/base/descriptor.h"
#include "lib/base/file.h"
#include "riverbank/error.h"

namespace riverbank {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

namespace {

void require(int result) {
  if (result != 1) throw Error(ErrorKind::kIo, "OpenSSL could not compute a SHA-256; check its installation");
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(context_->evp != nullptr ? EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) : 0);
}

Sha256::~Sha256() = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()));
  return *this;
}

Sha256& Sha256::update(std::string_view text) { return update(std::as_bytes(std::span(text.data(), text.size()))); }

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  require(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr));
  return digest;
}

Sha256Digest sha256(std::string_view bytes) { return Sha256().update(bytes).finish(); }

Sha256Digest sha256_of_file(const std::filesystem::path& path, std::stop_token stop) {
  constexpr std::size_t kPiece = std::size_t{1} << 20U;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw_errno("cannot open", path, errno);
  std::vector<std::byte> piece(kPiece);
  Sha256 hash;
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "stopped");
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read", path, errno);
    if (got == 0) return hash.finish();
    hash.update(std::span(piece).first(static_cast<std::size_t>(got)));
  }
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::uint64_t checksum64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace riverbank
