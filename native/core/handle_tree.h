// HandleTree: the buffers one holder refers to, with counts, in order of buffer id.
//
// Membership and counts live in a hash (HandleTable); the red-black tree is the ordered index. By default handles are
// linked into it when order is first asked for (`link`): what comes and goes between two reads never touches the tree.
// A journal of changed ids, kept only once the tree was linked, lets a read after few changes relink just those.
// With eager linking the tree follows every change, as the kernel's does.
//
// Thread safety: writers and `link` need the owner's lock exclusively, readers shared.
//
// Invariants: (1) linked and an empty journal: the tree has exactly the table's ids; (2) a node's key is a buffer id;
// (3) eager: (1) always holds.
#ifndef MEMTRACK_CORE_HANDLE_TREE_H_
#define MEMTRACK_CORE_HANDLE_TREE_H_

#include <cstdint>
#include <vector>

#include "core/handle_table.h"
#include "core/rb_tree.h"

namespace memtrack {

class HandleTree {
 public:
  // What the ordered index consists of: a node per linked handle, in one array of its own.
  struct Node {
    RbNode rb;
    uint32_t id;
  };
  struct Nodes {
    std::vector<Node> nodes;
    RbNode& node(uint32_t i) { return nodes[i].rb; }
    uint32_t key(uint32_t i) const { return nodes[i].id; }
  };

  void set_eager(bool eager) { eager_ = eager; }

  // How many references to `id`; 0: none.
  uint32_t count(uint32_t id) const {
    const uint32_t* count = table_.find(id);
    return count == nullptr ? 0 : *count;
  }

  enum class Got { kFirst, kMore, kSaturated };
  enum class Dropped { kAbsent, kMore, kLast };

  // A count that has reached this stays there for ever, as refcount_t's does.
  static constexpr uint32_t kMaxCount = 0x7fffffff;

  // One more reference to `id`.
  Got get(uint32_t id) {
    uint32_t* count = table_.add(id);
    if (*count != 0) {
      if (*count == kMaxCount) [[unlikely]]
        return Got::kSaturated;
      ++*count;
      return *count == kMaxCount ? Got::kSaturated : Got::kMore;
    }
    *count = 1;
    if (linked_ || eager_) changed(id);
    return Got::kFirst;
  }

  // One reference to `id` less.
  Dropped put(uint32_t id) {
    uint32_t* count = table_.find(id);
    if (count == nullptr) [[unlikely]]
      return Dropped::kAbsent;
    if (*count > 1) {
      if (*count != kMaxCount) --*count;
      return Dropped::kMore;
    }
    table_.drop(count);
    if (linked_ || eager_) changed(id);
    return Dropped::kLast;
  }

  // Makes order available: afterwards for_each_in_order sees every handle.
  void link();
  bool needs_link() const { return !linked_ || !journal_.empty(); }

  // Calls f(id), ascending, and ahead(id) some handles earlier: to prefetch. REQUIRES: !needs_link().
  template <class F, class P>
  void for_each_in_order(F&& f, P&& ahead) const {
    auto& nodes = const_cast<Nodes&>(nodes_);
    if (packed_) {
      // As rebuild left them, the nodes stand in order: no need to climb from one to the next.
      constexpr size_t kAhead = 12;
      const size_t n = nodes.nodes.size();
      for (size_t i = 0; i < n; i++) {
        if (i + kAhead < n) ahead(nodes.nodes[i + kAhead].id);
        f(nodes.nodes[i].id);
      }
      return;
    }
    for (uint32_t i = tree_.first(nodes); i != kNilNode; i = RbTree<Nodes>::next(nodes, i)) {
      f(nodes.nodes[i].id);
    }
  }
  template <class F>
  void for_each_in_order(F&& f) const {
    for_each_in_order(f, [](uint32_t) {});
  }

  // In no order; see HandleTable.
  template <class F>
  void for_each(F&& f) const {
    table_.for_each(f);
  }
  template <class L, class F>
  void for_each_located(L&& locate, F&& f) const {
    table_.for_each_located(locate, f);
  }

  // Becomes a copy of `other`'s handles. REQUIRES: empty.
  void copy_from(const HandleTree& other);

  // Teardown: forgets every handle in one pass, without rebalancing.
  void clear();

  void prefetch(uint32_t id) const { table_.prefetch(id); }
  uint32_t size() const { return table_.size(); }
  bool empty() const { return table_.empty(); }
  size_t bytes() const;

  // null, or which invariant is broken.
  const char* check() const;

 private:
  void changed(uint32_t id);
  void relink(uint32_t id);
  void rebuild();
  void unlink_all();

  HandleTable table_;
  bool eager_ = false;
  bool linked_ = false;
  bool packed_ = false;  // node i is the i-th in order
  RbTree<Nodes> tree_;
  Nodes nodes_;
  std::vector<uint32_t> free_;     // nodes not in the tree
  std::vector<uint32_t> journal_;  // ids changed since the tree was last in step
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HANDLE_TREE_H_
