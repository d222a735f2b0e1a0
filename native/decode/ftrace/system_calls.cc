#include "decode/ftrace/system_calls.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace memtrack::ftrace {
namespace {

constexpr uint16_t kNoNumber = 0xffff;

struct Entry {
  std::string_view name;
  SystemCall call;
  uint16_t x86;  // arch/x86/entry/syscalls/syscall_64.tbl
  uint16_t arm;  // include/uapi/asm-generic/unistd.h
};

constexpr Entry kCalls[] = {
    {"close", SystemCall::kClose, 3, 57},
    {"close_range", SystemCall::kCloseRange, 436, 436},
    {"dup", SystemCall::kDup, 32, 23},
    {"dup2", SystemCall::kDup2, 33, kNoNumber},
    {"dup3", SystemCall::kDup3, 292, 24},
    {"fcntl", SystemCall::kFcntl, 72, 25},
    {"newfcntl", SystemCall::kFcntl, 72, 25},
    {"open", SystemCall::kOpen, 2, kNoNumber},
    {"openat", SystemCall::kOpenat, 257, 56},
    {"openat2", SystemCall::kOpenat2, 437, 437},
    {"creat", SystemCall::kCreat, 85, kNoNumber},
    {"socket", SystemCall::kNewFd, 41, 198},
    {"accept", SystemCall::kNewFd, 43, 202},
    {"accept4", SystemCall::kNewFd, 288, 242},
    {"eventfd2", SystemCall::kNewFd, 290, 19},
    {"epoll_create1", SystemCall::kNewFd, 291, 20},
    {"timerfd_create", SystemCall::kNewFd, 283, 85},
    {"inotify_init1", SystemCall::kNewFd, 294, 26},
    {"signalfd4", SystemCall::kNewFd, 289, 74},
    {"pidfd_open", SystemCall::kNewFd, 434, 434},
    {"memfd_create", SystemCall::kMemfdCreate, 319, 279},
    {"ftruncate", SystemCall::kFtruncate, 77, 46},
    {"fallocate", SystemCall::kFallocate, 285, 47},
    {"mmap", SystemCall::kMmap, 9, 222},
    {"munmap", SystemCall::kMunmap, 11, 215},
    {"mprotect", SystemCall::kMprotect, 10, 226},
    {"mremap", SystemCall::kMremap, 25, 216},
    {"madvise", SystemCall::kMadvise, 28, 233},
    {"sendmsg", SystemCall::kSendmsg, 46, 211},
    {"sendmmsg", SystemCall::kSendmsg, 307, 269},
    {"recvmsg", SystemCall::kRecvmsg, 47, 212},
    {"recvmmsg", SystemCall::kRecvmsg, 299, 243},
    {"unshare", SystemCall::kUnshare, 272, 97},
    {"clone", SystemCall::kClone, 56, 220},
    {"fork", SystemCall::kFork, 57, kNoNumber},
    {"vfork", SystemCall::kVfork, 58, kNoNumber},
    {"execve", SystemCall::kExecve, 59, 221},
    {"execveat", SystemCall::kExecve, 322, 281},
    {"exit", SystemCall::kExit, 60, 93},
    {"exit_group", SystemCall::kExitGroup, 231, 94},
    {"ioctl", SystemCall::kIoctl, 16, 29},
    {"pidfd_getfd", SystemCall::kPidfdGetfd, 438, 438},
    {"shmget", SystemCall::kSysv, 29, 194},
    {"shmctl", SystemCall::kSysv, 31, 195},
    {"shmat", SystemCall::kSysv, 30, 196},
    {"shmdt", SystemCall::kSysv, 67, 197},
    {"io_uring_setup", SystemCall::kIoUring, 425, 425},
    {"io_uring_enter", SystemCall::kIoUring, 426, 426},
    {"io_uring_register", SystemCall::kIoUring, 427, 427},
};

// read, write, poll, futex, epoll_wait, close, mmap, ioctl, … of the one, hardly ever called under that number on the other.
constexpr uint16_t kOfX86[] = {0, 1, 3, 7, 9, 14, 16, 202, 228, 230, 232, 257};
constexpr uint16_t kOfArm[] = {22, 29, 56, 57, 63, 64, 66, 73, 98, 113, 115, 167, 215, 222, 226};

constexpr size_t kNumbers = 512;

constexpr std::array<SystemCall, kNumbers> by_number(uint16_t Entry::* number) {
  std::array<SystemCall, kNumbers> table{};
  for (const Entry& entry : kCalls) {
    if (entry.*number < kNumbers) table[entry.*number] = entry.call;
  }
  return table;
}

constexpr std::array<SystemCall, kNumbers> kX86Table = by_number(&Entry::x86);
constexpr std::array<SystemCall, kNumbers> kArmTable = by_number(&Entry::arm);

}  // namespace

SystemCall system_call_of(std::string_view name) {
  for (const Entry& entry : kCalls) {
    if (entry.name == name) return entry.call;
  }
  return SystemCall::kNone;
}

SystemCall system_call_of(Abi abi, uint64_t number) {
  if (number >= kNumbers) return SystemCall::kNone;
  return abi == Abi::kX86 ? kX86Table[number] : kArmTable[number];
}

int abi_vote(uint64_t number) {
  if (std::find(std::begin(kOfX86), std::end(kOfX86), number) != std::end(kOfX86)) return 1;
  return std::find(std::begin(kOfArm), std::end(kOfArm), number) != std::end(kOfArm) ? -1 : 0;
}

}  // namespace memtrack::ftrace
