#include "core/slab.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <vector>

#include "seed.h"

#ifndef NDEBUG
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#endif

namespace memtrack {
namespace {

using test::Random;

struct Thing {
  uint64_t a = 7;
  uint32_t b;
};

TEST_CASE("a slab keeps every live object where and as it was") {
  Random random;
  Slab<Thing> slab;
  struct Known {
    const Thing* address;
    uint64_t a;
  };
  std::map<uint32_t, Known> want;
  for (int step = 0; step < 60000; ++step) {
    const bool growing = (step / 15000) % 2 == 0;
    if (want.empty() || random.below(3) < (growing ? 2u : 1u)) {
      const uint32_t i = slab.alloc();
      REQUIRE(i != kNoSlot);
      REQUIRE(slab[i].a == 7);  // a new one, not what was there before
      REQUIRE(slab[i].b == 0);
      slab[i].a = random.below(1u << 30);
      REQUIRE(want.emplace(i, Known{&slab[i], slab[i].a}).second);
    } else {
      auto it = want.lower_bound(static_cast<uint32_t>(random.below(want.rbegin()->first + 1)));
      REQUIRE(&slab[it->first] == it->second.address);
      REQUIRE(slab[it->first].a == it->second.a);
      slab.free(it->first);
      want.erase(it);
    }
    REQUIRE(slab.live() == want.size());
  }
  for (const auto& [i, known] : want) {
    REQUIRE(&slab[i] == known.address);
    REQUIRE(slab[i].a == known.a);
  }
  slab.reset();
  CHECK(slab.live() == 0);
  CHECK(slab.bytes() == 0);
  CHECK(slab.alloc() == 0);
}

TEST_CASE("indices are dense and freed ones are used first") {
  Slab<Thing> slab;
  for (uint32_t want = 0; want < 10000; ++want) REQUIRE(slab.alloc() == want);
  slab.free(3);
  slab.free(5);
  CHECK(slab.alloc() == 5);
  CHECK(slab.alloc() == 3);
  CHECK(slab.alloc() == 10000);
  CHECK(slab.bytes() < 10001 * sizeof(Thing) + 2 * SlabPages::kPageBytes);
}

TEST_CASE("a slab at its limit has no slot until one is freed") {
  Slab<Thing> slab;
  slab.set_limit(2);
  CHECK(slab.alloc() == 0);
  CHECK(slab.alloc() == 1);
  CHECK(slab.alloc() == kNoSlot);
  slab.free(0);
  CHECK(slab.alloc() == 0);
  slab.set_limit(1);
  CHECK(slab.live() == 2);
  slab.free(0);
  CHECK(slab.alloc() == kNoSlot);
  slab.reset();
  CHECK(slab.limit() == 1);
  CHECK(slab.alloc() == 0);
  CHECK(slab.alloc() == kNoSlot);
}

TEST_CASE("objects of any size and alignment have slots of their own") {
  struct alignas(64) Line {
    std::array<uint8_t, 64> bytes;
  };
  Slab<Line> lines;
  Slab<uint8_t> small;
  Slab<std::array<uint64_t, 20000>> huge;  // more than a page each
  for (uint32_t n = 0; n < 3000; ++n) {
    const uint32_t line = lines.alloc();
    REQUIRE(reinterpret_cast<uintptr_t>(&lines[line]) % 64 == 0);
    lines[line].bytes.fill(static_cast<uint8_t>(n));
    small[small.alloc()] = static_cast<uint8_t>(n);
  }
  for (uint32_t n = 0; n < 3000; ++n) {
    REQUIRE(lines[n].bytes[63] == static_cast<uint8_t>(n));
    REQUIRE(small[n] == static_cast<uint8_t>(n));
  }
  for (uint32_t n = 0; n < 3; ++n) huge[huge.alloc()].fill(n);
  for (uint32_t n = 0; n < 3; ++n) REQUIRE(huge[n].back() == n);
}

#ifndef NDEBUG
TEST_CASE("freeing a slot twice stops a debug build") {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    std::freopen("/dev/null", "w", stderr);
    Slab<Thing> slab;
    const uint32_t i = slab.alloc();
    slab.free(i);
    slab.free(i);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}
#endif

}  // namespace
}  // namespace memtrack
