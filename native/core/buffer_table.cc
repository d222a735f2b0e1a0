#include "core/buffer_table.h"

namespace memtrack {

BufferTable::~BufferTable() {
  holders_.for_each([](uint32_t, HolderSet& holders) { holders.clear(); });
}

Status BufferTable::init(uint32_t key, uint64_t size, uint32_t pid, uint32_t tag) {
  const MutexGuard guard(mu_);
  std::atomic<uint32_t>& entry = ids_of_keys_.ensure(key);
  if (entry.load(std::memory_order_relaxed) != 0) return kEexist;
  const int32_t id = ids_.alloc(0, static_cast<int32_t>(id_limit_));
  if (id < 0) return id;
  holders_.ensure(static_cast<uint32_t>(id));
  Buffer& buffer = buffers_.ensure(static_cast<uint32_t>(id));
  buffer.lock.lock();
  buffer.tag = tag;
  buffer.size = size;
  buffer.pid = pid;
  buffer.dangling = false;
  buffer.key.store(key, std::memory_order_relaxed);
  buffer.lock.unlock();
  entry.store(static_cast<uint32_t>(id) + 1, std::memory_order_release);
  live_.fetch_add(1, std::memory_order_relaxed);
  return id;
}

Status BufferTable::remove(uint32_t key, bool even_if_held, bool* tagged) {
  const MutexGuard guard(mu_);
  const uint32_t id = id_of(key);
  if (id == kNoId) return kEnoent;
  Buffer& buffer = at(id);
  buffer.lock.lock();
  const bool held = holders(id).size() != 0;
  if (held && !even_if_held) {
    buffer.lock.unlock();
    return kEbusy;
  }
  buffer.key.store(0, std::memory_order_relaxed);
  *tagged = buffer.tag != 0;
  buffer.dangling = held;
  buffer.lock.unlock();
  ids_of_keys_.find(key)->store(kDead, std::memory_order_release);
  live_.fetch_sub(1, std::memory_order_relaxed);
  if (held) return 1;
  ids_.free_id(static_cast<int32_t>(id));
  return kOk;
}

}  // namespace memtrack
