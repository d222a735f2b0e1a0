// System calls by their events, in each of three spellings.
#include "decode/ftrace/ftrace_decoder.h"

namespace memtrack {

using ftrace::Abi;
using ftrace::Arguments;
using ftrace::Event;
using ftrace::EventName;
using ftrace::Line;
using ftrace::Number;
using ftrace::parse_number;
using ftrace::Shape;
using ftrace::SystemCall;
using ftrace::SystemCallPart;

namespace {

constexpr uint64_t kLeastError = ~uint64_t{4094};  // -4095 … -1 are errors
constexpr uint64_t kDupfd = 0, kSetfd = 2, kDupfdCloexec = 1030;
constexpr uint64_t kFdCloexec = 1;
constexpr uint64_t kOpenCloexec = 02000000;
constexpr uint64_t kCloneFiles = 0x400;
constexpr uint64_t kKeepSize = 1;
constexpr uint64_t kMapSharedBit = 1, kMapFixedBit = 0x10, kMapAnonymous = 0x20;
constexpr uint64_t kMapFixedNoReplace = 0x100000;
constexpr uint64_t kDontFork = 10, kDoFork = 11;
constexpr uint64_t kUdmabufCreate = 0x40187542, kUdmabufCreateList = 0x40087543;
constexpr uint64_t kHeapAllocate = 0xc0184800;
constexpr uint64_t kSetNameA = 0x40046201, kSetNameB = 0x40086201;
constexpr uint64_t kIoctlType = 0xff00, kDrmType = 'd' << 8, kIonType = 'I' << 8;

bool failed(uint64_t result) { return result >= kLeastError; }
uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }

}  // namespace

// sys_close(fd: 7) and sys_close -> 0x0; sys_enter_close: fd: 0x00000007 and sys_exit_close: 0x0
void FtraceDecoder::on_system_call(const EventName& name, const Line& line) {
  const auto call = static_cast<SystemCall>(name.call);
  const bool leaves = line.shape == Shape::kReturn || name.part == SystemCallPart::kExit;
  if (line.tid == 0) return;
  if (leaves) {
    const Number result = parse_number(line.args, true);
    if (!result) return incomplete();
    Task* const task = tasks_.find(line.tid);
    if (task != nullptr) leave(*task, call, result.signed_value());
    return;
  }
  Task& task = actor_of(line);
  task.pending = Pending{};
  read_named(line.args, task.pending);
  enter(task, call);
}

// sys_exit(error_code: 0): the call of that name, not the end of another.
void FtraceDecoder::on_exit_call(const Line& line) {
  if (line.tid == 0) return;
  Task& task = actor_of(line);
  task.pending = Pending{};
  read_named(line.args, task.pending);
  enter(task, SystemCall::kExit);
}

// fd: 7, cmd: 409, name: 0x7ffd… "frame": numbers are hexadecimal with or without 0x.
void FtraceDecoder::read_named(std::string_view text, Pending& pending) {
  for (size_t i = 0; i < kArguments && !text.empty(); i++) {
    const size_t colon = text.find(": ");
    if (colon == std::string_view::npos) return;
    text.remove_prefix(colon + 2);
    pending.args[i] = parse_number(text, true).signed_value();
    size_t at = text.find_first_of(",\"");
    if (at != std::string_view::npos && text[at] == '"') {
      const size_t close = text.find('"', at + 1);
      if (close == std::string_view::npos) return;
      pending.path = strings_.intern(text.substr(at + 1, close - at - 1));
      at = text.find(',', close);
    }
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

// sys_enter: NR 3 (7, 0, 7ffe…, 0, 0, 0) and sys_exit: NR 3 = 0
void FtraceDecoder::on_raw_call(Event event, const Line& line) {
  const Arguments args(line.args);
  const Number number = args.number("NR ");
  if (!number) return incomplete();
  if (number.negative || line.tid == 0) return;  // interrupted and restarted
  // Which machine it is the text does not say, but what it does all the time does.
  constexpr int kCertain = 64;
  if (abi_ < kCertain && abi_ > -kCertain) abi_ += ftrace::abi_vote(number.value);
  const SystemCall call = ftrace::system_call_of(abi_ >= 0 ? Abi::kX86 : Abi::kArm, number.value);
  if (call == SystemCall::kNone) return;
  raw_calls_++;
  if (event == Event::kRawExit) {
    const Number result = args.number("= ");
    if (!result) return incomplete();
    Task* const task = tasks_.find(line.tid);
    if (task != nullptr) leave(*task, call, result.signed_value());
    return;
  }
  const size_t bracket = line.args.find('(');
  if (bracket == std::string_view::npos) return incomplete();
  Task& task = actor_of(line);
  task.pending = Pending{};
  std::string_view text = line.args.substr(bracket + 1);
  for (size_t i = 0; i < kArguments; i++) {
    task.pending.args[i] = parse_number(text, true).signed_value();
    const size_t comma = text.find(", ");
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 2);
  }
  enter(task, call);
}

void FtraceDecoder::enter(Task& task, SystemCall call) {
  Pending& pending = task.pending;
  pending.call = call;
  const auto& a = pending.args;
  switch (call) {
    case SystemCall::kClose:
      // It drops the descriptor even where it fails, and another thread may get it before it returns.
      put(task.key, Op::kClose, low(a[0]), 0, 0);
      break;
    case SystemCall::kCloseRange:
      put(task.key, Op::kCloseRange, low(a[0]), low(a[1]), a[2]);
      break;
    case SystemCall::kMunmap:
      put(task.key, Op::kMunmap, low(a[1]), low(a[1] >> 32), a[0]);
      break;
    case SystemCall::kExit:
    case SystemCall::kExitGroup:
      task.status = low(a[0] & 0xff);
      task.status_known = true;
      break;
    case SystemCall::kSysv:
      counters_.add(DecodeCounter::kNotModelledSysv);
      break;
    case SystemCall::kIoUring:
      counters_.add(DecodeCounter::kNotModelledIoUring);
      break;
    default:
      break;
  }
}

void FtraceDecoder::leave(Task& task, SystemCall call, uint64_t result) {
  // A child begins with the return of a call that its parent made.
  if (task.pending.call != call) return;
  const auto& a = task.pending.args;
  if (!failed(result)) {
    switch (call) {
      case SystemCall::kFcntl:
        leave_fcntl(task, result);
        break;
      case SystemCall::kIoctl:
        leave_ioctl(task, result);
        break;
      case SystemCall::kFtruncate:
        put(task.key, Op::kTruncate, low(a[0]), 0, a[1]);
        break;
      case SystemCall::kFallocate:
        if ((a[1] & kKeepSize) == 0 && a[2] <= UINT64_MAX - a[3]) {
          put(task.key, Op::kTruncate, low(a[0]), 0, a[2] + a[3], kGrow);
        }
        break;
      case SystemCall::kSendmsg:
        counters_.add(DecodeCounter::kMessagesNotShown);
        break;
      case SystemCall::kUnshare:
        if ((a[0] & kCloneFiles) != 0) put(task.key, Op::kUnshareFiles, 0, 0, 0);
        break;
      case SystemCall::kMmap:
      case SystemCall::kMprotect:
      case SystemCall::kMremap:
      case SystemCall::kMadvise:
        leave_mapping(task, call, result);
        break;
      default:
        if (result < kNoFd) leave_with_fd(task, call, low(result));
        break;
    }
  }
  task.pending = Pending{};
}

// Calls that return a descriptor, unless a probe has told what it is of.
void FtraceDecoder::leave_with_fd(Task& task, SystemCall call, uint32_t fd) {
  const Pending& pending = task.pending;
  const auto& a = pending.args;
  const auto cloexec = [](uint64_t flags) {
    return static_cast<uint16_t>((flags & kOpenCloexec) != 0 ? kCloexec : 0);
  };
  if (call == SystemCall::kDup2 || call == SystemCall::kDup3) {
    if (low(a[0]) == fd) return;
    const uint16_t mark = call == SystemCall::kDup3 ? cloexec(a[2]) : uint16_t{0};
    put(task.key, Op::kDup, low(a[0]), fd, 0, static_cast<uint16_t>(mark | kOnto));
    return;
  }
  if (pending.installed) return;
  switch (call) {
    case SystemCall::kOpen:
      put(task.key, Op::kOpen, fd, pending.path, a[1], cloexec(a[1]));
      break;
    case SystemCall::kOpenat:
      put(task.key, Op::kOpen, fd, pending.path, a[2], cloexec(a[2]));
      break;
    case SystemCall::kOpenat2:
    case SystemCall::kCreat:
    case SystemCall::kNewFd:
      put(task.key, Op::kNewFd, fd, 0, 0);
      break;
    case SystemCall::kDup:
      put(task.key, Op::kDup, low(a[0]), fd, 0);
      break;
    case SystemCall::kMemfdCreate:
      put(task.key, Op::kMemfd, fd, pending.path, a[1]);
      break;
    case SystemCall::kPidfdGetfd:
      put(task.key, Op::kPidfdGetfd, fd, low(a[1]), 0, kCloexec);
      break;
    default:
      break;
  }
}

void FtraceDecoder::leave_fcntl(Task& task, uint64_t result) {
  const Pending& pending = task.pending;
  const uint32_t fd = low(pending.args[0]);
  const uint64_t command = pending.args[1];
  if (command == kSetfd) {
    put(task.key, Op::kSetCloexec, fd, 0, 0,
        (pending.args[2] & kFdCloexec) != 0 ? kCloexec : uint16_t{0});
  } else if ((command == kDupfd || command == kDupfdCloexec) && !pending.installed) {
    put(task.key, Op::kDup, fd, low(result), 0, command == kDupfd ? uint16_t{0} : kCloexec);
  }
}

void FtraceDecoder::leave_ioctl(Task& task, uint64_t result) {
  const Pending& pending = task.pending;
  const uint32_t fd = low(pending.args[0]);
  const uint64_t command = pending.args[1] & UINT32_MAX;
  if (command == kSetNameA || command == kSetNameB) {
    put(task.key, Op::kSetName, fd, 0, 0);
  } else if (pending.installed) {
    return;
  } else if (command == kUdmabufCreate || command == kUdmabufCreateList) {
    put(task.key, Op::kUdmabuf, low(result), 0, 0);
  } else if (command == kHeapAllocate) {
    put(task.key, Op::kHeapAlloc, kNoFd, 0, 0);
  } else if ((command & kIoctlType) == kDrmType) {
    counters_.add(DecodeCounter::kNotModelledDrm);
  } else if ((command & kIoctlType) == kIonType) {
    counters_.add(DecodeCounter::kNotModelledIon);
  }
}

void FtraceDecoder::leave_mapping(Task& task, SystemCall call, uint64_t result) {
  const auto& a = task.pending.args;
  constexpr uint16_t kTailOp = static_cast<uint16_t>(Op::kTail);
  switch (call) {
    case SystemCall::kMmap: {
      const bool anonymous = (a[3] & kMapAnonymous) != 0 || low(a[4]) == kNoFd;
      uint16_t flags = 0;
      if ((a[3] & kMapSharedBit) != 0) flags |= kMapShared;
      if ((a[3] & (kMapFixedBit | kMapFixedNoReplace)) != 0) flags |= kMapFixed;
      put_tailed(task.key, Op::kMmap, anonymous ? kNoFd : low(a[4]), low(a[2]), a[1], flags,
                 {result, a[5], 0, 0, 0, kTailOp, 0});
      break;
    }
    case SystemCall::kMprotect:
      put(task.key, Op::kMprotect, low(a[1]), low(a[1] >> 32), a[0],
          static_cast<uint16_t>(a[2] & 7));
      break;
    case SystemCall::kMremap:
      put_tailed(task.key, Op::kMremap, 0, 0, a[0], 0,
                 {a[1], a[2], low(result), low(result >> 32), low(a[3]), kTailOp, 0});
      break;
    default:  // madvise
      if (a[2] != kDontFork && a[2] != kDoFork) return;
      put(task.key, Op::kMadvise, low(a[1]), low(a[1] >> 32), a[0], static_cast<uint16_t>(a[2]));
      break;
  }
}

}  // namespace memtrack
