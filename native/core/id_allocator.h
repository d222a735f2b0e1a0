// IdAllocator: hands out the lowest free id, as the kernel's ida and idr do.
//
// A 64-way tree of bitmaps whose leaves cover 4096 ids each. Every node has a word that says which
// of its 64 parts are full and one that says which have anything in use, so the lowest free id and
// the next used one are found with one bit scan per level. Nodes exist only where ids are in use,
// and the tree is only as high as the greatest id asks for: a lone id near INT_MAX costs five nodes
// of 528 bytes, a million ids from 0 cost 250.
//
// Invariants:
//   (1) a bit of a leaf's word is set iff that id is allocated; live() counts them;
//   (2) bit p of `full` is set iff part p has no free id (parts past INT_MAX have none), bit p of
//       `used` iff it has an allocated one;
//   (3) a child exists iff its `used` bit is set; the root exists iff live() > 0;
//   (4) a root of which only part 0 is in use is a leaf: the tree is no higher than needed;
//   (5) nodes() <= the node limit, unless that was lowered below what was in use then.
//
// Thread safety: none of its own; calls that change it need the caller's lock exclusively.
//
// Errors are negative errno values: -EINVAL, -ENOSPC, -ENOMEM.
//
//   IdAllocator ids;
//   int32_t id = ids.alloc();  // 0
//   ids.free_id(id);           // true; the next alloc() returns 0 again
#ifndef MEMTRACK_CORE_ID_ALLOCATOR_H_
#define MEMTRACK_CORE_ID_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>

namespace memtrack {

class IdAllocator {
 public:
  IdAllocator() = default;
  ~IdAllocator();
  IdAllocator(const IdAllocator&) = delete;
  IdAllocator& operator=(const IdAllocator&) = delete;

  // Allocates the lowest free id with start <= id < end; end <= 0: up to INT_MAX inclusive
  // (idr_alloc). -EINVAL: start < 0. -ENOSPC: none is free there (also when end <= start). -ENOMEM:
  // no node for it; nothing changed.
  [[nodiscard]] int32_t alloc(int32_t start = 0, int32_t end = 0);

  // The same, but searches first from one past the id this call returned last, and wraps to start
  // when nothing is free up to end (idr_alloc_cyclic).
  [[nodiscard]] int32_t alloc_cyclic(int32_t start = 0, int32_t end = 0);

  // Frees an id, which alloc may return at once. False, and nothing changes, if it was not
  // allocated (where ida_free warns "called for id=%d which is not allocated").
  bool free_id(int32_t id);

  bool is_allocated(int32_t id) const;

  // The lowest allocated id >= from (from < 0: >= 0), or -1: ascending iteration, also while ids
  // are freed and allocated.
  int32_t next_allocated(int32_t from) const;

  size_t live() const { return live_; }
  bool empty() const { return live_ == 0; }

  // Nodes in use, and their limit: an alloc that needs more is -ENOMEM. A limit below nodes() frees
  // nothing. The default is no limit.
  size_t nodes() const { return nodes_; }
  void set_node_limit(size_t limit) { node_limit_ = limit; }

  // Memory held, in bytes.
  size_t bytes() const;

  // Frees every id; the cyclic search starts over. The limit stays.
  void reset();

  // nullptr, or which invariant is broken. O(nodes).
  const char* check() const;

 private:
  struct Node {
    uint64_t full;
    uint64_t used;
    union {
      uint64_t words[64];  // level 0
      Node* child[64];     // levels above
    };
  };
  static constexpr uint32_t kMaxHeight = 4;  // levels 0..4 cover 2^36 ids
  static constexpr size_t kMaxSpare = 8;     // what one populate() can need

  enum Freed : uint8_t { kUnknown, kFreed, kEmptied };  // kEmptied: and its word is 0 now

  // The nodes from the root (at height_) to the leaf (at 0) of an id, and its part in each.
  struct Path {
    Node* node[kMaxHeight + 1];
    uint64_t part[kMaxHeight + 1];
    bool complete;  // else a node is missing on the way
  };

  int32_t alloc_between(uint64_t from, uint64_t end);
  uint64_t find_free(uint64_t from, Path& path) const;
  void mark(uint64_t id, const Path& path);
  template <uint32_t height>
  int32_t alloc_lowest();
  template <uint32_t level>
  static int64_t take_lowest(Node* node);
  template <uint32_t height>
  bool free_below(uint64_t id);
  template <uint32_t level>
  static Freed take_back(Node* node, uint64_t id);
  bool prune(uint64_t id);
  bool populate(uint64_t id);
  bool reserve(size_t needed);
  Node* take_node();
  void release(Node* node);
  void free_tree(Node* node, uint32_t level);
  static const char* check_node(const Node* node, uint32_t level, size_t* nodes, size_t* live);

  Node* root_ = nullptr;
  uint32_t height_ = 0;  // level of the root
  uint32_t cyclic_ = 0;  // where alloc_cyclic searches next; up to 2^31
  size_t live_ = 0;
  size_t nodes_ = 0;
  size_t node_limit_ = SIZE_MAX;
  // Up to kMaxSpare freed nodes, linked by child[0], outside nodes_ and its limit: an id at the
  // edge of a leaf comes and goes without malloc.
  Node* spares_ = nullptr;
  size_t spare_count_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_ID_ALLOCATOR_H_
