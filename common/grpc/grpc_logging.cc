#include "common/grpc/grpc_logging.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

namespace shoal {

void LogGrpcThroughSpdlog() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    spdlog::debug("grpc {}:{}: {}", args->file, args->line, args->message);
  });
}

}  // namespace shoal
