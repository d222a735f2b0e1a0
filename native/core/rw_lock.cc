#include "core/rw_lock.h"

#include <cassert>
#include <thread>

#include "core/cpu_relax.h"

namespace memtrack {
namespace {

// Waits until `turn` is mine. A holder's batch is often over within the spin; a reader's long walk
// is not.
void wait_for_turn(const std::atomic<uint32_t>& turn, uint32_t mine) {
  constexpr int kSpins = 256;
  constexpr int kYields = 4;
  for (int n = 0; n < kSpins + kYields; ++n) {
    if (turn.load(std::memory_order_acquire) == mine) return;
    if (n < kSpins) {
      cpu_relax();
    } else {
      std::this_thread::yield();
    }
  }
  for (;;) {
    const uint32_t now = turn.load(std::memory_order_acquire);
    if (now == mine) return;
    turn.wait(now, std::memory_order_acquire);
  }
}

// Lets in those who wait for this turn. Nobody else writes the copy meanwhile: the next turn comes
// only when those let in now are gone.
void announce(std::atomic<uint32_t>& copy, uint32_t turn) {
  copy.store(turn, std::memory_order_release);
  copy.notify_all();
}

}  // namespace

void RwLock::lock_contended() {
  uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & ~kTurns) == 0) {
      if (state_.compare_exchange_weak(state, state | kWriter, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
      continue;
    }
    assert((state & kQueuedWriters) != kQueuedWriters);
    if (state_.compare_exchange_weak(state, state + kQueuedWriter, std::memory_order_relaxed))
      break;
  }
  const uint64_t before_me = (state & kQueuedWriters) / kQueuedWriter;
  wait_for_turn(writer_turn_, writer_turn(state + (before_me + 1) * kWriterTurn));
}

void RwLock::hand_over() {
  uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    assert((state & kWriter) != 0);
    uint64_t next = 0;
    const bool to_readers = (state & kQueuedReaders) != 0;
    const bool to_writer = !to_readers && (state & kQueuedWriters) != 0;
    if (to_readers) {
      const uint64_t queued = (state & kQueuedReaders) / kQueuedReader;
      next = state & ~(kWriter | kQueuedReaders | kReaderTurns);
      next |= queued * kReader | ((state + kReaderTurn) & kReaderTurns);
    } else if (to_writer) {
      next = state - kQueuedWriter + kWriterTurn;
    } else {
      next = state & ~kWriter;
    }
    if (state_.compare_exchange_weak(state, next, std::memory_order_release,
                                     std::memory_order_relaxed)) {
      if (to_readers) announce(reader_turn_, reader_turn(next));
      if (to_writer) announce(writer_turn_, writer_turn(next));
      return;
    }
  }
}

void RwLock::lock_shared_contended() {
  uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & (kWriter | kQueuedWriters)) == 0) {
      if (state_.compare_exchange_weak(state, state + kReader, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
      continue;
    }
    assert((state & kQueuedReaders) != kQueuedReaders);
    if (state_.compare_exchange_weak(state, state + kQueuedReader, std::memory_order_relaxed))
      break;
  }
  wait_for_turn(reader_turn_, reader_turn(state + kReaderTurn));
}

void RwLock::hand_over_shared() {
  uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    assert((state & kReaders) != 0);
    uint64_t next = state - kReader;
    const bool to_writer = (next & kReaders) == 0 && (state & kQueuedWriters) != 0;
    if (to_writer) next = next - kQueuedWriter + kWriter + kWriterTurn;
    // Acquire as well: who hands over passes on what the readers before it did.
    if (state_.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                     std::memory_order_relaxed)) {
      if (to_writer) announce(writer_turn_, writer_turn(next));
      return;
    }
  }
}

}  // namespace memtrack
