#include "decode/decode_counters.h"

namespace memtrack {

const DecodeCounterInfo& decode_counter_info(DecodeCounter counter) {
  static constexpr DecodeCounterInfo kInfos[] = {
#define X(constant, severity, name, sentence) {name, DecodeSeverity::severity, sentence},
      MEMTRACK_DECODE_COUNTERS(X)
#undef X
  };
  static_assert(sizeof(kInfos) / sizeof(kInfos[0]) == kDecodeCounterCount);
  return kInfos[static_cast<size_t>(counter)];
}

}  // namespace memtrack
