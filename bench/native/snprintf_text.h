// Text: memtrack text by snprintf, as seq_printf would: the header and a row per handle.
#ifndef MEMTRACK_BENCH_SNPRINTF_TEXT_H_
#define MEMTRACK_BENCH_SNPRINTF_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

namespace memtrack::bench {

class Text {
 public:
  void Clear() { length_ = 0; }

  void Header(int pid) {
    Reserve();
    length_ += static_cast<size_t>(
        std::snprintf(&bytes_[length_], bytes_.size() - length_,
                      "%10.10s: %16.16s: %12.12s: %12.12s: %20s: %5s: %8s: pid:%d\n", "ref_count",
                      "Identifier", "size", "tag", "startAddr-endAddr", "Flags", "pgOff", pid));
  }

  void Row(int holders, int id, size_t size) {
    Reserve();
    length_ +=
        static_cast<size_t>(std::snprintf(&bytes_[length_], bytes_.size() - length_,
                                          "%10d  %16d  %12zu  %12s\n", holders, id, size, ""));
  }

  size_t size() const { return length_; }

  // For who writes the whole text itself: room to fill, more of it, and how much was filled.
  std::span<char> Room() { return bytes_; }
  void Grow(size_t bytes) { bytes_.resize(bytes); }
  void Filled(size_t bytes) { length_ = bytes; }

  // FNV-1a.
  uint32_t Hash() const {
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < length_; i++) {
      hash = (hash ^ static_cast<unsigned char>(bytes_[i])) * 0x01000193;
    }
    return hash;
  }

 private:
  void Reserve() {
    constexpr size_t kLongestLine = 256;
    if (bytes_.size() - length_ < kLongestLine) bytes_.resize(bytes_.size() * 2);
  }

  std::vector<char> bytes_ = std::vector<char>(1 << 16);
  size_t length_ = 0;
};

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_SNPRINTF_TEXT_H_
