// Whose line it is, and how tasks begin and end.
#include <algorithm>

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
    if (line.tid < lowest_tid_) lowest_tid_ = line.tid;
    Task* task = tasks_.find(line.tid);
    if (task != nullptr && task->exited && begins_call) {  // nobody calls after exit: another task
      tasks_.end(*task);
      task = nullptr;
    }
    return task != nullptr ? *task : new_task(line.tid);
  }
  if (Task* task = tasks_.find(0)) return *task;
  if (unnumbered_ == nullptr || unnumbered_->key != unnumbered_key_) {
    unnumbered_ = tasks_.only();
    if (unnumbered_ == nullptr) {
      tasks_.each([this](Task& task) {
        if (unnumbered_ == nullptr || task.key < unnumbered_->key) unnumbered_ = &task;
      });
    }
    if (unnumbered_ == nullptr) unnumbered_ = &tasks_.add(0);
    unnumbered_key_ = unnumbered_->key;
  }
  return *unnumbered_;
}

// A tid that no task has: it may be that of a task whose own was not known so far.
Task& StraceDecoder::new_task(uint32_t tid) {
  Task* task = tasks_.find(0);
  if (task == nullptr && !inner_children_.empty()) {
    auto child = std::find_if(inner_children_.begin(), inner_children_.end(),
                              [tid](const InnerChild& c) { return c.inner_tid == tid; });
    if (child == inner_children_.end() && pending_forks_ == 0) {
      child = inner_children_.begin();
      counters_.add(DecodeCounter::kChildTidGuessed);
    }
    if (child != inner_children_.end()) {
      task = tasks_.find(child->placeholder);
      inner_children_.erase(child);
    }
    if (task != nullptr && !task->threaded) task->tgid = tid;
  }
  if (task == nullptr) return tasks_.add(tid);
  tasks_.rename(*task, tid);
  if (task->announced) put(*task, Op::kTask, 0, tid, task->tgid);
  return *task;
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

// The task that a clone returned, if it is known already. `late`: its first events are out.
Task* StraceDecoder::child_of(const Task& parent, uint32_t child_tid, RecordQueue::HoldId hold,
                              bool& late) {
  const std::span<Record> places = queue_.of_hold(hold);
  const auto first_seen_inside = [&](const Task& task) {
    const Record* const place = queue_.at_place(task.announced_at);
    return !places.empty() && place != nullptr && place > places.data();
  };
  Task* child = tasks_.find(child_tid);
  if (child == &parent) return child;
  // A parent in a PID namespace knows its child by a small number, but lines print strace's. Then the child is
  // the first that appeared from nowhere while its parent was in the call.
  const bool inner = child_tid < lowest_tid_ && lowest_tid_ != UINT32_MAX;
  if (child == nullptr && inner) {
    tasks_.each([&](Task& task) {
      if (task.announced && !task.cloned && first_seen_inside(task) &&
          (child == nullptr || task.announced_at < child->announced_at)) {
        child = &task;
      }
    });
    if (child != nullptr) counters_.add(DecodeCounter::kChildTidGuessed);
  }
  if (child == nullptr || !child->announced) return child;
  if (child->cloned || child->exited) {
    retire(*child);
    return nullptr;
  }
  if (first_seen_inside(*child)) {
    queue_.at_place(child->announced_at)->op = 0;  // it moves to before the clone
    unparented_--;
  } else {
    late = true;
    counters_.add(DecodeCounter::kChildBeforeClone);
  }
  return child;
}

// kTask and kClone of a child: in the two places of `hold`, or here.
void StraceDecoder::put_clone(Task& parent, uint64_t flags, uint32_t child_tid, uint64_t time,
                              RecordQueue::HoldId hold) {
  bool late = false;
  Task* child = child_of(parent, child_tid, hold, late);
  if (child == &parent) return;
  if (child == nullptr && child_tid < lowest_tid_ && lowest_tid_ != UINT32_MAX) {
    child = &tasks_.add(next_inner_++);
    inner_children_.push_back({child->key, child_tid, child->tid});
    if (inner_children_.size() > kMostInnerChildren) inner_children_.pop_front();
  } else if (child == nullptr) {
    child = &tasks_.add(child_tid);
  }
  children_++;
  if (child->announced || child->spoke) children_spoke_++;
  child->announced = true;
  child->cloned = true;
  child->announced_at = RecordQueue::kGone;
  child->comm = parent.comm;
  const uint32_t tid = child->tid < kInnerTids ? child->tid : 0;
  if ((flags & strace::kCloneThread) != 0) {
    child->tgid = parent.tgid;
    child->group = parent.group;
    child->threaded = parent.threaded = true;
  } else {
    child->tgid = tid;
  }
  const Record task{time, child->tgid, child->key, 0, tid, static_cast<uint16_t>(Op::kTask), 0};
  const Record clone{time, flags, parent.key, 0, child->key, static_cast<uint16_t>(Op::kClone), 0};
  const std::span<Record> places = queue_.of_hold(hold);
  if (places.size() == 2) {
    if (!late) places[0] = task;
    places[1] = clone;
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
  const bool ended = task.exited || task.replaced || exited_groups_.contains(task.group) ||
                     std::find(executing_groups_.begin(), executing_groups_.end(), task.group) !=
                         executing_groups_.end();
  put(task, ended ? Op::kStatus : Op::kTaskExit, 0, static_cast<uint32_t>(status), 0, flags);
  tasks_.end(task);
}

// de_thread: a program executed by one thread ends the others; what they print later is no news.
void StraceDecoder::executed(Task& task) {
  executed_++;
  if (!task.threaded) return;
  tasks_.each([&task](Task& other) {
    if (other.group == task.group && &other != &task) other.replaced = true;
  });
  task.threaded = false;
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
