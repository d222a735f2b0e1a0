// FdNames: what a recording last called each descriptor, so that a name is told once and not at every use.
// A cache: an entry may be forgotten at any time, and the name is then told again.
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_STRACE_FD_NAMES_H_
#define MEMTRACK_DECODE_STRACE_FD_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memtrack::strace {

class FdNames {
 public:
  FdNames() : entries_(kSize) {}

  // Remembers the name; true: it was not known, or another.
  bool tell(uint32_t task, uint32_t fd, uint32_t name) {
    Entry& entry = at(task, fd);
    const Entry now{task, fd, name, generation_};
    if (entry == now) return false;
    entry = now;
    return true;
  }

  void forget(uint32_t task, uint32_t fd) {
    Entry& entry = at(task, fd);
    if (entry.task == task && entry.fd == fd) entry = {};
  }

  void forget_range(uint32_t task, uint32_t first, uint32_t last) {
    for (Entry& entry : entries_) {
      if (entry.task == task && entry.fd >= first && entry.fd <= last) entry = {};
    }
  }

  // A call made a descriptor that the recording does not show: any number may now be another file.
  void forget_all() { generation_++; }

 private:
  static constexpr size_t kSize = 4096;

  struct Entry {
    uint32_t task = 0;
    uint32_t fd = 0;
    uint32_t name = 0;
    uint32_t generation = 0;
    bool operator==(const Entry&) const = default;
  };

  Entry& at(uint32_t task, uint32_t fd) { return entries_[(task * 61 + fd) % kSize]; }

  std::vector<Entry> entries_;
  uint32_t generation_ = 1;
};

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_FD_NAMES_H_
