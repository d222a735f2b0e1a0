// Decoder: the face of every trace format: bytes in, records (events of native/record/record.h) out.
//
//   StraceDecoder decoder;
//   while (read(chunk)) {
//     decoder.push(chunk);
//     use(decoder.records());
//     decoder.consume(decoder.records().size());
//   }
//   decoder.finish();
//   use(decoder.records());
//
// Records come in order of effect; their times never decrease. A span from records() is valid until the next
// push, finish or consume. Memory is bounded by what the format must remember, not by the length of the input.
//
// Thread safety: none; one thread at a time.
#ifndef MEMTRACK_DECODE_DECODER_H_
#define MEMTRACK_DECODE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "decode/decode_counters.h"
#include "decode/record_queue.h"
#include "decode/string_table.h"
#include "record/record.h"

namespace memtrack {

// Lines, or packets, of one kind of event.
struct EventCount {
  std::string_view name;  // as the recording prints it
  uint64_t count;
  bool understood;  // false: passed over
};

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;

  // More bytes of the recording, cut anywhere. Not after finish().
  virtual void push(std::span<const uint8_t> bytes) = 0;

  // The recording ends here. What waited for more is settled. Again: nothing.
  virtual void finish() = 0;

  // What is decoded and final. Groups (a record and its tails) are whole.
  std::span<const Record> records() const { return queue_.ready(); }

  // The caller has taken the first n of records(). REQUIRES: n ends a group.
  void consume(size_t n) { queue_.consume(n); }

  // What kinds of events the recording has; none where that makes no sense. Valid until the next push.
  virtual std::vector<EventCount> events() const { return {}; }

  const StringTable& strings() const { return strings_; }
  const DecodeCounters& counters() const { return counters_; }

 protected:
  RecordQueue queue_;
  StringTable strings_;
  DecodeCounters counters_;
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_DECODER_H_
