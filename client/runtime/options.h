// The settings of one client. Each says what it does, its unit, and when to touch it. The program
// reads them from its options (client/config.h); tests set them directly. Threads: values.
#ifndef SHOAL_CLIENT_RUNTIME_OPTIONS_H_
#define SHOAL_CLIENT_RUNTIME_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "client/core/config.h"
#include "client/hls/path_filter.h"
#include "client/hls/url.h"

namespace shoal::runtime {

struct Options {
  explicit Options(hls::Url origin_url) : origin(std::move(origin_url)) {}

  // Whose streams are served: scheme, host and port.
  hls::Url origin;

  // HOST:PORT of the tracker; empty: none, and the client is a plain caching proxy.
  std::string tracker;

  // Where players connect, HOST:PORT. Anything but loopback serves other machines, too.
  std::string listen = "127.0.0.1:8090";

  // Where other clients connect, ADDRESS:PORT. Port 0 takes a free one; a fixed one is needed where
  // a router forwards it.
  std::string peer_listen = "[::]:0";

  // Where the key of this client is kept; empty: a new one with each start.
  std::string state_dir;

  // Part of the swarms' names; empty: the origin's authority. Equal for origins that serve the same
  // streams under different names.
  std::string name_space;

  // What differs from viewer to viewer in paths; see hls::PathFilter.
  std::string ignore_path_text;
  hls::PathFilter ignore_path;

  // Serve what the CDN marks as one viewer's (Set-Cookie, private, no-store, answers to
  // Authorization) to other viewers, too. Right only where such marks are known to mean nothing.
  bool share_private = false;

  // PEM file of the authorities to trust for https; empty: the system's.
  std::string origin_ca_file;

  // Policy, hand-off, cache size, upload cap. has_tracker follows from `tracker`.
  core::CoreConfig core;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_OPTIONS_H_
