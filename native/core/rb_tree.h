// RbTree: an ordered set of nodes that live elsewhere, as a red-black tree on 32-bit indices.
//
// The caller owns the nodes (say, in a Slab) and passes them to every call as `Nodes`, which
// provides
//
//   RbNode& node(uint32_t i);        // the links embedded in node i
//   uint32_t key(uint32_t i) const;  // its key; must not change while the node is linked
//   void rotated();                  // optional: called at each rotation, for tests and statistics
//
// so a link costs 4 bytes instead of 8, and a tree costs 8 bytes plus its nodes. Behaves as the
// kernel's rbtree with unique keys: insert does at most 2 rotations, erase at most 3, next and prev
// are O(1) amortised, erase does not clear the links of the erased node.
//
// Invariants (check() verifies every one):
//   (1) order: every key in a left subtree is smaller, every key in a right subtree is greater;
//   (2) the root is black;
//   (3) a red node has no red child;
//   (4) every path from the root to a missing child passes the same number of black nodes;
//   (5) a child's parent link names its parent, the root's names none;
//   (6) size() nodes are reachable.
//
// Thread safety: none of its own. Readers (find, first, last, next, prev, check) may run together;
// insert, erase, build_sorted and teardown need the caller's lock exclusively.
//
//   RbTree<Handles> tree;
//   if (tree.insert(handles, i) == kNilNode) { /* linked */ }
//   for (uint32_t j = tree.first(handles); j != kNilNode; j = tree.next(handles, j)) { ... }
#ifndef MEMTRACK_CORE_RB_TREE_H_
#define MEMTRACK_CORE_RB_TREE_H_

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace memtrack {

inline constexpr uint32_t kNilNode = 0xffffffffu;

// Indices are < 2^31 - 1: the parent shares its word with the colour.
struct RbNode {
  uint32_t left;
  uint32_t right;
  uint32_t parent_color;  // parent << 1 | colour, 1 = black
};

template <class Nodes>
class RbTree {
 public:
  bool empty() const { return root_ == kNilNode; }
  uint32_t root() const { return root_; }
  size_t size() const { return size_; }

  // The node with this key, or kNilNode.
  uint32_t find(Nodes& nodes, uint32_t key) const {
    uint32_t i = root_;
    while (i != kNilNode) {
      const uint32_t here = nodes.key(i);
      if (key == here) break;
      const RbNode& n = nodes.node(i);
      i = key < here ? n.left : n.right;
    }
    return i;
  }

  // Links node i by its key. Returns kNilNode, or the node that already has this key (then i is not
  // linked). REQUIRES: i is not linked in any tree.
  uint32_t insert(Nodes& nodes, uint32_t i) {
    assert(i < kNoParent);
    const uint32_t key = nodes.key(i);
    uint32_t parent = kNilNode;
    uint32_t* link = &root_;
    while (*link != kNilNode) {
      parent = *link;
      const uint32_t here = nodes.key(parent);
      if (key == here) return parent;
      RbNode& n = nodes.node(parent);
      link = key < here ? &n.left : &n.right;
    }
    *link = i;
    nodes.node(i) = {kNilNode, kNilNode, pack(parent, kRed)};
    ++size_;
    balance_after_insert(nodes, i);
    return kNilNode;
  }

  // Unlinks node i; its own links keep their old values. REQUIRES: i is linked in this tree.
  void erase(Nodes& nodes, uint32_t i) {
    RbNode& gone = nodes.node(i);
    uint32_t child;   // takes the place that lost a node; may be missing
    uint32_t parent;  // of that place
    bool lost_black;
    if (gone.left == kNilNode || gone.right == kNilNode) {
      child = gone.left != kNilNode ? gone.left : gone.right;
      parent = parent_of(gone);
      lost_black = color_of(gone) == kBlack;
      replace_child(nodes, parent, i, child);
      if (child != kNilNode) set_parent(nodes.node(child), parent);
    } else {
      // The successor has no left child: it leaves its place and takes place and colour of `gone`.
      const uint32_t s = leftmost(nodes, gone.right);
      RbNode& successor = nodes.node(s);
      lost_black = color_of(successor) == kBlack;
      child = successor.right;
      if (s == gone.right) {
        parent = s;
      } else {
        parent = parent_of(successor);
        nodes.node(parent).left = child;
        if (child != kNilNode) set_parent(nodes.node(child), parent);
        successor.right = gone.right;
        set_parent(nodes.node(gone.right), s);
      }
      successor.left = gone.left;
      set_parent(nodes.node(gone.left), s);
      successor.parent_color = gone.parent_color;
      replace_child(nodes, parent_of(gone), i, s);
    }
    --size_;
    if (lost_black) balance_after_erase(nodes, child, parent);
  }

  // Smallest and greatest key; kNilNode if empty.
  uint32_t first(Nodes& nodes) const { return empty() ? kNilNode : leftmost(nodes, root_); }
  uint32_t last(Nodes& nodes) const { return empty() ? kNilNode : rightmost(nodes, root_); }

  // The neighbours of i in key order; kNilNode at the ends. REQUIRES: i is linked.
  static uint32_t next(Nodes& nodes, uint32_t i) {
    const uint32_t right = nodes.node(i).right;
    if (right != kNilNode) return leftmost(nodes, right);
    uint32_t parent = parent_of(nodes.node(i));
    while (parent != kNilNode && nodes.node(parent).right == i) {
      i = parent;
      parent = parent_of(nodes.node(i));
    }
    return parent;
  }
  static uint32_t prev(Nodes& nodes, uint32_t i) {
    const uint32_t left = nodes.node(i).left;
    if (left != kNilNode) return rightmost(nodes, left);
    uint32_t parent = parent_of(nodes.node(i));
    while (parent != kNilNode && nodes.node(parent).left == i) {
      i = parent;
      parent = parent_of(nodes.node(i));
    }
    return parent;
  }

  // Makes the tree of exactly these nodes in O(n) without comparing keys; what was linked before is
  // forgotten. REQUIRES: keys strictly ascending; none of the nodes is linked in another tree.
  void build_sorted(Nodes& nodes, std::span<const uint32_t> indices) {
    // Halving fills every level but the deepest; the deepest, if it has gaps, is the red one.
    const size_t full_levels = static_cast<size_t>(std::bit_width(indices.size() + 1)) - 1;
    root_ = build(nodes, indices, kNilNode, full_levels);
    size_ = indices.size();
  }

  // Calls free_node(i) once for every node, in no useful order, then the tree is empty. No
  // rebalancing and no recursion; a node's links are read before it is freed, and later ones are
  // prefetched.
  template <class F>
  void teardown(Nodes& nodes, F&& free_node) {
    std::array<uint32_t, kMaxHeight + 1> pending;  // the right siblings of the path down to here
    size_t count = 0;
    uint32_t i = std::exchange(root_, kNilNode);
    size_ = 0;
    while (i != kNilNode) {
      const RbNode links = nodes.node(i);
      free_node(i);
      if (links.right != kNilNode) {
        __builtin_prefetch(&nodes.node(links.right));
        pending[count++] = links.right;
      }
      i = links.left != kNilNode ? links.left : count != 0 ? pending[--count] : kNilNode;
    }
  }

  // nullptr, or which invariant is broken. O(n); ends even if the links form a cycle.
  const char* check(Nodes& nodes) const {
    if (root_ != kNilNode && color_of(nodes.node(root_)) != kBlack) return "the root is red";
    Walk walk{size_, 0, -1, kKeys};
    const char* broken = check_subtree(nodes, root_, kNilNode, 0, 0, walk);
    if (broken == nullptr && walk.unseen != 0) broken = "fewer nodes than size()";
    return broken;
  }

 private:
  enum Color : uint32_t { kRed = 0, kBlack = 1 };
  static constexpr uint32_t kNoParent = kNilNode >> 1;
  static constexpr size_t kMaxHeight = 64;  // 2 log2(n + 1) for n < 2^31 is 62
  static constexpr int64_t kKeys = int64_t{1} << 32;

  struct Walk {
    size_t unseen;         // nodes that size() promises and we have not met
    int black_height;      // of the first path that ended, 0 until then
    int64_t above, below;  // every key of this subtree lies strictly between
  };

  static uint32_t pack(uint32_t parent, uint32_t color) { return parent << 1 | color; }
  static uint32_t parent_of(const RbNode& n) {
    const uint32_t parent = n.parent_color >> 1;
    return parent == kNoParent ? kNilNode : parent;
  }
  static uint32_t color_of(const RbNode& n) { return n.parent_color & 1; }
  static void set_parent(RbNode& n, uint32_t parent) { n.parent_color = pack(parent, color_of(n)); }
  static void set_color(RbNode& n, uint32_t color) {
    n.parent_color = (n.parent_color & ~1u) | color;
  }
  static bool is_black(Nodes& nodes, uint32_t i) {
    return i == kNilNode || color_of(nodes.node(i)) == kBlack;
  }
  static uint32_t& child_of(RbNode& n, bool right) { return right ? n.right : n.left; }

  static uint32_t leftmost(Nodes& nodes, uint32_t i) {
    for (uint32_t l; (l = nodes.node(i).left) != kNilNode;) i = l;
    return i;
  }
  static uint32_t rightmost(Nodes& nodes, uint32_t i) {
    for (uint32_t r; (r = nodes.node(i).right) != kNilNode;) i = r;
    return i;
  }

  void replace_child(Nodes& nodes, uint32_t parent, uint32_t old, uint32_t now) {
    if (parent == kNilNode) {
      root_ = now;
    } else {
      RbNode& n = nodes.node(parent);
      child_of(n, n.right == old) = now;
    }
  }

  // Node i sinks to the given side, its other child takes its place.
  void rotate(Nodes& nodes, uint32_t i, bool right) {
    RbNode& down = nodes.node(i);
    const uint32_t u = child_of(down, !right);
    RbNode& up = nodes.node(u);
    const uint32_t inner = child_of(up, right);
    child_of(down, !right) = inner;
    if (inner != kNilNode) set_parent(nodes.node(inner), i);
    const uint32_t parent = parent_of(down);
    set_parent(up, parent);
    replace_child(nodes, parent, i, u);
    child_of(up, right) = i;
    set_parent(down, u);
    if constexpr (requires { nodes.rotated(); }) nodes.rotated();
  }

  // Node i is red; only its parent may be red too.
  void balance_after_insert(Nodes& nodes, uint32_t i) {
    for (;;) {
      uint32_t p = parent_of(nodes.node(i));
      if (p == kNilNode) {
        set_color(nodes.node(i), kBlack);
        return;
      }
      if (is_black(nodes, p)) return;
      const uint32_t g = parent_of(nodes.node(p));  // exists: a red node is not the root
      RbNode& grandparent = nodes.node(g);
      const bool right = grandparent.right == p;
      const uint32_t uncle = child_of(grandparent, !right);
      if (!is_black(nodes, uncle)) {
        set_color(nodes.node(p), kBlack);
        set_color(nodes.node(uncle), kBlack);
        set_color(grandparent, kRed);
        i = g;
        continue;
      }
      if (child_of(nodes.node(p), !right) == i) {
        rotate(nodes, p, right);
        p = i;
      }
      set_color(nodes.node(p), kBlack);
      set_color(grandparent, kRed);
      rotate(nodes, g, !right);
      return;
    }
  }

  // Paths through x, a child of p that may be missing, have one black node too few.
  void balance_after_erase(Nodes& nodes, uint32_t x, uint32_t p) {
    while (x != root_ && is_black(nodes, x)) {
      RbNode& parent = nodes.node(p);
      const bool right = parent.right == x;  // if x is missing, its sibling is not
      uint32_t s = child_of(parent, !right);
      if (!is_black(nodes, s)) {
        set_color(nodes.node(s), kBlack);
        set_color(parent, kRed);
        rotate(nodes, p, right);
        s = child_of(parent, !right);
      }
      const uint32_t near = child_of(nodes.node(s), right);
      uint32_t far = child_of(nodes.node(s), !right);
      if (is_black(nodes, near) && is_black(nodes, far)) {
        set_color(nodes.node(s), kRed);
        x = p;
        p = parent_of(parent);
        continue;
      }
      if (is_black(nodes, far)) {
        rotate(nodes, s, !right);
        far = s;
        s = near;
      }
      set_color(nodes.node(s), color_of(parent));
      set_color(parent, kBlack);
      set_color(nodes.node(far), kBlack);
      rotate(nodes, p, right);
      return;
    }
    if (x != kNilNode) set_color(nodes.node(x), kBlack);
  }

  // Recursion is as deep as the tree is high: at most 31.
  static uint32_t build(Nodes& nodes, std::span<const uint32_t> indices, uint32_t parent,
                        size_t black_levels) {
    if (indices.empty()) return kNilNode;
    const size_t middle = indices.size() / 2;
    const uint32_t i = indices[middle];
    assert(i < kNoParent);
    assert(middle == 0 || nodes.key(indices[middle - 1]) < nodes.key(i));
    const size_t below = black_levels == 0 ? 0 : black_levels - 1;
    RbNode& n = nodes.node(i);
    n.parent_color = pack(parent, black_levels == 0 ? kRed : kBlack);
    n.left = build(nodes, indices.first(middle), i, below);
    n.right = build(nodes, indices.subspan(middle + 1), i, below);
    return i;
  }

  static const char* check_subtree(Nodes& nodes, uint32_t i, uint32_t parent, int blacks,
                                   size_t depth, Walk& walk) {
    if (i == kNilNode) {
      if (walk.black_height == 0) walk.black_height = blacks + 1;
      return walk.black_height == blacks + 1 ? nullptr : "black heights differ";
    }
    if (depth > kMaxHeight) return "higher than a red-black tree can be";
    if (walk.unseen == 0) return "more nodes than size()";
    --walk.unseen;
    const RbNode n = nodes.node(i);
    if (parent_of(n) != parent) return "a parent link names another node";
    const bool red = color_of(n) == kRed;
    if (red && !(is_black(nodes, n.left) && is_black(nodes, n.right))) {
      return "a red node has a red child";
    }
    const int64_t key = nodes.key(i);
    if (key <= walk.above || key >= walk.below) return "keys are out of order";
    const int here = blacks + (red ? 0 : 1);
    const int64_t below = std::exchange(walk.below, key);
    const char* broken = check_subtree(nodes, n.left, i, here, depth + 1, walk);
    walk.below = below;
    if (broken != nullptr) return broken;
    const int64_t above = std::exchange(walk.above, key);
    broken = check_subtree(nodes, n.right, i, here, depth + 1, walk);
    walk.above = above;
    return broken;
  }

  uint32_t root_ = kNilNode;
  uint32_t size_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_RB_TREE_H_
