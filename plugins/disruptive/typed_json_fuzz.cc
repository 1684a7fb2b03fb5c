// Whatever comes, reading does not crash, and what was read comes back: written
// and read again it is the same message.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "glog/logging.h"
#include "plugins/disruptive/typed_event.h"
#include "plugins/disruptive/typed_json.h"
#include "proto/disruptive/v1/account.pb.h"
#include "proto/disruptive/v1/data_connector.pb.h"
#include "proto/disruptive/v1/device.pb.h"

namespace sluice::disruptive {
namespace {

template <typename Message>
void TryMessage(std::string_view bytes) {
  Message message;
  if (!FromJson(bytes, &message).ok()) return;
  Message again;
  CHECK(FromJson(ToJson(message), &again).ok());
  CHECK_EQ(ToJson(again), ToJson(message));
}

}  // namespace
}  // namespace sluice::disruptive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::disruptive;  // NOLINT: a test's main.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryMessage<v1::Device>(bytes);
  TryMessage<v1::DataConnector>(bytes);
  TryMessage<v1::ClaimInfo>(bytes);
  const absl::StatusOr<v1::Event> event = EventFromJson(bytes);
  if (!event.ok()) return 0;
  const absl::StatusOr<v1::Event> again = EventFromJson(EventToJson(*event));
  CHECK(again.ok()) << again.status();
  CHECK_EQ(EventToJson(*again), EventToJson(*event));
  return 0;
}
