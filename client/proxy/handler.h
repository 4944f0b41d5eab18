// Who answers players' requests.
#ifndef SHOAL_CLIENT_PROXY_HANDLER_H_
#define SHOAL_CLIENT_PROXY_HANDLER_H_

#include <memory>

#include "client/proxy/exchange.h"

namespace shoal::proxy {

class Handler {
 public:
  virtual ~Handler() = default;
  // A request that has passed all checks. Answer at once or later, from the loop thread; one
  // connection has one exchange at a time. Also OPTIONS comes here: see OptionsHeaders in cors.h.
  virtual void OnRequest(std::shared_ptr<Exchange> exchange) = 0;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_HANDLER_H_
