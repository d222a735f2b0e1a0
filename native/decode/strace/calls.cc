#include "decode/strace/calls.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace memtrack::strace {
namespace {

struct Name {
  std::string_view name;
  Call call;
};

constexpr Name kNames[] = {
    {"kcmp", Call::kForeignFds},
    {"close", Call::kClose},
    {"close_range", Call::kCloseRange},
    {"munmap", Call::kMunmap},
    {"sendmsg", Call::kSendmsg},
    {"sendmmsg", Call::kSendmmsg},
    {"fork", Call::kFork},
    {"vfork", Call::kVfork},
    {"clone", Call::kClone},
    {"clone3", Call::kClone3},
    {"execve", Call::kExecve},
    {"execveat", Call::kExecveat},
    {"unlink", Call::kUnlink},
    {"unlinkat", Call::kUnlinkat},
    {"exit", Call::kExit},
    {"_exit", Call::kExit},
    {"exit_group", Call::kExitGroup},
    {"open", Call::kOpen},
    {"openat", Call::kOpenat},
    {"openat2", Call::kOpenat2},
    {"creat", Call::kCreat},
    {"memfd_create", Call::kMemfdCreate},
    {"socket", Call::kNewFd},
    {"accept", Call::kNewFd},
    {"accept4", Call::kNewFd},
    {"eventfd", Call::kNewFd},
    {"eventfd2", Call::kNewFd},
    {"epoll_create", Call::kNewFd},
    {"epoll_create1", Call::kNewFd},
    {"timerfd_create", Call::kNewFd},
    {"inotify_init", Call::kNewFd},
    {"inotify_init1", Call::kNewFd},
    {"fanotify_init", Call::kNewFd},
    {"userfaultfd", Call::kNewFd},
    {"memfd_secret", Call::kNewFd},
    {"perf_event_open", Call::kNewFd},
    {"open_by_handle_at", Call::kNewFd},
    {"open_tree", Call::kNewFd},
    {"fsopen", Call::kNewFd},
    {"fsmount", Call::kNewFd},
    {"fspick", Call::kNewFd},
    {"mq_open", Call::kNewFd},
    {"landlock_create_ruleset", Call::kNewFdCloexec},
    {"signalfd", Call::kSignalfd},
    {"signalfd4", Call::kSignalfd},
    {"bpf", Call::kBpf},
    {"pidfd_open", Call::kPidfdOpen},
    {"pipe", Call::kPipe},
    {"pipe2", Call::kPipe},
    {"socketpair", Call::kSocketpair},
    {"dup", Call::kDup},
    {"dup2", Call::kDup2},
    {"dup3", Call::kDup3},
    {"fcntl", Call::kFcntl},
    {"fcntl64", Call::kFcntl},
    {"ftruncate", Call::kFtruncate},
    {"ftruncate64", Call::kFtruncate},
    {"truncate", Call::kTruncate},
    {"truncate64", Call::kTruncate},
    {"fallocate", Call::kFallocate},
    {"mmap", Call::kMmap},
    {"mmap2", Call::kMmap},
    {"mprotect", Call::kMprotect},
    {"pkey_mprotect", Call::kMprotect},
    {"mremap", Call::kMremap},
    {"madvise", Call::kMadvise},
    {"recvmsg", Call::kRecvmsg},
    {"recvmmsg", Call::kRecvmmsg},
    {"recvmmsg_time64", Call::kRecvmmsg},
    {"unshare", Call::kUnshare},
    {"pidfd_getfd", Call::kPidfdGetfd},
    {"prctl", Call::kPrctl},
    {"ioctl", Call::kIoctl},
    {"write", Call::kWrite},
    {"writev", Call::kWrite},
    {"pwritev", Call::kWrite},
    {"pwritev2", Call::kWrite},
    {"pwrite64", Call::kPwrite},
    {"pwrite", Call::kPwrite},
    {"rename", Call::kRename},
    {"link", Call::kRename},
    {"renameat", Call::kRenameat},
    {"renameat2", Call::kRenameat},
    {"linkat", Call::kRenameat},
    {"shmget", Call::kSysv},
    {"shmat", Call::kSysv},
    {"shmdt", Call::kSysv},
    {"shmctl", Call::kSysv},
    {"io_uring_setup", Call::kIoUringSetup},
    {"io_uring_enter", Call::kIoUring},
    {"io_uring_register", Call::kIoUring},
};

constexpr size_t kSlots = 512;

// Length, first, third-from-start and last character tell these names apart well enough.
constexpr size_t slot_of(std::string_view name) {
  const auto c = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(name[i])); };
  return (name.size() * 37 + c(0) * 5 + c(name.size() / 2) * 61 + c(name.size() - 1) * 17) % kSlots;
}

// Open addressing: index + 1 into kNames.
constexpr std::array<uint8_t, kSlots> kTable = [] {
  std::array<uint8_t, kSlots> table{};
  for (size_t i = 0; i < std::size(kNames); i++) {
    size_t at = slot_of(kNames[i].name);
    while (table[at] != 0) at = (at + 1) % kSlots;
    table[at] = static_cast<uint8_t>(i + 1);
  }
  return table;
}();

}  // namespace

Call call_of(std::string_view name) {
  if (name.empty()) return Call::kOther;
  for (size_t at = slot_of(name); kTable[at] != 0; at = (at + 1) % kSlots) {
    const Name& entry = kNames[kTable[at] - 1];
    if (entry.name == name) return entry.call;
  }
  return Call::kOther;
}

}  // namespace memtrack::strace
