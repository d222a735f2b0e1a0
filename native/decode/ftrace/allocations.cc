// Buffers as their allocators and the kernel's own sums tell of them.
#include "decode/ftrace/ftrace_decoder.h"

namespace memtrack {

using ftrace::Arguments;
using ftrace::Event;
using ftrace::Number;
using ftrace::parse_number;

namespace {

constexpr uint64_t kPage = 4096;

bool fits_pid(Number number) { return number && !number.negative && number.value <= INT32_MAX; }

}  // namespace

void FtraceDecoder::put_allocation(const Task& task, Op op, const Allocation& a) {
  put_tailed(task.key, op, a.space, a.name.empty() ? 0 : strings_.intern(a.name), a.size, a.flags,
             {a.id, a.total, a.owner, a.domain, task.serving, static_cast<uint16_t>(Op::kTail), 0});
}

// Its length tells whether it came or went; the total is the one after it.
void FtraceDecoder::on_signed_allocation(const Task& task, Allocation a, Number length,
                                         Number total) {
  if (!length) return incomplete();
  a.size = length.value;
  if (total && !total.negative) {
    a.total = total.value;
    a.flags |= kWithTotal;
  }
  put_allocation(task, length.negative || length.value == 0 ? Op::kFree : Op::kAlloc, a);
}

void FtraceDecoder::on_heap(const Task& task, Event event, const Arguments& args) {
  if (event == Event::kDmaHeapStat || event == Event::kIonStat) {
    const bool ion = event == Event::kIonStat;
    const Number id = args.number(ion ? "buffer_id=" : "inode=");
    const Number length = args.number("len=");
    if (!id) return incomplete();
    const Allocation a{.space = ion ? kSpaceIon : kSpaceDmaHeap, .flags = kWithId, .id = id.value};
    return on_signed_allocation(task, a, length, args.number("total_allocated="));
  }
  const Number length = args.last_number("len=");
  const Number total = args.last_number("total_allocated=");
  switch (event) {
    case Event::kIonHeapGrow:
    case Event::kIonHeapShrink: {
      // The total printed is the one before.
      if (!length || length.negative) return incomplete();
      const bool grows = event == Event::kIonHeapGrow;
      Allocation a{.space = kSpaceIonHeap,
                   .name = args.text_until("heap_name=", ", len="),
                   .size = length.value};
      if (total && !total.negative && (grows || total.value >= length.value)) {
        a.total = grows ? total.value + length.value : total.value - length.value;
        a.flags = kWithTotal;
      }
      return put_allocation(task, grows ? Op::kAlloc : Op::kFree, a);
    }
    case Event::kIonBufferCreate:
    case Event::kIonBufferDestroy: {
      const Number address = args.number("addr=", true);
      if (!address || !length || length.negative) return incomplete();
      const Allocation a{
          .space = kSpaceIonAddress, .size = length.value, .flags = kWithId, .id = address.value};
      return put_allocation(task, event == Event::kIonBufferCreate ? Op::kAlloc : Op::kFree, a);
    }
    case Event::kFastrpcStat: {
      const Number domain = args.number("cid=");
      if (!domain || domain.value > UINT32_MAX) return incomplete();
      const Allocation a{.space = kSpaceFastrpcDomain,
                         .flags = kWithDomain,
                         .domain = static_cast<uint32_t>(domain.value)};
      return on_signed_allocation(task, a, length, total);
    }
    default: {  // fastrpc_dma_alloc, fastrpc_dma_free: cid %d, phys 0x%llx, size %zu
      const Number domain = args.number("cid "), address = args.number("phys ", true);
      const Number size = args.number("size ");
      if (!domain || domain.value > UINT32_MAX || !address || !size || size.negative) {
        return incomplete();
      }
      const Allocation a{.space = kSpaceFastrpc,
                         .size = size.value,
                         .flags = kWithId | kWithDomain,
                         .id = address.value,
                         .domain = static_cast<uint32_t>(domain.value)};
      return put_allocation(task, event == Event::kFastrpcAlloc ? Op::kAlloc : Op::kFree, a);
    }
  }
}

void FtraceDecoder::on_total(const Task& task, Event event, const Arguments& args) {
  if (event == Event::kDmabufRssStat) {
    const Number rss = args.number("rss="), delta = args.number("delta=");
    const Number inode = args.number("i_ino=");
    if (!rss || !delta || !inode) return incomplete();
    return put_allocation(task, Op::kTotal,
                          {.space = kSpaceDmabufRss,
                           .size = rss.value,
                           .flags = kWithId,
                           .id = inode.value,
                           .total = delta.signed_value()});
  }
  if (event == Event::kGpuMemTotal) {
    const Number gpu = args.number("gpu_id="), pid = args.number("pid=");
    const Number size = args.number("size=");
    if (!gpu || gpu.value > UINT32_MAX || !size || !pid) return incomplete();
    if (!fits_pid(pid)) return;  // no process: its pid is printed as a number beyond all pids
    return put_allocation(task, Op::kTotal,
                          {.space = kSpaceGpu,
                           .size = size.value,
                           .flags = kWithOwner | kWithDomain,
                           .owner = static_cast<uint32_t>(pid.value),
                           .domain = static_cast<uint32_t>(gpu.value)});
  }
  // mali_total_alloc_pages_change: gpu=%u event=%lld, in pages
  const Number gpu = args.number("gpu="), pages = args.number("event=");
  if (!gpu || gpu.value > UINT32_MAX || !pages || pages.negative ||
      pages.value > UINT64_MAX / kPage) {
    return incomplete();
  }
  put_allocation(task, Op::kTotal,
                 {.space = kSpaceMali,
                  .size = pages.value * kPage,
                  .flags = kWithDomain,
                  .domain = static_cast<uint32_t>(gpu.value)});
}

void FtraceDecoder::on_gpu_object(const Task& task, Event event, const Arguments& args) {
  switch (event) {
    case Event::kKgslAlloc:
    case Event::kKgslFree: {
      // gpuaddr=0x%llx size=%llu [type=%s] tgid=%u usage=%s id=%u; what was mapped from a dma-buf is of another type.
      const bool frees = event == Event::kKgslFree;
      const std::string_view type = args.word("type=");
      if (frees && !type.empty() && type != "gpumem" && type != "0") return;
      const Number size = args.number("size="), owner = args.number("tgid=");
      const Number id = args.number("id=");
      if (!size || !fits_pid(owner) || !id || id.value > UINT32_MAX) return incomplete();
      return put_allocation(task, frees ? Op::kFree : Op::kAlloc,
                            {.space = kSpaceKgsl,
                             .name = args.word("usage="),
                             .size = size.value,
                             .flags = kWithId | kWithOwner,
                             .id = owner.value << 32 | id.value,
                             .owner = static_cast<uint32_t>(owner.value)});
    }
    case Event::kI915Create:
    case Event::kI915Destroy: {
      const bool frees = event == Event::kI915Destroy;
      const Number object = args.number("obj=", true), size = args.number("size=", true);
      if (!object || (!frees && !size)) return incomplete();
      return put_allocation(
          task, frees ? Op::kFree : Op::kAlloc,
          {.space = kSpaceI915, .size = size.value, .flags = kWithId, .id = object.value});
    }
    case Event::kAmdgpuCreate: {
      const Number object = args.number("bo=", true), pages = args.number("pages=");
      if (!object || !pages || pages.value > UINT64_MAX / kPage) return incomplete();
      return put_allocation(task, Op::kAlloc,
                            {.space = kSpaceAmdgpu,
                             .size = pages.value * kPage,
                             .flags = kWithId,
                             .id = object.value});
    }
    default: {  // xe_bo_create
      const Number size = args.number("size=");
      if (!size || size.negative) return incomplete();
      return put_allocation(task, Op::kAlloc, {.space = kSpaceXe, .size = size.value});
    }
  }
}

// name=%s pfn=%lx page=%p count=%lu align=%u [errorno=%d]; older kernels print no name.
void FtraceDecoder::on_cma(const Task& task, Event event, const Arguments& args) {
  const Number frame = args.number("pfn=", true), count = args.number("count=");
  if (!frame || !count || count.value > UINT64_MAX / kPage) return incomplete();
  const Number error = args.number("errorno=");
  const bool none = args.word("page=") == "(null)" || args.number("page=", true).value == 0;
  if (event == Event::kCmaAlloc && ((error && error.value != 0) || (none && !error))) return;
  const std::string_view name = args.text_until("name=", " pfn=");
  put_allocation(task, event == Event::kCmaAlloc ? Op::kAlloc : Op::kFree,
                 {.space = kSpaceCma,
                  .name = args.text().starts_with("name=") ? name : std::string_view(),
                  .size = count.value * kPage,
                  .flags = kWithId,
                  .id = frame.value});
}

}  // namespace memtrack
