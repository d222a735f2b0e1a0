// The check of every invariant that id_allocator.h numbers.
#include <bit>

#include "core/id_allocator.h"
#include "core/id_bits.h"

namespace memtrack {

using namespace id_bits;

const char* IdAllocator::check() const {
  size_t nodes = 0;
  size_t live = 0;
  if (root_ != nullptr) {
    if (root_->used == 0) return "the root is empty";
    if (height_ > 0 && root_->used == 1) return "the tree is higher than needed";
    const char* broken = check_node(root_, height_, &nodes, &live);
    if (broken != nullptr) return broken;
  }
  if (nodes != nodes_) return "nodes() is not the number of nodes";
  if (live != live_) return "live() is not the number of allocated ids";
  if (spare_count_ > kMaxSpare) return "too many spare nodes";
  return nullptr;
}

const char* IdAllocator::check_node(const Node* node, uint32_t level, size_t* nodes, size_t* live) {
  ++*nodes;
  const uint64_t unusable_parts = unusable(level);
  for (uint32_t part = 0; part < 64; ++part) {
    const bool used = (node->used & bit(part)) != 0;
    bool has_used = false;
    bool is_full = (unusable_parts & bit(part)) != 0;
    if (level == 0) {
      has_used = node->words[part] != 0;
      is_full = node->words[part] == kAll;
      *live += static_cast<size_t>(std::popcount(node->words[part]));
    } else if (used) {
      has_used = node->child[part]->used != 0;
      is_full = node->child[part]->full == kAll;
      const char* broken = check_node(node->child[part], level - 1, nodes, live);
      if (broken != nullptr) return broken;
    }
    if (used != has_used) return "a used bit is wrong";
    if (((node->full & bit(part)) != 0) != is_full) return "a full bit is wrong";
  }
  return nullptr;
}

}  // namespace memtrack
