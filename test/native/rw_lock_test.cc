#include "core/rw_lock.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

// Two plain counters that are equal whenever nobody writes: a reader beside a writer sees them
// differ, and the thread sanitizer sees the race.
struct Guarded {
  RwLock lock;
  uint64_t a MEMTRACK_GUARDED_BY(lock) = 0;
  uint64_t b MEMTRACK_GUARDED_BY(lock) = 0;

  void write() MEMTRACK_EXCLUDES(lock) {
    WriterGuard guard(lock);
    ++a;
    ++b;
  }
  bool read_equal() MEMTRACK_EXCLUDES(lock) {
    ReaderGuard guard(lock);
    return a == b;
  }
  uint64_t total() MEMTRACK_EXCLUDES(lock) {
    ReaderGuard guard(lock);
    return a;
  }
};

TEST_CASE("writers exclude everybody, whatever mix of threads") {
  constexpr int kThreads = 4;
  constexpr int kSteps = 4000;
  for (const uint64_t write_one_in : {1u, 2u, 10u}) {
    Guarded guarded;
    std::atomic<uint64_t> writes{0};
    std::atomic<uint64_t> torn{0};
    Random random;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, local = random.below(1u << 20)]() mutable {
        for (int n = 0; n < kSteps; ++n) {
          local = local * 6364136223846793005u + 1442695040888963407u;
          if ((local >> 33) % write_one_in == 0) {
            guarded.write();
            ++writes;
          } else if (!guarded.read_equal()) {
            ++torn;
          }
        }
      });
    }
    threads.clear();
    CHECK(torn == 0);
    CHECK(guarded.total() == writes);
  }
}

// What a thread other than the caller gets from the lock at this moment.
struct Tried {
  bool exclusive = false;
  bool shared = false;
};

Tried try_elsewhere(RwLock& lock) {
  Tried tried;
  std::jthread([&] {
    if (lock.try_lock()) {
      tried.exclusive = true;
      lock.unlock();
    }
    if (lock.try_lock_shared()) {
      tried.shared = true;
      lock.unlock_shared();
    }
  }).join();
  return tried;
}

TEST_CASE("try_lock and try_lock_shared answer at once and rightly") {
  RwLock lock;
  Tried tried = try_elsewhere(lock);
  CHECK(tried.exclusive);
  CHECK(tried.shared);
  {
    WriterGuard guard(lock);
    tried = try_elsewhere(lock);
    CHECK_FALSE(tried.exclusive);
    CHECK_FALSE(tried.shared);
  }
  {
    ReaderGuard guard(lock);
    tried = try_elsewhere(lock);
    CHECK_FALSE(tried.exclusive);
    CHECK(tried.shared);
  }
  tried = try_elsewhere(lock);
  CHECK(tried.exclusive);
}

TEST_CASE("readers hold the lock together") {
  constexpr uint32_t kReaders = 4;
  RwLock lock;
  std::atomic<uint32_t> inside{0};
  std::vector<std::jthread> threads;
  for (uint32_t t = 0; t < kReaders; ++t) {
    threads.emplace_back([&] {
      ReaderGuard guard(lock);
      ++inside;
      while (inside != kReaders) std::this_thread::yield();  // ends only if all get in
    });
  }
  threads.clear();
  CHECK(inside == kReaders);
}

TEST_CASE("a waiting writer closes the door to new readers, and the queued readers go next") {
  RwLock lock;
  std::atomic<int> step{0};
  std::atomic<bool> wrote{false};
  lock.lock_shared();
  std::jthread writer([&] {
    lock.lock();
    wrote = true;
    lock.unlock();
  });
  // The door closes when the writer has queued.
  while (try_elsewhere(lock).shared) std::this_thread::yield();
  std::jthread reader([&] {
    ReaderGuard guard(lock);
    CHECK(wrote);
    step = 1;
  });
  CHECK_FALSE(wrote);
  CHECK(step == 0);
  lock.unlock_shared();
  writer.join();
  reader.join();
  CHECK(wrote);
  CHECK(step == 1);
}

TEST_CASE("a writer is not starved by readers who never leave the lock empty") {
  RwLock lock;
  std::atomic<bool> stop{false};
  std::atomic<uint32_t> inside{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        ReaderGuard guard(lock);
        ++inside;
        // Stay until another reader is in too, unless a writer has closed the door for it.
        for (int n = 0; n < 200 && inside < 2 && !stop; ++n) std::this_thread::yield();
        --inside;
      }
    });
  }
  for (int n = 0; n < 200; ++n) {
    WriterGuard guard(lock);
    CHECK(inside == 0);
  }
  stop = true;
}

TEST_CASE("a reader is not starved by writers who never leave the lock empty") {
  Guarded guarded;
  std::atomic<bool> stop{false};
  std::vector<std::jthread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&] {
      while (!stop) guarded.write();
    });
  }
  for (int n = 0; n < 200; ++n) CHECK(guarded.read_equal());
  stop = true;
}

TEST_CASE("turns go round their bits") {
  // More hand-overs of both kinds than a turn has values.
  Guarded guarded;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 30'000; ++n) {
        guarded.write();
        if (n % 16 == 0) (void)guarded.read_equal();
      }
    });
  }
  threads.clear();
  CHECK(guarded.total() == 90'000);
}

}  // namespace
}  // namespace memtrack
