#include "core/slab.h"

#include <algorithm>

namespace memtrack {

SlabPages::~SlabPages() { clear(); }

bool SlabPages::add() {
  if (size_ == capacity_) {
    const size_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
    void** pages = new (std::nothrow) void*[capacity];
    if (pages == nullptr) return false;
    std::copy_n(pages_, size_, pages);
    delete[] pages_;
    pages_ = pages;
    capacity_ = capacity;
  }
  void* page = ::operator new(page_bytes_, std::align_val_t{alignment_}, std::nothrow);
  if (page == nullptr) return false;
  pages_[size_++] = page;
  return true;
}

void SlabPages::clear() {
  for (size_t n = 0; n < size_; ++n) {
    ::operator delete(pages_[n], std::align_val_t{alignment_});
  }
  delete[] pages_;
  pages_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

}  // namespace memtrack
