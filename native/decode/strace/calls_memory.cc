// Calls that size files and map them.
#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::FdText;
using strace::QuotedText;

namespace {

bool sized_by_writing(std::string_view name) {
  return name.starts_with("/memfd:") || name.starts_with("/dev/shm/");
}

}  // namespace

// ftruncate, truncate, fallocate
void StraceDecoder::on_truncate(Context& call) {
  if (call.call == Call::kTruncate) {
    const QuotedText text = call.args.quoted();
    call.args.comma();
    const uint64_t size = call.args.number();
    if (!returned(call)) return;
    const std::string_view path = path_of({}, text);
    if (path.starts_with("/dev/shm/") || path.starts_with("/run/shm/")) {
      put(call.task, Op::kTruncate, kNoFd, strings_.intern(path), size);
    }
    return;
  }
  const FdText fd = read_fd(call.args);
  call.args.comma();
  uint16_t flags = 0;
  uint64_t size = 0;
  if (call.call == Call::kFallocate) {
    const uint64_t mode = strace::fallocate_flags(call.args.skip());
    call.args.comma();
    const uint64_t offset = call.args.number();
    call.args.comma();
    size = offset + call.args.number();
    if ((mode & strace::kFallocKeepSize) != 0) return reveal(call.task, fd);
    flags = kGrow;
  } else {
    size = call.args.number();
  }
  if (!returned(call) || fd.fd < 0) return;
  reveal(call.task, fd);
  put(call.task, Op::kTruncate, static_cast<uint32_t>(fd.fd), 0, size, flags);
}

// write, writev, pwrite64: what is written beyond its end makes a memory file longer.
void StraceDecoder::on_write(Context& call) {
  const FdText fd = read_fd(call.args);
  if (call.args.bad()) return;
  reveal(call.task, fd);
  if (!fd.annotated || !sized_by_writing(fd.name)) return;
  if (call.call != Call::kPwrite) {
    if (returned(call)) counters_.add(DecodeCounter::kNotModelledWrite);
    return;
  }
  call.args.comma();
  call.args.skip();
  call.args.comma();
  call.args.skip();
  call.args.comma();
  const uint64_t offset = call.args.number();
  if (!returned(call) || fd.fd < 0) return;
  put(call.task, Op::kTruncate, static_cast<uint32_t>(fd.fd), 0, offset + call.result.value, kGrow);
}

void StraceDecoder::on_mmap(Context& call) {
  call.args.skip();
  call.args.comma();
  const uint64_t length = call.args.number();
  call.args.comma();
  const uint64_t protection = strace::prot_flags(call.args.skip());
  call.args.comma();
  const uint64_t map = strace::map_flags(call.args.skip());
  call.args.comma();
  const FdText fd = read_fd(call.args);
  call.args.comma();
  const uint64_t offset = call.args.number();
  if (!returned(call)) return;
  mappings_++;
  uint16_t flags = 0;
  if ((map & strace::kMapSharedBit) != 0) flags |= kMapShared;
  if ((map & strace::kMapFixedBit) != 0) flags |= kMapFixed;
  const bool anonymous = (map & strace::kMapAnonymousBit) != 0 || fd.fd < 0;
  if (!anonymous) reveal(call.task, fd);
  put(call.task, Op::kMmap, anonymous ? kNoFd : static_cast<uint32_t>(fd.fd),
      static_cast<uint32_t>(protection), length, flags);
  queue_.more({call.result.value, offset, 0, 0, 0, static_cast<uint16_t>(Op::kTail), 0});
}

// munmap, mprotect, madvise
void StraceDecoder::on_address_range(Context& call) {
  const uint64_t address = call.args.number();
  call.args.comma();
  const uint64_t length = call.args.number();
  Op op = Op::kMunmap;
  uint16_t flags = 0;
  if (call.call == Call::kMprotect) {
    call.args.comma();
    op = Op::kMprotect;
    flags = static_cast<uint16_t>(strace::prot_flags(call.args.skip()) & 7);
  } else if (call.call == Call::kMadvise) {
    call.args.comma();
    const uint64_t advice = strace::madvise_advice(call.args.skip());
    if (advice != strace::kMadvDontfork && advice != strace::kMadvDofork) return;
    op = Op::kMadvise;
    flags = static_cast<uint16_t>(advice);
  }
  if (!returned(call)) return;
  put(call.task, op, static_cast<uint32_t>(length), static_cast<uint32_t>(length >> 32), address,
      flags);
}

void StraceDecoder::on_mremap(Context& call) {
  const uint64_t address = call.args.number();
  call.args.comma();
  const uint64_t old_length = call.args.number();
  call.args.comma();
  const uint64_t length = call.args.number();
  call.args.comma();
  const uint64_t flags = strace::mremap_flags(call.args.skip());
  if (!returned(call)) return;
  mappings_++;
  put(call.task, Op::kMremap, 0, 0, address);
  const uint64_t to = call.result.value;
  queue_.more({old_length, length, static_cast<uint32_t>(to), static_cast<uint32_t>(to >> 32),
               static_cast<uint32_t>(flags), static_cast<uint16_t>(Op::kTail), 0});
}

}  // namespace memtrack
