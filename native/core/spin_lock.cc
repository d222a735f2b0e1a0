#include "core/spin_lock.h"

#include <thread>

#include "core/cpu_relax.h"

namespace memtrack {

void SpinLock::lock_contended() {
  constexpr int kSpins = 64;
  for (;;) {
    // Only reads while it is held: waiters share the cache line instead of tearing it from the
    // holder.
    for (int n = 0; held_.load(std::memory_order_relaxed); ++n) {
      if (n < kSpins) {
        cpu_relax();
      } else {
        std::this_thread::yield();
      }
    }
    if (!held_.exchange(true, std::memory_order_acquire)) return;
  }
}

}  // namespace memtrack
