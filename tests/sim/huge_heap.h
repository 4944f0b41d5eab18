// Asks the kernel to keep the heap in huge pages. What thousands of viewers hold lies scattered over
// hundreds of megabytes, and with pages of 4 KiB nearly every access to it first waits for the page
// table: 10 to 25 % of the time with 600 to 1,000 viewers.
//
// Where the kernel grants no huge pages, or the allocator is not glibc's, nothing changes.
//
// Threads: one, the one that simulates.
#ifndef SHOAL_TESTS_SIM_HUGE_HEAP_H_
#define SHOAL_TESTS_SIM_HUGE_HEAP_H_

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace shoal::sim {

class HugeHeap {
 public:
  // From now on the heap grows in large steps. Once a process, before much is allocated.
  HugeHeap() {
    mallopt(M_TOP_PAD, kGrowth);
    advised_ = PageUp(End());
  }

  // Asks for what the heap has grown by since the last call. Now and then.
  void Advise() {
    const std::uintptr_t end = End() / kPage * kPage;
    if (end <= advised_) return;
    // Refused, it costs time and nothing else.
    (void)madvise(reinterpret_cast<void*>(advised_), end - advised_, MADV_HUGEPAGE);
    advised_ = end;
  }

 private:
  static constexpr int kGrowth = 64 << 20;  // bytes
  static constexpr std::uintptr_t kPage =
      4096;  // bytes; where pages are larger, heaps end at them, too

  static std::uintptr_t End() { return reinterpret_cast<std::uintptr_t>(sbrk(0)); }
  static std::uintptr_t PageUp(std::uintptr_t address) {
    return (address + kPage - 1) / kPage * kPage;
  }

  std::uintptr_t advised_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_HUGE_HEAP_H_
