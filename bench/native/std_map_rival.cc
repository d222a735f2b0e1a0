// Rival: a std::map from id to handle per leader, hashes from keys, no locks.
#include <cstdint>
#include <map>
#include <unordered_map>

#include "drive.h"
#include "id_heap.h"

namespace memtrack::bench {
namespace {

struct Buffer {
  int id;
  int holders;
  uint64_t size;
};

struct Handle {
  Buffer* buffer;
  int count;
};

struct Leader {
  int pid;
  std::map<int, Handle> handles;
};

class StdMapRival {
 public:
  void Execute(const Record& record) {
    switch (static_cast<Op>(record.op)) {
      case Op::kInstall:
        Install(leaders_[record.task], &buffers_[record.buffer]);
        break;
      case Op::kUninstall:
        Uninstall(leaders_[record.task], &buffers_[record.buffer]);
        break;
      case Op::kInit:
        buffers_[record.buffer] = {ids_.Allocate(), 0, record.size};
        break;
      case Op::kRemove:
        Remove(record.buffer);
        break;
      case Op::kSpawn:
        leaders_[record.task].pid = static_cast<int>(record.aux);
        break;
      case Op::kFork:
        Fork(record);
        break;
      case Op::kExit:
        Exit(record.task);
        break;
      default:
        break;
    }
  }

  void Show(uint32_t task, Text& text) {
    const auto found = leaders_.find(task);
    if (found == leaders_.end() || found->second.handles.empty()) return;
    text.Header(found->second.pid);
    for (const auto& [id, handle] : found->second.handles) {
      text.Row(handle.buffer->holders, id, handle.buffer->size);
    }
  }

 private:
  static void Install(Leader& leader, Buffer* buffer) {
    const auto [at, added] = leader.handles.try_emplace(buffer->id, Handle{buffer, 0});
    at->second.count++;
    if (added) buffer->holders++;
  }

  static void Uninstall(Leader& leader, Buffer* buffer) {
    const auto at = leader.handles.find(buffer->id);
    if (--at->second.count > 0) return;
    leader.handles.erase(at);
    buffer->holders--;
  }

  void Remove(uint32_t key) {
    const auto at = buffers_.find(key);
    if (at->second.holders > 0) return;
    ids_.Release(at->second.id);
    buffers_.erase(at);
  }

  void Fork(const Record& record) {
    const Leader& parent = leaders_[record.task];
    const auto& [at, added] =
        leaders_.try_emplace(record.aux, Leader{static_cast<int>(record.size), parent.handles});
    for (const auto& [id, handle] : at->second.handles) handle.buffer->holders++;
  }

  void Exit(uint32_t task) {
    const auto at = leaders_.find(task);
    for (const auto& [id, handle] : at->second.handles) handle.buffer->holders--;
    leaders_.erase(at);
  }

  std::unordered_map<uint32_t, Leader> leaders_;
  std::unordered_map<uint32_t, Buffer> buffers_;
  IdHeap ids_;
};

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) {
  return memtrack::bench::Drive<memtrack::bench::StdMapRival>(argc, argv);
}
