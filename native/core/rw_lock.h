// RwLock: many readers or one writer, fair to both, in 16 bytes.
//
// While a writer holds the lock or waits for it, new readers queue. A writer that leaves lets in
// all readers that queue, together; the last of these lets in the writer that has waited longest.
// So a writer waits for at most one group of readers per writer before it, and a reader for at most
// one writer: nobody is starved by a stream of the others (the kernel's qrwlock orders its waiters
// to the same end). The lock is handed over, not fought for: whoever comes between cannot overtake.
// Waiters spin briefly, then sleep in the kernel.
//
// Uncontended, each call is one atomic read-modify-write. Not recursive: a thread that reads and
// asks to read again deadlocks when a writer waits between.
//
// Invariants, of the one word that holds everything:
//   (1) writer held => no active reader;
//   (2) readers queue only while a writer holds or waits;
//   (3) writers queue only while a reader or a writer holds;
//   (4) at most 65,535 readers active or queued, 8,191 writers queued (threads of one process).
//
// Thread safety: every method from any thread; a thread releases what it took, as it took it.
//
//   RwLock lock;
//   std::vector<int> rows MEMTRACK_GUARDED_BY(lock);
//   { WriterGuard guard(lock); rows.push_back(1); }
//   { ReaderGuard guard(lock); use(rows); }
#ifndef MEMTRACK_CORE_RW_LOCK_H_
#define MEMTRACK_CORE_RW_LOCK_H_

#include <atomic>
#include <cstdint>

#include "core/thread_annotations.h"

namespace memtrack {

class MEMTRACK_CAPABILITY("reader-writer lock") RwLock {
 public:
  RwLock() = default;
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  // As the writer: nobody else holds the lock.
  void lock() MEMTRACK_ACQUIRE() {
    uint64_t idle = state_.load(std::memory_order_relaxed) & kTurns;
    if (!state_.compare_exchange_strong(idle, idle | kWriter, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      lock_contended();
    }
  }
  bool try_lock() MEMTRACK_TRY_ACQUIRE(true) {
    uint64_t state = state_.load(std::memory_order_relaxed);
    return (state & ~kTurns) == 0 &&
           state_.compare_exchange_strong(state, state | kWriter, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() MEMTRACK_RELEASE() {
    uint64_t mine = (state_.load(std::memory_order_relaxed) & kTurns) | kWriter;
    if (!state_.compare_exchange_strong(mine, mine & ~kWriter, std::memory_order_release,
                                        std::memory_order_relaxed)) {
      hand_over();
    }
  }

  // As a reader: no writer holds the lock.
  void lock_shared() MEMTRACK_ACQUIRE_SHARED() {
    if (!try_lock_shared()) lock_shared_contended();
  }
  bool try_lock_shared() MEMTRACK_TRY_ACQUIRE_SHARED(true) {
    uint64_t state = state_.load(std::memory_order_relaxed);
    while ((state & (kWriter | kQueuedWriters)) == 0) {
      if (state_.compare_exchange_weak(state, state + kReader, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void unlock_shared() MEMTRACK_RELEASE_SHARED() {
    uint64_t state = state_.load(std::memory_order_relaxed);
    if ((state & kQueuedWriters) != 0 ||
        !state_.compare_exchange_strong(state, state - kReader, std::memory_order_release,
                                        std::memory_order_relaxed)) {
      hand_over_shared();
    }
  }

 private:
  // state_, from bit 0: active readers (16), queued readers (16), queued writers (13), a writer
  // holds (1), reader turn (2), writer turn (16). A turn counts how often a waiting group of
  // readers, or a waiting writer, was let in; by it a waiter knows when it is its own. Two bits for
  // readers, because the copy they sleep on may lag one turn behind, and that must not look like
  // the next one.
  static constexpr uint64_t kReader = 1;
  static constexpr uint64_t kReaders = 0xffff;
  static constexpr uint64_t kQueuedReader = uint64_t{1} << 16;
  static constexpr uint64_t kQueuedReaders = uint64_t{0xffff} << 16;
  static constexpr uint64_t kQueuedWriter = uint64_t{1} << 32;
  static constexpr uint64_t kQueuedWriters = uint64_t{0x1fff} << 32;
  static constexpr uint64_t kWriter = uint64_t{1} << 45;
  static constexpr uint64_t kReaderTurn = uint64_t{1} << 46;
  static constexpr uint64_t kReaderTurns = uint64_t{3} << 46;
  static constexpr uint64_t kWriterTurn = uint64_t{1} << 48;
  static constexpr uint64_t kWriterTurns = uint64_t{0xffff} << 48;
  static constexpr uint64_t kTurns = kReaderTurns | kWriterTurns;

  static uint32_t reader_turn(uint64_t state) { return (state & kReaderTurns) / kReaderTurn; }
  static uint32_t writer_turn(uint64_t state) { return (state & kWriterTurns) / kWriterTurn; }

  void lock_contended();
  void lock_shared_contended();
  void hand_over();
  void hand_over_shared();

  std::atomic<uint64_t> state_{0};
  // Copies of the turns for waiters to sleep on, written by whoever let them in.
  std::atomic<uint32_t> reader_turn_{0};
  std::atomic<uint32_t> writer_turn_{0};
};

static_assert(sizeof(RwLock) == 16);

class MEMTRACK_SCOPED_CAPABILITY ReaderGuard {
 public:
  explicit ReaderGuard(RwLock& lock) MEMTRACK_ACQUIRE_SHARED(lock) : lock_(lock) {
    lock_.lock_shared();
  }
  ~ReaderGuard() MEMTRACK_RELEASE_GENERIC() { lock_.unlock_shared(); }
  ReaderGuard(const ReaderGuard&) = delete;
  ReaderGuard& operator=(const ReaderGuard&) = delete;

 private:
  RwLock& lock_;
};

class MEMTRACK_SCOPED_CAPABILITY WriterGuard {
 public:
  explicit WriterGuard(RwLock& lock) MEMTRACK_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
  ~WriterGuard() MEMTRACK_RELEASE() { lock_.unlock(); }
  WriterGuard(const WriterGuard&) = delete;
  WriterGuard& operator=(const WriterGuard&) = delete;

 private:
  RwLock& lock_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_RW_LOCK_H_
