#include "core/idr.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <climits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

TEST_CASE("an idr answers like a map from id to object") {
  Random random;
  Idr<uint32_t> idr;
  std::map<int32_t, uint32_t> want;
  for (int step = 0; step < 20000; ++step) {
    // Two places, one of them far up, so that pages come and go.
    const int32_t place = random.one_in(2) ? 0 : 900'000'000;
    const int32_t id = place + static_cast<int32_t>(random.below(3000));
    const uint32_t object = static_cast<uint32_t>(random.below(1000));
    const bool known = want.count(id) != 0;
    switch (random.below(4)) {
      case 0: {
        const int32_t got = idr.alloc(object, id);
        int32_t free = id;
        while (want.count(free) != 0) ++free;
        REQUIRE(got == free);
        want[got] = object;
        break;
      }
      case 1:
        REQUIRE(idr.remove(id) == (known ? want[id] : 0));
        want.erase(id);
        break;
      case 2: {
        uint32_t old = 12345;
        REQUIRE(idr.replace(id, object, &old) == (known ? 0 : -ENOENT));
        REQUIRE(old == (known ? want[id] : 12345));
        if (known) want[id] = object;
        break;
      }
      default:
        REQUIRE(idr.find(id) == (known ? want[id] : 0));
    }
    REQUIRE(idr.live() == want.size());
    if (step % 2000 == 0) {
      std::vector<std::pair<int32_t, uint32_t>> seen;
      idr.for_each([&](int32_t at, uint32_t what) { seen.emplace_back(at, what); });
      REQUIRE(seen == std::vector<std::pair<int32_t, uint32_t>>(want.begin(), want.end()));
    }
  }
}

TEST_CASE("a null object reserves its id") {
  Idr<const char*> idr;
  CHECK(idr.alloc(nullptr, 1) == 1);
  CHECK(idr.find(1) == nullptr);
  CHECK(idr.ids().is_allocated(1));
  CHECK(idr.alloc("two", 1) == 2);
  CHECK(idr.replace(1, "one") == 0);
  CHECK(idr.find(1)[0] == 'o');
  CHECK(idr.remove(1)[0] == 'o');
  CHECK(idr.find(1) == nullptr);
  CHECK_FALSE(idr.ids().is_allocated(1));
}

TEST_CASE("unknown ids are harmless") {
  Idr<int> idr;
  for (const int32_t id : {-1, INT_MIN, 0, 77, INT_MAX}) {
    CHECK(idr.find(id) == 0);
    CHECK(idr.remove(id) == 0);
    CHECK(idr.replace(id, 1) == -ENOENT);
  }
  CHECK(idr.alloc(1, -1) == -EINVAL);
  CHECK(idr.alloc(1, 3, 3) == -ENOSPC);
  idr.set_node_limit(0);
  CHECK(idr.alloc(1) == -ENOMEM);
  CHECK(idr.live() == 0);
}

TEST_CASE("iteration ascends to INT_MAX and allows removing the visited id") {
  Idr<int> idr;
  CHECK(idr.alloc(3, INT_MAX) == INT_MAX);
  CHECK(idr.alloc_cyclic(1) == 0);
  CHECK(idr.alloc_cyclic(2) == 1);
  std::vector<int> seen;
  idr.for_each([&](int32_t id, int object) {
    seen.push_back(object);
    idr.remove(id);
  });
  CHECK(seen == std::vector<int>{1, 2, 3});
  CHECK(idr.live() == 0);
}

TEST_CASE("an idr owns what it holds") {
  auto object = std::make_shared<int>(4);
  {
    Idr<std::shared_ptr<int>> idr;
    CHECK(idr.alloc(object) == 0);
    CHECK(object.use_count() == 2);
    idr.remove(0);
    CHECK(object.use_count() == 1);
    CHECK(idr.alloc(object) == 0);
  }
  CHECK(object.use_count() == 1);
}

}  // namespace
}  // namespace memtrack
