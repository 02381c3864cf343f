# The files of a folder as bytes in one .cpp: cmake -DFILES=a;b -DOUTPUT=assets.cpp -P embed.cmake
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", {reinterpret_cast<const char*>(kFile${number}), sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Written by cmake/embed.cmake from lib/insight/page.
#include \"lib/base/printable.h\"
#include \"lib/insight/html.h\"
#include \"riverbank/error.h\"

namespace riverbank {
namespace {

${arrays}
struct Asset {
  std::string_view name;
  std::string_view bytes;
};

}  // namespace

std::string_view page_asset(std::string_view name) {
  static const Asset kAssets[] = {
${rows}  };
  for (const Asset& asset : kAssets) {
    if (asset.name == name) return asset.bytes;
  }
  throw Error(ErrorKind::kInvalidArgument, \"There is no page file \\\"\" + printable(name) + \"\\\".\");
}

}  // namespace riverbank
")
