// Counters: everything the core refused, ignored or had to guess, by name. Nothing is dropped silently.
//
// Thread safety: counting and reading are safe from any thread (relaxed atomics: a reader may be a few counts behind).
#ifndef MEMTRACK_CORE_COUNTERS_H_
#define MEMTRACK_CORE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace memtrack {

// clang-format off
// X(name, severity, meaning)
#define MEMTRACK_COUNTERS(X)                                                                                            \
  X(malformed_record, kError, "A record's op, flags or tail are not a command; it was not executed.")                   \
  X(unknown_task, kError, "A command names a task that was never started or has exited.")                              \
  X(unknown_buffer, kError, "A command names a buffer that was never initialised or has been removed.")                 \
  X(task_exists, kError, "A task was started under a key that is already taken.")                                      \
  X(buffer_exists, kError, "A buffer was initialised under a key that is already taken.")                              \
  X(invalid_argument, kError, "A command's argument is out of range: key 0, an empty VMA, an unknown tag, a thread without a shared mm.") \
  X(uninstall_without_handle, kError, "A buffer was released that the task does not hold; counts for that task may be low.") \
  X(remove_while_held, kError, "A buffer was removed while processes still held it.")                                   \
  X(vm_open_overlap, kError, "A VMA was opened where another one begins.")                                              \
  X(vm_close_without_vma, kError, "A VMA was closed or moved that is not there.")                                       \
  X(vm_open_without_handle, kInfo, "posted: a VMA was opened for a buffer without a handle; it is never shown.")        \
  X(install_enomem, kDataLoss, "A handle could not be allocated: the holder is missing from every figure.")             \
  X(vm_open_enomem, kDataLoss, "A VMA could not be allocated: the mapping is missing from every figure.")               \
  X(fork_enomem, kDataLoss, "A copy of a files table or mm could not be allocated: the call was refused.")              \
  X(set_tag_enomem, kError, "A tag could not be stored; the old one stays.")                                            \
  X(init_enomem, kDataLoss, "A buffer could not be given an id for lack of memory.")                                    \
  X(init_enospc, kDataLoss, "A buffer could not be given an id: all are taken.")                                        \
  X(handle_saturated, kError, "A handle's count reached its maximum and stays there: it is never dropped.")             \
  X(posted_install_into_dead_task, kInfo, "posted: a buffer was installed into a task that has exited; the handle stays for ever.") \
  X(posted_exit_dropped_live_handles, kInfo, "posted: a thread's exit emptied the handle tree of its living process.")  \
  X(posted_vma_nodes_leaked, kInfo, "posted: VMA nodes were lost with their handle.")                                   \
  X(posted_stale_vma, kInfo, "posted: a handle's list kept a pointer to a VMA that is gone.")                           \
  X(posted_id_leaked, kInfo, "posted: a buffer was removed while held: its id and tag are lost for ever.")              \
  X(posted_use_after_free, kInfo, "posted: a handle of a removed buffer was read or dropped.")
// clang-format on

enum class Severity : uint8_t { kInfo, kError, kDataLoss };

enum class Counter : uint8_t {
#define X(name, severity, meaning) name,
  MEMTRACK_COUNTERS(X)
#undef X
      kCount
};

struct CounterInfo {
  std::string_view name;
  Severity severity;
  std::string_view meaning;
};

inline constexpr std::array<CounterInfo, static_cast<size_t>(Counter::kCount)> kCounterInfo = {{
#define X(name, severity, meaning) {#name, Severity::severity, meaning},
    MEMTRACK_COUNTERS(X)
#undef X
}};

class Counters {
 public:
  void count(Counter counter, uint64_t n = 1) {
    values_[static_cast<size_t>(counter)].fetch_add(n, std::memory_order_relaxed);
  }
  uint64_t value(Counter counter) const {
    return values_[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Counter::kCount)> values_{};
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_COUNTERS_H_
