// What descriptors and files are called.
#include <cstring>

#include "decode/strace/strace_decoder.h"

namespace memtrack {

using strace::Cursor;
using strace::FdText;
using strace::QuotedText;
using strace::Task;

namespace {

constexpr std::string_view kDeleted = " (deleted)";

// Only these names tell one shared buffer from another.
bool names_buffer(std::string_view name) {
  return name.starts_with("/memfd:") || name.starts_with("/dmabuf:") ||
         name.starts_with("/dev/shm/");
}

}  // namespace

FdText StraceDecoder::read_fd(Cursor& args) {
  const FdText fd = args.fd();
  if (fd.fd >= 0) fd.annotated ? annotated_fds_++ : plain_fds_++;
  return fd;
}

uint32_t StraceDecoder::intern_unescaped(std::string_view raw) {
  if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) return strings_.intern(raw);
  scratch_.clear();
  strace::append_unescaped(raw, scratch_);
  return strings_.intern(scratch_);
}

// The kernel appends " (deleted)" to an unlinked file's path, as that of every memfd; strace moves that behind the
// '>', older versions left it where it was, which shows at the first memfd. A dma-buf is never unlinked: there it
// ends the name somebody chose.
uint32_t StraceDecoder::name_of(const FdText& fd) {
  std::string_view name = fd.name;
  if (name.ends_with('>')) name = name.substr(0, name.rfind('<'));  // </dev/x<char 1:3>>
  if (name.starts_with("/dmabuf:")) {
    if (!fd.deleted) return intern_unescaped(name);
    scratch_.clear();
    strace::append_unescaped(name, scratch_);
    scratch_ += kDeleted;
    return strings_.intern(scratch_);
  }
  if (!fd.deleted && name.ends_with(kDeleted)) {
    if (name.starts_with("/memfd:")) deleted_inside_ = true;
    if (deleted_inside_) name.remove_suffix(kDeleted.size());
  }
  return intern_unescaped(name);
}

// kFdName, if the recording calls the descriptor other than before.
void StraceDecoder::reveal(Task& task, const FdText& fd) {
  if (!fd.annotated || fd.fd < 0 || !names_buffer(fd.name)) return;
  const auto number = static_cast<uint32_t>(fd.fd);
  const uint32_t name = name_of(fd);
  if (fd_names_.tell(task.key, number, name)) put(task, Op::kFdName, number, name, 0);
}

// Every descriptor of a shared buffer that the text shows.
void StraceDecoder::reveal_all(Task& task, const char* text, const char* end) {
  // A quick look first: most lines have none.
  const char* p = text;
  for (;;) {
    p = static_cast<const char*>(std::memchr(p, '<', static_cast<size_t>(end - p)));
    if (p == nullptr) return;
    if (names_buffer({p + 1, static_cast<size_t>(end - p - 1)})) break;
    p++;
  }
  for (p = text; p < end; p++) {
    Cursor cursor(p, end);
    if (*p == '"') {
      cursor.quoted();
      if (cursor.bad()) return;
      p = cursor.at() - 1;
    } else if (*p == '<' && p > text && p[-1] >= '0' && p[-1] <= '9') {
      const char* number = p;
      while (number > text && number[-1] >= '0' && number[-1] <= '9') number--;
      Cursor printed(number, end);
      const FdText fd = printed.fd();
      if (printed.bad()) continue;
      annotated_fds_++;
      reveal(task, fd);
      p = printed.at() - 1;
    }
  }
}

// The name of a descriptor that a call returned. The reader is told only if the event does not say it.
void StraceDecoder::name_result(Context& call, uint32_t fd, bool tell_reader) {
  const FdText& result = call.result.fd;
  if (!result.annotated || !names_buffer(result.name)) return;
  const uint32_t name = name_of(result);
  if (fd_names_.tell(call.task.key, fd, name) && tell_reader) {
    put(call.task, Op::kFdName, fd, name, 0);
  }
}

// The path as the call resolves it, decoded; relative to `directory` if that is shown. Valid until the
// next call.
std::string_view StraceDecoder::path_of(const FdText& directory, const QuotedText& path) {
  path_.clear();
  if (path.null) return path_;
  if (path.raw.starts_with('/') && std::memchr(path.raw.data(), '\\', path.raw.size()) == nullptr) {
    return path.raw;
  }
  scratch_.clear();
  strace::append_unescaped(path.raw, scratch_);
  if (!scratch_.starts_with('/') && directory.annotated && directory.name.starts_with('/')) {
    strace::append_unescaped(directory.name, path_);
    if (!path_.ends_with('/')) path_ += '/';
  }
  return path_ += scratch_;
}

Record& StraceDecoder::put(const Task& task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
                           uint16_t flags) {
  return queue_.put({now_, size, task.key, buffer, aux, static_cast<uint16_t>(op), flags});
}

void StraceDecoder::lose(const Task* task, DecodeCounter counter) {
  counters_.add(counter);
  queue_.put({now_, 1, task == nullptr ? 0 : task->key, kNoFd, static_cast<uint32_t>(counter),
              static_cast<uint16_t>(Op::kLoss), 0});
}

}  // namespace memtrack
