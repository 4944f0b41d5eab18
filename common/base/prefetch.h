// Asks the processor to fetch memory that will be needed soon, without waiting for it. A hint: costs an
// instruction for each line of the cache, changes nothing, and may be given any address.
// Threads: any.
#ifndef SHOAL_COMMON_BASE_PREFETCH_H_
#define SHOAL_COMMON_BASE_PREFETCH_H_

#include <cstddef>

namespace shoal {

inline constexpr std::size_t kCacheLine = 64;  // bytes

inline void PrefetchBytes(const void* begin, std::size_t size) {
  const char* const bytes = static_cast<const char*>(begin);
  for (std::size_t i = 0; i < size; i += kCacheLine) __builtin_prefetch(bytes + i);
}

template <typename T>
void Prefetch(const T* object) {
  PrefetchBytes(object, sizeof(T));
}

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_PREFETCH_H_
