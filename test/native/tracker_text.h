// The whole state of a tracker as text, to compare two by.
#ifndef MEMTRACK_TEST_NATIVE_TRACKER_TEXT_H_
#define MEMTRACK_TEST_NATIVE_TRACKER_TEXT_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/tracker.h"

namespace memtrack::test {

inline std::string tracker_text(Tracker& tracker) {
  std::string text;
  const auto add = [](std::string* to, auto... numbers) {
    ((*to += std::to_string(numbers) + ' '), ...);
    *to += '\n';
  };
  tracker.for_each_buffer([&](const Tracker::BufferRow& row) {
    std::vector<uint32_t> keys;
    if (row.key != 0) tracker.holders(row.key, &keys);
    std::sort(keys.begin(), keys.end());
    add(&text, row.key, row.id, row.size, row.tag, row.pid, row.userspace_handles);
    for (const uint32_t key : keys) text += " held by " + std::to_string(key) + '\n';
  });
  std::map<uint32_t, std::string> leaders;  // in no order there
  std::string* rows = nullptr;
  tracker.for_each_leader(
      [&](const Tracker::LeaderRow& leader) {
        rows = &leaders[leader.key];
        add(rows, leader.key, leader.pid);
      },
      [&](const Tracker::HandleRow& row) { add(rows, row.buffer, row.fds, row.vmas); },
      [&](const Vma& vma) { add(rows, vma.start, vma.end, vma.offset, vma.flags); });
  for (const auto& [key, leader] : leaders) text += leader;
  return text;
}

}  // namespace memtrack::test

#endif  // MEMTRACK_TEST_NATIVE_TRACKER_TEXT_H_
