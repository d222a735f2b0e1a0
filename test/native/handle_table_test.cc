#include "core/handle_table.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;
using Model = std::map<uint32_t, uint32_t>;

Model told(const HandleTable& table) {
  Model entries;
  table.for_each([&](uint32_t id, uint32_t count) { entries[id] += count; });
  return entries;
}

// What a walk that locates tells: each id once, with what was located for it.
void check_located(const HandleTable& table, const Model& model) {
  std::vector<uint32_t> places(1 << 12);
  uint32_t n = 0;
  table.for_each_located([&](uint32_t id) { return &places[id & 0xfff]; },
                         [&](uint32_t id, const uint32_t* place) {
                           n++;
                           REQUIRE(model.contains(id));
                           REQUIRE(place == &places[id & 0xfff]);
                         });
  CHECK(n == model.size());
}

// Ids `stride` apart, so that some shapes fill few buckets if the hash is bad.
void wander(Random& random, uint32_t ids, uint32_t stride, int steps) {
  HandleTable table;
  Model model;
  for (int step = 0; step < steps; ++step) {
    const auto id = static_cast<uint32_t>(random.below(ids)) * stride;
    const bool more = random.below(100) < (step < steps / 2 ? 70 : 30);
    if (more) {
      uint32_t* count = table.add(id);
      REQUIRE(*count == model[id]);
      ++*count;
      ++model[id];
    } else if (uint32_t* count = table.find(id)) {
      REQUIRE(*count == model.at(id));
      table.drop(count);
      model.erase(id);
    } else {
      REQUIRE_FALSE(model.contains(id));
    }
    REQUIRE(table.size() == model.size());
  }
  CHECK(told(table) == model);
  check_located(table, model);
  HandleTable copy;
  copy.copy_from(table);
  CHECK(told(copy) == model);
}

TEST_CASE("a handle table agrees with std::map, dense ids and sparse") {
  Random random;
  wander(random, 10, 1, 2'000);
  wander(random, 1'000, 1, 20'000);
  wander(random, 1'000, 64, 20'000);
  wander(random, 1'000, 1 << 16, 20'000);
  wander(random, 60'000, 1, 120'000);  // grows step by step
}

}  // namespace
}  // namespace memtrack
