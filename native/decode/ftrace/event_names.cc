#include "decode/ftrace/event_names.h"

#include <cstring>

#include "decode/ftrace/system_calls.h"

namespace memtrack::ftrace {
namespace {

struct Known {
  std::string_view name;
  Event event;
};

constexpr Known kKnown[] = {
    {"task_newtask", Event::kTaskNewtask},
    {"sched_process_fork", Event::kFork},
    {"sched_process_exec", Event::kExec},
    {"sched_process_exit", Event::kExit},
    {"sched_process_free", Event::kFree},
    {"task_rename", Event::kRename},
    {"sched_switch", Event::kSwitch},
    {"tracing_mark_write", Event::kMark},
    {"print", Event::kMark},
    {"dma_heap_stat", Event::kDmaHeapStat},
    {"ion_stat", Event::kIonStat},
    {"ion_heap_grow", Event::kIonHeapGrow},
    {"ion_heap_shrink", Event::kIonHeapShrink},
    {"ion_buffer_create", Event::kIonBufferCreate},
    {"ion_buffer_destroy", Event::kIonBufferDestroy},
    {"dmabuf_rss_stat", Event::kDmabufRssStat},
    {"gpu_mem_total", Event::kGpuMemTotal},
    {"fastrpc_dma_stat", Event::kFastrpcStat},
    {"fastrpc_dma_alloc", Event::kFastrpcAlloc},
    {"fastrpc_dma_free", Event::kFastrpcFree},
    {"cma_alloc", Event::kCmaAlloc},
    {"cma_alloc_finish", Event::kCmaAlloc},
    {"cma_release", Event::kCmaRelease},
    {"kgsl_mem_alloc", Event::kKgslAlloc},
    {"kgsl_mem_free", Event::kKgslFree},
    {"i915_gem_object_create", Event::kI915Create},
    {"i915_gem_object_destroy", Event::kI915Destroy},
    {"amdgpu_bo_create", Event::kAmdgpuCreate},
    {"xe_bo_create", Event::kXeCreate},
    {"mali_total_alloc_pages_change", Event::kMaliTotal},
    {"dma_buf_export", Event::kDmaBufExport},
    {"dma_buf_fd", Event::kDmaBufFd},
    {"dma_buf_get", Event::kDmaBufGet},
    {"dma_buf_mmap_internal", Event::kDmaBufMmap},
    {"dma_buf_mmap",
     Event::kOther},  // a driver forwards a mapping; dma_buf_mmap_internal is the task's own
    {"dma_buf_dynamic_attach", Event::kDmaBufAttach},
    {"dma_buf_attach", Event::kDmaBufAttach},
    {"dma_buf_detach", Event::kDmaBufDetach},
    {"dma_buf_put", Event::kDmaBufPut},
    {"binder_transaction", Event::kBinderTransaction},
    {"binder_transaction_received", Event::kBinderReceived},
    {"binder_transaction_fd", Event::kBinderFd},
    {"binder_transaction_fd_send", Event::kBinderFdSend},
    {"binder_transaction_fd_recv", Event::kBinderFdRecv},
    {"sys_enter", Event::kRawEnter},
    {"sys_exit", Event::kRawExit},
};

constexpr size_t kSlots = 4 * EventNames::kMostNames;

// Names of the same length differ at an end nearly always; what does not is compared anyway.
uint64_t hash_of(std::string_view name) {
  uint64_t head = 0, tail = 0;
  if (name.size() >= 8) {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, name.data() + name.size() - 8, 8);
  } else {
    for (const char c : name) head = head << 8 | static_cast<unsigned char>(c);
  }
  uint64_t hash = (head ^ name.size()) * 0x9e3779b97f4a7c15;
  hash ^= hash >> 32;
  hash = (hash ^ tail) * 0xff51afd7ed558ccd;
  return hash ^ hash >> 32;
}

EventName classify(std::string_view name) {
  EventName entry;
  entry.name = name;
  for (const Known& known : kKnown) {
    if (known.name == name) {
      entry.event = known.event;
      return entry;
    }
  }
  std::string_view call = name;
  constexpr std::string_view kPrefix = "sys_", kEnter = "enter_", kExit = "exit_";
  if (call.starts_with(kPrefix)) {
    call.remove_prefix(kPrefix.size());
    // sys_exit_group is a call, not the exit of one called "group".
    if (system_call_of(call) == SystemCall::kNone && call.starts_with(kEnter)) {
      entry.part = SystemCallPart::kEnter;
      call.remove_prefix(kEnter.size());
    } else if (system_call_of(call) == SystemCall::kNone && call.starts_with(kExit)) {
      entry.part = SystemCallPart::kExit;
      call.remove_prefix(kExit.size());
    }
    const SystemCall found = system_call_of(call);
    entry.event = found == SystemCall::kNone ? Event::kOther : Event::kSystemCall;
    entry.call = static_cast<uint8_t>(found);
  }
  return entry;
}

}  // namespace

EventNames::EventNames() : slots_(kSlots, 0) {
  names_.reserve(64);
  names_.push_back({"(others)", Event::kOther, 0, SystemCallPart::kEither, 0});
}

EventName& EventNames::find(std::string_view name) {
  const uint64_t hash = hash_of(name);
  for (size_t at = hash % kSlots; slots_[at] != 0; at = (at + 1) % kSlots) {
    EventName& entry = names_[slots_[at] - 1u];
    if (entry.name == name) return entry;
  }
  return add(name, hash);
}

EventName& EventNames::add(std::string_view name, uint64_t hash) {
  constexpr size_t kLongest = 256;
  if (names_.size() >= kMostNames || name.size() > kLongest) return names_[0];
  size_t at = hash % kSlots;
  while (slots_[at] != 0) at = (at + 1) % kSlots;
  names_.push_back(classify(texts_.get(texts_.intern(name))));
  slots_[at] = static_cast<uint16_t>(names_.size());
  return names_.back();
}

}  // namespace memtrack::ftrace
