// Large tables in huge pages. Viewers lie scattered over gigabytes: with pages of 4 KiB nearly every
// access to them first waits for the page table. (huge_heap.h does the same for many small things.)
//
// Where the kernel grants no huge pages, nothing changes. Threads: any.
#ifndef SHOAL_TESTS_SIM_REDUCED_HUGE_PAGES_H_
#define SHOAL_TESTS_SIM_REDUCED_HUGE_PAGES_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shoal::sim::reduced {

// Fills an empty table with `count` values.
template <typename T>
void FillHuge(std::vector<T>& table, std::size_t count) {
  constexpr std::uintptr_t kPage = 4096;
  table.reserve(count);
  const auto begin = (reinterpret_cast<std::uintptr_t>(table.data()) + kPage - 1) / kPage * kPage;
  const auto end = reinterpret_cast<std::uintptr_t>(table.data() + count) / kPage * kPage;
  // Refused, it costs time and nothing else.
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  table.resize(count);
}

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_HUGE_PAGES_H_
