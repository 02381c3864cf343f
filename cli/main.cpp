#include <cstdio>

#include "riverbank/version.h"

int main() {
  std::printf("riverbank %s\n", riverbank::kVersion);
  return 0;
}
