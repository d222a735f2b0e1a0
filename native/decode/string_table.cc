#include "decode/string_table.h"

#include <cstring>

namespace memtrack {
namespace {

uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint32_t hash_of(std::string_view bytes) {
  constexpr uint64_t kOne = 0x9e3779b97f4a7c15, kTwo = 0xd6e8feb86659fd93;
  const char* p = bytes.data();
  size_t left = bytes.size();
  uint64_t h = kTwo ^ left;
  while (left >= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    h = mix(h ^ word, kOne);
    p += 8;
    left -= 8;
  }
  uint64_t word = 0;
  if (left != 0) std::memcpy(&word, p, left);
  h = mix(h ^ word, kOne);
  return static_cast<uint32_t>(h ^ (h >> 32));
}

}  // namespace

StringTable::StringTable() : strings_(1), hashes_(1), slots_(256) {}

uint32_t StringTable::intern(std::string_view bytes) {
  const uint32_t hash = hash_of(bytes);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (const uint32_t number = slots_[at]) {
    if (hashes_[number] == hash && strings_[number] == bytes) return number;
    at = (at + 1) & mask;
  }
  const uint32_t number = size();
  slots_[at] = number;
  strings_.push_back(store(bytes));
  hashes_.push_back(hash);
  if (strings_.size() * 2 > slots_.size()) grow();
  return number;
}

std::string_view StringTable::store(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() > room_) {
    const size_t size = bytes.size() > kBlock / 4 ? bytes.size() : kBlock;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    if (size != kBlock) {  // a long one lives alone; the open block stays open
      std::memcpy(blocks_.back().get(), bytes.data(), bytes.size());
      return {blocks_.back().get(), bytes.size()};
    }
    free_ = blocks_.back().get();
    room_ = size;
  }
  char* const at = free_;
  std::memcpy(at, bytes.data(), bytes.size());
  free_ += bytes.size();
  room_ -= bytes.size();
  return {at, bytes.size()};
}

void StringTable::grow() {
  std::vector<uint32_t> larger(slots_.size() * 2);
  const size_t mask = larger.size() - 1;
  for (uint32_t number = 1; number < size(); number++) {
    size_t at = hashes_[number] & mask;
    while (larger[at] != 0) at = (at + 1) & mask;
    larger[at] = number;
  }
  slots_ = std::move(larger);
}

}  // namespace memtrack
