// Holding: something through which processes refer to buffers. A files table counts descriptors, an mm its VMAs; in
// `posted` semantics a leader's own handle tree counts what was installed into it.
//
// Thread safety: everything here belongs to the sharing set of the processes that use it and needs its lock.
#ifndef MEMTRACK_CORE_HOLDING_H_
#define MEMTRACK_CORE_HOLDING_H_

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "core/handle_tree.h"

namespace memtrack {

struct Leader;
struct ThreadGroup;

// One VMA of a tracked buffer. `serial` tells it from a later one in the same slot.
struct Vma {
  uint64_t start;
  uint64_t end;
  uint64_t offset;  // bytes
  uint32_t flags;   // kVm*
  uint32_t buffer;  // id
  uint32_t key;     // of the buffer: in `posted` its id may be used again while the VMA lives
  uint32_t serial;
};

// The VMAs of a buffer in the order they were added: newest last.
class VmaLists {
 public:
  struct Entry {
    uint32_t vma;
    uint32_t serial;
  };
  void add(uint32_t buffer, Entry entry) { lists_[buffer].push_back(entry); }
  // False if it is not in the list.
  bool remove(uint32_t buffer, Entry entry) {
    const auto list = lists_.find(buffer);
    if (list == lists_.end()) return false;
    std::vector<Entry>& entries = list->second;
    for (size_t i = entries.size(); i-- > 0;) {
      if (entries[i].vma != entry.vma || entries[i].serial != entry.serial) continue;
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
      if (entries.empty()) lists_.erase(list);
      return true;
    }
    return false;
  }
  // Forgets the list of one buffer; how many entries it had.
  size_t forget(uint32_t buffer) {
    const auto list = lists_.find(buffer);
    if (list == lists_.end()) return 0;
    const size_t n = list->second.size();
    lists_.erase(list);
    return n;
  }
  const std::vector<Entry>* of(uint32_t buffer) const {
    const auto list = lists_.find(buffer);
    return list == lists_.end() ? nullptr : &list->second;
  }
  size_t entries() const {
    size_t n = 0;
    for (const auto& [buffer, list] : lists_) n += list.size();
    return n;
  }
  bool empty() const { return lists_.empty(); }
  void clear() { lists_.clear(); }

 private:
  std::unordered_map<uint32_t, std::vector<Entry>> lists_;
};

// Aligned so that an install finds `sole` and the head of the tree in one cache line.
struct alignas(64) Holding {
  // Which groups use it, and with how many tasks.
  struct Use {
    ThreadGroup* group;
    uint32_t tasks;
  };

  static constexpr uint32_t kNobody = 0xffffffffu;

  // The slot of the one leader whose rows are exactly this tree's, if there is one: then a first or last reference needs
  // to look nowhere else. kNobody when it is shared, or when its process may hold the same buffer in another way.
  uint32_t sole = kNobody;
  bool is_mm = false;
  HandleTree tree;
  std::vector<Use> uses;

  uint32_t tasks() const {
    uint32_t n = 0;
    for (const Use& use : uses) n += use.tasks;
    return n;
  }
};

// Linux: files_struct.
struct Files : Holding {};

// Linux: mm_struct, of which only the VMAs of tracked buffers are kept. In `intended`, the tree counts the VMAs of each
// buffer and `lists` is what is printed.
struct Mm : Holding {
  std::map<uint64_t, uint32_t> by_start;
  VmaLists lists;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HOLDING_H_
