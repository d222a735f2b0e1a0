#include "core/spin_lock.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <vector>

namespace memtrack {
namespace {

struct Guarded {
  SpinLock lock;
  uint64_t count MEMTRACK_GUARDED_BY(lock) = 0;
};
static_assert(sizeof(SpinLock) == 1);

bool try_elsewhere(SpinLock& lock) {
  bool got = false;
  std::jthread([&] {
    if (lock.try_lock()) {
      got = true;
      lock.unlock();
    }
  }).join();
  return got;
}

TEST_CASE("a spin lock excludes") {
  Guarded guarded;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        SpinGuard guard(guarded.lock);
        ++guarded.count;
      }
    });
  }
  threads.clear();
  SpinGuard guard(guarded.lock);
  CHECK(guarded.count == 80'000);
  CHECK_FALSE(try_elsewhere(guarded.lock));
}

TEST_CASE("a spin lock that was released is free") {
  SpinLock lock;
  CHECK(try_elsewhere(lock));
  {
    SpinGuard guard(lock);
  }
  CHECK(try_elsewhere(lock));
}

}  // namespace
}  // namespace memtrack
