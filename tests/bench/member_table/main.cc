// member_table: what the members of a tracker cost in memory, and how long they keep calls waiting
// when they all expire. Prints one line of JSON.
//
// Members join one after the other, swarm by turns, with ids and addresses by chance from as many
// zones as --zones. Memory is what the process's resident memory has grown by. One in ten cannot be
// dialled.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/cli/program_options.h"
#include "common/random/random.h"
#include "tracker/membership/announce_interval.h"
#include "tracker/service/membership_table.h"

namespace shoal::bench {
namespace {

struct Options {
  std::size_t members = 1'000'000;
  std::size_t swarms = 1000;
  std::size_t zones = 200;
  bool ipv6 = false;
};

class SetClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  void Set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_{Seconds(1000)};
};

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t whole = 0;
  std::size_t resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Of this thread alone: what else runs on the machine does not count.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string RandomBytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
  return bytes;
}

Member RandomMember(Random& random, const Options& options) {
  Member member{.id = *PeerId::FromBytes(RandomBytes(random, PeerId::kSize)),
                .endpoint = {RandomBytes(random, options.ipv6 ? 16 : 4), 7000}};
  member.zone = static_cast<std::uint16_t>(1 + random.Below(options.zones));
  member.upload_class = static_cast<UploadClass>(10 + random.Below(5));
  member.can_be_dialled = random.Below(10) != 0;
  return member;
}

SwarmId SwarmNumber(std::size_t number) {
  Random random(number);
  return *SwarmId::FromBytes(RandomBytes(random, SwarmId::kSize));
}

int Measure(const Options& options) {
  Random random(1);
  std::vector<SwarmId> swarms;
  for (std::size_t i = 0; i < options.swarms; ++i) swarms.push_back(SwarmNumber(i));
  const std::size_t resident_before = ResidentBytes();
  SetClock clock;
  service::MembershipTable table({.max_members_per_swarm = options.members,
                                  .max_swarms = options.swarms,
                                  .max_members = options.members},
                                 2, clock);
  const double cpu_before = CpuSeconds();
  for (std::size_t i = 0; i < options.members; ++i) {
    membership::AnnounceCall call{.member = RandomMember(random, options),
                                  .swarms = {{.swarm = swarms[i % swarms.size()]}}};
    if (!table.Announce(call).ok()) return kExitFailure;
  }
  const double joining_s = CpuSeconds() - cpu_before;
  // What is free meanwhile the allocator gives back within a second or two.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const std::size_t resident = ResidentBytes() - resident_before;

  clock.Set(clock.Now() + 10 * membership::kAnnounceIntervalMax);
  double longest_s = 0;
  std::size_t removed = 0;
  for (std::size_t step = 0; removed < options.members; ++step) {
    if (step > 10 * options.members + 1'000'000) {
      std::cerr << "member_table: " << removed << " of " << options.members << " expired\n";
      return kExitFailure;
    }
    const double began = CpuSeconds();
    removed += table.ExpireSome(step % service::MembershipTable::kShards);
    longest_s = std::max(longest_s, CpuSeconds() - began);
  }
  std::cout << absl::StreamFormat(
      "{\"members\": %d, \"bytes_per_member\": %.1f, \"join_us\": %.2f, \"expiry_hold_ms\": %.3f, "
      "\"bytes_left\": %d}\n",
      options.members, static_cast<double>(resident) / static_cast<double>(options.members),
      joining_s * 1e6 / static_cast<double>(options.members), longest_s * 1e3,
      ResidentBytes() - resident_before);
  return kExitOk;
}

int Run(int argc, const char* const* argv) {
  Options options;
  ProgramOptions program("member_table", "Measures what the members of a tracker cost in memory.");
  program.Group("Members");
  program.Add("--members", "N", options.members, "Members of all swarms together.")
      ->check(CLI::Range(1, 100'000'000));
  program.Add("--swarms", "N", options.swarms, "Swarms that they are in, one each.")
      ->check(CLI::Range(1, 1'000'000));
  program.Add("--zones", "N", options.zones, "Zones that they are in, one each.")
      ->check(CLI::Range(1, 65'535));
  program.AddFlag("--ipv6", options.ipv6, "At IPv6 addresses instead of IPv4 ones.");
  if (const std::optional<int> status = program.Parse(argc, argv)) return *status;
  return Measure(options);
}

}  // namespace
}  // namespace shoal::bench

int main(int argc, char** argv) { return shoal::bench::Run(argc, argv); }
