// EventNames: what the lines of an event mean, by its name; and how many lines of each event that means nothing here
// a recording has.
#ifndef MEMTRACK_DECODE_FTRACE_EVENT_NAMES_H_
#define MEMTRACK_DECODE_FTRACE_EVENT_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "decode/string_table.h"

namespace memtrack::ftrace {

enum class Event : uint8_t {
  kOther,  // says nothing about buffers or processes
  kUser,   // not looked at yet: may be a probe of the user's
  // Tasks.
  kTaskNewtask,
  kFork,
  kExec,
  kExit,
  kFree,
  kRename,
  kSwitch,
  kMark,
  // Buffers as their allocator sees them.
  kDmaHeapStat,
  kIonStat,
  kIonHeapGrow,
  kIonHeapShrink,
  kIonBufferCreate,
  kIonBufferDestroy,
  kDmabufRssStat,
  kGpuMemTotal,
  kFastrpcStat,
  kFastrpcAlloc,
  kFastrpcFree,
  kCmaAlloc,
  kCmaRelease,
  kKgslAlloc,
  kKgslFree,
  kI915Create,
  kI915Destroy,
  kAmdgpuCreate,
  kXeCreate,
  kMaliTotal,
  // Tracepoints of dma_buf, and probes on kernel functions.
  kDmaBufExport,
  kDmaBufFd,
  kDmaBufGet,
  kDmaBufMmap,
  kDmaBufAttach,
  kDmaBufDetach,
  kDmaBufPut,
  kProbeFdInstall,
  kProbeFlush,
  kProbeExport,
  kProbeRelease,
  // Binder.
  kBinderTransaction,
  kBinderReceived,
  kBinderFd,
  kBinderFdSend,
  kBinderFdRecv,
  // System calls: sys_NAME, sys_enter_NAME and sys_exit_NAME, and by number.
  kSystemCall,
  kRawEnter,
  kRawExit,
};

// What a system call event is.
enum class SystemCallPart : uint8_t { kEither, kEnter, kExit };

struct EventName {
  std::string_view name;
  Event event = Event::kUser;
  uint8_t call = 0;  // of kSystemCall: a SystemCall
  SystemCallPart part = SystemCallPart::kEither;
  uint64_t lines = 0;
};

class EventNames {
 public:
  // More different names than kernels have events are lumped together.
  static constexpr size_t kMostNames = 8192;

  EventNames();

  EventName& find(std::string_view name);

  // All that were found, in the order of first sight.
  const std::vector<EventName>& all() const { return names_; }

 private:
  EventName& add(std::string_view name, uint64_t hash);

  std::vector<EventName> names_;  // [0] stands for those beyond kMostNames
  std::vector<uint16_t> slots_;   // open addressing: index + 1
  StringTable texts_;             // where the names live
};

}  // namespace memtrack::ftrace

#endif  // MEMTRACK_DECODE_FTRACE_EVENT_NAMES_H_
