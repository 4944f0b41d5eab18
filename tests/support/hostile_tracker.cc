// A tracker whose answers are nonsense, for integration tests.
//
//   hostile_tracker --ports-file FILE --behaviour NAME
//
// Listens on a free port of 127.0.0.1, writes "listen=PORT" to FILE, and answers every Announce as
// the behaviour says (see kBehaviours) until it is killed. Writes a line to standard output for
// each call.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "shoal/v1/tracker.grpc.pb.h"

namespace {

using shoal::v1::AnnounceRequest;
using shoal::v1::AnnounceResponse;
using shoal::v1::SwarmHandout;

// A packed member at 127.0.0.1:`port` as proto/shoal/v1/tracker.proto lays it out.
std::string PackMember(char id, std::uint16_t port) {
  std::string member(16, id);
  member += '\x02';  // IPv4, can be dialled
  member += '\x0e';  // 2^14 kbit/s
  member += std::string(2, '\0');
  member += static_cast<char>(port & 0xff);
  member += static_cast<char>(port >> 8);
  return member + std::string("\x7f\0\0\1", 4);
}

// An answer that is right in form and empty.
AnnounceResponse EmptyAnswer(const AnnounceRequest& request) {
  AnnounceResponse answer;
  answer.set_announce_interval_ms(15'000);
  for (int i = 0; i < request.swarms_size(); ++i) {
    SwarmHandout* handout = answer.add_swarms();
    handout->set_swarm_size(1);
    handout->set_full(true);
    handout->set_added(std::string(1, '\1'));
  }
  return answer;
}

using Spoil = std::function<void(AnnounceResponse&)>;

void ForEachSwarm(AnnounceResponse& answer, const std::function<void(SwarmHandout&)>& spoil) {
  for (SwarmHandout& handout : *answer.mutable_swarms()) spoil(handout);
}

std::string DeadMembers() {
  std::string added(1, '\1');
  for (int i = 0; i < 51; ++i) {
    added += PackMember(static_cast<char>(i + 1), static_cast<std::uint16_t>(i + 1));
  }
  return added;
}

// What each behaviour does to an answer; "refuse" and "hang" are carried out elsewhere.
const std::map<std::string, Spoil>& Behaviours() {
  static const auto* const kBehaviours = new std::map<std::string, Spoil>{
      {"refuse", {}},
      {"hang", {}},
      {"wrong-layout",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) { h.set_added("\x09" + PackMember('a', 9)); });
       }},
      {"half-member",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) {
           h.set_added("\x01" + PackMember('a', 9) + PackMember('b', 9).substr(0, 11));
         });
       }},
      {"random-bytes",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) {
           std::string bytes;
           for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * 167 + 13);
           h.set_added(bytes);
           h.set_removed(bytes.substr(0, 77));
         });
       }},
      {"too-many",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) {
           std::string bytes(1, '\1');
           for (int i = 0; i < 20'000; ++i) bytes += PackMember(static_cast<char>(i), 9);
           h.set_added(bytes);
         });
       }},
      {"dead-members",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) {
           h.set_swarm_size(52);
           h.set_added(DeadMembers());
         });
       }},
      {"enormous-swarm",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) { h.set_swarm_size(UINT32_MAX); });
       }},
      {"no-interval", [](AnnounceResponse& a) { a.set_announce_interval_ms(0); }},
      {"long-interval", [](AnnounceResponse& a) { a.set_announce_interval_ms(UINT32_MAX); }},
      {"too-few-swarms", [](AnnounceResponse& a) { a.clear_swarms(); }},
      {"too-many-swarms",
       [](AnnounceResponse& a) {
         for (int i = 0; i < 1000; ++i) a.add_swarms()->set_full(true);
       }},
      {"long-cookie",
       [](AnnounceResponse& a) {
         ForEachSwarm(a, [](SwarmHandout& h) { h.set_cookie(std::string(5000, 'c')); });
       }},
      {"huge-answer",
       [](AnnounceResponse& a) { a.set_ticket(std::string(std::size_t{16} << 20, 't')); }},
  };
  return *kBehaviours;
}

class HostileTracker final : public shoal::v1::Tracker::Service {
 public:
  explicit HostileTracker(std::string behaviour) : behaviour_(std::move(behaviour)) {}

  grpc::Status Announce(grpc::ServerContext* context, const AnnounceRequest* request,
                        AnnounceResponse* answer) override {
    std::printf("announce of %d swarms\n", request->swarms_size());
    std::fflush(stdout);
    if (behaviour_ == "refuse") return {grpc::StatusCode::UNAVAILABLE, "no"};
    if (behaviour_ == "hang") {
      while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return {grpc::StatusCode::CANCELLED, "gone"};
    }
    *answer = EmptyAnswer(*request);
    Behaviours().at(behaviour_)(*answer);
    return grpc::Status::OK;
  }

 private:
  const std::string behaviour_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string ports_file;
  std::string behaviour;
  CLI::App app("A tracker whose answers are nonsense");
  app.add_option("--ports-file", ports_file)->required();
  app.add_option("--behaviour", behaviour)->required();
  CLI11_PARSE(app, argc, argv);
  if (Behaviours().count(behaviour) == 0) {
    std::fprintf(stderr, "no behaviour '%s'; there are:\n", behaviour.c_str());
    for (const auto& [name, unused] : Behaviours()) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }

  HostileTracker service(behaviour);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::ofstream(ports_file) << "listen=" << port << "\n";
  server->Wait();
  return 0;
}
