// Which function makes the event of a call, and what the recording as a whole never showed.
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;

void StraceDecoder::run(Context& call) {
  switch (call.call) {
    case Call::kOther:
    case Call::kForeignFds:
      return;
    case Call::kClose:
      return on_close(call);
    case Call::kCloseRange:
      return on_close_range(call);
    case Call::kMunmap:
    case Call::kMprotect:
    case Call::kMadvise:
      return on_address_range(call);
    case Call::kSendmsg:
    case Call::kRecvmsg:
      return on_message_call(call);
    case Call::kSendmmsg:
    case Call::kRecvmmsg:
      return on_message_vector(call);
    case Call::kFork:
    case Call::kVfork:
    case Call::kClone:
    case Call::kClone3:
      return on_fork(call);
    case Call::kExecve:
    case Call::kExecveat:
      return on_execve(call);
    case Call::kUnlink:
    case Call::kUnlinkat:
      return on_unlink(call);
    case Call::kExit:
    case Call::kExitGroup:
      return on_exit(call);
    case Call::kOpen:
    case Call::kOpenat:
    case Call::kOpenat2:
    case Call::kCreat:
      return on_open(call);
    case Call::kMemfdCreate:
      return on_memfd_create(call);
    case Call::kIoUringSetup:
      counters_.add(DecodeCounter::kNotModelledIoUring);
      return on_new_fd(call);
    case Call::kNewFd:
    case Call::kNewFdCloexec:
    case Call::kSignalfd:
    case Call::kBpf:
      return on_new_fd(call);
    case Call::kPipe:
      return on_pipe(call);
    case Call::kSocketpair:
      return on_socketpair(call);
    case Call::kDup:
    case Call::kDup2:
    case Call::kDup3:
      return on_dup(call);
    case Call::kFcntl:
      return on_fcntl(call);
    case Call::kFtruncate:
    case Call::kTruncate:
    case Call::kFallocate:
      return on_truncate(call);
    case Call::kMmap:
      return on_mmap(call);
    case Call::kMremap:
      return on_mremap(call);
    case Call::kUnshare:
      return on_unshare(call);
    case Call::kPidfdOpen:
    case Call::kPidfdGetfd:
      return on_pidfd(call);
    case Call::kPrctl:
      return on_prctl(call);
    case Call::kIoctl:
      return on_ioctl(call);
    case Call::kWrite:
    case Call::kPwrite:
      return on_write(call);
    case Call::kRename:
    case Call::kRenameat:
      return on_rename(call);
    case Call::kSysv:
      return counters_.add(DecodeCounter::kNotModelledSysv);
    case Call::kIoUring:
      fd_names_.forget_all();
      return counters_.add(DecodeCounter::kNotModelledIoUring);
  }
}

// A recording made with -e, -q or without -y misses whole kinds of events. Nothing in it says so; what it
// does show tells that they must have happened.
void StraceDecoder::count_what_is_missing() {
  const auto saw = [this](auto... calls) { return (seen_[static_cast<size_t>(calls)] || ...); };
  const auto miss = [this](bool missing, DecodeCounter counter, uint64_t n) {
    if (missing && n != 0) counters_.add(counter, n);
  };
  constexpr uint64_t kEnough = 8;  // fewer may be chance
  miss(annotated_fds_ == 0, DecodeCounter::kNoFdPaths, plain_fds_);
  miss(ends_ == 0, DecodeCounter::kSignalsSuppressed, exits_);
  miss(fds_made_ == 0 && plain_fds_ + annotated_fds_ >= kEnough, DecodeCounter::kOpenNotTraced,
       plain_fds_ + annotated_fds_);
  miss(fds_made_ >= kEnough && !saw(Call::kClose, Call::kCloseRange),
       DecodeCounter::kCloseNotTraced, fds_made_);
  miss(!saw(Call::kMmap), DecodeCounter::kMmapNotTraced, executed_);
  miss(mappings_ >= kEnough && !saw(Call::kMunmap), DecodeCounter::kMunmapNotTraced, mappings_);
  miss(unparented_ > 1 && !saw(Call::kFork, Call::kVfork, Call::kClone, Call::kClone3),
       DecodeCounter::kCloneNotTraced, unparented_);
  miss(children_spoke_ == 0, DecodeCounter::kChildrenNotTraced, children_);
  miss(!saw(Call::kSendmsg, Call::kSendmmsg), DecodeCounter::kSendNotTraced, received_);
  miss(!saw(Call::kRecvmsg, Call::kRecvmmsg), DecodeCounter::kReceiveNotTraced, sent_);
}

}  // namespace memtrack
