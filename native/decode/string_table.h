// StringTable: the byte strings a recording names, each stored once under a number. Number 0 is "none";
// numbers grow by one and are never taken back, so a reader may fetch [seen, size()) at any time.
// Strings are bytes as the kernel had them: any encoding, NUL included.
//
// Thread safety: none. Views stay valid for the life of the table.
#ifndef MEMTRACK_DECODE_STRING_TABLE_H_
#define MEMTRACK_DECODE_STRING_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace memtrack {

class StringTable {
 public:
  StringTable();

  // The number of `bytes`, a new one at first sight. Never 0, also for the empty string.
  uint32_t intern(std::string_view bytes);

  // The bytes of a number that intern() gave; empty for 0.
  std::string_view get(uint32_t number) const { return strings_[number]; }

  // One more than the highest number given.
  uint32_t size() const { return static_cast<uint32_t>(strings_.size()); }

 private:
  static constexpr size_t kBlock = size_t{64} << 10;

  std::string_view store(std::string_view bytes);
  void grow();

  std::vector<std::string_view> strings_;        // by number; [0] is empty
  std::vector<uint32_t> hashes_;                 // by number
  std::vector<uint32_t> slots_;                  // open addressing; 0 is free; a power of two
  std::vector<std::unique_ptr<char[]>> blocks_;  // where the bytes live
  char* free_ = nullptr;
  size_t room_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_STRING_TABLE_H_
