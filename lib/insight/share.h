#pragma once

#include <cstddef>

namespace riverbank {

/// A share of successes with the bounds of its 95 % interval by Wilson's score method (JASA 22, 1927):
/// (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.96.
struct Share {
  std::size_t right = 0;
  std::size_t of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(right) / static_cast<double>(of); }
  double low() const;
  double high() const;
};

}  // namespace riverbank
