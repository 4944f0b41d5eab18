// The settings of shoal-client, from the command line, the environment and a configuration file,
// checked. Threads: values.
#ifndef SHOAL_CLIENT_CONFIG_H_
#define SHOAL_CLIENT_CONFIG_H_

#include <iosfwd>
#include <string>
#include <variant>

#include "client/runtime/options.h"

namespace shoal {

struct ClientConfig {
  runtime::Options client;
  std::string ports_file;  // empty: none
  std::string log_level = "info";
};

// The settings; or the exit status with which the program ends at once, after --help or --version,
// which print to `out`, or after one line on `err` that says what is wrong.
std::variant<ClientConfig, int> ReadClientConfig(int argc, const char* const* argv,
                                                 std::ostream& out, std::ostream& err);

}  // namespace shoal

#endif  // SHOAL_CLIENT_CONFIG_H_
