// A member of a swarm that breaks the rules of links, for integration tests.
//
//   hostile_peer --tracker HOST:PORT --swarm HEX --behaviour NAME
//
// Announces itself, links with every member that it is handed and with all who dial it, says Hello,
// and then behaves as asked:
//
//   absent          claims to hold every segment; rejects every pull as not held
//   silent          claims to hold every segment; answers no pull
//   outside         claims to hold every segment; sends bytes from beyond the range asked for
//   unasked         sends Data for pulls that nobody made
//   stall           claims to hold every segment; sends a few right bytes of a pull, then none
//   wrong-length    claims to hold every segment, and that each is longer than it is
//   flood-progress  Progress messages as large and as fast as they go
//   flood-pulls     asks for everything, again and again, as fast as it goes
//   no-ack          asks for what the others hold and never acknowledges a byte
//   no-hello        opens links and says nothing
//   short-id        its Hello has a peer id of three bytes
//   other-version   its Hello has a protocol version of the future
//   huge-message    a Data message of 3 MB
//
// Standard input: a line "KEY LENGTH FILE" for each segment that there is (key in hexadecimal).
// Standard output: every half second a line of JSON with what it has seen. Ends when killed, or at
// the end of its input.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "shoal/v1/peer.grpc.pb.h"
#include "shoal/v1/tracker.grpc.pb.h"

namespace {

using shoal::v1::LinkMessage;
using Writer = grpc::internal::WriterInterface<LinkMessage>;
using Reader = grpc::internal::ReaderInterface<LinkMessage>;

constexpr std::uint32_t kPieceSize = 60 * 1024;
constexpr std::uint32_t kStallAfter = 8 * 1024;
constexpr std::uint32_t kUploadClass = 14;  // 16 Mbit/s: everybody will want to pull from here

const std::set<std::string> kBehaviours = {
    "absent",       "silent",         "outside",     "unasked", "stall",
    "wrong-length", "flood-progress", "flood-pulls", "no-ack",  "no-hello",
    "short-id",     "other-version",  "huge-message"};

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// A segment key as it travels: eight bytes, taken as a little-endian number.
std::uint64_t KeyFromHex(const std::string& hex) {
  const std::string bytes = FromHex(hex);
  std::uint64_t key = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    key = key << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return key;
}

struct Segment {
  std::uint64_t length = 0;
  std::string file;
};

// What all links share. Threads: any.
class Peer {
 public:
  Peer(std::string behaves, const std::string& swarm_hex)
      : behaviour(std::move(behaves)), swarm(FromHex(swarm_hex)) {
    std::random_device random;
    for (int i = 0; i < 16; ++i) id += static_cast<char>(random() & 0xff);
  }

  const std::string behaviour;
  const std::string swarm;
  std::string id;
  int port = 0;

  std::atomic<std::uint64_t> links{0};
  std::atomic<std::uint64_t> pulls_seen{0};
  std::atomic<std::uint64_t> bytes_seen{0};
  std::atomic<std::uint64_t> rejects_seen{0};
  std::atomic<std::uint64_t> sent{0};

  void AddSegment(std::uint64_t key, Segment segment) {
    const std::lock_guard<std::mutex> lock(mu_);
    segments_[key] = std::move(segment);
    ++version_;
    changed_.notify_all();
  }

  std::map<std::uint64_t, Segment> segments() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return segments_;
  }

  // Waits until there are other segments than at `version`, or for half a second.
  std::uint64_t AwaitChange(std::uint64_t version) const {
    std::unique_lock<std::mutex> lock(mu_);
    changed_.wait_for(lock, std::chrono::milliseconds(500), [&] { return version_ != version; });
    return version_;
  }

  void CountBye(int reason) {
    const std::lock_guard<std::mutex> lock(mu_);
    ++byes_[reason];
  }

  void Report() const {
    std::ostringstream byes;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      for (const auto& [reason, count] : byes_) {
        byes << (byes.tellp() > 0 ? ", " : "") << '"' << reason << "\": " << count;
      }
    }
    std::cout << "{\"links\": " << links << ", \"pulls_seen\": " << pulls_seen
              << ", \"bytes_seen\": " << bytes_seen << ", \"rejects_seen\": " << rejects_seen
              << ", \"sent\": " << sent << ", \"byes\": {" << byes.str() << "}}" << std::endl;
  }

 private:
  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  std::map<std::uint64_t, Segment> segments_;
  std::uint64_t version_ = 0;
  std::map<int, std::uint64_t> byes_;
};

// One link. Run() returns when the other side has closed it.
class Link {
 public:
  Link(Peer& peer, Reader& reader, Writer& writer)
      : peer_(peer), reader_(reader), writer_(writer) {}

  void Run() {
    ++peer_.links;
    if (peer_.behaviour != "no-hello") SayHello();
    std::thread talker([this] { Talk(); });
    LinkMessage message;
    while (reader_.Read(&message)) Hear(message);
    open_ = false;
    talker.join();
  }

 private:
  bool Send(const LinkMessage& message) {
    const std::lock_guard<std::mutex> lock(mu_);
    if (!open_ || !writer_.Write(message)) {
      open_ = false;
      return false;
    }
    ++peer_.sent;
    return true;
  }

  void SayHello() {
    LinkMessage message;
    auto* hello = message.mutable_hello();
    hello->set_protocol_major(peer_.behaviour == "other-version" ? 99 : 1);
    hello->set_swarm_id(peer_.swarm);
    hello->set_peer_id(peer_.behaviour == "short-id" ? "abc" : peer_.id);
    hello->set_upload_class(kUploadClass);
    hello->set_port(static_cast<std::uint32_t>(peer_.port));
    Send(message);
  }

  // What it says without being asked, until the link is closed.
  void Talk() {
    std::uint64_t version = 0;
    while (open_) {
      if (peer_.behaviour == "flood-progress") {
        Flood();
      } else if (peer_.behaviour == "flood-pulls") {
        PullEverything();
      } else if (peer_.behaviour == "unasked") {
        SendBytes(7, 0, std::string(1000, 'u'));
        version = peer_.AwaitChange(version);
      } else if (peer_.behaviour == "huge-message") {
        SendBytes(7, 0, std::string(std::size_t{3} << 20, 'h'));
        version = peer_.AwaitChange(version);
      } else {
        ClaimAll();
        version = peer_.AwaitChange(version);
      }
    }
  }

  bool claims() const {
    const std::string& b = peer_.behaviour;
    return b == "absent" || b == "silent" || b == "outside" || b == "stall" || b == "wrong-length";
  }

  void ClaimAll() {
    LinkMessage message;
    auto* progress = message.mutable_progress();
    if (claims()) {
      for (const auto& [key, segment] : peer_.segments()) {
        if (progress->segments_size() == 64) progress->mutable_segments()->DeleteSubrange(0, 1);
        auto* news = progress->add_segments();
        news->set_segment_key(key);
        news->set_segment_length(segment.length +
                                 (peer_.behaviour == "wrong-length" ? 500'000 : 0));
        news->set_complete(true);
      }
    }
    if (peer_.behaviour != "no-hello") Send(message);
  }

  void Flood() {
    LinkMessage message;
    for (std::uint64_t i = 0; i < 64; ++i) {
      auto* news = message.mutable_progress()->add_segments();
      news->set_segment_key(++invented_);
      news->set_segment_length(200'000'000);
      for (std::uint32_t piece = 0; piece < 100; ++piece) {
        news->add_pieces(piece * 8 + 5);
        news->add_gossip(piece * 64);
      }
    }
    Send(message);
  }

  void PullEverything() {
    for (const auto& [key, segment] : peer_.segments()) {
      for (std::uint32_t piece = 0; piece * std::uint64_t{kPieceSize} < segment.length; ++piece) {
        if (!SendPull(key, piece)) return;
      }
    }
  }

  bool SendPull(std::uint64_t key, std::uint32_t piece) {
    LinkMessage message;
    message.mutable_pull()->set_pull_id(++pull_id_);
    message.mutable_pull()->set_segment_key(key);
    message.mutable_pull()->set_piece_index(piece);
    return Send(message);
  }

  void SendBytes(std::uint32_t pull, std::uint32_t offset, const std::string& payload) {
    LinkMessage message;
    message.mutable_data()->set_pull_id(pull);
    message.mutable_data()->set_offset(offset);
    message.mutable_data()->set_payload(payload);
    Send(message);
  }

  void Hear(const LinkMessage& message) {
    switch (message.body_case()) {
      case LinkMessage::kPull:
        ++peer_.pulls_seen;
        AnswerPull(message.pull());
        break;
      case LinkMessage::kData:
        peer_.bytes_seen += message.data().payload().size();
        break;
      case LinkMessage::kReject:
        ++peer_.rejects_seen;
        break;
      case LinkMessage::kBye:
        peer_.CountBye(message.bye().reason());
        break;
      case LinkMessage::kProgress:
        if (peer_.behaviour == "no-ack") PullFrom(message.progress());
        break;
      default:
        break;
    }
  }

  void PullFrom(const shoal::v1::Progress& progress) {
    for (const auto& news : progress.segments()) {
      if (news.complete()) {
        for (std::uint32_t p = 0; p * std::uint64_t{kPieceSize} < news.segment_length(); ++p) {
          SendPull(news.segment_key(), p);
        }
      }
      for (const std::uint32_t piece : news.pieces()) SendPull(news.segment_key(), piece / 8);
    }
  }

  void AnswerPull(const shoal::v1::Pull& pull) {
    if (peer_.behaviour == "absent") {
      LinkMessage message;
      message.mutable_reject()->set_pull_id(pull.pull_id());
      message.mutable_reject()->set_reason(shoal::v1::REJECT_REASON_NOT_HELD);
      Send(message);
    } else if (peer_.behaviour == "outside") {
      SendBytes(pull.pull_id(), kPieceSize + 5000, std::string(4000, 'o'));
    } else if (peer_.behaviour == "stall") {
      SendBytes(pull.pull_id(), pull.from(), RightBytes(pull));
    }
  }

  std::string RightBytes(const shoal::v1::Pull& pull) const {
    const auto segments = peer_.segments();
    const auto found = segments.find(pull.segment_key());
    if (found == segments.end()) return {};
    std::ifstream file(found->second.file, std::ios::binary);
    file.seekg(
        static_cast<std::streamoff>(std::uint64_t{pull.piece_index()} * kPieceSize + pull.from()));
    std::string bytes(std::min(kStallAfter, kPieceSize - pull.from()), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
  }

  Peer& peer_;
  Reader& reader_;
  Writer& writer_;
  std::mutex mu_;
  std::atomic<bool> open_{true};
  std::atomic<std::uint32_t> pull_id_{0};
  std::uint64_t invented_ = 0;
};

class PeerService final : public shoal::v1::Peer::Service {
 public:
  explicit PeerService(Peer& peer) : peer_(peer) {}

  grpc::Status Link(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<LinkMessage, LinkMessage>* stream) override {
    ::Link(peer_, *stream, *stream).Run();
    return grpc::Status::OK;
  }

 private:
  Peer& peer_;
};

// "127.0.0.1:PORT" of each IPv4 member in a packed handout that can be dialled, but for `self`.
std::vector<std::string> Unpack(const std::string& added, const std::string& self) {
  std::vector<std::string> targets;
  std::size_t at = 1;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(added[i]); };
  while (at + 22 + 4 <= added.size()) {
    const unsigned flags = byte(at + 16);
    const unsigned port = byte(at + 20) | byte(at + 21) << 8;
    if ((flags & 1) != 0) {
      at += 22 + 16;
      continue;
    }
    if (added.compare(at, 16, self) != 0 && port != 0) {
      std::ostringstream target;
      target << unsigned{byte(at + 22)} << '.' << unsigned{byte(at + 23)} << '.'
             << unsigned{byte(at + 24)} << '.' << unsigned{byte(at + 25)} << ':' << port;
      targets.push_back(target.str());
    }
    at += 22 + 4;
  }
  return targets;
}

void Dial(Peer& peer, const std::string& target) {
  const auto stub =
      shoal::v1::Peer::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->Link(&context);
  Link(peer, *stream, *stream).Run();
  stream->Finish();
}

// Announces every two seconds, and dials each member once (again, once its link has ended).
void Announce(Peer& peer, const std::string& tracker) {
  const auto stub =
      shoal::v1::Tracker::NewStub(grpc::CreateChannel(tracker, grpc::InsecureChannelCredentials()));
  std::mutex mu;
  std::set<std::string> linked;
  while (true) {
    shoal::v1::AnnounceRequest request;
    request.set_peer_id(peer.id);
    request.set_port(static_cast<std::uint32_t>(peer.port));
    request.set_upload_class(kUploadClass);
    request.add_swarms()->set_swarm_id(peer.swarm);
    shoal::v1::AnnounceResponse answer;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    const grpc::Status status = stub->Announce(&context, request, &answer);
    if (!status.ok()) std::cerr << "announce: " << status.error_message() << std::endl;
    if (status.ok() && answer.swarms_size() == 1) {
      for (const std::string& target : Unpack(answer.swarms(0).added(), peer.id)) {
        const std::lock_guard<std::mutex> lock(mu);
        if (!linked.insert(target).second) continue;
        std::thread([&peer, &mu, &linked, target] {
          Dial(peer, target);
          std::this_thread::sleep_for(std::chrono::seconds(1));
          const std::lock_guard<std::mutex> relock(mu);
          linked.erase(target);
        }).detach();
      }
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string tracker;
  std::string swarm;
  std::string behaviour;
  CLI::App app("A member of a swarm that breaks the rules of links");
  app.add_option("--tracker", tracker)->required();
  app.add_option("--swarm", swarm)->required();
  app.add_option("--behaviour", behaviour)->required()->check(CLI::IsMember(kBehaviours));
  CLI11_PARSE(app, argc, argv);

  Peer peer(behaviour, swarm);
  PeerService service(peer);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &peer.port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;

  std::thread([&] { Announce(peer, tracker); }).detach();
  std::thread([&] {
    while (true) {
      peer.Report();
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }).detach();
  std::string key;
  Segment segment;
  while (std::cin >> key >> segment.length >> segment.file) {
    peer.AddSegment(KeyFromHex(key), segment);
  }
  // Threads are still at work on what lives on this stack.
  std::cout.flush();
  std::_Exit(0);
}
