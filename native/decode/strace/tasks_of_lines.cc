// Whose line it is, and how tasks begin and end.
#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::Line;
using strace::Task;

// A line without a tid is the only process's; on a terminal, once there are several, every line has one.
Task& StraceDecoder::task_of(const Line& line, bool begins_call) {
  if (line.has_tid) {
    Task* task = tasks_.find(line.tid);
    if (task != nullptr && task->exited && begins_call) {  // nobody calls after exit: another task
      tasks_.end(*task);
      task = nullptr;
    }
    if (task != nullptr) return *task;
    task = tasks_.find(0);
    if (task == nullptr) return tasks_.add(line.tid);
    tasks_.rename(*task, line.tid);  // now it is known whose the first lines were
    if (task->announced) put(*task, Op::kTask, 0, task->tid, 0);
    return *task;
  }
  if (Task* task = tasks_.find(0)) return *task;
  if (unnumbered_ != nullptr && unnumbered_->key != 0) return *unnumbered_;
  unnumbered_ = tasks_.only();
  if (unnumbered_ == nullptr) tasks_.each([this](Task& task) {
    if (unnumbered_ == nullptr || task.key < unnumbered_->key) unnumbered_ = &task;
  });
  if (unnumbered_ == nullptr) unnumbered_ = &tasks_.add(0);
  return *unnumbered_;
}

void StraceDecoder::announce(Task& task) {
  if (task.announced) return;
  task.announced = true;
  task.announced_at = queue_.next_place();
  put(task, Op::kTask, 0, task.tid, task.tgid);
  unparented_++;
}

// The task's tid is another's now, though its end is not in the recording.
void StraceDecoder::retire(Task& task) {
  if (task.pending.call != Call::kOther) settle_never(task, true);
  if (task.announced && !task.exited) {
    put(task, Op::kTaskExit, 0, 0, 0);
    lose(&task, DecodeCounter::kTaskEndNotSeen);
  }
  tasks_.end(task);
}

// kTask and kClone of a child: in the two places of `hold`, or here.
void StraceDecoder::put_clone(Task& parent, uint64_t flags, uint32_t child_tid, uint64_t time,
                              RecordQueue::HoldId hold) {
  Task* child = tasks_.find(child_tid);
  const std::span<Record> places = queue_.of_hold(hold);
  bool late = false;
  if (child == &parent) return;
  if (child != nullptr && child->announced) {
    Record* const first_sight = queue_.at_place(child->announced_at);
    if (child->cloned || child->exited) {
      retire(*child);
      child = nullptr;
    } else if (!places.empty() && first_sight != nullptr && first_sight > places.data()) {
      first_sight->op = 0;  // it moves to before the clone
      unparented_--;
    } else {
      late = true;
      counters_.add(DecodeCounter::kChildBeforeClone);
    }
  }
  if (child == nullptr) child = &tasks_.add(child_tid);
  child->announced = true;
  child->cloned = true;
  child->announced_at = RecordQueue::kGone;
  child->comm = parent.comm;
  if ((flags & strace::kCloneThread) != 0) {
    child->tgid = parent.tgid;
    child->group = parent.group;
    child->threaded = parent.threaded = true;
  } else {
    child->tgid = child_tid;
  }
  const Record task{time, child->tgid, child->key, 0, child_tid, static_cast<uint16_t>(Op::kTask), 0};
  const Record clone{time, flags, parent.key, 0, child->key, static_cast<uint16_t>(Op::kClone), 0};
  if (places.size() == 2) {
    if (!late) queue_.of_hold(hold)[0] = task;
    queue_.of_hold(hold)[1] = clone;
  } else {
    if (!late) queue_.put(task);
    queue_.put(clone);
  }
}

// "+++ exited with 0 +++", "+++ killed by SIGKILL (core dumped) +++", "+++ superseded by execve in pid 4212 +++"
void StraceDecoder::on_end_of_task(Task& task, const char* text, const char* end) {
  Cursor cursor(text + 4, end);
  if (cursor.eat("superseded by execve in pid ")) {
    const uint64_t tid = cursor.number();
    if (cursor.bad() || tid == 0 || tid > UINT32_MAX) {
      counters_.add(DecodeCounter::kUnparsedLine);
      return;
    }
    supersede(task, static_cast<uint32_t>(tid));
    return;
  }
  uint64_t status = 0;
  uint16_t flags = 0;
  if (cursor.eat("exited with ")) {
    status = cursor.number();
  } else if (cursor.eat("killed by ")) {
    const char* const name = cursor.at();
    const char* p = name;
    while (p < end && *p != ' ') p++;
    status = strace::signal_number({name, static_cast<size_t>(p - name)});
    if (status == strace::kUnknown) status = 0;
    flags = kKilled;
  } else {
    counters_.add(DecodeCounter::kUnparsedLine);
    return;
  }
  ends_++;
  if (task.pending.call != Call::kOther) settle_never(task, false);  // it died in the call
  const bool ended = task.exited || exited_groups_.contains(task.group);
  put(task, ended ? Op::kStatus : Op::kTaskExit, 0, static_cast<uint32_t>(status), 0, flags);
  tasks_.end(task);
}

// A thread that is not the leader executed a program: the leader is gone and the thread has its tid. That
// it is gone follows from kExecve if both are known to be of one group.
void StraceDecoder::supersede(Task& leader, uint32_t tid) {
  ends_++;
  Task* const heir = tasks_.find(tid);
  const uint32_t leader_tid = leader.tid;
  if (heir == &leader) return;
  if (leader.pending.call != Call::kOther) settle_never(leader, false);
  if (!leader.exited && (heir == nullptr || heir->group != leader.group)) {
    put(leader, Op::kTaskExit, 0, 0, 0);
  }
  tasks_.end(leader);
  if (heir == nullptr) return;
  tasks_.rename(*heir, leader_tid);
  heir->tgid = leader_tid;
}

}  // namespace memtrack
