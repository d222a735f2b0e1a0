#include "core/holder_set.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <iterator>
#include <set>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

std::multiset<uint32_t> members_of(const HolderSet& holders) {
  std::multiset<uint32_t> members;
  holders.for_each([&](uint32_t leader) { members.insert(leader); });
  return members;
}

// Random inserts and erases; the size wanders up to `most` and back to nothing.
void wander(Random& random, uint32_t leaders, size_t most, int steps) {
  HolderSet holders;
  std::set<uint32_t> model;
  bool growing = true;
  for (int step = 0; step < steps; ++step) {
    if (model.size() >= most) growing = false;
    if (model.empty()) growing = true;
    const auto leader = static_cast<uint32_t>(random.below(leaders));
    if (random.one_in(4) ? !growing : growing) {
      if (model.insert(leader).second) holders.insert(leader);
    } else if (!model.empty()) {
      auto at = model.lower_bound(leader);
      if (at == model.end()) at = model.begin();
      holders.erase(*at);
      model.erase(at);
    }
    REQUIRE(holders.size() == model.size());
    REQUIRE(holders.contains(leader) == model.contains(leader));
    if (step % 16 == 0) {
      REQUIRE(members_of(holders) == std::multiset<uint32_t>(model.begin(), model.end()));
    }
  }
  holders.clear();
  CHECK(holders.size() == 0);
  CHECK(holders.spilled_bytes() == 0);
}

TEST_CASE("a holder set agrees with std::set at every size") {
  Random random;
  wander(random, 8, 3, 2'000);
  wander(random, 40, 14, 5'000);
  wander(random, 40, 30, 5'000);
  wander(random, 5'000, 900, 20'000);
  wander(random, 0xfffffffe, 200, 5'000);  // leaders of more than 16 bits
}

TEST_CASE("a holder set that was large once is small again") {
  HolderSet holders;
  for (uint32_t leader = 0; leader < 1'000; ++leader) holders.insert(leader);
  const size_t most = holders.spilled_bytes();
  CHECK(most >= 1'000 * sizeof(uint32_t));
  for (uint32_t leader = 999; leader > 0; --leader) holders.erase(leader);
  CHECK(holders.spilled_bytes() == 0);
  CHECK(members_of(holders) == std::multiset<uint32_t>{0});
}

}  // namespace
}  // namespace memtrack
