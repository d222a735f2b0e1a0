// sendmsg, recvmsg and their vectors: descriptors in SCM_RIGHTS messages.
#include <cstring>

#include "decode/strace/flags.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Call;
using strace::Cursor;
using strace::FdText;
using strace::QuotedText;

namespace {

bool contains(std::string_view text, std::string_view word) {
  return memmem(text.data(), text.size(), word.data(), word.size()) != nullptr;
}

// `word`, or `number` under -X raw. Moves past what it recognizes.
bool is(Cursor& at, std::string_view word, uint64_t number) {
  if (at.eat(word)) return true;
  if (at.peek() < '0' || at.peek() > '9') return false;
  return at.number() == number && !at.bad();
}

// At the value of cmsg_level: are SOL_SOCKET and SCM_RIGHTS next? Moves past what it recognizes.
bool is_rights(Cursor& at) {
  if (!is(at, "SOL_SOCKET", 1) || !at.eat(", cmsg_type=")) return false;
  return is(at, "SCM_RIGHTS", 1);
}

}  // namespace

// sendmsg(socket, {…}, flags), recvmsg(socket, {…}, flags)
void StraceDecoder::on_message_call(Context& call) {
  const FdText socket = read_fd(call.args);
  call.args.comma();
  const std::string_view message = call.args.skip();
  call.args.comma();
  const uint64_t flags = strace::message_flags(call.args.skip());
  if (!returned(call)) return;
  put_message(call, socket, message, flags, 0);
}

// sendmmsg(socket, [{msg_hdr={…}, msg_len=1}, …], vlen, flags[, timeout]) = messages
void StraceDecoder::on_message_vector(Context& call) {
  const FdText socket = read_fd(call.args);
  call.args.comma();
  const std::string_view vector = call.args.skip();
  call.args.comma();
  call.args.skip();
  call.args.comma();
  const uint64_t flags = strace::message_flags(call.args.skip());
  if (!returned(call) || !vector.starts_with('[')) return;
  constexpr uint16_t kMostMessages = 1024;  // UIO_MAXIOV
  Cursor at(vector.data() + 1, vector.data() + vector.size());
  for (uint16_t i = 0; i < kMostMessages; i++) {
    if (!call.first_half && i >= call.result.value) break;
    const std::string_view message = at.skip();
    if (at.bad() || message.empty()) break;
    put_message(call, socket, message, flags, i);
    if (!at.eat(',')) break;
    at.blanks();
  }
}

// kSend or kReceive for one message, if it carries descriptors. `index`: which of a vector; kept in the
// flags of a kSend until it is known how many were sent.
void StraceDecoder::put_message(Context& call, const FdText& socket, std::string_view message,
                                uint64_t flags, uint16_t index) {
  const bool send = call.call == Call::kSendmsg || call.call == Call::kSendmmsg;
  const bool cut = !send && contains(message, "MSG_CTRUNC");
  if (!cut && !contains(message, "cmsg_type=")) return;
  Cursor at(message.data(), message.data() + message.size());
  fds_.clear();
  while (at.seek("cmsg_level=")) {
    if (!is_rights(at)) continue;
    at.eat(',');
    at.blanks();
    at.eat("cmsg_data=");
    if (!at.eat('[') && !at.eat('{')) continue;
    while (!at.bad() && at.peek() != ']' && at.peek() != '}') {
      if (at.eat("...")) {
        lose(&call.task, DecodeCounter::kTruncatedArguments);
        break;
      }
      const FdText fd = read_fd(at);
      if (at.bad()) break;
      if (fds_.size() < kMostFds) {
        fds_.push_back(fd);
      } else {
        lose(&call.task, DecodeCounter::kTruncatedArguments);
        break;
      }
      if (!at.eat(',')) break;
      at.blanks();
    }
    if (at.bad()) {
      lose(&call.task, DecodeCounter::kTruncatedArguments);
      break;
    }
  }
  Cursor tail = at;
  bool truncated = false;
  if (cut) truncated = tail.seek("MSG_CTRUNC");
  if (fds_.empty() && !truncated) return;
  if (socket.name.starts_with("socket:[")) counters_.add(DecodeCounter::kYWithoutYy);

  uint16_t record_flags = index;
  if (send) {
    if (!call.first_half) sent_++;
    for (const FdText& fd : fds_) reveal(call.task, fd);
  } else {
    received_++;
    fds_made_ += fds_.size();
    record_flags = 0;
    if ((flags & strace::kMsgCmsgCloexec) != 0) record_flags |= kCloexec;
    if ((flags & strace::kMsgPeek) != 0) record_flags |= kPeek;
    if (truncated) record_flags |= kTruncated;
  }
  if (send && !call.first_half) record_flags = 0;
  put(call.task, send ? Op::kSend : Op::kReceive, static_cast<uint32_t>(socket.fd),
      route_of(call, socket, message), fds_.size(), record_flags);
  for (const FdText& fd : fds_) {
    const uint32_t name = fd.annotated ? name_of(fd) : 0;
    const auto number = static_cast<uint32_t>(fd.fd);
    if (!send && name != 0) fd_names_.tell(call.task.key, number, name);
    queue_.more({0, 0, number, name, 0, static_cast<uint16_t>(Op::kTail), 0});
  }
}

// What the socket is called; of a message sent to a named one, "|" and that name.
uint32_t StraceDecoder::route_of(Context& call, const FdText& socket, std::string_view message) {
  if (!socket.annotated) return 0;
  Cursor at(message.data(), message.data() + message.size());
  if (call.call == Call::kRecvmsg || call.call == Call::kRecvmmsg || !at.seek("sun_path=")) {
    return intern_unescaped(socket.name);
  }
  const QuotedText name = at.quoted();
  if (at.bad() || name.null) return intern_unescaped(socket.name);
  scratch_.clear();
  strace::append_unescaped(socket.name, scratch_);
  scratch_ += '|';
  if (name.abstract) scratch_ += '@';
  strace::append_unescaped(name.raw, scratch_);
  return strings_.intern(scratch_);
}

}  // namespace memtrack
