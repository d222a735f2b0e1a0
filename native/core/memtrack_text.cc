#include "core/memtrack_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace memtrack {

namespace {

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (int i = 0; i < 100; i++) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

// Collects text in the caller's memory; past its end only counts.
class Text {
 public:
  explicit Text(std::span<char> out)
      : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}

  // Room for n bytes, or null when out of it (they still count).
  char* take(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) [[unlikely]] {
      beyond_ += n;
      end_ = at_;
      return nullptr;
    }
    char* place = at_;
    at_ += n;
    return place;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    if (char* place = take(text.size())) std::memcpy(place, text.data(), text.size());
  }
  size_t size() const { return static_cast<size_t>(at_ - begin_) + beyond_; }

 private:
  char* begin_;
  char* at_;
  char* end_;
  size_t beyond_ = 0;
};

// Writes value's digits so that they end before `end`.
void put_right(char* end, uint64_t value) {
  while (value >= 100) {
    end -= 2;
    std::memcpy(end, &kTwoDigits[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(end - 2, &kTwoDigits[2 * value], 2);
  } else {
    end[-1] = static_cast<char>('0' + value);
  }
}

// Sizes up to this many digits fit their column.
constexpr uint64_t kFitsTwelve = 1'000'000'000'000;

// "%10d  %16d  %12zu  %12s\n", or after patch 2 "%10d  %16d  %12zu  %s\n".
void put_row(Text& text, MemtrackForm form, const Tracker::BufferRow& row, std::string_view tag) {
  constexpr size_t kNumbers = 44;
  const size_t tag_width =
      form == MemtrackForm::kSeries ? std::max<size_t>(tag.size(), 12) : tag.size();
  if (row.size >= kFitsTwelve) [[unlikely]] {
    char numbers[80];
    const int n =
        std::snprintf(numbers, sizeof numbers, "%10u  %16u  %12llu  ", row.userspace_handles,
                      row.id, static_cast<unsigned long long>(row.size));
    text.append({numbers, static_cast<size_t>(n)});
    if (char* place = text.take(tag_width + 1)) {
      std::memset(place, ' ', tag_width);
      std::copy(tag.begin(), tag.end(), place + tag_width - tag.size());  // no tag has no data
      place[tag_width] = '\n';
    }
    return;
  }
  char* place = text.take(kNumbers + tag_width + 1);
  if (place == nullptr) [[unlikely]]
    return;
  static constexpr char kBlank[65] =
      "                                                                ";
  std::memcpy(place, kBlank, kNumbers);
  put_right(place + 10, row.userspace_handles);
  put_right(place + 28, row.id);
  put_right(place + 42, row.size);
  place += kNumbers;
  if (tag.empty()) {
    std::memcpy(place, kBlank, tag_width);
  } else {
    std::memset(place, ' ', tag_width - tag.size());
    std::memcpy(place + tag_width - tag.size(), tag.data(), tag.size());
  }
  place[tag_width] = '\n';
}

// "%68lx-%08lx  %c%c%c%c%c  %08llx", then a blank and the tag if there is one. A tag of "" still gives the blank.
void put_vma(Text& text, const Vma& vma, bool tagged, std::string_view tag) {
  char line[160];
  const auto flag = [&](uint32_t bit, char set) { return (vma.flags & bit) != 0 ? set : '-'; };
  const int n = std::snprintf(line, sizeof line, "%68llx-%08llx  %c%c%c%c%c  %08llx",
                              static_cast<unsigned long long>(vma.start),
                              static_cast<unsigned long long>(vma.end), flag(kVmRead, 'r'),
                              flag(kVmWrite, 'w'), flag(kVmExec, 'x'),
                              (vma.flags & kVmShared) != 0 ? 's' : 'p', flag(kVmIo, '#'),
                              static_cast<unsigned long long>(vma.offset));
  text.append({line, static_cast<size_t>(n)});
  if (tagged) {
    text.append(" ");
    text.append(tag);
  }
  text.append("\n");
}

void put_header(Text& text, MemtrackForm form, uint32_t pid) {
  text.append(form == MemtrackForm::kSeries
                  ? " ref_count:       Identifier:         size:          tag:    "
                    "startAddr-endAddr: Flags:    pgOff: pid:"
                  : " ref_count:       Identifier:         size: tag: pid:");
  char digits[16];
  const int n = std::snprintf(digits, sizeof digits, "%d\n", static_cast<int>(pid));
  text.append({digits, static_cast<size_t>(n)});
}

}  // namespace

int64_t format_memtrack(Tracker& tracker, uint32_t task, MemtrackForm form, std::span<char> out) {
  Text text(out);
  Tracker::LeaderRow leader{};
  bool tagged = false;
  std::string_view tag;
  bool empty = true;
  const bool found = tracker.visit_leader(
      task, &leader,
      [&](uint32_t id) {
        if (empty) put_header(text, form, leader.pid);
        empty = false;
        const Tracker::BufferRow row = tracker.row(id);
        tagged = row.tag != 0;
        tag = tracker.tag_text(row.tag);
        put_row(text, form, row, tag);
      },
      [&](const Vma& vma) {
        if (form == MemtrackForm::kSeries) put_vma(text, vma, tagged, tag);
      });
  return found ? static_cast<int64_t>(text.size()) : -1;
}

// Header "%4.4s %12.12s %10s %12.12s %3.3s\n", rows "%4d %12zu %10d %12d %s\n".
size_t format_debugfs(const Tracker& tracker, std::span<char> out) {
  Text text(out);
  text.append(" pid  buffer_size        ref   Identifier tag\n");
  tracker.for_each_buffer([&](const Tracker::BufferRow& row) {
    char line[96];
    const int n =
        std::snprintf(line, sizeof line, "%4d %12llu %10d %12d ", static_cast<int>(row.pid),
                      static_cast<unsigned long long>(row.size),
                      static_cast<int>(row.userspace_handles), static_cast<int>(row.id));
    text.append({line, static_cast<size_t>(n)});
    text.append(tracker.tag_text(row.tag));
    text.append("\n");
  });
  return text.size();
}

}  // namespace memtrack
