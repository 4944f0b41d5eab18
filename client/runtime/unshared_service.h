// Init sections (EXT-X-MAP) and low-latency parts (EXT-X-PART): kept for the players of this client
// and not shared with others. Several players, or one that comes back to a level, cost the CDN one
// request as long as the answer is fresh.
//
// It is a shared cache after RFC 9111: the URL with its query is the key, requests with
// Authorization pass through, so do those for what the CDN marks as one viewer's, and for answers
// that vary by request. What tells no lifetime is fresh for kUnsharedFreshFor; nothing outlives the
// stream's beginning anew. Only small objects are kept, within a share of the cache's budget; a
// larger one passes through.
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_UNSHARED_SERVICE_H_
#define SHOAL_CLIENT_RUNTIME_UNSHARED_SERVICE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/hls/url.h"
#include "client/proxy/exchange.h"
#include "client/proxy/headers.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/resource_fetcher.h"
#include "client/runtime/stream_registry.h"
#include "client/runtime/url_space.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::runtime {

// One object at most: an init section has about 1 KiB, a part of half a second at 8 Mbit/s 500 KiB.
inline constexpr std::uint64_t kUnsharedObjectBytesMax = std::uint64_t{1} << 20;
// Of --cache-bytes, beside what segments take.
inline constexpr std::uint64_t kUnsharedBudgetShare = 8;  // one eighth
// What an entry costs beside its body.
inline constexpr std::uint64_t kUnsharedEntryBytes = 1024;
// Without a lifetime from the CDN. A publisher that begins anew may use the same name again.
inline constexpr Duration kUnsharedFreshFor = Seconds(60);
// How long is remembered that an object cannot be kept, so that players need not wait to learn it.
inline constexpr Duration kUnsharedRefusedFor = Seconds(60);

struct UnsharedFigures {
  std::uint64_t requests = 0;  // of players, but for those passed through at once
  std::uint64_t hits = 0;      // answered from what was there
  std::uint64_t loads = 0;     // from the CDN
  std::uint64_t entries = 0;   // now
  std::uint64_t bytes = 0;     // now, with kUnsharedEntryBytes each
};

class UnsharedService {
 public:
  struct Parts {
    ResourceFetcher& fetcher;
    StreamRegistry& registry;
    UrlSpace& space;
    PassThrough& pass_through;
    const Clock& clock;
    std::uint64_t cache_bytes = 0;  // --cache-bytes
    bool share_private = false;     // --share-private
  };
  explicit UnsharedService(const Parts& parts);
  UnsharedService(const UnsharedService&) = delete;
  UnsharedService& operator=(const UnsharedService&) = delete;

  // Takes the exchange if it asks for a listed init section or part in a way that can be answered
  // here; else false, and nothing has happened.
  bool Serve(const std::shared_ptr<proxy::Exchange>& exchange, const hls::Url& url);

  UnsharedFigures figures() const;

 private:
  using Exchanges = std::vector<std::shared_ptr<proxy::Exchange>>;

  struct Entry {
    hls::Url url;
    std::optional<ByteRange> byte_range;  // of the resource; nullopt: all of it
    TimePoint asked_at{};                 // of the CDN
    TimePoint used_at{};
    Exchanges waiting;  // while it is loaded
    bool loading = true;

    // Once loaded.
    bool refused = false;  // it cannot be kept; there is no body
    TimePoint fresh_until{};
    Duration age{};  // when it came
    TimePoint came_at{};
    proxy::Headers headers;
    std::string etag;
    std::optional<std::uint64_t> resource_total;
    std::string body;

    std::uint64_t cost() const { return kUnsharedEntryBytes + body.size(); }
  };
  enum class Taken {
    kKept,      // for everybody, and for later
    kForThese,  // for those that wait, but not for later
    kForFirst,  // for the one whose request it answers
    kOfNoUse,   // whoever waits is passed through
  };

  void Load(const std::string& key, Entry& entry, const proxy::Request& request);
  void Loaded(const std::string& key, ResourceAnswer answer);
  // Fills in the entry.
  Taken Take(Entry& entry, ResourceAnswer& answer) const;
  void Show(proxy::Exchange& exchange, const Entry& entry) const;
  void PassThroughAll(const Exchanges& exchanges, const hls::Url& url);
  // Ends the entries that have had their time, then those used longest ago, until `cost` more fit.
  void MakeRoom(std::uint64_t cost);
  void Erase(const std::string& key);

  const Parts parts_;
  const std::uint64_t bytes_max_;
  const std::uint64_t object_bytes_max_;
  UnsharedFigures figures_;
  // Pointers to entries are kept across insertions.
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;
  std::uint64_t bytes_ = 0;  // of those loaded
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_UNSHARED_SERVICE_H_
