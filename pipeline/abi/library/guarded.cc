#include "pipeline/abi/library/guarded.h"

#include <string>

#include "pipeline/api/plugin_registry.h"
#include "storage/base/to_absl.h"

namespace sluice::abi {

SluiceCode Return(const absl::Status& status,
                  const SluiceErrorReceiver* error) {
  if (!status.ok()) {
    const std::string field = ConfigErrorField(status);
    error->receive(error->context, ToBytes(field),
                   ToBytes(ToStd(status.message())));
  }
  return static_cast<SluiceCode>(status.code());
}

}  // namespace sluice::abi
