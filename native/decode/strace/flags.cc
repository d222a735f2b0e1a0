#include "decode/strace/flags.h"

#include <cstddef>
#include <span>

#include "decode/strace/cursor.h"

namespace memtrack::strace {
namespace {

struct Flag {
  std::string_view name;
  uint64_t value;
};

// The commonest first: the tables are searched from the front.
constexpr Flag kOpen[] = {
    {"O_RDONLY", 0},          {"O_CLOEXEC", kOCloexec}, {"O_RDWR", 2},
    {"O_WRONLY", kOWronly},   {"O_CREAT", kOCreat},     {"O_NONBLOCK", 0x800},
    {"O_DIRECTORY", 0x10000}, {"O_TRUNC", kOTrunc},     {"O_EXCL", 0x80},
    {"O_NOFOLLOW", 0x20000},  {"O_APPEND", 0x400},      {"O_PATH", 0x200000},
    {"O_NOCTTY", 0x100},      {"O_LARGEFILE", 0x8000},  {"O_TMPFILE", 0x410000},
    {"O_SYNC", 0x101000},     {"O_DSYNC", 0x1000},      {"O_DIRECT", 0x4000},
    {"O_NOATIME", 0x40000},   {"FASYNC", 0x2000},
};
constexpr Flag kMemfd[] = {
    {"MFD_CLOEXEC", 1},     {"MFD_ALLOW_SEALING", 2}, {"MFD_HUGETLB", 4},
    {"MFD_NOEXEC_SEAL", 8}, {"MFD_EXEC", 16},
};
constexpr Flag kMap[] = {
    {"MAP_PRIVATE", kMapPrivateBit},        {"MAP_ANONYMOUS", kMapAnonymousBit},
    {"MAP_SHARED", kMapSharedBit},          {"MAP_FIXED", kMapFixedBit},
    {"MAP_SHARED_VALIDATE", kMapSharedBit}, {"MAP_ANON", kMapAnonymousBit},
};
constexpr Flag kProt[] = {
    {"PROT_READ", 1},
    {"PROT_WRITE", 2},
    {"PROT_EXEC", 4},
    {"PROT_NONE", 0},
    {"PROT_GROWSDOWN", 0x1000000},
    {"PROT_GROWSUP", 0x2000000},
};
constexpr Flag kMremap[] = {
    {"MREMAP_MAYMOVE", 1},
    {"MREMAP_FIXED", 2},
    {"MREMAP_DONTUNMAP", 4},
};
constexpr Flag kClone[] = {
    {"CLONE_VM", kCloneVm},
    {"CLONE_FS", 0x200},
    {"CLONE_FILES", kCloneFiles},
    {"CLONE_SIGHAND", 0x800},
    {"CLONE_PIDFD", kClonePidfd},
    {"CLONE_PTRACE", 0x2000},
    {"CLONE_VFORK", kCloneVfork},
    {"CLONE_PARENT", 0x8000},
    {"CLONE_THREAD", kCloneThread},
    {"CLONE_NEWNS", 0x20000},
    {"CLONE_SYSVSEM", 0x40000},
    {"CLONE_SETTLS", 0x80000},
    {"CLONE_PARENT_SETTID", 0x100000},
    {"CLONE_CHILD_CLEARTID", 0x200000},
    {"CLONE_UNTRACED", 0x800000},
    {"CLONE_CHILD_SETTID", 0x1000000},
    {"CLONE_NEWCGROUP", 0x2000000},
    {"CLONE_NEWUTS", 0x4000000},
    {"CLONE_NEWIPC", 0x8000000},
    {"CLONE_NEWUSER", 0x10000000},
    {"CLONE_NEWPID", 0x20000000},
    {"CLONE_NEWNET", 0x40000000},
    {"CLONE_IO", 0x80000000},
    {"CLONE_CLEAR_SIGHAND", 0x100000000},
    {"CLONE_INTO_CGROUP", 0x200000000},
};
constexpr Flag kMessage[] = {
    {"MSG_CMSG_CLOEXEC", kMsgCmsgCloexec},
    {"MSG_DONTWAIT", 0x40},
    {"MSG_PEEK", kMsgPeek},
    {"MSG_CTRUNC", kMsgCtrunc},
    {"MSG_TRUNC", 0x20},
    {"MSG_NOSIGNAL", 0x4000},
};
constexpr Flag kCloseRange[] = {{"CLOSE_RANGE_UNSHARE", 2}, {"CLOSE_RANGE_CLOEXEC", 4}};
constexpr Flag kFallocate[] = {{"FALLOC_FL_KEEP_SIZE", kFallocKeepSize},
                               {"FALLOC_FL_PUNCH_HOLE", 2}};
constexpr Flag kFcntl[] = {
    {"F_GETFL", 3},
    {"F_SETFL", 4},
    {"F_GETFD", 1},
    {"F_SETFD", kFSetfd},
    {"F_DUPFD_CLOEXEC", kFDupfdCloexec},
    {"F_DUPFD", kFDupfd},
};
constexpr Flag kMadvise[] = {{"MADV_DONTFORK", kMadvDontfork}, {"MADV_DOFORK", kMadvDofork}};
constexpr Flag kSignals[] = {
    {"SIGHUP", 1},     {"SIGINT", 2},    {"SIGQUIT", 3},   {"SIGILL", 4},   {"SIGTRAP", 5},
    {"SIGABRT", 6},    {"SIGBUS", 7},    {"SIGFPE", 8},    {"SIGKILL", 9},  {"SIGUSR1", 10},
    {"SIGSEGV", 11},   {"SIGUSR2", 12},  {"SIGPIPE", 13},  {"SIGALRM", 14}, {"SIGTERM", 15},
    {"SIGSTKFLT", 16}, {"SIGCHLD", 17},  {"SIGCONT", 18},  {"SIGSTOP", 19}, {"SIGTSTP", 20},
    {"SIGTTIN", 21},   {"SIGTTOU", 22},  {"SIGURG", 23},   {"SIGXCPU", 24}, {"SIGXFSZ", 25},
    {"SIGVTALRM", 26}, {"SIGPROF", 27},  {"SIGWINCH", 28}, {"SIGIO", 29},   {"SIGPWR", 30},
    {"SIGSYS", 31},    {"SIGRTMIN", 32},
};

uint64_t sum(std::string_view text, std::span<const Flag> table) {
  return read_flags(text, [table](std::string_view name) -> uint64_t {
    for (const Flag& flag : table) {
      if (flag.name == name) return flag.value;
    }
    return 0;
  });
}

uint64_t one(std::string_view text, std::span<const Flag> table) {
  const size_t word = text.find(' ');
  if (word != std::string_view::npos) text = text.substr(0, word);
  for (const Flag& flag : table) {
    if (flag.name == text) return flag.value;
  }
  if (text.empty() || text[0] < '0' || text[0] > '9') return kUnknown;
  return Cursor(text.data(), text.data() + text.size()).number();
}

}  // namespace

uint64_t open_flags(std::string_view text) { return sum(text, kOpen); }
uint64_t memfd_flags(std::string_view text) { return sum(text, kMemfd); }
uint64_t map_flags(std::string_view text) { return sum(text, kMap); }
uint64_t prot_flags(std::string_view text) { return sum(text, kProt); }
uint64_t mremap_flags(std::string_view text) { return sum(text, kMremap); }
uint64_t clone_flags(std::string_view text) { return sum(text, kClone); }
uint64_t message_flags(std::string_view text) { return sum(text, kMessage); }
uint64_t close_range_flags(std::string_view text) { return sum(text, kCloseRange); }
uint64_t fallocate_flags(std::string_view text) { return sum(text, kFallocate); }
uint64_t fcntl_command(std::string_view text) { return one(text, kFcntl); }
uint64_t madvise_advice(std::string_view text) { return one(text, kMadvise); }

uint64_t signal_number(std::string_view text) {
  if (text.starts_with("SIGRT_")) {  // SIGRT_3 is SIGRTMIN + 3
    return 32 + Cursor(text.data() + 6, text.data() + text.size()).number();
  }
  return one(text, kSignals);
}

}  // namespace memtrack::strace
