#include "core/slab.h"

#include <algorithm>

namespace memtrack {

SlabPages::~SlabPages() { clear(); }

bool SlabPages::add() {
  void** pages = pages_.load(std::memory_order_relaxed);
  if (size_ == capacity_) {
    const size_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
    void** larger = new (std::nothrow) void*[capacity];
    if (larger == nullptr) return false;
    std::copy_n(pages, size_, larger);
    if (pages != nullptr) outgrown_.push_back(pages);
    pages = larger;
    pages_.store(pages, std::memory_order_release);
    capacity_ = capacity;
  }
  void* page = ::operator new(page_bytes_, std::align_val_t{alignment_}, std::nothrow);
  if (page == nullptr) return false;
  pages[size_++] = page;
  return true;
}

void SlabPages::clear() {
  void** pages = pages_.load(std::memory_order_relaxed);
  for (size_t n = 0; n < size_; ++n) {
    ::operator delete(pages[n], std::align_val_t{alignment_});
  }
  for (void** outgrown : outgrown_) delete[] outgrown;
  outgrown_.clear();
  delete[] pages;
  pages_.store(nullptr, std::memory_order_relaxed);
  size_ = 0;
  capacity_ = 0;
}

}  // namespace memtrack
