// Which file a descriptor is of: tracepoints of dma_buf, probes on kernel functions, descriptors passed by binder.
#include "decode/ftrace/ftrace_decoder.h"

namespace memtrack {

using ftrace::Arguments;
using ftrace::Event;
using ftrace::EventName;
using ftrace::Line;
using ftrace::Number;
using ftrace::SystemCall;

namespace {

constexpr uint16_t kTailOp = static_cast<uint16_t>(Op::kTail);
constexpr uint64_t kOpenCloexec = 02000000;       // O_CLOEXEC
constexpr uint64_t kMemfdCloexec = 1;             // MFD_CLOEXEC
constexpr uint64_t kReceiveCloexec = 0x40000000;  // MSG_CMSG_CLOEXEC
constexpr uint64_t kDupfdCloexec = 1030;          // F_DUPFD_CLOEXEC

bool fits_fd(Number fd) { return fd && !fd.negative && fd.value < kNoFd; }

// exp_name=%s [name=%s] size=%zu …: both may hold blanks and commas.
struct Names {
  std::string_view exporter;
  std::string_view name;
};

Names names_of(const Arguments& args) {
  Names names;
  std::string_view text = args.text_until("exp_name=", " size=");
  const size_t name = text.find(" name=");
  if (name != std::string_view::npos) {
    names.name = text.substr(name + 6);
    if (names.name == "(null)") names.name = {};
    text = text.substr(0, name);
  }
  names.exporter = text;
  return names;
}

}  // namespace

void FtraceDecoder::on_dma_buf(Task& task, Event event, const Arguments& args) {
  const Number inode = args.number("ino="), size = args.number("size=");
  if (!inode || !size || size.negative) return incomplete();
  const Names names = names_of(args);
  const uint32_t exporter = names.exporter.empty() ? 0 : strings_.intern(names.exporter);
  Tail tail{inode.value, 0, 0, 0, 0, kTailOp, 0};
  switch (event) {
    case Event::kDmaBufExport:
      return put_tailed(task.key, Op::kExport, 0, exporter, size.value, 0, tail);
    case Event::kDmaBufFd:
    case Event::kDmaBufGet: {
      const Number fd = args.number("fd=");
      if (!fits_fd(fd)) return incomplete();
      if (task.key == 0) return;
      const auto number = static_cast<uint32_t>(fd.value);
      tail.q = kNoDev;
      put_tailed(task.key, Op::kFdFile, number, exporter, size.value,
                 event == Event::kDmaBufGet ? kSeen : 0, tail);
      if (event == Event::kDmaBufFd) task.pending.installed = true;
      if (!names.name.empty()) {
        scratch_ = "/dmabuf:";
        scratch_ += names.name;
        put(task.key, Op::kFdName, number, strings_.intern(scratch_), 0);
      }
      return;
    }
    case Event::kDmaBufMmap:
      if (task.key != 0) put_tailed(task.key, Op::kMapFile, 0, exporter, size.value, 0, tail);
      return;
    case Event::kDmaBufAttach:
    case Event::kDmaBufDetach: {
      const Number attachment = args.number("attachment:", true);
      const std::string_view device = args.word("dev_name=");
      tail.q = attachment.value;
      return put_tailed(task.key, Op::kImport, 0, device.empty() ? 0 : strings_.intern(device),
                        size.value, event == Event::kDmaBufDetach ? kDetach : 0, tail);
    }
    default:  // dma_buf_put: of a reference that dma_buf_get showed
      return;
  }
}

// "(FUNC+0xOFF/0xSIZE) key=value …" at the entry, "(CALLER+0xOFF/0xSIZE <- FUNC) key=value …" at the return. Events
// of probes have names of the user's choice, their functions not.
void FtraceDecoder::on_probe(const Line& line, EventName& name, const Arguments& args) {
  Event event = name.event;
  if (event == Event::kUser || event == Event::kDmaBufExport) {
    const std::string_view text = args.text();
    const std::string_view place = text.substr(1, text.find(')') - 1);
    const size_t arrow = place.find(" <- ");
    const bool returns = arrow != std::string_view::npos;
    const std::string_view function =
        returns ? place.substr(arrow + 4) : place.substr(0, place.find('+'));
    event = Event::kOther;
    if (returns) {
      if (function == "dma_buf_export") event = Event::kProbeExport;
    } else if (function == "fd_install") {
      event = Event::kProbeFdInstall;
    } else if (function == "filp_flush" || function == "filp_close") {
      event = Event::kProbeFlush;
    } else if (function == "dma_buf_file_release" || function == "dma_buf_release") {
      event = Event::kProbeRelease;
    }
    if (name.event == Event::kUser) name.event = event;
  }
  if (event == Event::kOther) {
    counters_.add(DecodeCounter::kOtherEvents);
    return;
  }
  Task& task = task_of(line);
  if (event == Event::kProbeFdInstall) return on_fd_install(task, args);
  if (event == Event::kProbeFlush) return on_flush(task, args);
  const Number inode = args.number("ino=");
  if (!inode) return incomplete();
  const Tail tail{inode.value, 0, 0, 0, 0, kTailOp, 0};
  if (event == Event::kProbeRelease) {
    return put_tailed(task.key, Op::kRelease, 0, 0, 0, 0, tail);
  }
  const Number size = args.number("size=");
  std::string_view exporter = args.after("exp=\"");
  exporter = exporter.substr(0, exporter.find('"'));
  put_tailed(task.key, Op::kExport, 0, exporter.empty() ? 0 : strings_.intern(exporter), size.value,
             0, tail);
}

void FtraceDecoder::on_fd_install(Task& task, const Arguments& args) {
  const Number fd = args.number("fd="), inode = args.number("ino=");
  const Number dev = args.number("dev="), size = args.number("size=");
  if (!fits_fd(fd) || !inode) return incomplete();
  if (task.key == 0) return;
  Pending& pending = task.pending;
  bool known = true, cloexec = false;
  uint16_t flags = 0;
  switch (pending.call) {
    case SystemCall::kMemfdCreate:
      flags = kOfMemfd;
      cloexec = (pending.args[1] & kMemfdCloexec) != 0;
      break;
    case SystemCall::kOpen:
      cloexec = (pending.args[1] & kOpenCloexec) != 0;
      break;
    case SystemCall::kOpenat:
      cloexec = (pending.args[2] & kOpenCloexec) != 0;
      break;
    case SystemCall::kDup:
    case SystemCall::kCreat:
      break;
    case SystemCall::kFcntl:
      cloexec = pending.args[1] == kDupfdCloexec;
      break;
    case SystemCall::kRecvmsg:
      cloexec = (pending.args[2] & kReceiveCloexec) != 0;
      break;
    case SystemCall::kPidfdGetfd:
      cloexec = true;
      break;
    default:
      known = false;
  }
  if (known) flags |= kCloexecKnown;
  if (cloexec) flags |= kCloexec;
  pending.installed = true;
  put_tailed(task.key, Op::kFdFile, static_cast<uint32_t>(fd.value), 0, size.value, flags,
             {inode.value, dev ? dev.value : kNoDev, 0, 0, 0, kTailOp, 0});
}

// Called for every descriptor that is closed, also by dup2, exec and exit.
void FtraceDecoder::on_flush(Task& task, const Arguments& args) {
  const Number inode = args.number("ino="), dev = args.number("dev=");
  if (!inode) return incomplete();
  // After its exit the whole table went; the calls that close say which descriptor.
  if (task.key == 0 || task.exiting) return;
  switch (task.pending.call) {
    case SystemCall::kClose:
    case SystemCall::kCloseRange:
    case SystemCall::kDup2:
    case SystemCall::kDup3:
      return;
    default:
      break;
  }
  put_tailed(task.key, Op::kFdFlush, kNoFd, 0, 0, 0,
             {inode.value, dev ? dev.value : kNoDev, 0, 0, 0, kTailOp, 0});
}

// A transaction's descriptors, and who works for whom.
void FtraceDecoder::on_binder(Task& task, Event event, const Arguments& args) {
  const Number id = args.number("transaction=");
  if (!id || id.negative || id.value > UINT32_MAX) return incomplete();
  const auto number = static_cast<uint32_t>(id.value);
  Transaction& slot = transactions_[number % kMostTransactions];
  const auto pass = [&](Op op, Number fd, Number offset, uint32_t target_fd, uint32_t target) {
    if (!fits_fd(fd)) return incomplete();
    if (task.key == 0) return;
    put_tailed(task.key, op, static_cast<uint32_t>(fd.value), 0, 0, 0,
               {number, offset ? offset.value : 0, target_fd, target, 0, kTailOp, 0});
  };
  switch (event) {
    case Event::kBinderTransaction: {
      const Number target = args.number("dest_proc=");
      if (args.number("reply=").value != 0) {
        task.serving = 0;
      } else if (task.key != 0) {
        slot = {number, task.key};
      }
      task.transaction = number;
      task.target = target && !target.negative && target.value <= INT32_MAX
                        ? static_cast<uint32_t>(target.value)
                        : 0;
      return;
    }
    case Event::kBinderReceived:
      if (task.key != 0) task.serving = slot.id == number ? slot.sender : 0;
      return;
    case Event::kBinderFd: {  // transaction=%d src_fd=%d ==> dest_fd=%d
      const Number fd = args.number("dest_fd=");
      if (!fits_fd(fd)) return incomplete();
      return pass(Op::kBinderSend, args.number("src_fd="), {}, static_cast<uint32_t>(fd.value),
                  task.transaction == number ? task.target : 0);
    }
    case Event::kBinderFdSend:
      return pass(Op::kBinderSend, args.number("src_fd="), args.number("offset="), kNoFd, 0);
    default:
      return pass(Op::kBinderReceive, args.number("dest_fd="), args.number("offset="), kNoFd, 0);
  }
}

}  // namespace memtrack
