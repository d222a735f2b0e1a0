#include "core/id_allocator.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <set>
#include <string>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

std::string broken(const IdAllocator& ids) {
  const char* what = ids.check();
  return what == nullptr ? "" : what;
}

// The rule itself, over a set of used ids.
class NaiveIds {
 public:
  int32_t alloc(int64_t start, int64_t end) {
    if (start < 0) return -EINVAL;
    const int64_t limit = end <= 0 ? int64_t{INT_MAX} + 1 : end;
    int64_t id = start;
    for (auto it = used_.lower_bound(start); it != used_.end() && *it == id; ++it) ++id;
    if (id >= limit) return -ENOSPC;
    used_.insert(id);
    return static_cast<int32_t>(id);
  }
  int32_t alloc_cyclic(int64_t start, int64_t end) {
    int32_t id = alloc(std::max(start, next_), end);
    if (id == -ENOSPC && next_ > start) id = alloc(start, end);
    if (id >= 0) next_ = int64_t{id} + 1;
    return id;
  }
  bool free_id(int64_t id) { return used_.erase(id) != 0; }
  const std::set<int64_t>& used() const { return used_; }

 private:
  std::set<int64_t> used_;
  int64_t next_ = 0;
};

void require_same(const IdAllocator& ids, const NaiveIds& naive) {
  REQUIRE(broken(ids) == "");
  REQUIRE(ids.live() == naive.used().size());
  int32_t id = ids.next_allocated(0);
  for (const int64_t want : naive.used()) {
    REQUIRE(id == want);
    REQUIRE(ids.is_allocated(id));
    id = id == INT_MAX ? -1 : ids.next_allocated(id + 1);
  }
  REQUIRE(id == -1);
}

TEST_CASE("ids are the lowest free ones, whatever is freed in whatever order") {
  Random random;
  // Where ids cluster: from 0, around the edges of leaves and of the levels above, at the very end.
  const std::vector<int64_t> places = {0,       4090,     (1 << 18) - 4, (1 << 24) - 4,
                                       1 << 29, 1L << 30, INT_MAX - 70L};
  for (int round = 0; round < 6; ++round) {
    IdAllocator ids;
    NaiveIds naive;
    const uint64_t width = round < 3 ? 100 : 10000;
    for (int step = 0; step < 6000; ++step) {
      const bool growing = (step / 1500) % 2 == 0;
      const int64_t place = places[random.below(places.size())];
      const int64_t start = std::min<int64_t>(place + random.below(width) - 1, INT_MAX);
      if (random.below(3) < (growing ? 2u : 1u)) {
        const bool ends = random.one_in(3);
        const int64_t end = ends ? std::min<int64_t>(start + random.below(40), INT_MAX) : 0;
        const int32_t from = random.one_in(3) ? 0 : static_cast<int32_t>(start);
        const int32_t to = static_cast<int32_t>(end);
        if (random.one_in(4) && from >= 0) {
          REQUIRE(ids.alloc_cyclic(from, to) == naive.alloc_cyclic(from, to));
        } else {
          REQUIRE(ids.alloc(from, to) == naive.alloc(from, to));
        }
      } else {
        // Mostly an id in use, sometimes any.
        auto it = naive.used().lower_bound(start);
        if (it == naive.used().end()) it = naive.used().begin();
        const int64_t id = it == naive.used().end() || random.one_in(8) ? start : *it;
        REQUIRE(ids.free_id(static_cast<int32_t>(id)) == naive.free_id(id));
      }
      if (step % 64 == 0) require_same(ids, naive);
    }
    require_same(ids, naive);
    while (!naive.used().empty()) {
      const int64_t id = *naive.used().begin();
      naive.free_id(id);
      REQUIRE(ids.free_id(static_cast<int32_t>(id)));
    }
    require_same(ids, naive);
    CHECK(ids.nodes() == 0);
  }
}

TEST_CASE("dense ids over several leaves are freed at random and come back lowest first") {
  Random random;
  IdAllocator ids;
  constexpr int32_t kCount = 300'000;  // needs a root above two middle nodes
  for (int32_t want = 0; want < kCount; ++want) REQUIRE(ids.alloc() == want);
  CHECK(broken(ids) == "");
  std::set<int32_t> freed;
  while (freed.size() < 5000) {
    const int32_t id = static_cast<int32_t>(random.below(kCount));
    REQUIRE(ids.free_id(id) == freed.insert(id).second);
  }
  CHECK(broken(ids) == "");
  for (const int32_t id : freed) REQUIRE(ids.alloc() == id);
  CHECK(ids.alloc() == kCount);
  CHECK(broken(ids) == "");
}

TEST_CASE("the errors are the kernel's") {
  IdAllocator ids;
  CHECK(ids.alloc(-1) == -EINVAL);
  CHECK(ids.alloc_cyclic(-1) == -EINVAL);
  CHECK(ids.alloc(5, 5) == -ENOSPC);
  CHECK(ids.alloc(5, 4) == -ENOSPC);
  CHECK(ids.alloc(5, 6) == 5);
  CHECK(ids.alloc(5, 6) == -ENOSPC);
  CHECK(ids.alloc(5, -1) == 6);
  CHECK(ids.alloc(INT_MAX) == INT_MAX);
  CHECK(ids.alloc(INT_MAX) == -ENOSPC);
  CHECK(ids.alloc(INT_MAX - 1) == INT_MAX - 1);
  CHECK(ids.alloc(INT_MAX - 1) == -ENOSPC);
  CHECK(ids.alloc(0, INT_MAX) == 0);
  CHECK(ids.live() == 5);
  CHECK(broken(ids) == "");
}

TEST_CASE("freeing an id that is not allocated says so and changes nothing") {
  IdAllocator ids;
  CHECK_FALSE(ids.free_id(0));
  CHECK(ids.alloc() == 0);
  for (const int32_t id : {-1, INT_MIN, 1, 64, 4096, 1 << 18, INT_MAX}) {
    CHECK_FALSE(ids.free_id(id));
    CHECK_FALSE(ids.is_allocated(id));
  }
  CHECK(ids.free_id(0));
  CHECK_FALSE(ids.free_id(0));
  CHECK(ids.empty());
}

TEST_CASE("a cyclic search goes on behind the last id and wraps to start") {
  IdAllocator ids;
  for (const int32_t want : {2, 3, 4}) CHECK(ids.alloc_cyclic(2, 5) == want);
  CHECK(ids.alloc_cyclic(2, 5) == -ENOSPC);
  ids.free_id(3);
  CHECK(ids.alloc_cyclic(2, 5) == 3);
  ids.free_id(2);
  ids.free_id(4);
  CHECK(ids.alloc_cyclic(2, 5) == 4);
  CHECK(ids.alloc_cyclic(2, 5) == 2);
  CHECK(ids.alloc() == 0);

  IdAllocator high;
  CHECK(high.alloc_cyclic(INT_MAX) == INT_MAX);
  CHECK(high.alloc_cyclic(7) == 7);
}

TEST_CASE("an allocator out of nodes answers ENOMEM and still frees and reuses") {
  IdAllocator ids;
  ids.set_node_limit(0);
  CHECK(ids.alloc() == -ENOMEM);
  ids.set_node_limit(1);
  for (int32_t want = 0; want < 4096; ++want) REQUIRE(ids.alloc() == want);
  CHECK(ids.alloc() == -ENOMEM);
  CHECK(ids.alloc(INT_MAX) == -ENOMEM);
  CHECK(ids.alloc_cyclic() == -ENOMEM);
  CHECK(ids.alloc(0, 4096) == -ENOSPC);
  CHECK(ids.nodes() == 1);
  CHECK(broken(ids) == "");
  CHECK(ids.free_id(17));
  CHECK(ids.alloc() == 17);
  ids.set_node_limit(3);
  CHECK(ids.alloc() == 4096);
  CHECK(ids.alloc(8192) == -ENOMEM);
  CHECK(broken(ids) == "");
}

TEST_CASE("memory follows what is in use, not the greatest id") {
  IdAllocator ids;
  CHECK(ids.alloc(INT_MAX) == INT_MAX);
  CHECK(ids.nodes() == 5);
  CHECK(ids.next_allocated(0) == INT_MAX);
  CHECK(ids.alloc() == 0);
  CHECK(ids.nodes() == 9);
  CHECK(ids.bytes() < 16 * 1024);
  CHECK(ids.free_id(INT_MAX));
  CHECK(ids.nodes() == 1);
  CHECK(ids.is_allocated(0));
  CHECK(broken(ids) == "");
  ids.reset();
  CHECK(ids.bytes() == 0);
  CHECK(ids.alloc() == 0);
}

}  // namespace
}  // namespace memtrack
