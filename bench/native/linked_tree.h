// LinkedTree: an intrusive red-black tree of separately allocated nodes, as a kernel has them. The rival's own, so that
// nothing measured against it lends it code. Textbook algorithm (Cormen et al., chapter 13) with null leaves.
#ifndef MEMTRACK_BENCH_LINKED_TREE_H_
#define MEMTRACK_BENCH_LINKED_TREE_H_

namespace memtrack::bench {

struct TreeNode {
  TreeNode* parent;
  TreeNode* child[2];  // left, right
  bool red;
};

class LinkedTree {
 public:
  TreeNode* root() const { return root_; }
  TreeNode* First() const;
  static TreeNode* Next(TreeNode* node);

  // Links a new node below `parent` (null: as root) on `side` and rebalances.
  void Insert(TreeNode* node, TreeNode* parent, int side);
  void Erase(TreeNode* node);

 private:
  static int SideOf(const TreeNode* node) { return node->parent->child[1] == node; }
  static bool IsRed(const TreeNode* node) { return node != nullptr && node->red; }
  void Replace(TreeNode* old, TreeNode* with);
  void Rotate(TreeNode* node, int side);
  void RepairErase(TreeNode* node, TreeNode* parent);

  TreeNode* root_ = nullptr;
};

inline TreeNode* LinkedTree::First() const {
  TreeNode* node = root_;
  while (node != nullptr && node->child[0] != nullptr) node = node->child[0];
  return node;
}

inline TreeNode* LinkedTree::Next(TreeNode* node) {
  if (node->child[1] != nullptr) {
    node = node->child[1];
    while (node->child[0] != nullptr) node = node->child[0];
    return node;
  }
  while (node->parent != nullptr && SideOf(node) == 1) node = node->parent;
  return node->parent;
}

inline void LinkedTree::Replace(TreeNode* old, TreeNode* with) {
  if (old->parent == nullptr) {
    root_ = with;
  } else {
    old->parent->child[SideOf(old)] = with;
  }
  if (with != nullptr) with->parent = old->parent;
}

// Turns `node` down towards `side`; its other child takes its place.
inline void LinkedTree::Rotate(TreeNode* node, int side) {
  TreeNode* up = node->child[1 - side];
  Replace(node, up);
  node->child[1 - side] = up->child[side];
  if (up->child[side] != nullptr) up->child[side]->parent = node;
  up->child[side] = node;
  node->parent = up;
}

inline void LinkedTree::Insert(TreeNode* node, TreeNode* parent, int side) {
  *node = {parent, {nullptr, nullptr}, true};
  if (parent == nullptr) {
    root_ = node;
  } else {
    parent->child[side] = node;
  }
  while (IsRed(node->parent)) {
    parent = node->parent;
    TreeNode* grand = parent->parent;
    const int where = SideOf(parent);
    TreeNode* uncle = grand->child[1 - where];
    if (IsRed(uncle)) {
      parent->red = uncle->red = false;
      grand->red = true;
      node = grand;
      continue;
    }
    if (SideOf(node) != where) {
      Rotate(parent, where);
      parent = node;
    }
    parent->red = false;
    grand->red = true;
    Rotate(grand, 1 - where);
    break;
  }
  root_->red = false;
}

inline void LinkedTree::Erase(TreeNode* node) {
  TreeNode* child;   // what moves up, or null
  TreeNode* parent;  // where it arrives
  bool lost_red = node->red;
  if (node->child[0] == nullptr || node->child[1] == nullptr) {
    child = node->child[node->child[0] == nullptr];
    parent = node->parent;
    Replace(node, child);
  } else {
    TreeNode* next = Next(node);
    lost_red = next->red;
    child = next->child[1];
    parent = next;
    if (next->parent != node) {
      parent = next->parent;
      Replace(next, child);
      next->child[1] = node->child[1];
      next->child[1]->parent = next;
    }
    Replace(node, next);
    next->child[0] = node->child[0];
    next->child[0]->parent = next;
    next->red = node->red;
  }
  if (!lost_red) RepairErase(child, parent);
}

// The paths through `node` (below `parent`) lack one black.
inline void LinkedTree::RepairErase(TreeNode* node, TreeNode* parent) {
  while (parent != nullptr && !IsRed(node)) {
    const int side = parent->child[1] == node;
    TreeNode* sibling = parent->child[1 - side];
    if (sibling->red) {
      sibling->red = false;
      parent->red = true;
      Rotate(parent, side);
      sibling = parent->child[1 - side];
    }
    if (!IsRed(sibling->child[0]) && !IsRed(sibling->child[1])) {
      sibling->red = true;
      node = parent;
      parent = node->parent;
      continue;
    }
    if (!IsRed(sibling->child[1 - side])) {
      sibling->child[side]->red = false;
      sibling->red = true;
      Rotate(sibling, 1 - side);
      sibling = parent->child[1 - side];
    }
    sibling->red = parent->red;
    parent->red = false;
    sibling->child[1 - side]->red = false;
    Rotate(parent, side);
    return;
  }
  if (node != nullptr) node->red = false;
}

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_LINKED_TREE_H_
