#include "lib/model/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/support/expect_error.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;

std::string bytes_of(std::uint64_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// A file: the header's size, the header, and so many bytes of data.
std::string file_of(const std::string& header, std::size_t data) {
  return bytes_of(header.size()) + header + std::string(data, '\x01');
}

class SafetensorsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const SafetensorsFile> open(const std::string& bytes) const {
    return SafetensorsFile::open(folder_.write("weights.safetensors", bytes));
  }
  void refuses(const std::string& header, std::size_t data, const std::string& part,
               ErrorKind kind = ErrorKind::kCorrupt) const {
    SCOPED_TRACE(header);
    expect_error(kind, part, [&] { open(file_of(header, data)); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(SafetensorsTest, ReadsWhatTheFormatAllows) {
  const auto file = open(file_of(
      R"({"__metadata__":{"format":"pt"},"b":{"shape":[2,3],"dtype":"F16","data_offsets":[8,20]},)"
      R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"none":{"dtype":"I64","shape":[0,9],"data_offsets":[8,8]},)"
      R"("one":{"dtype":"U8","shape":[],"data_offsets":[20,21]}}   )",
      21));
  ASSERT_EQ(file->tensors().size(), 4U);
  const TensorView* b = file->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->type, DataType::kFloat16);
  EXPECT_EQ(b->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(b->bytes.size(), 12U);
  EXPECT_EQ(file->find("none")->bytes.size(), 0U);
  EXPECT_TRUE(file->find("one")->shape.empty());
  EXPECT_EQ(file->find("__metadata__"), nullptr);
  EXPECT_EQ(open(file_of("{}", 0))->tensors().size(), 0U);
}

TEST_F(SafetensorsTest, RefusesOffsetsThatDoNotCoverTheData) {
  const auto tensor = [](const std::string& name, const std::string& offsets, const std::string& shape = "[2]") {
    return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto one = [&](const std::string& offsets, const std::string& shape = "[2]") {
    return "{" + tensor("t", offsets, shape) + "}";
  };
  refuses(one("[8,0]"), 8, "end before they begin");
  refuses(one("[0,16]"), 8, "but the file holds 8 bytes of data");
  refuses(one("[18446744073709551608,18446744073709551615]"), 8, "but the file holds 8 bytes of data");
  refuses(one("[0,99999999999999999999]"), 8, "the number 99999999999999999999 where its data_offsets should be");
  refuses(one("[-8,0]"), 8, "the number -8 where its data_offsets should be");
  refuses(one("[0.0,8.0]"), 8, "the number 0.0");
  refuses(one("[0,8,9]"), 8, "must have two data_offsets");
  refuses(one("[0]"), 8, "must have two data_offsets");
  refuses(one("[]"), 8, "must have two data_offsets");
  refuses(one("[0,8]"), 12, "the file ends at byte 12 of the data, but 8 bytes stand before that");
  refuses(one("[4,12]"), 12, "begins at byte 4 of the data, but 0 bytes stand before that: tensors must leave no gap");
  refuses("{" + tensor("a", "[0,8]") + "," + tensor("b", "[4,12]") + "}", 12, "tensors must not overlap");
  refuses("{" + tensor("a", "[0,8]") + "," + tensor("b", "[0,8]") + "}", 8, "tensors must not overlap");
  refuses("{}", 1, "the file ends at byte 1");
}

TEST_F(SafetensorsTest, RefusesShapesThatAreNotTheBytes) {
  const auto tensor = [](const std::string& shape, const std::string& type) {
    return R"({"t":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[0,8]}})";
  };
  refuses(tensor("[3]", "F32"), 8, "of shape (3) and dtype F32 needs 12 bytes, but its data_offsets [0, 8) give 8");
  refuses(tensor("[]", "F32"), 8, "needs 4 bytes");
  refuses(tensor("[0]", "F32"), 8, "needs 0 bytes");
  refuses(tensor("[4294967296,4294967296]", "F32"), 8, "needs more than 2^64 bytes");
  refuses(tensor("[4611686018427387906]", "F32"), 8, "needs more than 2^64 bytes");  // 2^62 + 2: 8 when it wraps
  refuses(tensor("[-2]", "F32"), 8, "the number -2 where its shape should be");
  refuses(tensor("[2.5]", "F32"), 8, "where its shape should be");
  refuses(tensor("[[2]]", "F32"), 8, "a list where its shape should be");
  refuses(tensor("[\"2\"]", "F32"), 8, "a text where its shape should be");
  refuses(tensor("2", "F32"), 8, "a number where its shape should be");
  refuses(tensor("null", "F32"), 8, "null where its shape should be");
  refuses(tensor("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "F32"), 8, "more than 16 numbers");
  refuses(tensor("[2]", "F33"), 8, "the dtype \"F33\", which riverbank does not know", ErrorKind::kUnsupported);
  refuses(tensor("[2]", "F8_\\u001bE4M3"), 8, "\"F8_\\x1bE4M3\"", ErrorKind::kUnsupported);
  refuses(R"({"t":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})", 0, "above 2^63");
}

TEST_F(SafetensorsTest, RefusesHeadersThatAreNotTensors) {
  refuses("[]", 0, "the header must be an object of tensors; it has a list");
  refuses("7", 0, "it has a number");
  refuses("", 0, "the header is not JSON");
  refuses("{\"t\":", 0, "the header is not JSON");
  refuses("{} x", 0, "the header is not JSON");
  refuses(R"({"t":7})", 0, "a number where it should not");
  refuses(R"({"t":[1]})", 0, "a list where it should not");
  refuses(R"({"t":{}})", 0, "tensor \"t\" has no dtype");
  refuses(R"({"t":{"dtype":"F32"}})", 0, "has no shape");
  refuses(R"({"t":{"dtype":"F32","shape":[0]}})", 0, "has no data_offsets");
  refuses(R"({"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"extra":1}})", 0, "a field \"extra\"");
  refuses(R"({"t":{"dtype":{},"shape":[0],"data_offsets":[0,0]}})", 0, "an object where its dtype should be");
  refuses(R"({"t":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}})", 0, "has its dtype twice");
  refuses(R"({"t":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}})", 0, "has its shape twice");
  refuses(
      R"({"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
      0, "tensor \"t\" stands in the header twice");
  refuses(R"({"__metadata__":{"a":1}})", 0, "a number where it should not");
  refuses(R"({"__metadata__":{"a":{}}})", 0, "an object where it should not");
  refuses(R"({"__metadata__":7})", 0, "a number where it should not");
  refuses("{\"t\xff\":{}}", 0, "the header is not JSON");
  refuses(std::string(100'000, '['), 0, "it has a list");
  refuses("{\"" + std::string("evil\\u001b[31m") + "\":{}}", 0, "tensor \"evil\\x1b[31m\" has no dtype");
}

TEST_F(SafetensorsTest, RefusesAHeaderOfAbsurdSize) {
  expect_error(ErrorKind::kCorrupt, "its header has 18446744073709551615 bytes",
               [&] { open(bytes_of(~std::uint64_t{0}) + "{}"); });
  expect_error(ErrorKind::kCorrupt, "safetensors allow 100000000", [&] { open(bytes_of(100'000'001) + "{}"); });
  expect_error(ErrorKind::kCorrupt, "the header needs 3 bytes at offset 8, 2 are left",
               [&] { open(bytes_of(3) + "{}"); });
  expect_error(ErrorKind::kCorrupt, "cut short", [&] { open(""); });
}

TEST_F(SafetensorsTest, RefusesAFileCutAtAnyByte) {
  const std::string whole = file_of(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]}})",
      16);
  EXPECT_EQ(open(whole)->tensors().size(), 2U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(open(whole.substr(0, size)), Error) << size;
  }
}

TEST_F(SafetensorsTest, SurvivesEveryFlippedByteOfTheHeader) {
  const std::string whole = file_of(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[4],"data_offsets":[8,12]}})",
      12);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned bit : {0U, 1U, 4U, 6U, 7U}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      try {
        std::size_t bytes = 0;  // whatever still opens has its tensors inside the file
        const auto file = open(flipped);
        for (const auto& [name, view] : file->tensors()) bytes += view.bytes.size();
        EXPECT_EQ(bytes, 12U);
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("weights.safetensors"), std::string::npos) << error.what();
      }
    }
  }
}

TEST_F(SafetensorsTest, WritesWhatItReads) {
  std::string data(1000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7);
  const auto bytes = std::as_bytes(std::span(data));
  std::map<std::string, TensorView, std::less<>> tensors;
  tensors["odd"] = {DataType::kInt8, {3}, bytes.subspan(0, 3)};
  tensors["wide"] = {DataType::kFloat32, {4, 16}, bytes.subspan(3, 256)};
  tensors["half \"quoted\"\n"] = {DataType::kBFloat16, {5}, bytes.subspan(300, 10)};
  tensors["empty"] = {DataType::kFloat64, {0}, {}};
  tensors["words"] = {DataType::kInt64, {2, 8}, bytes.subspan(400, 128)};
  const auto path = folder_.path() / "out.safetensors";
  write_safetensors(path, tensors);
  const auto file = SafetensorsFile::open(path);
  ASSERT_EQ(file->tensors().size(), tensors.size());
  for (const auto& [name, written] : tensors) {
    const TensorView* read = file->find(name);
    ASSERT_NE(read, nullptr) << name;
    EXPECT_EQ(read->type, written.type);
    EXPECT_EQ(read->shape, written.shape);
    EXPECT_TRUE(std::ranges::equal(read->bytes, written.bytes));
  }
  // The mapping begins at a page, so addresses are as aligned as the file's offsets.
  for (const char* aligned : {"wide", "words"}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->find(aligned)->bytes.data()) % 64, 0U) << aligned;
  }
}

TEST_F(SafetensorsTest, RefusesToWriteWhatNobodyCouldRead) {
  std::map<std::string, TensorView, std::less<>> tensors;
  tensors["t"] = {DataType::kFloat32, {2}, {}};
  expect_error(ErrorKind::kInvalidArgument, "its bytes are not its shape's",
               [&] { write_safetensors(folder_.path() / "out.safetensors", tensors); });
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SafetensorsTest, NamesAFileThatIsMissing) {
  expect_error(ErrorKind::kNotFound, "nowhere.safetensors",
               [&] { SafetensorsFile::open(folder_.path() / "nowhere.safetensors"); });
}

TEST(SafetensorsFiles, OfOthersOpen) {
  RIVERBANK_NEEDS_SHARED_DATA("tiny_models_model2vec");
  int opened = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(testing::shared_data("tiny_models_model2vec"))) {
    if (entry.path().extension() != ".safetensors") continue;
    EXPECT_FALSE(SafetensorsFile::open(entry.path())->tensors().empty()) << entry.path();
    ++opened;
  }
  EXPECT_GE(opened, 5);
}

}  // namespace
}  // namespace riverbank
