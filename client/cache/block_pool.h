// Memory for segment bytes: blocks of one piece's size, handed out and taken back.
//
// A few free blocks are kept for reuse, since segments come and go all the time; beyond that,
// memory goes back. Equal blocks of 60 KiB cannot fragment the heap: what is dropped can be used
// again.
//
// Threads: not thread-safe.
#ifndef SHOAL_CLIENT_CACHE_BLOCK_POOL_H_
#define SHOAL_CLIENT_CACHE_BLOCK_POOL_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "client/core/types.h"

namespace shoal::cache {

inline constexpr std::size_t kBlockSize = core::kPieceSize;

using Block = std::unique_ptr<char[]>;  // kBlockSize bytes, contents undefined

class BlockPool {
 public:
  // Keeps at most `free_max` free blocks.
  explicit BlockPool(std::size_t free_max) : free_max_(free_max) {}

  Block Take();
  // REQUIRES: `block` came from Take().
  void Return(Block block);

  std::size_t blocks_in_use() const { return in_use_; }
  std::size_t blocks_free() const { return free_.size(); }

 private:
  const std::size_t free_max_;
  std::size_t in_use_ = 0;
  std::vector<Block> free_;
};

}  // namespace shoal::cache

#endif  // SHOAL_CLIENT_CACHE_BLOCK_POOL_H_
