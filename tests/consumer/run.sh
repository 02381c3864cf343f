#!/usr/bin/env bash
# Installs riverbank into an empty folder and builds and runs a program against it, by CMake and by pkg-config.
# usage: run.sh BUILD_FOLDER MODEL
set -euo pipefail
build=$1 model=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/usr" >/dev/null
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_BUILD_TYPE=Debug >/dev/null
cmake --build "$work/build"

# The .pc file names the prefix of the configuration; a moved tree is told so.
export PKG_CONFIG_PATH=$work/usr/lib/x86_64-linux-gnu/pkgconfig:$work/usr/lib/pkgconfig
# shellcheck disable=SC2046  # flags are words
g++ "$here/main.cpp" $(pkg-config --define-variable=prefix="$work/usr" --cflags --libs riverbank) -o "$work/by_pkg_config"

for program in "$work/build/consumer" "$work/by_pkg_config"; do
  "$program" "$model" "$work/store-$(basename "$program")" >"$work/out"
  cat "$work/out"
  grep -q '^dimensions [1-9]' "$work/out"
  [ "$(grep -c '^found' "$work/out")" = 1 ] && grep -q '^found 2$' "$work/out"
  grep -q '^error .*3' "$work/out"
done
