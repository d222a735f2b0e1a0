// ioctls that make or name buffers. strace prints the request by name, as _IOC(…), or as a number.
#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Cursor;
using strace::FdText;
using strace::QuotedText;

namespace {

enum class Request : uint8_t { kOther, kHeapAlloc, kUdmabuf, kSetName, kPrime, kIon, kBinder };

// _IOC(_IOC_READ|_IOC_WRITE, 0x48, 0, 0x18)
uint64_t request_number(std::string_view text) {
  Cursor at(text.data(), text.data() + text.size());
  if (!at.eat("_IOC(")) return at.number();
  const uint64_t direction = strace::read_flags(at.skip(), [](std::string_view name) -> uint64_t {
    return name == "_IOC_READ" ? 2 : name == "_IOC_WRITE" ? 1 : 0;
  });
  at.comma();
  const uint64_t type = at.peek() == '\'' && text.size() > 2
                            ? static_cast<unsigned char>(at.skip().substr(1).front())
                            : at.number();
  at.comma();
  const uint64_t number = at.number();
  at.comma();
  const uint64_t size = at.number();
  return at.bad() ? 0 : direction << 30 | size << 16 | type << 8 | number;
}

Request request_by_number(uint64_t request) {
  const uint64_t type = request >> 8 & 0xff, number = request & 0xff;
  switch (type) {
    case 'H':
      return number == 0 && request >> 30 == 3 ? Request::kHeapAlloc : Request::kOther;
    case 'u':  // UDMABUF_CREATE, UDMABUF_CREATE_LIST
      return (number == 0x42 || number == 0x43) && request >> 30 == 1 ? Request::kUdmabuf
                                                                      : Request::kOther;
    case 'b':  // DMA_BUF_SET_NAME_A and _B; binder has this type too
      if (request >> 30 == 1 && number == 1) return Request::kSetName;
      return request >> 30 == 3 && number == 1 ? Request::kBinder : Request::kOther;
    case 'd':  // DRM_IOCTL_PRIME_HANDLE_TO_FD, DRM_IOCTL_PRIME_FD_TO_HANDLE
      return number == 0x2d || number == 0x2e ? Request::kPrime : Request::kOther;
    case 'I':
      return Request::kIon;
    default:
      return Request::kOther;
  }
}

Request request_of(std::string_view text) {
  if (text.empty()) return Request::kOther;
  switch (text.front()) {
    case 'D':
      if (text.starts_with("DMA_HEAP_IOC")) return Request::kHeapAlloc;
      if (text.starts_with("DMA_BUF_SET_NAME")) return Request::kSetName;
      if (text.starts_with("DRM_IOCTL_PRIME_")) return Request::kPrime;
      return Request::kOther;
    case 'U':
      return text.starts_with("UDMABUF_CREATE") ? Request::kUdmabuf : Request::kOther;
    case 'I':
      return text.starts_with("ION_IOC_") ? Request::kIon : Request::kOther;
    case 'B':
      return text.starts_with("BINDER_WRITE_READ") ? Request::kBinder : Request::kOther;
    default:
      if (text.front() == '_' || (text.front() >= '0' && text.front() <= '9')) {
        return request_by_number(request_number(text));
      }
      return Request::kOther;
  }
}

}  // namespace

void StraceDecoder::on_ioctl(Context& call) {
  const FdText fd = read_fd(call.args);
  if (call.args.bad()) return lose(&call.task, DecodeCounter::kTruncatedArguments);
  reveal(call.task, fd);
  call.args.comma();
  const Request request = request_of(call.args.skip());
  if (request == Request::kOther) return;
  QuotedText text;
  uint64_t size = 0;
  FdText made;
  if (call.args.eat(',')) {
    call.args.blanks();
    Cursor look = call.args;
    const std::string_view argument = call.args.skip();
    look = Cursor(argument.data(), argument.data() + argument.size());
    if (request == Request::kSetName) {
      text = look.quoted();
    } else if (argument.starts_with('{')) {  // decoded: {len=4096, fd=5</dmabuf:>, …}
      Cursor length = look;
      if (length.seek(request == Request::kUdmabuf ? "size=" : "len=")) size = length.number();
      if (look.seek("fd=")) made = look.fd();
    }
  }
  if (!returned(call) || fd.fd < 0) return;
  const auto number = static_cast<uint32_t>(fd.fd);
  switch (request) {
    case Request::kHeapAlloc: {
      constexpr std::string_view kHeaps = "/dev/dma_heap/";
      std::string_view heap = fd.name.substr(0, fd.name.find('<'));
      heap = heap.starts_with(kHeaps) ? heap.substr(kHeaps.size()) : std::string_view();
      const bool shown = made.fd > 0;
      fds_made_++;
      if (!shown) fd_names_.forget_all();
      put(call.task, Op::kHeapAlloc, shown ? static_cast<uint32_t>(made.fd) : kNoFd,
          heap.empty() ? 0 : intern_unescaped(heap), size);
      if (shown) reveal(call.task, made);
      break;
    }
    case Request::kUdmabuf:
      fds_made_++;
      put(call.task, Op::kUdmabuf, result_fd(call), 0, size);
      name_result(call, result_fd(call), true);
      break;
    case Request::kSetName:
      put(call.task, Op::kSetName, number,
          text.null || text.raw.empty() ? 0 : intern_unescaped(text.raw), 0);
      break;
    case Request::kPrime:
      fd_names_.forget_all();
      counters_.add(DecodeCounter::kNotModelledDrm);
      break;
    case Request::kIon:
      fd_names_.forget_all();
      counters_.add(DecodeCounter::kNotModelledIon);
      break;
    case Request::kBinder:
      fd_names_.forget_all();
      counters_.add(DecodeCounter::kNotModelledBinder);
      break;
    case Request::kOther:
      break;
  }
}

}  // namespace memtrack
