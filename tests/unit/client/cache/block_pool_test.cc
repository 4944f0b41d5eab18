#include "client/cache/block_pool.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace shoal::cache {
namespace {

TEST(BlockPool, HandsOutAReturnedBlockAgain) {
  BlockPool pool(2);
  Block block = pool.Take();
  const char* address = block.get();
  pool.Return(std::move(block));
  EXPECT_EQ(pool.Take().get(), address);
}

TEST(BlockPool, KeepsNoMoreFreeBlocksThanItsLimit) {
  BlockPool pool(2);
  std::vector<Block> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(pool.Take());
  EXPECT_EQ(pool.blocks_in_use(), 5u);
  for (Block& block : blocks) pool.Return(std::move(block));
  EXPECT_EQ(pool.blocks_in_use(), 0u);
  EXPECT_EQ(pool.blocks_free(), 2u);
}

}  // namespace
}  // namespace shoal::cache
