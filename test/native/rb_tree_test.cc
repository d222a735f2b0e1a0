#include "core/rb_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

struct Pool {
  struct Entry {
    RbNode links;
    uint32_t key;
  };
  std::vector<Entry> entries;
  int rotations = 0;

  RbNode& node(uint32_t i) { return entries[i].links; }
  uint32_t key(uint32_t i) const { return entries[i].key; }
  void rotated() { ++rotations; }
  uint32_t add(uint32_t key) {
    entries.push_back({{}, key});
    return static_cast<uint32_t>(entries.size() - 1);
  }
};

// "" or the broken invariant: shows up in the failure message.
std::string broken(const RbTree<Pool>& tree, Pool& pool) {
  const char* what = tree.check(pool);
  return what == nullptr ? "" : what;
}

void require_same(const RbTree<Pool>& tree, Pool& pool, const std::map<uint32_t, uint32_t>& want) {
  REQUIRE(tree.size() == want.size());
  REQUIRE(tree.empty() == want.empty());
  uint32_t i = tree.first(pool);
  for (const auto& [key, index] : want) {
    REQUIRE(i == index);
    REQUIRE(tree.find(pool, key) == index);
    i = RbTree<Pool>::next(pool, i);
  }
  REQUIRE(i == kNilNode);
  i = tree.last(pool);
  for (auto it = want.rbegin(); it != want.rend(); ++it) {
    REQUIRE(i == it->second);
    i = RbTree<Pool>::prev(pool, i);
  }
  REQUIRE(i == kNilNode);
}

TEST_CASE("a red-black tree holds what std::map holds after every insert and erase") {
  Random random;
  for (const uint32_t keys : {4u, 30u, 300u, 3000u}) {
    Pool pool;
    RbTree<Pool> tree;
    std::map<uint32_t, uint32_t> want;
    for (int step = 0; step < 3000; ++step) {
      // The lowest keys and the highest: bounds are where a comparison goes wrong.
      uint32_t key = static_cast<uint32_t>(random.below(keys));
      if (key >= keys / 2) key = 0xffffffffu - key;
      const auto found = want.find(key);
      pool.rotations = 0;
      if (found == want.end()) {
        REQUIRE(tree.find(pool, key) == kNilNode);
        const uint32_t i = pool.add(key);
        REQUIRE(tree.insert(pool, i) == kNilNode);
        REQUIRE(pool.rotations <= 2);
        want.emplace(key, i);
      } else if (random.one_in(4)) {
        REQUIRE(tree.insert(pool, pool.add(key)) == found->second);
        REQUIRE(pool.rotations == 0);
      } else {
        tree.erase(pool, found->second);
        REQUIRE(pool.rotations <= 3);
        want.erase(found);
      }
      REQUIRE(broken(tree, pool) == "");
      if (step % 16 == 0) require_same(tree, pool, want);
    }
    require_same(tree, pool, want);
  }
}

TEST_CASE("ascending, descending and inward insertion, then erasing from either end") {
  for (const int pattern : {0, 1, 2}) {
    Pool pool;
    RbTree<Pool> tree;
    for (uint32_t n = 0; n < 500; ++n) {
      const uint32_t inward = n % 2 == 0 ? n : 1000 - n;
      tree.insert(pool, pool.add(pattern == 0 ? n : pattern == 1 ? 1000 - n : inward));
      REQUIRE(broken(tree, pool) == "");
    }
    while (!tree.empty()) {
      tree.erase(pool, tree.size() % 3 == 0 ? tree.last(pool) : tree.first(pool));
      REQUIRE(broken(tree, pool) == "");
    }
  }
}

TEST_CASE("a tree built from sorted nodes is valid at every size and can be changed") {
  Random random;
  for (uint32_t n = 0; n <= 300; ++n) {
    Pool pool;
    RbTree<Pool> tree;
    std::map<uint32_t, uint32_t> want;
    std::vector<uint32_t> indices(n);
    for (uint32_t k = 0; k < n; ++k) {
      indices[k] = pool.add(k * 2);
      want.emplace(k * 2, indices[k]);
    }
    tree.build_sorted(pool, indices);
    REQUIRE(broken(tree, pool) == "");
    require_same(tree, pool, want);
    for (int step = 0; step < 8; ++step) {
      const uint32_t key = static_cast<uint32_t>(random.below(2 * n + 2));
      if (const auto found = want.find(key); found != want.end()) {
        tree.erase(pool, found->second);
        want.erase(found);
      } else {
        const uint32_t i = pool.add(key);
        REQUIRE(tree.insert(pool, i) == kNilNode);
        want.emplace(key, i);
      }
      REQUIRE(broken(tree, pool) == "");
    }
    require_same(tree, pool, want);
  }
}

TEST_CASE("teardown frees every node once, and a node may be overwritten as it is freed") {
  Random random;
  for (const uint32_t n : {0u, 1u, 2u, 3u, 100u, 5000u}) {
    Pool pool;
    RbTree<Pool> tree;
    for (uint32_t k = 0; k < n; ++k) {
      tree.insert(pool, pool.add(static_cast<uint32_t>(random.below(1u << 31))));
    }
    const size_t linked = tree.size();
    std::vector<uint32_t> freed;
    tree.teardown(pool, [&](uint32_t i) {
      freed.push_back(i);
      pool.node(i) = {0, 0, 0};
    });
    CHECK(freed.size() == linked);
    std::sort(freed.begin(), freed.end());
    CHECK(std::adjacent_find(freed.begin(), freed.end()) == freed.end());
    CHECK(tree.empty());
    CHECK(tree.size() == 0);
    CHECK(broken(tree, pool) == "");
  }
}

TEST_CASE("check names the invariant that is broken") {
  Pool pool;
  RbTree<Pool> tree;
  for (uint32_t k = 0; k < 10; ++k) tree.insert(pool, pool.add(k));
  REQUIRE(broken(tree, pool) == "");
  const std::vector<Pool::Entry> sound = pool.entries;
  const uint32_t root = tree.root();
  const uint32_t first = tree.first(pool);
  const uint32_t last = tree.last(pool);

  pool.node(root).parent_color &= ~1u;
  CHECK(broken(tree, pool) == "the root is red");

  pool.entries = sound;
  pool.entries[first].key = 100;
  CHECK(broken(tree, pool) == "keys are out of order");

  pool.entries = sound;
  pool.node(first).parent_color ^= 1u;
  CHECK(broken(tree, pool) == "black heights differ");

  pool.entries = sound;  // the greatest node is red here, as the last one inserted in order
  REQUIRE((pool.node(last).parent_color & 1u) == 0);
  pool.node(pool.node(last).parent_color >> 1).parent_color &= ~1u;
  CHECK(broken(tree, pool) == "a red node has a red child");

  pool.entries = sound;
  pool.node(first).parent_color ^= 4u;
  CHECK(broken(tree, pool) == "a parent link names another node");

  pool.entries = sound;
  pool.node(last).right = root;
  CHECK(broken(tree, pool) == "more nodes than size()");

  pool.entries = sound;
  pool.node(pool.node(last).parent_color >> 1).right = kNilNode;
  CHECK(broken(tree, pool) == "fewer nodes than size()");
}

}  // namespace
}  // namespace memtrack
