// System calls as the events of `syscalls` and `raw_syscalls` name or number them.
#ifndef MEMTRACK_DECODE_FTRACE_SYSTEM_CALLS_H_
#define MEMTRACK_DECODE_FTRACE_SYSTEM_CALLS_H_

#include <cstdint>
#include <string_view>

namespace memtrack::ftrace {

enum class SystemCall : uint8_t {
  kNone,  // of no interest
  kClose,
  kCloseRange,
  kDup,
  kDup2,
  kDup3,
  kFcntl,
  kOpen,
  kOpenat,
  kOpenat2,
  kCreat,
  kNewFd,  // returns a descriptor: socket, eventfd2, …
  kMemfdCreate,
  kFtruncate,
  kFallocate,
  kMmap,
  kMunmap,
  kMprotect,
  kMremap,
  kMadvise,
  kSendmsg,
  kRecvmsg,
  kUnshare,
  kClone,
  kFork,
  kVfork,
  kExecve,
  kExit,
  kExitGroup,
  kIoctl,
  kPidfdGetfd,
  kSysv,
  kIoUring,
};

// By its name without "sys_".
SystemCall system_call_of(std::string_view name);

enum class Abi : uint8_t { kX86, kArm };

// By its number.
SystemCall system_call_of(Abi abi, uint64_t number);

// Which of the two ABIs a number speaks for: frequent calls that the other has not, or hardly uses. > 0: x86-64.
int abi_vote(uint64_t number);

}  // namespace memtrack::ftrace

#endif  // MEMTRACK_DECODE_FTRACE_SYSTEM_CALLS_H_
