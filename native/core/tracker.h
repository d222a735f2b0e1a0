// Tracker: the accounting machine. Buffers, the tasks that hold them through files tables and mms, and every command
// of docs/semantics.md, in either semantics. The only class the bindings see.
//
// Thread safety. Made with `shared`, every member may be called from any thread; else from one thread at a time, and
// install, uninstall and VMAs take no lock. Lock order, outermost first:
//
//   structure_mu_               tasks start, share, unshare and end
//     SharingSet::lock          all that processes hold who share with each other; two only under structure_mu_
//       BufferTable's lock      a buffer begins or ends
//         Buffer::lock          its fields and holders
//       vmas_mu_                VMA slots
//
// An install takes no lock that is not its own sharing set's or the buffer's. Commands of one sharing set that follow
// each other in a batch run under one hold of its lock, up to kMaxRun of them.
#ifndef MEMTRACK_CORE_TRACKER_H_
#define MEMTRACK_CORE_TRACKER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/buffer_table.h"
#include "core/counters.h"
#include "core/mutex.h"
#include "core/paged_table.h"
#include "core/pool.h"
#include "core/quota.h"
#include "core/slab.h"
#include "core/status.h"
#include "core/tag_table.h"
#include "core/task.h"
#include "core/thread_annotations.h"
#include "record/record.h"

namespace memtrack {

struct TrackerOptions {
  bool posted = false;  // else intended
  bool eager = false;   // link handles into the trees at once, as the kernel does
  bool shared = false;  // used by several threads
  // Limits, so that exhaustion can be tested; what each counts says docs/semantics.md.
  uint64_t max_handles = Quota::kUnlimited;
  uint64_t max_vmas = Quota::kUnlimited;
  uint64_t max_tags = Quota::kUnlimited;
  uint32_t max_ids = 0;  // 0: INT_MAX
};

class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options);
  ~Tracker();
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  // Executes the records in order. results[i], if given, is what the kernel would answer to record i (0 for a tail).
  // Returns how many commands were accepted.
  size_t apply(std::span<const Record> records, Status* results);

  // Single calls. Linux (2016 series): memtrack_buffer_install, memtrack_buffer_uninstall.
  Status install(uint32_t task, uint32_t buffer);
  Status uninstall(uint32_t task, uint32_t buffer);

  uint32_t intern_tag(std::string_view text) { return tags_.intern(text); }
  bool tag_known(uint32_t number) const { return tags_.known(number); }

  // The first of n keys that no command has used; 0 if they are exhausted.
  uint32_t reserve_task_keys(uint32_t n) { return reserve(next_task_, n); }
  uint32_t reserve_buffer_keys(uint32_t n) { return reserve(next_buffer_, n); }

  const Counters& counters() const { return counters_; }
  const TrackerOptions& options() const { return options_; }

  // What a snapshot is made of. Each visit holds the locks of what it shows; f must not call back.
  struct BufferRow {
    uint32_t key;
    uint32_t id;
    uint64_t size;
    uint32_t tag;
    uint32_t pid;
    uint32_t userspace_handles;
  };
  struct LeaderRow {
    uint32_t key;
    uint32_t pid;
  };
  struct HandleRow {
    uint32_t buffer;  // id
    uint32_t fds;     // posted: the handle's count
    uint32_t vmas;
  };
  template <class F>
  void for_each_buffer(F&& f) const;  // f(BufferRow), ascending id
  // For each leader, in no order: f_leader(LeaderRow), then f_handle(HandleRow) ascending id, each followed by
  // f_vma(Vma) newest first.
  template <class L, class H, class V>
  void for_each_leader(L&& f_leader, H&& f_handle, V&& f_vma);
  // For the leader of one task: f_id(buffer id), ascending, each followed by f_vma(Vma) newest first. False if there is
  // no such task, or it has ended and is not the leader of threads that live on.
  template <class H, class V>
  bool visit_leader(uint32_t task, LeaderRow* leader, H&& f_id, V&& f_vma);

  // Keys of the leaders that hold `buffer`, in no order: no scan. -1 if there is no such buffer.
  int64_t holders(uint32_t buffer, std::vector<uint32_t>* keys) const;

  BufferRow row(uint32_t id) const {
    Buffer& buffer = buffers_.at(id);
    lock(buffer);
    const BufferRow row = {.key = buffer.key.load(std::memory_order_relaxed),
                           .id = id,
                           .size = buffer.size,
                           .tag = buffer.tag,
                           .pid = buffer.pid,
                           .userspace_handles = buffers_.holders(id).size()};
    unlock(buffer);
    return row;
  }
  std::string_view tag_text(uint32_t number) const {
    return number == 0 ? std::string_view() : tags_.text(number);
  }

  // Native memory in bytes: tables, trees, spilled holders.
  size_t bytes() const;

  // null, or which invariant is broken. Expensive: for tests. REQUIRES: no other call at the same time.
  const char* check() const;

 private:
  static constexpr uint32_t kMaxRun = 256;

  // The sharing set whose lock a batch holds from one command to the next.
  struct Run {
    SharingSet* held = nullptr;
    uint32_t length = 0;
  };

  void fetch_far_ahead(const Record& record) const;
  void fetch_ahead(const Record& record) const;
  Status execute(std::span<const Record> records, size_t i, Run* run);

  // Finding and locking (tracker.cc). What takes a lock only if the tracker is shared, or keeps it in a run, is beyond
  // clang's analysis.
  Task* find_task(uint32_t key) const;
  Leader* zombie_leader(uint32_t key) MEMTRACK_REQUIRES(structure_mu_);
  Task* lock_task(uint32_t key, Run* run) MEMTRACK_NO_THREAD_SAFETY_ANALYSIS;
  void release(Run* run) MEMTRACK_NO_THREAD_SAFETY_ANALYSIS;
  // A private tracker takes no lock for what it does once per event; the analysis is told it does.
  void lock(Buffer& buffer) const MEMTRACK_ACQUIRE(buffer.lock) MEMTRACK_NO_THREAD_SAFETY_ANALYSIS {
    if (options_.shared) buffer.lock.lock();
  }
  void unlock(Buffer& buffer) const
      MEMTRACK_RELEASE(buffer.lock) MEMTRACK_NO_THREAD_SAFETY_ANALYSIS {
    if (options_.shared) buffer.lock.unlock();
  }

  // Handles (tracker_handles.cc).
  Holding& holding_of(const Task& task) const;
  Status install_locked(Task* task, uint32_t buffer);
  Status uninstall_locked(Task* task, uint32_t buffer);
  bool gained(const Holding& holding, uint32_t id, uint32_t key);
  void lost(const Holding& holding, uint32_t id);
  template <class W, class C>
  void change_holders(const Holding& holding, W&& wanted, C&& change);
  bool held_elsewhere(const ThreadGroup& group, const Holding& except, uint32_t id) const;
  void add_holder(uint32_t id, uint32_t leader) {
    Buffer& buffer = buffers_.at(id);
    lock(buffer);
    buffers_.holders(id).insert(leader);
    unlock(buffer);
  }
  // The same for a buffer that may be removed meanwhile: false if the id is not that of `key` any more.
  bool add_holder(uint32_t id, uint32_t leader, uint32_t key) {
    Buffer& buffer = buffers_.at(id);
    lock(buffer);
    const bool same = !options_.shared || buffer.key.load(std::memory_order_relaxed) == key;
    if (same) buffers_.holders(id).insert(leader);
    unlock(buffer);
    return same;
  }
  void remove_holder(uint32_t id, uint32_t leader) {
    Buffer& buffer = buffers_.at(id);
    lock(buffer);
    buffers_.holders(id).erase(leader);
    unlock(buffer);
  }

  // Buffers (tracker_buffers.cc).
  Status init(const Record& record);
  Status remove(uint32_t buffer);
  template <class F>
  Status change_buffer(uint32_t buffer, F&& change);
  Status set_tag(uint32_t buffer, uint32_t tag);
  Status resize(uint32_t buffer, uint64_t size);

  // VMAs (tracker_vmas.cc).
  Status vm_open(Task* task, const Record& record, const Tail& tail);
  Status vm_close(Task* task, uint32_t buffer, uint64_t start);
  Status vm_adjust(Task* task, const Record& record, const Tail& tail);
  uint32_t alloc_vma(const Vma& vma);
  void free_vma(uint32_t slot);
  bool link_vma(Task* task, uint32_t slot);
  void close_vma(Task* task, std::map<uint64_t, uint32_t>::iterator at);
  void copy_vmas(const Mm& from, Task* child);

  // Tasks (tracker_tasks.cc).
  Status spawn(uint32_t key, uint32_t pid);
  Status fork(const Record& record);
  Status exec(uint32_t key, uint16_t flags);
  Status exit(uint32_t key, uint16_t flags);
  Status unshare(uint32_t key);
  Status may_start(uint32_t key) MEMTRACK_REQUIRES(structure_mu_);
  Task* start(uint32_t key, uint32_t pid, ThreadGroup* group) MEMTRACK_REQUIRES(structure_mu_);
  ThreadGroup* new_group(SharingSet* set, ThreadGroup* parent, uint32_t key, uint32_t pid)
      MEMTRACK_REQUIRES(structure_mu_);
  Leader* new_leader(ThreadGroup* group, uint32_t key, uint32_t pid)
      MEMTRACK_REQUIRES(structure_mu_);
  void use(Task* task, Holding* holding);
  bool stop_using(Task* task, Holding* holding);
  void refresh_sole(ThreadGroup* group);
  void leave_sharing_set(ThreadGroup* group) MEMTRACK_REQUIRES(structure_mu_);
  void leave_mm(Task* task) MEMTRACK_REQUIRES(structure_mu_);
  void leave_files(Task* task) MEMTRACK_REQUIRES(structure_mu_);
  void copy_files(Task* task, const Files& from) MEMTRACK_REQUIRES(structure_mu_);
  void own_files(Task* task) MEMTRACK_REQUIRES(structure_mu_);
  void end(Task* task, bool notified) MEMTRACK_REQUIRES(structure_mu_);
  void release_group(ThreadGroup* group) MEMTRACK_REQUIRES(structure_mu_);

  // The defects of the posted series (tracker_posted.cc).
  void install_fork(const ThreadGroup* parent, ThreadGroup* child);
  void empty_tree(ThreadGroup* group);
  void install_into(Leader* leader, uint32_t id);
  void forget_handle(Leader* leader, uint32_t id);

  // Visits (tracker_visit.h).
  bool needs_link(const Leader& leader) const;
  void link(Leader* leader);
  template <class F>
  void visit_under_lock(Leader* leader, SharingSet* set, F&& visit);
  static uint32_t reserve(std::atomic<uint64_t>& next, uint32_t n) {
    uint64_t first = next.load(std::memory_order_relaxed);
    do {
      if (first + n - 1 > UINT32_MAX) return 0;  // nothing is taken
    } while (!next.compare_exchange_weak(first, first + n, std::memory_order_relaxed));
    return static_cast<uint32_t>(first);
  }
  // A command used `key`: reservations go on behind it.
  static void used(std::atomic<uint64_t>& next, uint32_t key) {
    uint64_t seen = next.load(std::memory_order_relaxed);
    while (seen <= key &&
           !next.compare_exchange_weak(seen, uint64_t{key} + 1, std::memory_order_relaxed)) {
    }
  }

  HandleRow handle_row(const Leader& leader, uint32_t id);
  template <class H, class V>
  void visit_locked(Leader* leader, H&& f_id, V&& f_vma);
  template <class V>
  void visit_vmas(const VmaLists& lists, uint32_t id, V&& f_vma);
  std::vector<Vma> live_vmas(const VmaLists& lists, uint32_t id);
  const char* check_leader(const Leader& leader, std::vector<uint32_t>* held) const;

  const TrackerOptions options_;
  Counters counters_;
  TagTable tags_;
  BufferTable buffers_;
  Quota handles_;
  Quota tags_used_;

  std::atomic<uint64_t> next_task_{1};  // keys for reserve_*_keys
  std::atomic<uint64_t> next_buffer_{1};

  mutable Mutex structure_mu_;
  PagedTable<std::atomic<Task*>> tasks_;  // by key; the sentinel kEnded: the key was used
  Pool<Task> task_pool_ MEMTRACK_GUARDED_BY(structure_mu_);
  Pool<ThreadGroup> groups_ MEMTRACK_GUARDED_BY(structure_mu_);
  Pool<Leader> leaders_ MEMTRACK_GUARDED_BY(structure_mu_);
  Pool<Files> files_ MEMTRACK_GUARDED_BY(structure_mu_);
  Pool<Mm> mms_ MEMTRACK_GUARDED_BY(structure_mu_);
  Pool<SharingSet> sets_ MEMTRACK_GUARDED_BY(structure_mu_);
  PagedTable<std::atomic<Leader*>, 10> leaders_by_slot_;
  std::vector<uint32_t> free_slots_ MEMTRACK_GUARDED_BY(structure_mu_);
  uint32_t next_slot_ MEMTRACK_GUARDED_BY(structure_mu_) = 0;

  mutable Mutex vmas_mu_;
  Slab<Vma> vmas_;
  uint32_t next_serial_ MEMTRACK_GUARDED_BY(vmas_mu_) = 1;
};

}  // namespace memtrack

#include "core/tracker_visit.h"

#endif  // MEMTRACK_CORE_TRACKER_H_
