// Calls that make, copy and drop descriptors.
#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::FdText;
using strace::QuotedText;

namespace {

bool starts_with_digits_then(std::string_view& path, std::string_view next) {
  size_t digits = 0;
  while (digits < path.size() && path[digits] >= '0' && path[digits] <= '9') digits++;
  if (digits == 0 || !path.substr(digits).starts_with(next)) return false;
  path.remove_prefix(digits + next.size());
  return true;
}

// /proc/self/fd/N and its like: the path says which descriptor is opened again.
bool reopens(std::string_view path) {
  if (path.starts_with("/dev/fd/")) return true;
  if (!path.starts_with("/proc/")) return false;
  path.remove_prefix(6);
  if (path.starts_with("self/")) {
    path.remove_prefix(5);
  } else if (path.starts_with("thread-self/")) {
    path.remove_prefix(12);
  } else if (!starts_with_digits_then(path, "/")) {
    return false;
  }
  if (path.starts_with("task/")) {
    path.remove_prefix(5);
    if (!starts_with_digits_then(path, "/")) return false;
  }
  return (path.starts_with("fd/") && path.size() > 3) || path.starts_with("map_files/");
}

// Whether the path has to be resolved to tell.
bool may_reopen(const FdText& directory, const QuotedText& path) {
  const std::string_view start = path.raw.starts_with('/') ? path.raw : directory.name;
  return start.starts_with("/proc") || start.starts_with("/dev/fd") || path.raw.starts_with('\\');
}

// Paths of files through which memory is shared.
bool matters(std::string_view path) {
  if (path.starts_with("/dev/")) {
    path.remove_prefix(5);
    return path.starts_with("shm/") || path.starts_with("dma_heap/") || path == "udmabuf" ||
           path == "ion" || path.starts_with("dri/");
  }
  return path.starts_with("/run/shm/") || path.starts_with("/var/run/shm/") ||
         path.starts_with("/memfd:") || path.starts_with("/dmabuf:");
}

uint16_t cloexec_if(bool yes) { return yes ? kCloexec : 0; }

}  // namespace

// The descriptor a call returned; a number no descriptor can have is kNoFd.
uint32_t StraceDecoder::result_fd(const Context& call) {
  return call.result.value <= INT32_MAX ? static_cast<uint32_t>(call.result.value) : kNoFd;
}

// close drops the descriptor even when it fails, unless there was none (EBADF).
void StraceDecoder::on_close(Context& call) {
  const FdText fd = read_fd(call.args);
  if (!returned(call) &&
      (call.result.state == Result::State::kMissing || call.result.error == "EBADF")) {
    return;
  }
  if (fd.fd < 0) return;
  const auto number = static_cast<uint32_t>(fd.fd);
  reveal(call.task, fd);
  fd_names_.forget(call.task.key, number);
  put(call.task, Op::kClose, number, 0, 0);
}

void StraceDecoder::on_close_range(Context& call) {
  const auto first = static_cast<uint32_t>(call.args.number());
  call.args.comma();
  const auto last = static_cast<uint32_t>(call.args.number());
  call.args.comma();
  const uint64_t flags = strace::close_range_flags(call.args.skip());
  if (!returned(call)) return;
  constexpr uint64_t kCloseRangeCloexec = 4;
  if ((flags & kCloseRangeCloexec) == 0) fd_names_.forget_range(call.task.key, first, last);
  put(call.task, Op::kCloseRange, first, last, flags);
}

// open, openat, openat2, creat
void StraceDecoder::on_open(Context& call) {
  FdText directory;
  if (call.call == Call::kOpenat || call.call == Call::kOpenat2) {
    directory = call.args.fd();
    call.args.comma();
  }
  const QuotedText text = call.args.quoted();
  uint64_t flags = strace::kOCreat | strace::kOWronly | strace::kOTrunc;
  if (call.call != Call::kCreat) {
    call.args.comma();
    if (call.call == Call::kOpenat2 && !call.args.eat("{flags=")) {
      call.args.skip();  // an address: not shown
      flags = 0;
    } else {
      flags = strace::open_flags(call.args.skip());
      if (call.call == Call::kOpenat2) {
        while (!call.args.bad() && call.args.eat(',')) call.args.skip();
        call.args.eat('}');
      }
    }
  }
  if (!returned(call)) return;
  const uint32_t fd = result_fd(call);
  fds_made_++;
  uint32_t number = 0;
  bool again = false;
  if (may_reopen(directory, text) || !call.result.fd.annotated) {
    const std::string_view path = path_of(directory, text);
    again = reopens(path);
    if (again || (!call.result.fd.annotated && matters(path))) number = strings_.intern(path);
  }
  if (!again && call.result.fd.annotated) {  // what the kernel calls it, links followed
    const std::string_view name = call.result.fd.name;
    if (matters(name.substr(0, name.find('<')))) number = name_of(call.result.fd);
  }
  put(call.task, Op::kOpen, fd, number, flags);
  name_result(call, fd, again);
}

void StraceDecoder::on_memfd_create(Context& call) {
  const QuotedText text = call.args.quoted();
  call.args.comma();
  const uint64_t flags = strace::memfd_flags(call.args.skip());
  if (!returned(call)) return;
  const uint32_t fd = result_fd(call);
  fds_made_++;
  constexpr std::string_view kPrefix = "/memfd:";
  uint32_t number = 0;
  if (call.result.fd.name.starts_with(kPrefix)) {
    FdText name = call.result.fd;
    const std::string_view whole = strings_.get(name_of(name));
    number = strings_.intern(whole.substr(kPrefix.size()));
  } else if (!text.null) {
    number = intern_unescaped(text.raw);
  }
  put(call.task, Op::kMemfd, fd, number, flags);
  name_result(call, fd, false);
}

// Calls that return a descriptor of a file that is no buffer.
void StraceDecoder::on_new_fd(Context& call) {
  Cursor look = call.args;
  bool cloexec = call.call == Call::kNewFdCloexec || call.call == Call::kIoUringSetup ||
                 call.call == Call::kBpf;
  if (!cloexec) cloexec = look.seek("CLOEXEC");
  if (call.call == Call::kSignalfd) {  // signalfd(5, …) changes 5
    const FdText fd = call.args.fd();
    if (fd.fd >= 0) return;
  } else if (call.call == Call::kBpf) {
    const std::string_view command = call.args.skip();
    if (!command.starts_with("BPF_MAP_CREATE") && !command.starts_with("BPF_PROG_LOAD") &&
        !command.starts_with("BPF_OBJ_GET") && !command.starts_with("BPF_RAW_TRACEPOINT_OPEN") &&
        !command.starts_with("BPF_BTF_LOAD") && !command.starts_with("BPF_LINK_CREATE") &&
        !command.starts_with("BPF_ITER_CREATE") && !command.ends_with("_GET_FD_BY_ID")) {
      return;
    }
    if (command == "BPF_OBJ_GET_INFO_BY_FD") return;
  }
  if (!returned(call)) return;
  const uint32_t fd = result_fd(call);
  fds_made_++;
  put(call.task, Op::kNewFd, fd, 0, 0, cloexec_if(cloexec));
  name_result(call, fd, true);
}

void StraceDecoder::on_pipe(Context& call) {
  if (!call.args.eat('[')) {
    returned(call);
    return;
  }
  const FdText ends[2] = {read_fd(call.args), (call.args.comma(), read_fd(call.args))};
  if (!call.args.eat(']')) return lose(&call.task, DecodeCounter::kTruncatedArguments);
  Cursor look = call.args;
  const bool cloexec = look.seek("O_CLOEXEC");
  if (!returned(call)) return;
  for (const FdText& end : ends) {
    fds_made_++;
    put(call.task, Op::kNewFd, static_cast<uint32_t>(end.fd), 0, 0, cloexec_if(cloexec));
  }
}

void StraceDecoder::on_socketpair(Context& call) {
  call.args.skip();
  call.args.comma();
  const bool cloexec = call.args.skip().find("SOCK_CLOEXEC") != std::string_view::npos;
  call.args.comma();
  call.args.skip();
  call.args.comma();
  if (!call.args.eat('[')) {
    returned(call);  // an address: it failed
    return;
  }
  const FdText first = read_fd(call.args);
  call.args.comma();
  const FdText second = read_fd(call.args);
  if (!call.args.eat(']')) return lose(&call.task, DecodeCounter::kTruncatedArguments);
  if (!returned(call)) return;
  fds_made_ += 2;
  const uint64_t one = first.annotated ? intern_unescaped(first.name) : 0;
  const uint64_t other = second.annotated ? intern_unescaped(second.name) : 0;
  put(call.task, Op::kSocketpair, static_cast<uint32_t>(first.fd), static_cast<uint32_t>(second.fd),
      one | other << 32, cloexec_if(cloexec));
}

// dup, dup2, dup3
void StraceDecoder::on_dup(Context& call) {
  const FdText fd = read_fd(call.args);
  uint16_t flags = 0;
  if (call.call != Call::kDup) {
    flags = kOnto;
    call.args.comma();
    call.args.skip();
    if (call.call == Call::kDup3) {
      call.args.comma();
      if ((strace::open_flags(call.args.skip()) & strace::kOCloexec) != 0) flags |= kCloexec;
    }
  }
  put_dup(call, fd, flags);
}

void StraceDecoder::put_dup(Context& call, const FdText& fd, uint16_t flags) {
  if (!returned(call) || fd.fd < 0) return;
  const uint32_t copy = result_fd(call);
  if (copy == static_cast<uint32_t>(fd.fd)) return;  // dup2(x, x)
  fds_made_++;
  reveal(call.task, fd);
  put(call.task, Op::kDup, static_cast<uint32_t>(fd.fd), copy, 0, flags);
  name_result(call, copy, false);
}

void StraceDecoder::on_fcntl(Context& call) {
  const FdText fd = read_fd(call.args);
  call.args.comma();
  const uint64_t command = strace::fcntl_command(call.args.skip());
  if (command == strace::kFDupfd || command == strace::kFDupfdCloexec) {
    put_dup(call, fd, cloexec_if(command == strace::kFDupfdCloexec));
  } else if (command == strace::kFSetfd) {
    call.args.comma();
    const std::string_view flags = call.args.skip();
    const bool cloexec =
        strace::read_flags(
            flags, [](std::string_view name) -> uint64_t { return name == "FD_CLOEXEC" ? 1 : 0; }) &
        1;
    if (!returned(call) || fd.fd < 0) return;
    reveal(call.task, fd);
    put(call.task, Op::kSetCloexec, static_cast<uint32_t>(fd.fd), 0, 0, cloexec_if(cloexec));
  } else if (!call.args.bad()) {
    reveal(call.task, fd);
  }
}

void StraceDecoder::on_unlink(Context& call) {
  FdText directory;
  if (call.call == Call::kUnlinkat) {
    directory = call.args.fd();
    call.args.comma();
  }
  const QuotedText text = call.args.quoted();
  if (!returned(call)) return;
  const std::string_view path = path_of(directory, text);
  if (matters(path)) put(call.task, Op::kUnlink, 0, strings_.intern(path), 0);
}

void StraceDecoder::on_rename(Context& call) {
  bool counts = false;
  for (int i = 0; i < 2; i++) {
    FdText directory;
    if (call.call == Call::kRenameat) {
      directory = call.args.fd();
      call.args.comma();
    }
    counts |= matters(path_of(directory, call.args.quoted()));
    if (i == 0) call.args.comma();
  }
  if (returned(call) && counts) counters_.add(DecodeCounter::kNotModelledRename);
}

}  // namespace memtrack
