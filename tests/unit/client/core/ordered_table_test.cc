#include "client/core/ordered_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/random/random.h"

namespace shoal::core {
namespace {

using Table = OrderedTable<int, std::string>;

std::string Drawn(const Table& table) {
  std::string drawn;
  for (const auto& [key, value] : table) drawn += std::to_string(key) + value + " ";
  return drawn;
}

TEST(OrderedTable, IteratesInTheOrderOfKeys) {
  Table table;
  table[5] = "e";
  table[1] = "a";
  table[3] = "c";
  EXPECT_EQ(Drawn(table), "1a 3c 5e ");
}

TEST(OrderedTable, KeepsWhatIsThere) {
  Table table;
  EXPECT_TRUE(table.try_emplace(1, "first").second);
  const auto [it, added] = table.try_emplace(1, "second");
  EXPECT_FALSE(added);
  EXPECT_EQ(it->second, "first");
}

TEST(OrderedTable, FindsTheKeyOrTheNextOne) {
  Table table;
  table[1] = "a";
  table[5] = "e";
  EXPECT_EQ(table.find(5)->second, "e");
  EXPECT_EQ(table.find(3), table.end());
  EXPECT_EQ(table.lower_bound(3)->second, "e");
  EXPECT_EQ(table.lower_bound(6), table.end());
}

TEST(OrderedTable, LeavesValuesWhereTheyAre) {
  Table table;
  table[50] = "stays";
  const std::string* const value = &table.find(50)->second;
  for (int key = 0; key < 100; ++key) table[key];
  for (int key = 0; key < 50; ++key) table.erase(table.find(key));
  EXPECT_EQ(&table.begin()->second, value);
  EXPECT_EQ(*value, "stays");
}

TEST(OrderedTable, ErasesWhileIterated) {
  Table table;
  for (int key = 0; key < 6; ++key) table[key] = "x";
  for (auto it = table.begin(); it != table.end();) {
    it = it->first % 2 == 0 ? table.erase(it) : ++it;
  }
  EXPECT_EQ(Drawn(table), "1x 3x 5x ");
}

TEST(OrderedTable, DoesAsStdMapDoes) {
  Table table;
  std::map<int, std::string> map;
  Random random(7);
  for (int round = 0; round < 5000; ++round) {
    const int key = static_cast<int>(random.Below(40));
    if (random.Below(2) == 0) {
      table[key] += "+";
      map[key] += "+";
    } else if (const auto it = table.find(key); it != table.end()) {
      table.erase(it);
      map.erase(key);
    }
    ASSERT_EQ(table.size(), map.size());
  }
  std::string expected;
  for (const auto& [key, value] : map) expected += std::to_string(key) + value + " ";
  EXPECT_EQ(Drawn(table), expected);
}

}  // namespace
}  // namespace shoal::core
