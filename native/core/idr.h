// Idr: ids and the objects they stand for, as the kernel's idr.
//
// An id is allocated as by IdAllocator and looked up in a table of three levels, of which only the
// pages in use exist. An object may be T{} (a null pointer): then its id is reserved and find()
// answers as for an unknown id.
//
// Invariants:
//   (1) ids().is_allocated(id) for every id that has an object other than T{};
//   (2) a page exists iff one of its ids is allocated; its count is the number of these.
//
// Thread safety: none of its own; changes need the caller's lock exclusively, look-ups shared.
//
//   Idr<Buffer*> buffers;
//   int32_t id = buffers.alloc(buffer, 1);  // GEM and ION start at 1
//   Buffer* same = buffers.find(id);
#ifndef MEMTRACK_CORE_IDR_H_
#define MEMTRACK_CORE_IDR_H_

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "core/id_allocator.h"

namespace memtrack {

template <class T>
class Idr {
 public:
  // The lowest free id in [start, end) stands for object; end <= 0: no limit. Errors as
  // IdAllocator::alloc (idr_alloc).
  [[nodiscard]] int32_t alloc(T object, int32_t start = 0, int32_t end = 0) {
    return store(ids_.alloc(start, end), std::move(object));
  }
  // As IdAllocator::alloc_cyclic (idr_alloc_cyclic).
  [[nodiscard]] int32_t alloc_cyclic(T object, int32_t start = 0, int32_t end = 0) {
    return store(ids_.alloc_cyclic(start, end), std::move(object));
  }

  // The object, or T{} if the id is unknown (idr_find).
  T find(int32_t id) const {
    const Page* page = page_of(id);
    return page == nullptr ? T{} : page->objects[index_of(id)];
  }

  // Puts another object in its place and stores the old one in *old if asked; -ENOENT if the id is
  // not allocated (idr_replace).
  [[nodiscard]] int32_t replace(int32_t id, T object, T* old = nullptr) {
    if (!ids_.is_allocated(id)) return -ENOENT;
    T was = std::exchange(page_of(id)->objects[index_of(id)], std::move(object));
    if (old != nullptr) *old = std::move(was);
    return 0;
  }

  // Frees the id and returns its object; T{} if it was not allocated, which is harmless
  // (idr_remove).
  T remove(int32_t id) {
    if (!ids_.free_id(id)) return T{};
    Page* page = page_of(id);
    T object = std::exchange(page->objects[index_of(id)], T{});
    if (--page->count == 0) drop_page(id);
    return object;
  }

  // Calls visit(id, object) for every allocated id, ascending. visit may remove the id it is given.
  template <class F>
  void for_each(F&& visit) const {
    int32_t id = ids_.next_allocated(0);
    while (id >= 0) {
      visit(id, find(id));
      id = id == INT32_MAX ? -1 : ids_.next_allocated(id + 1);
    }
  }

  const IdAllocator& ids() const { return ids_; }
  size_t live() const { return ids_.live(); }
  void set_node_limit(size_t limit) { ids_.set_node_limit(limit); }

 private:
  static constexpr uint32_t kPageBits = 10;
  static constexpr uint32_t kGroupBits = 10;
  static constexpr uint32_t kPageSize = 1u << kPageBits;
  static constexpr uint32_t kGroupSize = 1u << kGroupBits;

  struct Page {
    T objects[kPageSize]{};
    uint32_t count = 0;  // allocated ids
  };
  struct Group {
    std::unique_ptr<Page> pages[kGroupSize];
    uint32_t count = 0;  // pages that exist
  };

  static uint32_t index_of(int32_t id) { return static_cast<uint32_t>(id) & (kPageSize - 1); }
  static uint32_t page_number(int32_t id) {
    return static_cast<uint32_t>(id) >> kPageBits & (kGroupSize - 1);
  }
  static uint32_t group_number(int32_t id) {
    return static_cast<uint32_t>(id) >> (kPageBits + kGroupBits);
  }

  Page* page_of(int32_t id) const {
    if (id < 0 || group_number(id) >= group_count_) return nullptr;
    const Group* group = groups_[group_number(id)].get();
    return group == nullptr ? nullptr : group->pages[page_number(id)].get();
  }

  int32_t store(int32_t id, T object) {
    if (id < 0) return id;
    Page* page = make_page(id);
    if (page == nullptr) {
      ids_.free_id(id);
      return -ENOMEM;
    }
    ++page->count;
    page->objects[index_of(id)] = std::move(object);
    return id;
  }

  Page* make_page(int32_t id) {
    const uint32_t g = group_number(id);
    if (g >= group_count_) {
      const uint32_t count = std::max(g + 1, group_count_ * 2);
      std::unique_ptr<std::unique_ptr<Group>[]> groups(new (std::nothrow)
                                                           std::unique_ptr<Group>[count]);
      if (groups == nullptr) return nullptr;
      std::move(groups_.get(), groups_.get() + group_count_, groups.get());
      groups_ = std::move(groups);
      group_count_ = count;
    }
    std::unique_ptr<Group>& group = groups_[g];
    if (group == nullptr) group.reset(new (std::nothrow) Group);
    if (group == nullptr) return nullptr;
    std::unique_ptr<Page>& page = group->pages[page_number(id)];
    if (page == nullptr) {
      page.reset(new (std::nothrow) Page);
      if (page != nullptr) {
        ++group->count;
      } else if (group->count == 0) {
        group.reset();
      }
    }
    return page.get();
  }

  void drop_page(int32_t id) {
    std::unique_ptr<Group>& group = groups_[group_number(id)];
    group->pages[page_number(id)].reset();
    if (--group->count == 0) group.reset();
  }

  IdAllocator ids_;
  std::unique_ptr<std::unique_ptr<Group>[]> groups_;
  uint32_t group_count_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_IDR_H_
