#include "core/tracker.h"

namespace memtrack {

namespace {
bool is_command(const Record& record) {
  return record.op >= static_cast<uint16_t>(Op::kSpawn) &&
         record.op <= static_cast<uint16_t>(Op::kVmAdjust);
}
}  // namespace

Tracker::Tracker(const TrackerOptions& options)
    : options_(options),
      buffers_(options.max_ids),
      handles_(options.max_handles),
      tags_used_(options.max_tags) {
  if (options.max_vmas != Quota::kUnlimited) vmas_.set_limit(options.max_vmas);
}

Tracker::~Tracker() = default;

Task* Tracker::find_task(uint32_t key) const {
  const std::atomic<Task*>* entry = tasks_.find(key);
  if (entry == nullptr) [[unlikely]]
    return nullptr;
  Task* task = entry->load(std::memory_order_acquire);
  return task == ended_task() ? nullptr : task;
}

// The task with its sharing set's lock held, or null. The lock is found through the task, so after taking it we look
// whether it is still the task's.
Task* Tracker::lock_task(uint32_t key, Run* run) {
  Task* task = find_task(key);
  if (!options_.shared) return task;
  while (task != nullptr) {
    ThreadGroup* group = task->group.load(std::memory_order_acquire);
    SharingSet* set = group == nullptr ? nullptr : group->set.load(std::memory_order_acquire);
    if (set != nullptr) {
      if (run->held != set || run->length >= kMaxRun) {
        release(run);
        set->lock.lock();
        run->held = set;
      }
      run->length++;
      if (task->key.load(std::memory_order_relaxed) == key &&
          task->group.load(std::memory_order_relaxed) == group &&
          group->set.load(std::memory_order_relaxed) == set) {
        return task;
      }
    }
    release(run);
    task = find_task(key);
  }
  return nullptr;
}

void Tracker::release(Run* run) {
  if (run->held != nullptr) run->held->lock.unlock();
  run->held = nullptr;
  run->length = 0;
}

Status Tracker::install(uint32_t task, uint32_t buffer) {
  Run run;
  Task* found = lock_task(task, &run);
  const Status status = install_locked(found, buffer);
  release(&run);
  return status;
}

Status Tracker::uninstall(uint32_t task, uint32_t buffer) {
  Run run;
  Task* found = lock_task(task, &run);
  const Status status = uninstall_locked(found, buffer);
  release(&run);
  return status;
}

// A batch is known in advance, so what a command will wait for is fetched while those before it run: first the entries
// of its keys in the indices, ...
inline void Tracker::fetch_far_ahead(const Record& record) const {
  tasks_.prefetch(record.task);
  buffers_.prefetch_id(record.buffer);
}

// ... then, through these, the holders of its buffer, and the buffer's bucket in the task's table.
inline void Tracker::fetch_ahead(const Record& record) const {
  const uint32_t id = buffers_.id_of(record.buffer);
  if (id == BufferTable::kNoId) return;
  __builtin_prefetch(&buffers_.holders(id), 1);
  if (const Task* task = find_task(record.task)) {
    task->holding->tree.prefetch(id);
  } else {
    __builtin_prefetch(&buffers_.at(id), 1);  // remove
  }
}

size_t Tracker::apply(std::span<const Record> records, Status* results) {
  constexpr size_t kAhead = 8;
  constexpr size_t kFarAhead = 20;
  Run run;
  size_t accepted = 0;
  for (size_t i = 0; i < records.size(); i++) {
    const Record& record = records[i];
    if (!options_.shared) {
      if (i + kFarAhead < records.size()) fetch_far_ahead(records[i + kFarAhead]);
      if (i + kAhead < records.size()) fetch_ahead(records[i + kAhead]);
    }
    Status status;
    // A command without a tail that claims one goes the long way, to be refused.
    switch (static_cast<Op>(record.op | (record.flags & kMore))) {
      case Op::kInstall:
        status = install_locked(lock_task(record.task, &run), record.buffer);
        break;
      case Op::kUninstall:
        status = uninstall_locked(lock_task(record.task, &run), record.buffer);
        break;
      default:
        status = execute(records, i, &run);
    }
    if (results != nullptr) results[i] = status;
    accepted += status >= 0;
    if ((record.flags & kMore) != 0) {
      // The tail belongs to the command just executed.
      if (i + 1 < records.size() && records[i + 1].op == static_cast<uint16_t>(Op::kTail)) {
        i++;
        if (results != nullptr) results[i] = kOk;
      }
    }
  }
  release(&run);
  return accepted;
}

Status Tracker::execute(std::span<const Record> records, size_t i, Run* run) {
  const Record& record = records[i];
  const Op op = static_cast<Op>(record.op);
  const bool needs_tail = op == Op::kVmOpen || op == Op::kVmAdjust;
  const bool has_tail = (record.flags & kMore) != 0 && i + 1 < records.size() &&
                        records[i + 1].op == static_cast<uint16_t>(Op::kTail) &&
                        (records[i + 1].flags & kMore) == 0;
  if (!is_command(record) || needs_tail != has_tail ||
      (!needs_tail && (record.flags & kMore) != 0)) {
    counters_.count(Counter::malformed_record);
    return kEinval;
  }
  if (needs_tail || op == Op::kVmClose) {
    Task* task = lock_task(record.task, run);
    if (op == Op::kVmClose) return vm_close(task, record.buffer, record.size);
    const Tail tail = std::bit_cast<Tail>(records[i + 1]);
    return op == Op::kVmOpen ? vm_open(task, record, tail) : vm_adjust(task, record, tail);
  }
  release(run);
  switch (op) {
    case Op::kSpawn:
      return spawn(record.task, record.aux);
    case Op::kFork:
      return fork(record);
    case Op::kExec:
      return exec(record.task, record.flags);
    case Op::kExit:
      return exit(record.task, record.flags);
    case Op::kUnshare:
      return unshare(record.task);
    case Op::kInit:
      return init(record);
    case Op::kRemove:
      return remove(record.buffer);
    case Op::kSetTag:
      return set_tag(record.buffer, record.aux);
    default:
      return resize(record.buffer, record.size);
  }
}

size_t Tracker::bytes() const {
  const MutexGuard structure(structure_mu_);
  size_t total = buffers_.bytes() + tasks_.bytes() + task_pool_.bytes() + groups_.bytes() +
                 leaders_.bytes() + files_.bytes() + mms_.bytes() + sets_.bytes();
  {
    const MutexGuard vmas(vmas_mu_);
    total += vmas_.bytes();
  }
  buffers_.for_each([&](uint32_t id, Buffer& buffer) {
    lock(buffer);
    total += buffers_.holders(id).spilled_bytes();
    unlock(buffer);
  });
  leaders_by_slot_.for_each([&](uint32_t, const std::atomic<Leader*>& slot) {
    const Leader* leader = slot.load(std::memory_order_acquire);
    if (leader == nullptr) return;
    const SetGuard guard(options_.shared, leader->group);
    total += leader->own.tree.bytes();
    for (const Holding* holding : leader->group->holdings) {
      if (holding->uses.empty() || holding->uses.front().group != leader->group)
        continue;  // once, where shared
      total += holding->tree.bytes();
    }
  });
  return total;
}

}  // namespace memtrack
