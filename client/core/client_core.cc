#include "client/core/client_core.h"

#include "client/core/engine.h"

namespace shoal::core {

ClientCore::ClientCore(const CoreConfig& config, const PeerId& self, std::uint64_t seed)
    : engine_(std::make_unique<Engine>(config, self, seed)) {}

ClientCore::~ClientCore() = default;

ActionList ClientCore::Handle(const Event& event, TimePoint now) {
  return engine_->Handle(event, now);
}

std::optional<TimePoint> ClientCore::NextWakeup() const { return engine_->NextWakeup(); }

UploadClass ClientCore::upload_class() const { return engine_->upload_class(); }

std::uint64_t ClientCore::cache_bytes() const { return engine_->cache_bytes(); }

CoreFigures ClientCore::Figures() const { return engine_->Figures(); }

}  // namespace shoal::core
