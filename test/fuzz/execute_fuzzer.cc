// The record executor on any bytes. The first byte chooses the tracker; then either raw records (bit 4) or a short form
// of eight bytes a command, in which most inputs are sensible. Whatever they were, the tracker's invariants hold.
//
//   byte 0: posted 1, eager 2, shared 4, limits 8, raw 16
//   short:  op, task, buffer, aux, flags, start page, pages, new start page
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/memtrack_text.h"
#include "core/tracker.h"

namespace {

using memtrack::Op;
using memtrack::Record;
using memtrack::Tail;
using memtrack::Tracker;

constexpr uint64_t kPage = 4096;
constexpr size_t kMaxRecords = 4096;
constexpr memtrack::Status kNone = INT32_MIN;  // no command answers it

std::vector<Record> raw_records(const uint8_t* data, size_t size) {
  std::vector<Record> records(std::min(size / sizeof(Record), kMaxRecords));
  if (!records.empty()) std::memcpy(records.data(), data, records.size() * sizeof(Record));
  return records;
}

std::vector<Record> short_records(const uint8_t* data, size_t size) {
  std::vector<Record> records;
  for (; size >= 8 && records.size() < kMaxRecords; data += 8, size -= 8) {
    const auto op = static_cast<uint16_t>(data[0] % 16);
    const bool tailed =
        op == static_cast<uint16_t>(Op::kVmOpen) || op == static_cast<uint16_t>(Op::kVmAdjust);
    const uint64_t start = kPage * data[5];
    records.push_back({0, start, data[1], data[2], data[3], op,
                       static_cast<uint16_t>((data[4] & 0x7f) | (tailed ? memtrack::kMore : 0))});
    if (!tailed || (data[4] & 0x80) != 0) continue;
    const Tail tail{start + kPage * data[6],
                    kPage * data[6],
                    static_cast<uint32_t>(kPage * data[7]),
                    0,
                    0,
                    static_cast<uint16_t>(Op::kTail),
                    0};
    records.push_back(std::bit_cast<Record>(tail));
  }
  return records;
}

void require(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "execute_fuzzer: %s\n", what);
  std::abort();
}

// What can be asked, asked once.
void read_everything(Tracker& tracker, const std::vector<Record>& records) {
  std::array<char, 4096> out;
  std::vector<uint32_t> keys;
  for (size_t i = 0; i < std::min<size_t>(records.size(), 64); i++) {
    memtrack::format_memtrack(tracker, records[i].task, memtrack::MemtrackForm::kSeries, out);
    memtrack::format_memtrack(tracker, records[i].task, memtrack::MemtrackForm::kPatch2, out);
    tracker.holders(records[i].buffer, &keys);
  }
  memtrack::format_debugfs(tracker, out);
  size_t held = 0;
  tracker.for_each_buffer([&](const Tracker::BufferRow& row) { held += row.userspace_handles; });
  size_t rows = 0;
  tracker.for_each_leader([](const Tracker::LeaderRow&) {},
                          [&](const Tracker::HandleRow&) { rows++; }, [](const memtrack::Vma&) {});
  require(rows == held, "userspace_handles and rows differ");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  memtrack::TrackerOptions options;
  options.posted = (choice & 1) != 0;
  options.eager = (choice & 2) != 0;
  options.shared = (choice & 4) != 0;
  if ((choice & 8) != 0) {
    options.max_handles = 12;
    options.max_vmas = 8;
    options.max_tags = 2;
    options.max_ids = 6;
  }
  Tracker tracker(options);
  tracker.intern_tag("CAMERA");
  tracker.intern_tag("");
  const std::vector<Record> records =
      (choice & 16) != 0 ? raw_records(data + 1, size - 1) : short_records(data + 1, size - 1);

  // In two batches, read in between: order is made while handles come and go.
  const size_t half = records.size() / 2;
  std::vector<memtrack::Status> results(records.size(), kNone);
  const std::span<const Record> all(records);
  tracker.apply(all.first(half), results.data());
  read_everything(tracker, records);
  tracker.apply(all.subspan(half), results.data() + half);
  require(std::find(results.begin(), results.end(), kNone) == results.end(),
          "a record without a result");
  const char* broken = tracker.check();
  require(broken == nullptr, broken);
  read_everything(tracker, records);
  return 0;
}
