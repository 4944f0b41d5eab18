// Fills a tracker's store with made-up members and dies as if killed, leaving what a tracker that
// was killed leaves.
//
//   shoal-fill-store DIR MEMBERS SWARMS
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/random/random.h"
#include "tracker/store/rocksdb_membership_store.h"

namespace shoal {
namespace {

constexpr std::uint64_t kBatchSize = 10'000;

std::string RandomBytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
  return bytes;
}

store::StoredMember RandomMember(Random& random, const std::vector<SwarmId>& swarms) {
  Member member{.id = *PeerId::FromBytes(RandomBytes(random, PeerId::kSize)),
                .endpoint = {RandomBytes(random, 4), 7000}};
  member.zone = static_cast<std::uint16_t>(random.Below(1 << 16));
  member.upload_class = static_cast<UploadClass>(10 + random.Below(5));
  member.can_be_dialled = random.Below(10) != 0;
  return {.swarm = swarms[random.Below(swarms.size())],
          .member = member,
          .joined_unix_ms = 1'700'000'000'000};
}

int Fill(const std::string& directory, std::uint64_t members, std::uint64_t swarm_count) {
  const auto store = store::RocksDbMembershipStore::Open({.directory = directory});
  if (!store.ok()) {
    std::cerr << "shoal-fill-store: " << store.status().message() << "\n";
    return 1;
  }
  Random random(1);
  std::vector<SwarmId> swarms;
  for (std::uint64_t i = 0; i < swarm_count; ++i) {
    swarms.push_back(*SwarmId::FromBytes(RandomBytes(random, SwarmId::kSize)));
  }
  for (std::uint64_t done = 0; done < members; done += kBatchSize) {
    std::vector<store::StoreChange> batch = {store::SetLongestWait{Seconds(900)}};
    for (std::uint64_t i = done; i < std::min(members, done + kBatchSize); ++i) {
      batch.push_back(store::PutMember{RandomMember(random, swarms)});
    }
    if (const absl::Status status = (*store)->Apply(batch); !status.ok()) {
      std::cerr << "shoal-fill-store: " << status.message() << "\n";
      return 1;
    }
  }
  return raise(SIGKILL);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  std::uint64_t members = 0;
  std::uint64_t swarms = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[2], &members) || !absl::SimpleAtoi(argv[3], &swarms) ||
      swarms == 0) {
    std::cerr << "usage: shoal-fill-store DIR MEMBERS SWARMS\n";
    return 2;
  }
  return shoal::Fill(argv[1], members, swarms);
}
