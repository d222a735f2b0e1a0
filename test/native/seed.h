// seed(): what a random test starts from. MEMTRACK_SEED, or the clock; printed once per run, so
// that a failure can be repeated.
#ifndef MEMTRACK_TEST_NATIVE_SEED_H_
#define MEMTRACK_TEST_NATIVE_SEED_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace memtrack::test {

inline uint64_t seed() {
  static const uint64_t value = [] {
    const char* given = std::getenv("MEMTRACK_SEED");
    const uint64_t from_clock =
        static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    const uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 0) : from_clock;
    std::printf("MEMTRACK_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return value;
}

// Random integers in [0, bound).
class Random {
 public:
  Random() : engine_(seed()) {}
  uint64_t below(uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(engine_);
  }
  bool one_in(uint64_t n) { return below(n) == 0; }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace memtrack::test

#endif  // MEMTRACK_TEST_NATIVE_SEED_H_
