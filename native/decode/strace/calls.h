// Calls: which system calls matter, by the name strace prints. Calls of one effect share a Call.
#ifndef MEMTRACK_DECODE_STRACE_CALLS_H_
#define MEMTRACK_DECODE_STRACE_CALLS_H_

#include <cstdint>
#include <string_view>

namespace memtrack::strace {

enum class Call : uint8_t {
  kOther,       // only the names of the descriptors it shows
  kForeignFds,  // shows descriptors of other processes
  // It takes effect at its first half: it releases, sends or forks.
  kClose,
  kCloseRange,
  kMunmap,
  kSendmsg,
  kSendmmsg,
  kFork,
  kVfork,
  kClone,
  kClone3,
  kExecve,
  kExecveat,
  kUnlink,
  kUnlinkat,
  // It ends the thread: it never returns.
  kExit,
  kExitGroup,
  // It takes effect at its second half: it acquires or changes.
  kOpen,
  kOpenat,
  kOpenat2,
  kCreat,
  kMemfdCreate,
  kNewFd,
  kNewFdCloexec,
  kSignalfd,
  kBpf,
  kPidfdOpen,
  kPipe,
  kSocketpair,
  kDup,
  kDup2,
  kDup3,
  kFcntl,
  kFtruncate,
  kTruncate,
  kFallocate,
  kMmap,
  kMprotect,
  kMremap,
  kMadvise,
  kRecvmsg,
  kRecvmmsg,
  kUnshare,
  kPidfdGetfd,
  kPrctl,
  kIoctl,
  kWrite,
  kPwrite,
  kRename,
  kRenameat,
  kSysv,
  kIoUringSetup,
  kIoUring,
};

inline bool effect_at_first_half(Call call) {
  return call >= Call::kClose && call <= Call::kUnlinkat;
}
inline bool ends_thread(Call call) { return call == Call::kExit || call == Call::kExitGroup; }
inline bool of_interest(Call call) { return call > Call::kForeignFds; }

// kOther for a name that is not known.
Call call_of(std::string_view name);

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_CALLS_H_
