// Who acts: tasks by tid, their names, beginnings and ends.
#include "decode/ftrace/ftrace_decoder.h"

namespace memtrack {

using ftrace::Arguments;
using ftrace::Line;
using ftrace::Number;
using ftrace::parse_number;
using ftrace::SystemCall;

namespace {

constexpr uint64_t kCloneThread = 0x10000;
constexpr uint64_t kCloneVm = 0x100;
constexpr uint64_t kCloneVfork = 0x4000;
constexpr uint64_t kCloneSignal = 0xff;  // the low byte of clone's flags is a signal

// What follows the last `key` (with the blank before it): names come first in events, and may imitate what follows.
std::string_view after_last(std::string_view text, std::string_view key) {
  const size_t at = text.rfind(key);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + key.size());
}

}  // namespace

FtraceDecoder::Task* FtraceDecoder::known(Number tid) {
  return tid && !tid.negative && tid.value != 0 && tid.value <= INT32_MAX
             ? tasks_.find(static_cast<uint32_t>(tid.value))
             : nullptr;
}

FtraceDecoder::Task& FtraceDecoder::task_of(const Line& line) {
  if (line.tid == 0) return nobody_;
  Task* task = tasks_.find(line.tid);
  if (task == nullptr) {
    Task& fresh = begin_task(line.tid, line.tgid);
    if (!fresh.named) name(fresh, line.task);
    return fresh;
  }
  if (line.tgid != 0 && task->tgid != line.tgid) {
    task->tgid = line.tgid;
    put(task->key, Op::kTask, 0, task->tid, task->tgid);
  }
  if (!task->named) name(*task, line.task);
  return *task;
}

// The same for an event that no task that has exited can cause: its tid is another's by now.
FtraceDecoder::Task& FtraceDecoder::actor_of(const Line& line) {
  Task* const task = line.tid == 0 ? nullptr : tasks_.find(line.tid);
  if (task != nullptr && task->exiting) {
    if (!task->named) unnamed_--;
    tasks_.end(*task);
  }
  return task_of(line);
}

FtraceDecoder::Task& FtraceDecoder::begin_task(uint32_t tid, uint32_t tgid) {
  const auto listed = listed_.find(tid);
  if (tgid == 0 && listed != listed_.end()) tgid = listed->second.tgid;
  if (tgid != 0 && tgid != tid && tasks_.find(tgid) == nullptr && listed_.contains(tgid)) {
    begin_task(tgid, tgid);
  }
  Task& task = tasks_.add(tid);
  task.tgid = tgid;
  unnamed_++;
  put(task.key, Op::kTask, 0, tid, tgid);
  if (listed != listed_.end()) name(task, listed->second.comm);
  return task;
}

void FtraceDecoder::name(Task& task, std::string_view comm) {
  if (comm.empty() || comm == "<...>") return;
  if (!task.named) {
    task.named = true;
    unnamed_--;
  }
  put(task.key, Op::kComm, 0, strings_.intern(comm), 0);
}

// pid=%d comm=%s clone_flags=%lx oom_score_adj=%hd, by the parent
void FtraceDecoder::on_newtask(Task& parent, const Arguments& args) {
  const Number tid = args.number("pid=");
  const Number flags = parse_number(after_last(args.text(), " clone_flags="), true);
  if (!tid || tid.negative || tid.value == 0 || tid.value > INT32_MAX || !flags) {
    return incomplete();
  }
  newtask_seen_ = true;
  const auto child_tid = static_cast<uint32_t>(tid.value);
  if (child_tid == parent.tid) return incomplete();
  Task* const old = tasks_.find(child_tid);
  if (old != nullptr) {
    if (!old->exiting) lose(DecodeCounter::kTaskEndNotSeen);
    if (!old->named) unnamed_--;
    tasks_.end(*old);
  }
  listed_.erase(child_tid);
  const bool thread = (flags.value & kCloneThread) != 0;
  Task& child = tasks_.add(child_tid);
  child.tgid = thread ? parent.tgid : child_tid;
  child.named = parent.named;
  if (!child.named) unnamed_++;
  put(child.key, Op::kTask, 0, child_tid, child.tgid);
  if (parent.key != 0) put(parent.key, Op::kClone, 0, child.key, flags.value & ~kCloneSignal);
}

// comm=%s pid=%d child_comm=%s child_pid=%d: only where task_newtask, which tells the flags, was not recorded.
void FtraceDecoder::on_fork(Task& parent, const Arguments& args) {
  if (newtask_seen_) return;
  const Number tid = parse_number(after_last(args.text(), " child_pid="));
  if (!tid || tid.negative || tid.value == 0 || tid.value > INT32_MAX || tid.value == parent.tid) {
    return incomplete();
  }
  uint64_t flags = 0;
  if (parent.pending.call == SystemCall::kClone) flags = parent.pending.args[0];
  if (parent.pending.call == SystemCall::kVfork) flags = kCloneVm | kCloneVfork;
  const auto child_tid = static_cast<uint32_t>(tid.value);
  Task* const old = tasks_.find(child_tid);
  if (old != nullptr) {
    if (!old->exiting) lose(DecodeCounter::kTaskEndNotSeen);
    if (!old->named) unnamed_--;
    tasks_.end(*old);
  }
  listed_.erase(child_tid);
  Task& child = tasks_.add(child_tid);
  // Whether it is a thread only clone's flags tell; a tgid printed later overrules this.
  child.tgid = (flags & kCloneThread) != 0 ? parent.tgid : 0;
  child.named = parent.named;
  if (!child.named) unnamed_++;
  if (parent.pending.call != SystemCall::kClone && parent.pending.call != SystemCall::kFork &&
      parent.pending.call != SystemCall::kVfork) {
    counters_.add(DecodeCounter::kForkFlagsUnknown);
  }
  put(child.key, Op::kTask, 0, child_tid, child.tgid);
  if (parent.key != 0) put(parent.key, Op::kClone, 0, child.key, flags & ~kCloneSignal);
}

// filename=%s pid=%d old_pid=%d: a thread that executes a program takes its leader's place and tid.
void FtraceDecoder::on_exec(const Arguments& args) {
  const std::string_view text = args.text();
  const Number pid = parse_number(after_last(text, " pid="));
  const Number old_pid = parse_number(after_last(text, " old_pid="));
  if (!pid || !old_pid || !text.starts_with("filename=")) return incomplete();
  Task* const task = known(old_pid);
  if (task == nullptr || task->exiting) return;
  Task* const leader = known(pid);
  if (leader != nullptr && leader != task) {
    if (!leader->named) unnamed_--;
    tasks_.end(*leader);
    tasks_.rename(*task, static_cast<uint32_t>(pid.value));
  } else if (leader == nullptr && pid.value != 0 && pid.value <= INT32_MAX) {
    tasks_.rename(*task, static_cast<uint32_t>(pid.value));
  }
  std::string_view path = args.text_until("filename=", " pid=");
  put(task->key, Op::kExecve, 0, strings_.intern(path), 0);
  if (!task->named) unnamed_--;
  task->named = true;
}

// comm=%s pid=%d prio=%d: each thread by itself
void FtraceDecoder::on_exit(const Arguments& args) {
  const Number pid = parse_number(after_last(args.text(), " pid="));
  if (!pid) return incomplete();
  Task* const task = known(pid);
  if (task == nullptr || task->exiting) return;
  task->exiting = true;
  put(task->key, Op::kTaskExit, 0, task->status, 0, task->status_known ? 0 : kNoStatus);
}

// The tid may be used again from here on.
void FtraceDecoder::on_free(const Arguments& args) {
  const Number pid = parse_number(after_last(args.text(), " pid="));
  if (!pid) return incomplete();
  Task* const task = known(pid);
  if (task == nullptr) return;
  if (!task->exiting) put(task->key, Op::kTaskExit, 0, 0, 0, kNoStatus);
  if (!task->named) unnamed_--;
  tasks_.end(*task);
}

// pid=%d oldcomm=%s newcomm=%s oom_score_adj=%hd; newer kernels leave pid out, it is the task itself.
void FtraceDecoder::on_rename(const Line& line, const Arguments& args) {
  const Number pid = args.number("pid=");
  Task* const task = known(pid ? pid : Number{line.tid, false, true});
  if (task == nullptr) return;
  std::string_view comm = after_last(args.text(), " newcomm=");
  const size_t stop = comm.rfind(" oom_score_adj=");
  if (stop != std::string_view::npos) comm = comm.substr(0, stop);
  name(*task, comm);
}

// prev_comm=%s prev_pid=%d … ==> next_comm=%s next_pid=%d …: of use where the name cache had lost a name.
void FtraceDecoder::on_switch(const Arguments& args) {
  const std::string_view text = args.text();
  const size_t arrow = text.find(" ==> ");
  if (arrow == std::string_view::npos) return;
  const auto side = [this](std::string_view part, std::string_view comm, std::string_view pid) {
    Task* const task = known(parse_number(after_last(part, pid)));
    if (task == nullptr || task->named) return;
    part = after_last(part, comm);
    const size_t stop = part.rfind(pid);
    if (stop != std::string_view::npos) name(*task, part.substr(0, stop));
  };
  side(text.substr(0, arrow), "prev_comm=", " prev_pid=");
  side(text.substr(arrow), "next_comm=", " next_pid=");
}

// The lists of processes and threads in a page of systrace:
//   USER PID PPID VSZ RSS WCHAN PC S NAME COMM
//   USER PID TID CMD
void FtraceDecoder::on_process_dump(std::string_view text) {
  constexpr size_t kCommLength = 15;
  constexpr size_t kNameColumn = 8;
  if (text.starts_with("USER ")) {
    threads_ = text.find(" PPID ") == std::string_view::npos;
    return;
  }
  std::array<std::string_view, kNameColumn + 1> columns{};
  size_t found = 0;
  const size_t wanted = threads_ ? 4 : columns.size();
  while (found < wanted) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) break;
    text.remove_prefix(first);
    const bool last = threads_ && found + 1 == wanted;
    columns[found] = last ? text : text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(columns[found++].size());
  }
  if (found < wanted) return;
  const Number pid = parse_number(columns[1]);
  const Number tid = threads_ ? parse_number(columns[2]) : pid;
  if (!pid || !tid || pid.value == 0 || tid.value == 0 || pid.value > INT32_MAX ||
      tid.value > INT32_MAX) {
    return;
  }
  std::string_view comm = threads_ ? columns[3] : columns[kNameColumn];
  if (comm.size() >
      kCommLength) {  // a command line: its name is the end of a package's, or of a path
    const size_t slash = comm.rfind('/');
    comm = slash != std::string_view::npos && comm.size() - slash - 1 <= kCommLength
               ? comm.substr(slash + 1)
               : comm.substr(comm.size() - kCommLength);
  }
  list(static_cast<uint32_t>(tid.value), static_cast<uint32_t>(pid.value), comm);
}

void FtraceDecoder::list(uint32_t tid, uint32_t tgid, std::string_view comm) {
  Task* const task = tasks_.find(tid);
  if (task != nullptr) {
    if (task->tgid == 0) {
      task->tgid = tgid;
      put(task->key, Op::kTask, 0, tid, tgid);
    }
    if (!task->named) name(*task, comm);
    return;
  }
  listed_[tid] = {tgid, std::string(comm)};
}

}  // namespace memtrack
