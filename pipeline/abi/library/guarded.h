// Nothing may be thrown into the host.
#ifndef PIPELINE_ABI_LIBRARY_GUARDED_H_
#define PIPELINE_ABI_LIBRARY_GUARDED_H_

#include <exception>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/plugin_abi.h"

namespace sluice::abi {

// What `call`, which returns a status, returns; kInternal if it throws.
template <typename Call>
absl::Status Guarded(Call call) noexcept {
  try {
    return call();
  } catch (const std::exception& error) {
    return absl::InternalError(
        absl::StrCat("the plugin threw an exception: ", error.what()));
  } catch (...) {
    return absl::InternalError("the plugin threw an exception");
  }
}

// Runs `call`, which returns nothing; what it throws becomes an error in the
// log of the process.
template <typename Call>
void GuardedTask(const SluiceHost& host, SluiceComponent component,
                 Call call) noexcept {
  const absl::Status status = Guarded([&] {
    call();
    return absl::OkStatus();
  });
  if (status.ok()) return;
  const std::string_view message(status.message().data(),
                                 status.message().size());
  host.log(component, SLUICE_SEVERITY_ERROR, ToBytes(message));
}

// Tells `error` and returns the code of `status`.
SluiceCode Return(const absl::Status& status, const SluiceErrorReceiver* error);

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_GUARDED_H_
