// Calls printed in two halves, and what a call returned.
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::Task;

namespace {

bool is_fork(Call call) {
  return call == Call::kFork || call == Call::kVfork || call == Call::kClone ||
         call == Call::kClone3;
}

bool is_exec(Call call) { return call == Call::kExecve || call == Call::kExecveat; }

bool is_send(Call call) { return call == Call::kSendmsg || call == Call::kSendmmsg; }

}  // namespace

void StraceDecoder::on_first_half(Task& task, Call call, std::string_view name, const char* text,
                                  const char* end) {
  const char* const args = text + name.size() + 1;
  reveal_all(task, args, end);  // before the hold: it stays if the call fails
  task.pending.call = call;
  task.pending.time = now_;
  task.pending.text.assign(text, end);
  task.pending.hold = RecordQueue::kNoHold;
  task.pending.assumed_child = 0;
  if (!strace::effect_at_first_half(call)) return;
  if (is_fork(call)) pending_forks_++;
  if (is_exec(call) && task.threaded) executing_groups_.push_back(task.group);
  task.pending.hold = queue_.open_hold(position_, !is_fork(call) && !is_send(call));
  if (is_fork(call)) {
    for (int i = 0; i < 2; i++) queue_.put({});  // kTask and kClone, once the child is known
  } else {
    std::string& half = task.pending.text;
    half += ')';  // so that its last argument has an end
    const char* const begin = half.data();
    Context context{task,
                    call,
                    Cursor(begin + name.size() + 1, begin + half.size()),
                    true,
                    RecordQueue::kNoHold,
                    0};
    run(context);
    half.pop_back();
  }
  queue_.close_hold();
}

// The second half is here: `call` has the text of both.
void StraceDecoder::settle_returned(Task& task, Context& call) {
  const RecordQueue::HoldId hold = task.pending.hold;
  const Call kind = task.pending.call;
  task.pending.call = Call::kOther;
  task.pending.hold = RecordQueue::kNoHold;
  if (is_exec(kind)) std::erase(executing_groups_, task.group);
  if (is_fork(kind)) pending_forks_--;
  if (hold == RecordQueue::kNoHold) {
    run(call);
    return;
  }
  if (!queue_.waits(hold)) {  // assumed meanwhile; what was assumed not done is done now
    const uint32_t assumed = task.pending.assumed_child;
    if (is_send(kind) || (is_fork(kind) && assumed == 0)) {
      run(call);
    } else if (is_fork(kind)) {
      Cursor args = call.args;
      if (read_result(args).value != assumed) counters_.add(DecodeCounter::kChildTidGuessed);
    }
    return;
  }
  if (queue_.of_hold(hold).empty()) {  // the first half did not show enough, or it has no effect
    queue_.settle(hold, true);
    run(call);
    return;
  }
  Cursor args = call.args;
  call.result = read_result(args);
  if (call.result.state == Result::State::kMissing) {
    lose(&task, DecodeCounter::kTruncatedArguments);
  }
  bool done = call.result.state == Result::State::kDone;
  if (kind == Call::kClose) done = call.result.error != "EBADF";
  if (done && is_exec(kind)) executed(task);
  if (done && is_fork(kind)) {
    call.hold = hold;
    call.first_half_time = task.pending.time;
    on_fork(call);
  }
  if (done && kind == Call::kSendmmsg) {
    bool sent = true;
    for (Record& record : queue_.of_hold(hold)) {
      if (record.op == static_cast<uint16_t>(Op::kSend)) {
        sent = (record.flags & ~kMore) < call.result.value;
        record.flags &= kMore;
      } else if (record.op != static_cast<uint16_t>(Op::kTail)) {
        continue;
      }
      if (!sent) record.op = 0;
    }
  }
  if (done && is_send(kind)) sent_++;
  queue_.settle(hold, done);
}

// The second half will not come.
void StraceDecoder::settle_never(Task& task, bool count) {
  const Call kind = task.pending.call;
  const RecordQueue::HoldId hold = task.pending.hold;
  task.pending.call = Call::kOther;
  task.pending.hold = RecordQueue::kNoHold;
  if (is_exec(kind)) std::erase(executing_groups_, task.group);
  if (is_fork(kind)) {
    pending_forks_--;
    assume_child(task, kind, hold);
  }
  if (queue_.waits(hold)) {
    for (Record& record : queue_.of_hold(hold)) {
      if (record.op == static_cast<uint16_t>(Op::kSend)) record.flags &= kMore;
    }
    queue_.settle(hold, !is_fork(kind) && !is_send(kind));
  }
  if (count) lose(&task, DecodeCounter::kUnfinishedNeverResumed);
}

// A fork whose result is not known: its child is the first task that appeared from nowhere since it began.
void StraceDecoder::assume_child(Task& parent, Call kind, RecordQueue::HoldId hold) {
  parent.pending.assumed_child = 0;
  if (!queue_.waits(hold)) return;
  Task* const child = first_orphan_inside(hold);
  if (child == nullptr) return;
  const std::string& text = parent.pending.text;
  const uint64_t flags = fork_flags(kind, Cursor(text.data(), text.data() + text.size()));
  parent.pending.assumed_child = child->tid;
  put_clone(parent, flags, child->tid, parent.pending.time, hold);
  queue_.settle(hold, true);
}

void StraceDecoder::bound_holds() {
  while (queue_.any_hold() &&
         (queue_.held() > kMostHeld || position_ - queue_.oldest_at() > kMostHeldText)) {
    const RecordQueue::HoldId oldest = queue_.oldest_hold();
    tasks_.each([&](Task& task) {
      if (task.pending.hold == oldest && is_fork(task.pending.call)) {
        assume_child(task, task.pending.call, oldest);
      }
    });
    if (queue_.waits(oldest)) queue_.assume_oldest();
    counters_.add(DecodeCounter::kUnfinishedAssumed);
  }
}

// The rest of the arguments, ")", "=" and what stands after it.
StraceDecoder::Result StraceDecoder::read_result(Cursor& args) {
  Result result;
  for (;;) {
    args.skip();
    if (args.bad()) return result;
    if (args.eat(',')) continue;
    if (args.eat(')')) break;
    return result;
  }
  args.blanks();
  if (!args.eat('=')) return result;
  args.blanks();
  if (args.eat('?')) {
    result.state = Result::State::kNever;
    return result;
  }
  if (args.peek() == '-') {
    args.number();
    if (args.bad()) return result;
    args.blanks();
    const char* const error = args.at();
    const char* p = error;
    while (p < args.end() && *p >= 'A' && *p <= 'Z') p++;
    while (p < args.end() && *p >= '0' && *p <= '9') p++;
    result.error = {error, static_cast<size_t>(p - error)};
    result.state = Result::State::kFailed;
    return result;
  }
  const char* const number = args.at();
  result.value = args.number();
  if (args.bad()) return result;
  const std::string_view printed(number, static_cast<size_t>(args.at() - number));
  const size_t note = printed.find("/* ");
  if (note != std::string_view::npos && printed.ends_with(" in strace's PID ns */")) {
    result.outer_tid = Cursor(printed.data() + note + 3, printed.data() + printed.size()).number();
  }
  if (args.peek() == '<') {
    Cursor again(number, args.end());
    result.fd = again.fd();
    if (again.bad()) return result;
    args = again;
  }
  result.state = Result::State::kDone;
  return result;
}

// Reads the result; false: the call has no effect, or cannot be read (counted).
bool StraceDecoder::returned(Context& call) {
  if (call.first_half) return !call.args.bad();
  if (!call.args.bad()) call.result = read_result(call.args);
  if (call.args.bad() || call.result.state == Result::State::kMissing) {
    lose(&call.task, DecodeCounter::kTruncatedArguments);
    return false;
  }
  return call.result.state == Result::State::kDone;
}

}  // namespace memtrack
