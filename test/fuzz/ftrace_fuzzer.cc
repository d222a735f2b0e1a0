// Any bytes, cut anywhere: the ftrace decoder must neither crash nor break what it promises, and the same bytes
// cut otherwise must give the same records.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "decode/ftrace/ftrace_decoder.h"

namespace {

using memtrack::FtraceDecoder;
using memtrack::kMore;
using memtrack::Op;
using memtrack::Record;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Record> decode(std::span<const uint8_t> bytes, size_t chunk, uint32_t& strings) {
  FtraceDecoder decoder;
  std::vector<Record> records;
  const auto take = [&] {
    const auto ready = decoder.records();
    records.insert(records.end(), ready.begin(), ready.end());
    require(ready.empty() || (ready.back().flags & kMore) == 0);
    decoder.consume(ready.size());
  };
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    decoder.push(bytes.subspan(at, std::min(chunk, bytes.size() - at)));
    take();
  }
  decoder.finish();
  take();
  strings = decoder.strings().size();
  uint64_t lines = 0;
  for (const memtrack::EventCount& event : decoder.events()) lines += event.count;
  require(lines <= bytes.size());
  return records;
}

void check(const std::vector<Record>& records, uint32_t strings) {
  uint64_t latest = 0;
  bool more = false;
  std::vector<bool> introduced(1, true);
  for (const Record& record : records) {
    const bool tail = record.op == static_cast<uint16_t>(Op::kTail);
    require(tail == more);
    more = (record.flags & kMore) != 0;
    if (tail) continue;
    require(record.op >= static_cast<uint16_t>(Op::kTask) &&
            record.op <= static_cast<uint16_t>(Op::kBinderReceive));
    require(record.time >= latest);
    latest = record.time;
    if (record.task >= introduced.size()) introduced.resize(record.task + 1);
    if (record.op == static_cast<uint16_t>(Op::kTask)) introduced[record.task] = true;
    require(introduced[record.task]);
    switch (static_cast<Op>(record.op)) {
      case Op::kExecve:
      case Op::kComm:
      case Op::kOpen:
      case Op::kMemfd:
      case Op::kSetName:
      case Op::kFdName:
      case Op::kAlloc:
      case Op::kFree:
      case Op::kTotal:
      case Op::kFdFile:
      case Op::kExport:
      case Op::kImport:
      case Op::kMapFile:
        require(record.aux < strings);
        break;
      case Op::kClone:
        require(record.aux < introduced.size() && introduced[record.aux]);
        break;
      default:
        break;
    }
  }
  require(!more);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  uint32_t strings = 0, again = 0;
  const std::vector<Record> whole = decode(bytes, bytes.size() + 1, strings);
  check(whole, strings);
  const std::vector<Record> cut = decode(bytes, data[0] + 1u, again);
  require(cut.size() == whole.size() && strings == again);
  require(whole.empty() ||
          std::memcmp(cut.data(), whole.data(), whole.size() * sizeof(Record)) == 0);
  memtrack::looks_like_ftrace(bytes);
  return 0;
}
