// A member of a swarm as the tracker hands it out and clients know it. Threads: a value.
#ifndef SHOAL_COMMON_BASE_MEMBER_H_
#define SHOAL_COMMON_BASE_MEMBER_H_

#include <cstdint>

#include "common/base/endpoint.h"
#include "common/base/ids.h"
#include "common/base/upload_class.h"

namespace shoal {

struct Member {
  PeerId id;
  Endpoint endpoint;
  std::uint16_t zone = 0;  // members of equal zone are near each other; 0: not known
  UploadClass upload_class = kUploadUnknown;
  bool can_be_dialled = true;

  friend bool operator==(const Member&, const Member&) = default;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_MEMBER_H_
