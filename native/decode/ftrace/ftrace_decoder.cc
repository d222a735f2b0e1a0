// Bytes to lines, lines to events.
#include "decode/ftrace/ftrace_decoder.h"

#include <cstring>

namespace memtrack {

using ftrace::Arguments;
using ftrace::Event;
using ftrace::EventName;
using ftrace::Line;
using ftrace::Number;
using ftrace::parse_number;
using ftrace::Shape;

namespace {

// What is freed may be of a task that has exited, and by it.
bool frees(Event event, const Arguments& args) {
  return event == Event::kIonHeapShrink || event == Event::kIonBufferDestroy ||
         event == Event::kFastrpcFree || args.text().find("len=-") != std::string_view::npos;
}

}  // namespace

void FtraceDecoder::push(std::span<const uint8_t> bytes) {
  if (finished_ || bytes.empty()) return;
  on_text(container_.unwrap({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

void FtraceDecoder::on_text(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p < end && (skipping_ || !carry_.empty())) {
    const auto* const stop =
        static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
    const char* const until = stop == nullptr ? end : stop;
    if (skipping_) {
      position_ += static_cast<uint64_t>(until - p);
    } else if (carry_.size() + static_cast<size_t>(until - p) > kLongestLine) {
      lose(DecodeCounter::kLongLines);
      position_ += carry_.size() + static_cast<uint64_t>(until - p);
      skipping_ = true;
      carry_.clear();
    } else {
      carry_.append(p, until);
    }
    if (stop == nullptr) return;
    p = stop + 1;
    if (skipping_) {
      skipping_ = false;
      position_++;
    } else {
      on_line(carry_.data(), carry_.data() + carry_.size());
      position_ += carry_.size() + 1;
      carry_.clear();
    }
  }
  while (p < end) {
    const auto* const stop =
        static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
    if (stop == nullptr) break;
    if (static_cast<size_t>(stop - p) > kLongestLine) {
      lose(DecodeCounter::kLongLines);
    } else {
      on_line(p, stop);
    }
    position_ += static_cast<uint64_t>(stop + 1 - p);
    p = stop + 1;
  }
  if (p == end) return;
  if (static_cast<size_t>(end - p) > kLongestLine) {
    lose(DecodeCounter::kLongLines);
    position_ += static_cast<uint64_t>(end - p);
    skipping_ = true;
  } else {
    carry_.assign(p, end);
  }
}

void FtraceDecoder::finish() {
  if (finished_) return;
  if (!carry_.empty()) {
    on_line(carry_.data(), carry_.data() + carry_.size());
    carry_ = std::string();
  }
  const bool page = container_.form() == ftrace::Container::Form::kPage ||
                    container_.form() == ftrace::Container::Form::kObject;
  if (page && container_.open()) lose(DecodeCounter::kContainerCut);
  if (page && !begun_) counters_.add(DecodeCounter::kNoTraceInside);
  if (raw_calls_ > 0) counters_.add(DecodeCounter::kAbiGuessed, raw_calls_);
  finished_ = true;
}

std::vector<EventCount> FtraceDecoder::events() const {
  std::vector<EventCount> counts;
  for (const EventName& name : names_.all()) {
    if (name.lines > 0) counts.push_back({name.name, name.lines, name.event != Event::kOther});
  }
  return counts;
}

void FtraceDecoder::on_line(const char* begin, const char* end) {
  if (begin < end && end[-1] == '\r') end--;
  if (container_.of_lines()) {
    std::string_view line(begin, static_cast<size_t>(end - begin));
    if (!container_.unwrap_line(line)) return;
    begin = line.data();
    end = begin + line.size();
    if (begin < end && end[-1] == '\r') end--;
  }
  if (begin == end) return;
  const std::string_view found = finder_.find(begin, end);
  if (!found.empty()) {
    EventName& name = names_.find(found);
    if (name.event == Event::kOther) {
      name.lines++;
      counters_.add(DecodeCounter::kOtherEvents);
      return;
    }
  }
  if (*begin == '#') return on_header({begin, static_cast<size_t>(end - begin)});
  Line line;
  if (ftrace::split_line(begin, end, line)) {
    dumping_ = false;
    begun_ = true;
    on_event(begin, line);
  } else {
    std::string_view text(begin, static_cast<size_t>(end - begin));
    if (!begun_ && text.starts_with("\xef\xbb\xbf")) {
      text.remove_prefix(3);
      if (text.empty()) return;
      if (text.front() == '#') return on_header(text);
    }
    if (!on_note(text)) unreadable();
  }
}

void FtraceDecoder::unreadable() {
  if (!begun_) {
    counters_.add(DecodeCounter::kBannerLines);
    return;
  }
  lose(DecodeCounter::kUnreadableLines);
}

// "# entries-in-buffer/entries-written: 575/1200   #P:2", "##### CPU 2 buffer started ####"
void FtraceDecoder::on_header(std::string_view text) {
  constexpr std::string_view kEntries = "# entries-in-buffer/entries-written: ";
  if (text.starts_with(kEntries)) {
    const std::string_view rest = text.substr(kEntries.size());
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return;
    const Number kept = parse_number(rest), written = parse_number(rest.substr(slash + 1));
    if (kept && written && written.value > kept.value) {
      lose(DecodeCounter::kOverwrittenEvents, written.value - kept.value);
    }
  } else if (text.starts_with("##### CPU ") && text.find(" buffer started") != text.npos) {
    counters_.add(DecodeCounter::kCpuStartedLate);
  }
}

// Lines that tools put between events. False: it is none of these.
bool FtraceDecoder::on_note(std::string_view text) {
  if (dumping_) {
    on_process_dump(text);
    return true;
  }
  constexpr std::string_view kCpu = "CPU:";
  if (text.starts_with(kCpu)) {
    // trace_pipe "CPU:3 [LOST 512 EVENTS]", trace-cmd "CPU:3 [512 EVENTS DROPPED]", "CPU:3 [EVENTS DROPPED]"
    const size_t bracket = text.find('[');
    if (bracket == std::string_view::npos || !text.ends_with("]")) return false;
    std::string_view what = text.substr(bracket + 1);
    if (what.starts_with("LOST ")) what.remove_prefix(5);
    const Number count = parse_number(what);
    if (!count && !what.starts_with("EVENTS")) return false;
    lose(DecodeCounter::kLostEvents, count ? count.value : 1);
    return true;
  }
  if (text == "PROCESS DUMP") {
    dumping_ = true;
    return true;
  }
  return text.starts_with("version = ") || text.starts_with("cpus=") || text.starts_with("[") ||
         text.starts_with("TRACE:") || text.starts_with("capturing trace...") ||
         (text.starts_with("CPU ") && text.ends_with(" is empty")) ||
         text.find_first_not_of(" \t") == std::string_view::npos;
}

void FtraceDecoder::on_event(const char* begin, const Line& line) {
  EventName& name = names_.find(line.event);
  name.lines++;
  finder_.learn(begin, line);
  if (name.event == Event::kOther) {
    counters_.add(DecodeCounter::kOtherEvents);
    return;
  }
  if (line.ticks) counters_.add(DecodeCounter::kTimeInTicks);
  if (line.time < now_) {
    counters_.add(DecodeCounter::kTimeWentBack);
  } else {
    now_ = line.time;
  }
  if (name.event == Event::kSwitch) {
    if (unnamed_ > 0) on_switch(Arguments(line.args));
    return;
  }
  if (name.event == Event::kMark) return;
  if (name.event == Event::kUser && (line.shape != Shape::kColon || !line.args.starts_with('('))) {
    name.event = Event::kOther;
    counters_.add(DecodeCounter::kOtherEvents);
    return;
  }
  if (name.event == Event::kRawExit && line.shape == Shape::kCall) return on_exit_call(line);
  if (line.shape != Shape::kColon && name.event != Event::kSystemCall) return incomplete();
  handle(name, line);
}

void FtraceDecoder::handle(EventName& name, const Line& line) {
  const Arguments args(line.args);
  const Event event = name.event;
  switch (event) {
    case Event::kOther:
    case Event::kSwitch:
    case Event::kMark:
      return;
    case Event::kTaskNewtask:
      return on_newtask(actor_of(line), args);
    case Event::kFork:
      return on_fork(task_of(line), args);
    case Event::kExec:
      return on_exec(args);
    case Event::kExit:
      return on_exit(args);
    case Event::kFree:
      return on_free(args);
    case Event::kRename:
      return on_rename(line, args);
    case Event::kDmaHeapStat:
    case Event::kIonStat:
    case Event::kIonHeapGrow:
    case Event::kIonHeapShrink:
    case Event::kIonBufferCreate:
    case Event::kIonBufferDestroy:
    case Event::kFastrpcStat:
    case Event::kFastrpcAlloc:
    case Event::kFastrpcFree:
      return on_heap(frees(event, args) ? task_of(line) : actor_of(line), event, args);
    case Event::kDmabufRssStat:
    case Event::kGpuMemTotal:
    case Event::kMaliTotal:
      return on_total(task_of(line), event, args);
    case Event::kCmaAlloc:
    case Event::kCmaRelease:
      return on_cma(task_of(line), event, args);
    case Event::kKgslAlloc:
    case Event::kKgslFree:
    case Event::kI915Create:
    case Event::kI915Destroy:
    case Event::kAmdgpuCreate:
    case Event::kXeCreate:
      return on_gpu_object(task_of(line), event, args);
    case Event::kDmaBufExport:
      // A probe of the user's may have the tracepoint's name.
      if (args.text().starts_with('(')) return on_probe(line, name, args);
      return on_dma_buf(task_of(line), event, args);
    case Event::kDmaBufFd:
    case Event::kDmaBufGet:
    case Event::kDmaBufMmap:
    case Event::kDmaBufAttach:
    case Event::kDmaBufDetach:
    case Event::kDmaBufPut:
      return on_dma_buf(task_of(line), event, args);
    case Event::kUser:
    case Event::kProbeFdInstall:
    case Event::kProbeFlush:
    case Event::kProbeExport:
    case Event::kProbeRelease:
      return on_probe(line, name, args);
    case Event::kBinderTransaction:
    case Event::kBinderReceived:
    case Event::kBinderFd:
    case Event::kBinderFdSend:
    case Event::kBinderFdRecv:
      return on_binder(task_of(line), event, args);
    case Event::kSystemCall:
      return on_system_call(name, line);
    case Event::kRawEnter:
    case Event::kRawExit:
      return on_raw_call(event, line);
  }
}

Record& FtraceDecoder::put(uint32_t task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
                           uint16_t flags) {
  return queue_.put({now_, size, task, buffer, aux, static_cast<uint16_t>(op), flags});
}

void FtraceDecoder::put_tailed(uint32_t task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
                               uint16_t flags, const Tail& tail) {
  put(task, op, buffer, aux, size, flags);
  queue_.more(tail);
}

void FtraceDecoder::lose(DecodeCounter counter, uint64_t n) {
  counters_.add(counter, n);
  counters_.place(counter, position_);
  put(0, Op::kLoss, 0, static_cast<uint32_t>(counter), n);
}

void FtraceDecoder::incomplete() { lose(DecodeCounter::kIncompleteEvents); }

}  // namespace memtrack
