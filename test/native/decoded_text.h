// Decodes text and writes what came out, one event per line, so that a test reads like the recording.
#ifndef MEMTRACK_TEST_NATIVE_DECODED_TEXT_H_
#define MEMTRACK_TEST_NATIVE_DECODED_TEXT_H_

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "decode/strace/strace_decoder.h"

namespace memtrack::test {

struct Decoded {
  std::vector<Record> records;
  std::string text;  // "clone 1 -> 2 flags=100", one line per event
  std::string lost;  // "unparsed_line=2 …"
};

inline std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
  return text;
}

inline std::string event_text(const Record& e, const Record* tails, const StringTable& strings) {
  const auto name = [&](uint64_t number) {
    return number == 0 ? std::string("-")
                       : "\"" + std::string(strings.get(static_cast<uint32_t>(number))) + "\"";
  };
  const auto n = [](uint64_t value) { return std::to_string(value); };
  const auto fd = [](uint32_t value) {
    return value == kNoFd ? std::string("?") : std::to_string(value);
  };
  const std::string task = n(e.task) + " ";
  const uint16_t flags = e.flags & ~kMore;
  const std::string mark = flags == 0 ? "" : " f=" + n(flags);
  Tail tail{};
  if (tails != nullptr) std::memcpy(&tail, tails, sizeof tail);
  const uint64_t length = e.buffer | static_cast<uint64_t>(e.aux) << 32;
  switch (static_cast<Op>(e.op)) {
    case Op::kTask:
      return "task " + task + "tid=" + n(e.aux) + " tgid=" + n(e.size);
    case Op::kClone:
      return "clone " + task + "-> " + n(e.aux) + " flags=" + hex(e.size);
    case Op::kExecve:
      return "execve " + task + name(e.aux);
    case Op::kTaskExit:
      return "exit " + task + n(e.aux) + mark;
    case Op::kStatus:
      return "status " + task + n(e.aux) + mark;
    case Op::kComm:
      return "comm " + task + name(e.aux);
    case Op::kOpen:
      return "open " + task + fd(e.buffer) + " " + name(e.aux) + " " + hex(e.size);
    case Op::kMemfd:
      return "memfd " + task + fd(e.buffer) + " " + name(e.aux) + " " + hex(e.size);
    case Op::kNewFd:
      return "newfd " + task + fd(e.buffer) + mark;
    case Op::kClose:
      return "close " + task + fd(e.buffer);
    case Op::kCloseRange:
      return "close_range " + task + n(e.buffer) + "-" + n(e.aux) + " " + hex(e.size);
    case Op::kDup:
      return "dup " + task + fd(e.buffer) + " -> " + fd(e.aux) + mark;
    case Op::kSetCloexec:
      return "cloexec " + task + fd(e.buffer) + mark;
    case Op::kTruncate:
      return "truncate " + task + fd(e.buffer) + (e.aux == 0 ? "" : " " + name(e.aux)) + " " +
             n(e.size) + mark;
    case Op::kMmap:
      return "mmap " + task + fd(e.buffer) + " " + hex(tail.p) + "+" + n(e.size) + " @" +
             n(tail.q) + " prot=" + n(e.aux) + mark;
    case Op::kMunmap:
      return "munmap " + task + hex(e.size) + "+" + n(length);
    case Op::kMprotect:
      return "mprotect " + task + hex(e.size) + "+" + n(length) + mark;
    case Op::kMremap:
      return "mremap " + task + hex(e.size) + "+" + n(tail.p) + " -> " +
             hex(tail.r | static_cast<uint64_t>(tail.s) << 32) + "+" + n(tail.q) + " " + n(tail.t);
    case Op::kMadvise:
      return "madvise " + task + hex(e.size) + "+" + n(length) + mark;
    case Op::kSocketpair:
      return "socketpair " + task + fd(e.buffer) + "," + fd(e.aux) + " " +
             name(e.size & 0xffffffff) + " " + name(e.size >> 32) + mark;
    case Op::kSend:
    case Op::kReceive: {
      std::string text =
          std::string(e.op == static_cast<uint16_t>(Op::kSend) ? "send " : "receive ") + task +
          fd(e.buffer) + " " + name(e.aux) + mark + ":";
      for (uint64_t i = 0; i < e.size; i++) {
        std::memcpy(&tail, tails + i, sizeof tail);
        text += " " + fd(tail.r) + "=" + name(tail.s);
      }
      return text;
    }
    case Op::kUnlink:
      return "unlink " + task + name(e.aux);
    case Op::kUnshareFiles:
      return "unshare " + n(e.task);
    case Op::kPidfdGetfd:
      return "getfd " + task + fd(e.buffer) + " from " + n(e.size) + ":" + fd(e.aux);
    case Op::kHeapAlloc:
      return "heap " + task + fd(e.buffer) + " " + name(e.aux) + " " + n(e.size);
    case Op::kUdmabuf:
      return "udmabuf " + task + fd(e.buffer) + " " + n(e.size);
    case Op::kSetName:
      return "setname " + task + fd(e.buffer) + " " + name(e.aux);
    case Op::kFdName:
      return "fdname " + task + fd(e.buffer) + " " + name(e.aux);
    case Op::kLoss:
      return std::string("loss ") + decode_counter_info(static_cast<DecodeCounter>(e.aux)).name +
             (e.size == 1 ? "" : "*" + n(e.size));
    case Op::kAlloc:
    case Op::kFree:
    case Op::kTotal: {
      const bool total = e.op == static_cast<uint16_t>(Op::kTotal);
      std::string text = std::string(total                                       ? "total "
                                     : e.op == static_cast<uint16_t>(Op::kAlloc) ? "alloc "
                                                                                 : "free ") +
                         task + "space=" + n(e.buffer) + " " + n(e.size);
      if (e.aux != 0) text += " " + name(e.aux);
      if ((flags & kWithId) != 0) text += " id=" + hex(tail.p);
      if ((flags & kWithTotal) != 0) text += " total=" + n(tail.q);
      if (total && tail.q != 0) text += " change=" + std::to_string(static_cast<int64_t>(tail.q));
      if ((flags & kWithOwner) != 0) text += " pid=" + n(tail.r);
      if ((flags & kWithDomain) != 0) text += " domain=" + n(tail.s);
      if (tail.t != 0) text += " for=" + n(tail.t);
      return text;
    }
    case Op::kFdFile:
      return "fdfile " + task + fd(e.buffer) + " ino=" + n(tail.p) +
             (tail.q == kNoDev ? "" : " dev=" + n(tail.q)) + " " + n(e.size) +
             (e.aux == 0 ? "" : " " + name(e.aux)) + mark;
    case Op::kFdFlush:
      return "flush " + task + fd(e.buffer) + " ino=" + n(tail.p) + " dev=" + n(tail.q);
    case Op::kExport:
      return "export " + task + "ino=" + n(tail.p) + " " + n(e.size) + " " + name(e.aux);
    case Op::kRelease:
      return "release " + task + "ino=" + n(tail.p);
    case Op::kImport:
      return "import " + task + "ino=" + n(tail.p) + " at=" + hex(tail.q) + " " + name(e.aux) +
             mark;
    case Op::kMapFile:
      return "mapfile " + task + "ino=" + n(tail.p) + " " + n(e.size);
    case Op::kBinderSend:
      return "bsend " + task + fd(e.buffer) + " t=" + n(tail.p) + "@" + n(tail.q) +
             (tail.r == kNoFd ? "" : " to " + n(tail.s) + ":" + fd(tail.r));
    case Op::kBinderReceive:
      return "breceive " + task + fd(e.buffer) + " t=" + n(tail.p) + "@" + n(tail.q);
    default:
      return "?" + n(e.op);
  }
}

template <typename AnyDecoder>
Decoded decode_as(std::string_view text, size_t chunk = 0) {
  AnyDecoder decoder;
  Decoded decoded;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (chunk == 0) chunk = text.size() + 1;
  const auto take = [&] {
    const auto records = decoder.records();
    decoded.records.insert(decoded.records.end(), records.begin(), records.end());
    decoder.consume(records.size());
  };
  for (size_t at = 0; at < text.size(); at += chunk) {
    decoder.push({bytes + at, std::min(chunk, text.size() - at)});
    take();
  }
  decoder.finish();
  take();
  const std::vector<Record>& records = decoded.records;
  for (size_t i = 0; i < records.size(); i++) {
    if (records[i].op == static_cast<uint16_t>(Op::kTail)) continue;
    const bool more = (records[i].flags & kMore) != 0;
    decoded.text +=
        event_text(records[i], more ? &records[i + 1] : nullptr, decoder.strings()) + "\n";
  }
  for (size_t i = 0; i < kDecodeCounterCount; i++) {
    const auto counter = static_cast<DecodeCounter>(i);
    const uint64_t count = decoder.counters().get(counter);
    if (count == 0) continue;
    if (!decoded.lost.empty()) decoded.lost += " ";
    decoded.lost += std::string(decode_counter_info(counter).name) + "=" + std::to_string(count);
  }
  return decoded;
}

inline Decoded decode(std::string_view text, size_t chunk = 0) {
  return decode_as<StraceDecoder>(text, chunk);
}

// Only the events of the lines, without the kTask of pid 7 that opens most tests.
inline std::string events(std::string_view text) {
  std::string all = decode(text).text;
  constexpr std::string_view kFirst = "task 1 tid=7 tgid=0\n";
  return all.starts_with(kFirst) ? all.substr(kFirst.size()) : all;
}

}  // namespace memtrack::test

#endif  // MEMTRACK_TEST_NATIVE_DECODED_TEXT_H_
