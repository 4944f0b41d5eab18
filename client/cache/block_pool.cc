#include "client/cache/block_pool.h"

#include <utility>

namespace shoal::cache {

Block BlockPool::Take() {
  ++in_use_;
  if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kBlockSize);
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockPool::Return(Block block) {
  --in_use_;
  if (free_.size() < free_max_) free_.push_back(std::move(block));
}

}  // namespace shoal::cache
