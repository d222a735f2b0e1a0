// A buffer's life: init, remove, set_tag, resize.
#include "core/tracker.h"

namespace memtrack {

// Linux (2016 series): memtrack_buffer_init().
Status Tracker::init(const Record& record) {
  uint32_t pid = 0;
  if (record.task != 0) {
    Run run;
    const Task* task = lock_task(record.task, &run);
    const bool alive = task != nullptr && task->alive;
    if (alive) pid = task->group.load(std::memory_order_relaxed)->pid;
    release(&run);
    if (!alive) {
      counters_.count(Counter::unknown_task);
      return kEsrch;
    }
  }
  if (buffers_.used(record.buffer)) {
    counters_.count(Counter::buffer_exists);
    return kEexist;
  }
  if (record.buffer == 0 || !tags_.known(record.aux)) {
    counters_.count(Counter::invalid_argument);
    return kEinval;
  }
  if (record.aux != 0 && !tags_used_.take()) {
    counters_.count(Counter::set_tag_enomem);
    return kEnomem;
  }
  const Status id = buffers_.init(record.buffer, record.size, pid, record.aux);
  if (id >= 0) {
    used(next_buffer_, record.buffer);
    return id;
  }
  if (record.aux != 0) tags_used_.give_back();
  counters_.count(id == kEexist   ? Counter::buffer_exists
                  : id == kEnospc ? Counter::init_enospc
                                  : Counter::init_enomem);
  return id;
}

// Linux (2016 series): memtrack_buffer_remove().
Status Tracker::remove(uint32_t buffer) {
  bool tagged = false;
  const Status status = buffers_.remove(buffer, options_.posted, &tagged);
  switch (status) {
    case kEnoent:
      counters_.count(Counter::unknown_buffer);
      return kEnoent;
    case kEbusy:
      counters_.count(Counter::remove_while_held);
      return kEbusy;
    case kOk:
      if (tagged) tags_used_.give_back();
      return kOk;
    default:  // posted: WARN, and the id and tag are lost
      counters_.count(Counter::remove_while_held);
      counters_.count(Counter::posted_id_leaked);
      return kOk;
  }
}

// Calls change(buffer) under the lock of the live buffer `key`; what that answers, or -ENOENT.
template <class F>
Status Tracker::change_buffer(uint32_t key, F&& change) {
  const uint32_t id = buffers_.id_of(key);
  if (id != BufferTable::kNoId) {
    Buffer& buffer = buffers_.at(id);
    lock(buffer);
    const bool same = buffer.key.load(std::memory_order_relaxed) == key;
    const Status status = same ? change(buffer) : kEnoent;
    unlock(buffer);
    if (same) return status;
  }
  counters_.count(Counter::unknown_buffer);
  return kEnoent;
}

// Linux (2016 series): memtrack_buffer_set_tag().
Status Tracker::set_tag(uint32_t key, uint32_t tag) {
  return change_buffer(key, [&](Buffer& buffer) {
    if (!tags_.known(tag)) {
      counters_.count(Counter::invalid_argument);
      return kEinval;
    }
    // The patches duplicate the string they are given, so that duplicating NULL fails and a tag cannot be cleared.
    if ((tag == 0 && options_.posted) || (tag != 0 && buffer.tag == 0 && !tags_used_.take())) {
      counters_.count(Counter::set_tag_enomem);
      return kEnomem;
    }
    if (tag == 0 && buffer.tag != 0) tags_used_.give_back();
    buffer.tag = tag;
    return kOk;
  });
}

Status Tracker::resize(uint32_t key, uint64_t size) {
  return change_buffer(key, [&](Buffer& buffer) {
    buffer.size = size;
    return kOk;
  });
}

}  // namespace memtrack
