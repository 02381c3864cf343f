#include "index/documents/source_code.h"

namespace riverbank {

void read_source_code(DocumentBuilder& builder) {
  LineReader lines(builder.text());
  PendingBlock pending(builder);
  while (const auto line = lines.next()) {
    if (line->blank()) {
      pending.close();
    } else {
      pending.add(*line, BlockKind::kLines);
    }
  }
  pending.close();
}

}  // namespace riverbank
