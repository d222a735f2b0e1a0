// Calls about tasks.
#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::FdText;
using strace::QuotedText;
using strace::Task;

// Without the exit signal.
uint64_t StraceDecoder::fork_flags(Call call, Cursor args) {
  if (call == Call::kFork) return 0;
  if (call == Call::kVfork) return strace::kCloneVm | strace::kCloneVfork;
  return args.seek("flags=") ? strace::clone_flags(args.skip()) & ~uint64_t{0xff} : 0;
}

// fork, vfork, clone, clone3
void StraceDecoder::on_fork(Context& call) {
  const uint64_t flags = fork_flags(call.call, call.args);
  int64_t pidfd = -1;
  if ((flags & strace::kClonePidfd) != 0) {
    Cursor made = call.args;
    const bool shown =
        call.call == Call::kClone3 ? made.seek("=> {pidfd=[") : made.seek("parent_tid=[");
    if (shown) pidfd = made.fd().fd;
    if (made.bad()) pidfd = -1;
  }
  if (!returned(call)) return;
  const uint64_t tid = call.result.outer_tid != 0 ? call.result.outer_tid : call.result.value;
  if (tid == 0 || tid > UINT32_MAX) return;
  const uint64_t time = call.hold == RecordQueue::kNoHold ? now_ : call.first_half_time;
  put_clone(call.task, flags, static_cast<uint32_t>(tid), time, call.hold);
  if (pidfd >= 0) {
    put(call.task, Op::kNewFd, static_cast<uint32_t>(pidfd), 0, 0, kCloexec);
    pidfds_[uint64_t{call.task.group} << 32 | static_cast<uint32_t>(pidfd)] =
        static_cast<uint32_t>(tid);
  }
}

// execve, execveat
void StraceDecoder::on_execve(Context& call) {
  FdText directory;
  if (call.call == Call::kExecveat) {
    directory = read_fd(call.args);
    call.args.comma();
  }
  const QuotedText text = call.args.quoted();
  if (!returned(call)) return;
  if (!call.first_half) executed(call.task);
  const std::string_view path = path_of(directory, text);
  put(call.task, Op::kExecve, 0, text.null ? 0 : strings_.intern(path), 0);
}

// exit and exit_group take effect at once and never return.
void StraceDecoder::on_exit(Context& call) {
  Task& task = call.task;
  if (task.exited) return;
  const uint64_t status = call.args.number();
  const bool group = call.call == Call::kExitGroup;
  task.exited = true;
  exits_++;
  if (group && task.threaded) exited_groups_.insert(task.group);
  put(task, Op::kTaskExit, 0, call.args.bad() ? 0 : static_cast<uint32_t>(status & 0xff), 0,
      group ? kGroup : 0);
}

void StraceDecoder::on_unshare(Context& call) {
  const uint64_t flags = strace::clone_flags(call.args.skip());
  if (returned(call) && (flags & strace::kCloneFiles) != 0) {
    put(call.task, Op::kUnshareFiles, 0, 0, 0);
  }
}

// pidfd_open(pid, flags) and pidfd_getfd(pidfd, fd, flags)
void StraceDecoder::on_pidfd(Context& call) {
  if (call.call == Call::kPidfdOpen) {
    const uint64_t tid = call.args.number();
    if (!returned(call)) return;
    const uint32_t fd = result_fd(call);
    fds_made_++;
    pidfds_[uint64_t{call.task.group} << 32 | fd] = static_cast<uint32_t>(tid);
    put(call.task, Op::kNewFd, fd, 0, 0, kCloexec);
    return;
  }
  const FdText pidfd = read_fd(call.args);
  call.args.comma();
  const auto theirs = static_cast<uint32_t>(call.args.number());
  if (!returned(call)) return;
  uint32_t tid = 0;
  constexpr std::string_view kPid = "pid:";
  if (pidfd.name.starts_with(kPid)) {
    tid = static_cast<uint32_t>(
        Cursor(pidfd.name.data() + kPid.size(), pidfd.name.data() + pidfd.name.size()).number());
  } else {
    const auto known =
        pidfds_.find(uint64_t{call.task.group} << 32 | static_cast<uint32_t>(pidfd.fd));
    if (known != pidfds_.end()) tid = known->second;
  }
  const Task* const other = tid == 0 ? nullptr : tasks_.find(tid);
  const uint32_t fd = result_fd(call);
  fds_made_++;
  put(call.task, Op::kPidfdGetfd, fd, theirs, other == nullptr ? 0 : other->key, kCloexec);
  name_result(call, fd, true);
}

void StraceDecoder::on_prctl(Context& call) {
  const std::string_view option = call.args.skip();
  if (!option.starts_with("PR_SET_NAME") && option != "15" && option != "0xf") return;
  call.args.comma();
  const QuotedText text = call.args.quoted();
  if (!returned(call) || text.null) return;
  constexpr size_t kCommLength = 15;  // TASK_COMM_LEN without the NUL
  scratch_.clear();
  strace::append_unescaped(text.raw, scratch_);
  if (scratch_.size() > kCommLength) scratch_.resize(kCommLength);
  call.task.comm = strings_.intern(scratch_);
  put(call.task, Op::kComm, 0, call.task.comm, 0);
}

}  // namespace memtrack
