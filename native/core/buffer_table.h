// BufferTable: every tracked buffer, by key and by id. What it is and who holds it stand apart: most commands change
// only the holders, and these are dense.
//
// Ids are memtrack ids: the lowest free from 0, used again at once. Keys are the issuer's and never used again.
//
// Thread safety: `id_of`, `at` and `holders` need no lock; `init` and `remove` take the table's; a buffer's fields and
// its holders need its `lock`. A buffer found without a lock may have become another: compare `key` under its lock.
#ifndef MEMTRACK_CORE_BUFFER_TABLE_H_
#define MEMTRACK_CORE_BUFFER_TABLE_H_

#include <atomic>
#include <cstdint>

#include "core/holder_set.h"
#include "core/id_allocator.h"
#include "core/mutex.h"
#include "core/paged_table.h"
#include "core/spin_lock.h"
#include "core/status.h"

namespace memtrack {

struct alignas(32) Buffer {
  std::atomic<uint32_t> key{0};  // 0: no buffer has this id
  uint32_t tag = 0;              // number, 0: NULL
  uint64_t size = 0;             // bytes
  uint32_t pid = 0;              // of the allocator's group leader
  SpinLock lock;
  std::atomic<bool> dangling{false};  // posted: removed while held; the id stays taken for ever
};
static_assert(sizeof(Buffer) == 32);

class BufferTable {
 public:
  static constexpr uint32_t kNoId = 0xffffffffu;

  explicit BufferTable(uint32_t id_limit) : id_limit_(id_limit) {}
  ~BufferTable();

  // The id of the live buffer `key`, or kNoId.
  uint32_t id_of(uint32_t key) const {
    const std::atomic<uint32_t>* entry = ids_of_keys_.find(key);
    if (entry == nullptr) [[unlikely]]
      return kNoId;
    // 0 and kDead both wrap to values no buffer has.
    const uint32_t id = entry->load(std::memory_order_acquire) - 1;
    return id >= kDead - 1 ? kNoId : id;
  }

  // Whether `key` was ever a buffer's.
  bool used(uint32_t key) const {
    const std::atomic<uint32_t>* entry = ids_of_keys_.find(key);
    return entry != nullptr && entry->load(std::memory_order_acquire) != 0;
  }

  // REQUIRES: `id` was given out once.
  Buffer& at(uint32_t id) const { return buffers_.at(id); }
  Buffer* find(uint32_t id) const { return buffers_.find(id); }

  // Slots of the leaders that hold it; their number is userspace_handles. REQUIRES: `id` was given out once.
  HolderSet& holders(uint32_t id) const { return holders_.at(id); }

  // Fetches ahead what id_of will read.
  void prefetch_id(uint32_t key) const { ids_of_keys_.prefetch(key); }

  // Gives `key` the lowest free id; the id, -EEXIST, -ENOSPC or -ENOMEM.
  Status init(uint32_t key, uint64_t size, uint32_t pid, uint32_t tag);

  // The key dies. Free again at once is the id of a buffer that nobody holds; held, it is -EBUSY, or with
  // `even_if_held` (posted) the id is lost for ever and the buffer dangles: 1. Unknown key: -ENOENT.
  // `tagged`: whether it had a tag.
  Status remove(uint32_t key, bool even_if_held, bool* tagged);

  // Calls f(id, buffer) for each buffer that has a key or dangles, ascending id.
  template <class F>
  void for_each(F&& f) const {
    buffers_.for_each([&](uint32_t id, Buffer& buffer) {
      if (buffer.key.load(std::memory_order_relaxed) != 0 || buffer.dangling) f(id, buffer);
    });
  }

  uint32_t live() const { return live_.load(std::memory_order_relaxed); }
  size_t bytes() const {
    const MutexGuard guard(mu_);
    return buffers_.bytes() + holders_.bytes() + ids_of_keys_.bytes();
  }

 private:
  static constexpr uint32_t kDead = 0xffffffffu;

  mutable Mutex mu_;
  IdAllocator ids_ MEMTRACK_GUARDED_BY(mu_);
  const uint32_t id_limit_;
  std::atomic<uint32_t> live_{0};
  PagedTable<std::atomic<uint32_t>> ids_of_keys_;  // id + 1; 0: never, kDead: removed
  PagedTable<Buffer, 10> buffers_;
  PagedTable<HolderSet, 10> holders_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_BUFFER_TABLE_H_
