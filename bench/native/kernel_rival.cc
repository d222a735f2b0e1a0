// Rival: the straightforward port of the kernel's algorithm. One allocation per handle, a red-black tree of handles per
// leader ordered by buffer id, a lock taken per call, hashes from the keys to leaders and buffers, fork by installing
// in order, exit by first, next, erase and free.
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "drive.h"
#include "id_heap.h"
#include "linked_tree.h"

namespace memtrack::bench {
namespace {

struct Buffer {
  int id;
  int holders;
  uint64_t size;
};

struct List {
  List* next;
  List* previous;
};

struct Leader;

struct Handle {
  TreeNode node;  // first, so that a node is its handle
  Buffer* buffer;
  Leader* leader;
  List vmas;
  int count;
};

struct Leader {
  int pid = 0;
  std::shared_mutex lock;
  LinkedTree handles;
};

Handle* HandleOf(TreeNode* node) { return reinterpret_cast<Handle*>(node); }

class KernelRival {
 public:
  void Execute(const Record& record) {
    switch (static_cast<Op>(record.op)) {
      case Op::kInstall:
        Install(LeaderOf(record.task), BufferOf(record.buffer), 1);
        break;
      case Op::kUninstall:
        Uninstall(LeaderOf(record.task), BufferOf(record.buffer));
        break;
      case Op::kInit:
        Init(record.buffer, record.size);
        break;
      case Op::kRemove:
        Remove(record.buffer);
        break;
      case Op::kSpawn:
        Spawn(record.task, static_cast<int>(record.aux));
        break;
      case Op::kFork:
        Fork(LeaderOf(record.task), Spawn(record.aux, static_cast<int>(record.size)));
        break;
      case Op::kExit:
        Exit(record.task);
        break;
      default:
        break;
    }
  }

  void Show(uint32_t task, Text& text) {
    Leader& leader = LeaderOf(task);
    std::shared_lock hold(leader.lock);
    TreeNode* node = leader.handles.First();
    if (node == nullptr) return;
    text.Header(leader.pid);
    for (; node != nullptr; node = LinkedTree::Next(node)) {
      const Buffer& buffer = *HandleOf(node)->buffer;
      text.Row(buffer.holders, buffer.id, buffer.size);
    }
  }

 private:
  Leader& LeaderOf(uint32_t key) { return leaders_.find(key)->second; }
  Buffer& BufferOf(uint32_t key) { return buffers_.find(key)->second; }

  Leader& Spawn(uint32_t key, int pid) {
    Leader& leader = leaders_[key];
    leader.pid = pid;
    return leader;
  }

  void Init(uint32_t key, uint64_t size) {
    std::unique_lock hold(ids_lock_);
    buffers_[key] = {ids_.Allocate(), 0, size};
  }

  void Remove(uint32_t key) {
    std::unique_lock hold(ids_lock_);
    const auto at = buffers_.find(key);
    if (at->second.holders > 0) return;
    ids_.Release(at->second.id);
    buffers_.erase(at);
  }

  static void Install(Leader& leader, Buffer& buffer, int count) {
    std::unique_lock hold(leader.lock);
    TreeNode* parent = nullptr;
    int side = 0;
    for (TreeNode* node = leader.handles.root(); node != nullptr; node = node->child[side]) {
      const int id = HandleOf(node)->buffer->id;
      if (id == buffer.id) {
        HandleOf(node)->count += count;
        return;
      }
      parent = node;
      side = buffer.id > id;
    }
    auto* handle = static_cast<Handle*>(std::malloc(sizeof(Handle)));
    handle->buffer = &buffer;
    handle->leader = &leader;
    handle->vmas = {&handle->vmas, &handle->vmas};
    handle->count = count;
    leader.handles.Insert(&handle->node, parent, side);
    buffer.holders++;
  }

  static void Uninstall(Leader& leader, Buffer& buffer) {
    std::unique_lock hold(leader.lock);
    for (TreeNode* node = leader.handles.root(); node != nullptr;) {
      Handle* handle = HandleOf(node);
      const int id = handle->buffer->id;
      if (id == buffer.id) {
        if (--handle->count == 0) Drop(leader, handle);
        return;
      }
      node = node->child[buffer.id > id];
    }
  }

  static void Drop(Leader& leader, Handle* handle) {
    leader.handles.Erase(&handle->node);
    handle->buffer->holders--;
    std::free(handle);
  }

  static void Fork(Leader& parent, Leader& child) {
    std::shared_lock hold(parent.lock);
    TreeNode* node = parent.handles.First();
    for (; node != nullptr; node = LinkedTree::Next(node)) {
      Install(child, *HandleOf(node)->buffer, HandleOf(node)->count);
    }
  }

  void Exit(uint32_t key) {
    const auto at = leaders_.find(key);
    Leader& leader = at->second;
    {
      std::unique_lock hold(leader.lock);
      for (TreeNode* node = leader.handles.First(); node != nullptr;) {
        TreeNode* next = LinkedTree::Next(node);
        Drop(leader, HandleOf(node));
        node = next;
      }
    }
    leaders_.erase(at);
  }

  // Node-based: what they hold never moves, so handles may point at it.
  std::unordered_map<uint32_t, Leader> leaders_;
  std::unordered_map<uint32_t, Buffer> buffers_;
  std::mutex ids_lock_;
  IdHeap ids_;
};

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) {
  return memtrack::bench::Drive<memtrack::bench::KernelRival>(argc, argv);
}
