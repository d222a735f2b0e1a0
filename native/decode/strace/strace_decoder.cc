// Bytes to lines, lines to calls.
#include "decode/strace/strace_decoder.h"

#include <cstring>

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::Line;
using strace::Task;

namespace {

constexpr std::string_view kUnfinished = "<unfinished ...>";
constexpr std::string_view kUnfinishedAtExit = "<unfinished ...>) = ?";
constexpr std::string_view kDetached = " <detached ...>";

const char* newline(const char* p, const char* end) {
  return static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
}

bool ends_with(const char* begin, const char* end, std::string_view tail) {
  return static_cast<size_t>(end - begin) >= tail.size() &&
         std::memcmp(end - tail.size(), tail.data(), tail.size()) == 0;
}

}  // namespace

void StraceDecoder::push(std::span<const uint8_t> bytes) {
  if (finished_ || bytes.empty()) return;
  const char* p = reinterpret_cast<const char*>(bytes.data());
  const char* const end = p + bytes.size();
  if (skipping_ || !carry_.empty()) {
    const char* const stop = newline(p, end);
    const char* const until = stop == nullptr ? end : stop;
    if (!skipping_) carry_.append(p, until);
    position_ += static_cast<uint64_t>(until - p);
    if (!skipping_ && carry_.size() > kLongestLine) {
      lose(nullptr, DecodeCounter::kLineTooLong);
      skipping_ = true;
      carry_.clear();
    }
    if (stop == nullptr) return;
    position_++;
    p = stop + 1;
    if (skipping_) {
      skipping_ = false;
    } else {
      on_line(carry_.data(), carry_.data() + carry_.size());
      carry_.clear();
    }
  }
  while (p < end) {
    const char* const stop = newline(p, end);
    if (stop == nullptr) break;
    position_ += static_cast<uint64_t>(stop + 1 - p);
    if (static_cast<size_t>(stop - p) > kLongestLine) {
      lose(nullptr, DecodeCounter::kLineTooLong);
    } else {
      on_line(p, stop);
    }
    p = stop + 1;
  }
  if (p == end) return;
  position_ += static_cast<uint64_t>(end - p);
  if (static_cast<size_t>(end - p) > kLongestLine) {
    lose(nullptr, DecodeCounter::kLineTooLong);
    skipping_ = true;
  } else {
    carry_.assign(p, end);
  }
}

void StraceDecoder::finish() {
  if (finished_) return;
  if (!carry_.empty()) {
    on_line(carry_.data(), carry_.data() + carry_.size());
    carry_ = std::string();
  }
  if (!joined_.empty()) lose(nullptr, DecodeCounter::kTruncatedArguments);
  tasks_.each([this](Task& task) {
    if (queue_.waits(task.pending.hold)) settle_never(task, true);
  });
  count_what_is_missing();
  finished_ = true;
}

void StraceDecoder::on_line(const char* begin, const char* end) {
  if (begin < end && end[-1] == '\r') end--;
  if (!begun_ && end - begin >= 3 && std::memcmp(begin, "\xef\xbb\xbf", 3) == 0) begin += 3;
  if (begin == end) return;
  if (joins_next_line(begin, end)) return;
  if (!joined_.empty()) {
    joined_.append(begin, end);
    const std::string line = std::move(joined_);
    joined_.clear();
    split_and_dispatch(line.data(), line.data() + line.size());
  } else {
    split_and_dispatch(begin, end);
  }
  if (queue_.any_hold()) bound_holds();
}

// On a terminal "strace: Process 4212 attached" may cut a line: `clone(…, flags=CLONE_VMstrace: Process…`.
// The rest of the line follows on the next.
bool StraceDecoder::joins_next_line(const char* begin, const char* end) {
  constexpr std::string_view kAttached = " attached";
  constexpr std::string_view kMessage = "strace: Process ";
  if (end[-1] != 'd' || !ends_with(begin, end, kAttached)) return false;
  const std::string_view line(begin, static_cast<size_t>(end - begin));
  const size_t at = line.rfind(kMessage);
  if (at == std::string_view::npos || at == 0) return false;
  for (const char c :
       line.substr(at + kMessage.size(), line.size() - at - kMessage.size() - kAttached.size())) {
    if (c < '0' || c > '9') return false;
  }
  if (joined_.size() + at > kLongestLine) {
    lose(nullptr, DecodeCounter::kLineTooLong);
    joined_.clear();
    return true;
  }
  joined_.append(line.substr(0, at));
  on_message(line.substr(at + 8));
  return true;
}

void StraceDecoder::split_and_dispatch(const char* begin, const char* end) {
  Line line;
  if (!strace::split_line(begin, end, line)) {
    const std::string_view text(begin, static_cast<size_t>(end - begin));
    if (text.starts_with("strace: ")) {
      on_message(text.substr(8));
    } else if (text.starts_with("Process ")) {  // older than 4.9
      on_message(text);
    } else if (!text.starts_with(" > ") &&
               !text.starts_with("[ Process PID=")) {  // -k; personality
      counters_.add(begun_ ? DecodeCounter::kUnparsedLine : DecodeCounter::kBannerLines);
    }
    return;
  }
  begun_ = true;
  now_ = clock_.stamp(line, counters_);
  const char* const text = line.text;
  const bool begins_call = *text != '<' && *text != '+' && *text != '-';
  Task& task = task_of(line, begins_call);
  if (!task.spoke) {
    task.spoke = true;
    if (task.cloned) children_spoke_++;
  }
  if (!line.comm.empty()) {
    const uint32_t comm = intern_unescaped(line.comm);
    if (comm != task.comm) {
      task.comm = comm;
      announce(task);
      put(task, Op::kComm, 0, comm, 0);
    }
  }
  switch (*text) {
    case '<':
      announce(task);
      on_resumed(task, text, end);
      break;
    case '+':
      announce(task);
      on_end_of_task(task, text, end);
      break;
    case '-':
    case '?':
      announce(task);
      break;
    default:
      on_call(task, line.call, end);
  }
}

// strace's own messages: only "Process N attached" matters: N is a task, not the one without a number.
void StraceDecoder::on_message(std::string_view text) {
  constexpr std::string_view kProcess = "Process ";
  if (!text.starts_with(kProcess) || !text.ends_with(" attached")) return;
  Cursor cursor(text.data() + kProcess.size(), text.data() + text.size());
  const uint64_t tid = cursor.number();
  if (cursor.bad() || tid == 0 || tid > UINT32_MAX) return;
  if (tasks_.find(static_cast<uint32_t>(tid)) == nullptr) tasks_.add(static_cast<uint32_t>(tid));
}

void StraceDecoder::on_call(Task& task, std::string_view name, const char* end) {
  const char* const text = name.data();
  const Call call = strace::call_of(name);
  const char* const args = text + name.size() + 1;
  if (!task.announced) {
    if (call == Call::kExecve && task.tid != 0) task.tgid = task.tid;  // strace ran it: a leader
    announce(task);
  }
  if (!strace::of_interest(call)) {
    if (call == Call::kOther) reveal_all(task, args, end);
    return;
  }
  seen_[static_cast<size_t>(call)] = true;
  if (task.pending.call != Call::kOther) settle_never(task, true);
  Context context{task, call, Cursor(args, end), false, RecordQueue::kNoHold, 0};
  if (strace::ends_thread(call)) {
    on_exit(context);
    return;
  }
  if (end[-1] == '>' && ends_with(args, end, kUnfinished)) {
    end -= kUnfinished.size();
    if (end > args && end[-1] == ' ') end--;
    on_first_half(task, call, name, text, end);
    return;
  }
  if (end[-1] == '?' && ends_with(args, end, kUnfinishedAtExit)) return;  // it died in it
  if (end[-1] == '>' && ends_with(args, end, kDetached)) return;
  run(context);
}

void StraceDecoder::on_resumed(Task& task, const char* text, const char* end) {
  const char* const name = text + 5;  // "<... "
  const char* p = name;
  while (p < end && *p != ' ') p++;
  const Call call = strace::call_of({name, static_cast<size_t>(p - name)});
  constexpr std::string_view kResumed = " resumed>";
  if (static_cast<size_t>(end - p) < kResumed.size() ||
      std::memcmp(p, kResumed.data(), kResumed.size()) != 0) {
    counters_.add(DecodeCounter::kUnparsedLine);
    return;
  }
  p += kResumed.size();
  if (!strace::of_interest(call)) {
    if (call == Call::kOther) reveal_all(task, p, end);
    return;
  }
  if (strace::ends_thread(call)) return;
  if (task.pending.call != call) {
    if (call >= Call::kFork && call <= Call::kClone3 && ends_with(p, end, "= 0"))
      return;  // in the child
    reveal_all(task, p, end);
    lose(&task, DecodeCounter::kResumedWithoutStart);
    return;
  }
  if (end[-1] == '>') {
    if (ends_with(p, end, kDetached)) return;
    if (ends_with(p, end, kUnfinished)) {  // interrupted a second time
      end -= kUnfinished.size();
      if (end > p && end[-1] == ' ') end--;
      if (task.pending.text.size() < kLongestLine) task.pending.text.append(p, end);
      return;
    }
  }
  whole_.assign(task.pending.text);
  whole_.append(p, end);
  const char* const begin = whole_.data();
  const std::string_view begun = strace::call_name(begin, begin + whole_.size());
  Context context{task,
                  call,
                  Cursor(begin + begun.size() + 1, begin + whole_.size()),
                  false,
                  RecordQueue::kNoHold,
                  0};
  settle_returned(task, context);
}

}  // namespace memtrack
