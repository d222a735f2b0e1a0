#include "core/id_allocator.h"

#include <array>
#include <bit>
#include <cassert>
#include <cerrno>
#include <climits>
#include <new>

#include "core/id_bits.h"

namespace memtrack {

using namespace id_bits;

IdAllocator::~IdAllocator() { reset(); }

int32_t IdAllocator::alloc(int32_t start, int32_t end) {
  if (start == 0 && end <= 0 && root_ != nullptr) {
    switch (height_) {
      case 0:
        return alloc_lowest<0>();
      case 1:
        return alloc_lowest<1>();
      case 2:
        return alloc_lowest<2>();
      case 3:
        return alloc_lowest<3>();
      default:
        return alloc_lowest<kMaxHeight>();
    }
  }
  if (start < 0) return -EINVAL;
  return alloc_between(static_cast<uint64_t>(start), end <= 0 ? kIds : static_cast<uint64_t>(end));
}

int32_t IdAllocator::alloc_cyclic(int32_t start, int32_t end) {
  if (start < 0) return -EINVAL;
  const uint64_t first = static_cast<uint64_t>(start);
  const uint64_t limit = end <= 0 ? kIds : static_cast<uint64_t>(end);
  // Past INT_MAX the search starts over, as in idr_alloc_cyclic.
  const uint64_t from = cyclic_ < first || cyclic_ >= kIds ? first : cyclic_;
  int32_t id = alloc_between(from, limit);
  if (id == -ENOSPC && from > first) id = alloc_between(first, limit);
  if (id >= 0) cyclic_ = static_cast<uint32_t>(id) + 1;
  return id;
}

// The usual call, without limits to look at and with every shift a constant: a node is entered only
// if it has a free id, so one scan per level finds the way. What is rare is left to others, so that
// this one needs no stack.
template <uint32_t height>
int32_t IdAllocator::alloc_lowest() {
  if (root_->full != kAll) {
    const int64_t id = take_lowest<height>(root_);
    if (id >= 0) {
      ++live_;
      return static_cast<int32_t>(id);
    }
  }
  return alloc_between(0, kIds);
}

// REQUIRES: not all of the node is full. -1, and nothing changed: a node is missing on the way.
template <uint32_t level>
[[gnu::always_inline]] inline int64_t IdAllocator::take_lowest(Node* node) {
  const uint64_t part = lowest(~node->full);
  if constexpr (level == 0) {
    const uint64_t word = node->words[part];
    const uint64_t now = word | (word + 1);
    node->words[part] = now;
    if (word == 0) node->used |= bit(part);
    if (now == kAll) node->full |= bit(part);
    return static_cast<int64_t>(part << 6 | lowest(~word));
  } else {
    Node* child = node->child[part];
    if (child == nullptr) return -1;
    const int64_t id = take_lowest<level - 1>(child);
    if (id < 0) return -1;
    if (child->full == kAll) node->full |= bit(part);
    return static_cast<int64_t>(part << part_bits(level)) | id;
  }
}

int32_t IdAllocator::alloc_between(uint64_t from, uint64_t end) {
  Path path;
  const uint64_t id = find_free(from, path);
  if (id >= end) return -ENOSPC;
  if (!path.complete) {
    if (!populate(id)) return -ENOMEM;
    find_free(id, path);
  }
  assert(path.complete);
  mark(id, path);
  return static_cast<int32_t>(id);
}

// The lowest free id >= from, which may be past every limit; path leads to it.
uint64_t IdAllocator::find_free(uint64_t from, Path& path) const {
  uint64_t id = from;  // all from `from` up to here are taken
  path.complete = false;
  while (root_ != nullptr && !beyond(id, height_)) {
    Node* node = root_;
    uint32_t level = height_;
    uint32_t full_bits = 0;  // id's neighbourhood of this size has nothing free behind id
    while (full_bits == 0) {
      uint64_t part = part_of(id, level);
      const uint64_t open = ~node->full & from_bit(part);
      if (open == 0) {
        full_bits = node_bits(level);
        break;
      }
      if (lowest(open) != part) {
        part = lowest(open);
        id = part_start(id, level, part);
      }
      path.node[level] = node;
      path.part[level] = part;
      if (level == 0) {
        const uint64_t free = ~node->words[part] & from_bit(id);
        if (free != 0) {
          path.complete = true;
          return (id & ~uint64_t{63}) | lowest(free);
        }
        full_bits = part_bits(0);
        break;
      }
      if ((node->used & bit(part)) == 0) return id;
      node = node->child[part];
      --level;
    }
    id = behind(id, full_bits);
  }
  return id;
}

void IdAllocator::mark(uint64_t id, const Path& path) {
  Node* leaf = path.node[0];
  uint64_t& word = leaf->words[path.part[0]];
  word |= bit(id);
  leaf->used |= bit(path.part[0]);
  ++live_;
  if (word != kAll) return;
  leaf->full |= bit(path.part[0]);
  for (uint32_t level = 0; level < height_ && path.node[level]->full == kAll; ++level) {
    path.node[level + 1]->full |= bit(path.part[level + 1]);
  }
}

bool IdAllocator::free_id(int32_t id) {
  const uint64_t wanted = static_cast<uint64_t>(id);
  if (id < 0 || root_ == nullptr) return false;
  switch (height_) {
    case 0:
      return free_below<0>(wanted);
    case 1:
      return free_below<1>(wanted);
    case 2:
      return free_below<2>(wanted);
    case 3:
      return free_below<3>(wanted);
    default:
      return free_below<kMaxHeight>(wanted);
  }
}

template <uint32_t height>
bool IdAllocator::free_below(uint64_t id) {
  if (beyond(id, height)) return false;
  const Freed freed = take_back<height>(root_, id);
  if (freed == kUnknown) return false;
  --live_;
  return freed == kFreed || prune(id);
}

template <uint32_t level>
[[gnu::always_inline]] inline IdAllocator::Freed IdAllocator::take_back(Node* node, uint64_t id) {
  const uint32_t part = part_of(id, level);
  Freed freed = kFreed;
  if constexpr (level == 0) {
    const uint64_t word = node->words[part];
    if ((word & bit(id)) == 0) return kUnknown;
    node->words[part] = word & ~bit(id);
    if (word == bit(id)) freed = kEmptied;
  } else {
    if (node->child[part] == nullptr) return kUnknown;
    freed = take_back<level - 1>(node->child[part], id);
    if (freed == kUnknown) return kUnknown;
  }
  node->full &= ~bit(part);  // whether it was set or not
  return freed;
}

// The word of id has become empty: restores invariants (2) to (4) on the way to it. True.
bool IdAllocator::prune(uint64_t id) {
  std::array<Node*, kMaxHeight + 1> path;
  path[height_] = root_;
  for (uint32_t level = height_; level != 0; --level) {
    path[level - 1] = path[level]->child[part_of(id, level)];
  }
  path[0]->used &= ~bit(part_of(id, 0));
  for (uint32_t level = 0; level < height_ && path[level]->used == 0; ++level) {
    release(path[level]);
    path[level + 1]->child[part_of(id, level + 1)] = nullptr;
    path[level + 1]->used &= ~bit(part_of(id, level + 1));
  }
  if (root_->used == 0) {
    release(root_);
    root_ = nullptr;
    height_ = 0;
    return true;
  }
  for (; height_ > 0 && root_->used == 1; --height_) {
    Node* child = root_->child[0];
    release(root_);
    root_ = child;
  }
  return true;
}

bool IdAllocator::is_allocated(int32_t id) const {
  if (id < 0 || root_ == nullptr || beyond(static_cast<uint64_t>(id), height_)) return false;
  const uint64_t wanted = static_cast<uint64_t>(id);
  const Node* node = root_;
  for (uint32_t level = height_; level != 0; --level) {
    if ((node->used & bit(part_of(wanted, level))) == 0) return false;
    node = node->child[part_of(wanted, level)];
  }
  return (node->words[part_of(wanted, 0)] & bit(wanted)) != 0;
}

int32_t IdAllocator::next_allocated(int32_t from) const {
  uint64_t id = from < 0 ? 0 : static_cast<uint64_t>(from);
  while (root_ != nullptr && !beyond(id, height_)) {
    const Node* node = root_;
    uint32_t level = height_;
    uint32_t empty_bits = 0;  // id's neighbourhood of this size has nothing in use behind id
    while (empty_bits == 0) {
      const uint32_t part = part_of(id, level);
      const uint64_t used = node->used & from_bit(part);
      if (used == 0) {
        empty_bits = node_bits(level);
        break;
      }
      if (lowest(used) != part) id = part_start(id, level, lowest(used));
      if (level == 0) {
        const uint64_t set = node->words[lowest(used)] & from_bit(id);
        if (set != 0) return static_cast<int32_t>((id & ~uint64_t{63}) | lowest(set));
        empty_bits = part_bits(0);
        break;
      }
      node = node->child[lowest(used)];
      --level;
    }
    id = behind(id, empty_bits);
  }
  return -1;
}

// Makes the nodes on the way to id, or none of them.
bool IdAllocator::populate(uint64_t id) {
  uint32_t height = root_ == nullptr ? 0 : height_;
  while (beyond(id, height)) ++height;
  if (root_ == nullptr) {
    if (!reserve(height + 1)) return false;
    root_ = take_node();
    root_->full = unusable(height);
    height_ = height;
  } else if (height > height_) {
    // Roots above the old one, then id's own way down from the new root.
    if (!reserve((height - height_) + height)) return false;
    for (; height_ < height; ++height_) {
      Node* above = take_node();
      above->child[0] = root_;
      above->used = 1;
      above->full = unusable(height_ + 1) | (root_->full == kAll ? 1 : 0);
      root_ = above;
    }
  } else {
    uint32_t level = height_;
    for (const Node* node = root_; (node->used & bit(part_of(id, level))) != 0; --level) {
      node = node->child[part_of(id, level)];
    }
    if (!reserve(level)) return false;
  }
  Node* node = root_;
  for (uint32_t level = height_; level != 0; --level) {
    const uint32_t part = part_of(id, level);
    if ((node->used & bit(part)) == 0) {
      node->child[part] = take_node();
      node->used |= bit(part);
    }
    node = node->child[part];
  }
  return true;
}

// After true, take_node() cannot fail `needed` times.
bool IdAllocator::reserve(size_t needed) {
  if (needed > node_limit_ || nodes_ > node_limit_ - needed) return false;
  while (spare_count_ < needed) {
    Node* node = new (std::nothrow) Node;
    if (node == nullptr) return false;
    node->child[0] = spares_;
    spares_ = node;
    ++spare_count_;
  }
  return true;
}

IdAllocator::Node* IdAllocator::take_node() {
  Node* node = spares_;
  spares_ = node->child[0];
  --spare_count_;
  ++nodes_;
  *node = Node{0, 0, {{}}};
  return node;
}

void IdAllocator::release(Node* node) {
  --nodes_;
  if (spare_count_ == kMaxSpare) {
    delete node;
    return;
  }
  node->child[0] = spares_;
  spares_ = node;
  ++spare_count_;
}

size_t IdAllocator::bytes() const { return (nodes_ + spare_count_) * sizeof(Node); }

void IdAllocator::reset() {
  if (root_ != nullptr) free_tree(root_, height_);
  while (spares_ != nullptr) {
    Node* node = spares_;
    spares_ = node->child[0];
    delete node;
  }
  spare_count_ = 0;
  root_ = nullptr;
  height_ = 0;
  cyclic_ = 0;
  live_ = 0;
  nodes_ = 0;
}

void IdAllocator::free_tree(Node* node, uint32_t level) {
  if (level != 0) {
    for (uint64_t rest = node->used; rest != 0; rest &= rest - 1) {
      free_tree(node->child[lowest(rest)], level - 1);
    }
  }
  delete node;
}

}  // namespace memtrack
