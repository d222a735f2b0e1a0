// The text of /proc/[pid]/memtrack and of debugfs' memtrack, byte for byte as the 2016 series prints them.
//
// Thread safety: as Tracker's visits.
#ifndef MEMTRACK_CORE_MEMTRACK_TEXT_H_
#define MEMTRACK_CORE_MEMTRACK_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/tracker.h"

namespace memtrack {

enum class MemtrackForm : uint8_t {
  kPatch2,  // as after patch 2 of 6: rows only, the tag last
  kSeries,  // as after the whole series: rows and VMAs
};

// Writes what reading the file of `task`'s leader gives; how many bytes that is. More than out.size(): `out` holds no
// usable text, call again with room. An empty tree gives 0 bytes, no header. -1: no such task.
int64_t format_memtrack(Tracker& tracker, uint32_t task, MemtrackForm form, std::span<char> out);

// The same for /sys/kernel/debug/memtrack: every buffer, ascending id; the header always.
size_t format_debugfs(const Tracker& tracker, std::span<char> out);

}  // namespace memtrack

#endif  // MEMTRACK_CORE_MEMTRACK_TEXT_H_
