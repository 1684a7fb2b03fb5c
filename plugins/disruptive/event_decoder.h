// From the service's JSON to events, in one pass, without copying.
//
// Shapes: python-client 1.7.3, disruptive/requests.py and
// disruptive/events/events.py; Swift client, DeviceEventStreamTests.swift.
#ifndef PLUGINS_DISRUPTIVE_EVENT_DECODER_H_
#define PLUGINS_DISRUPTIVE_EVENT_DECODER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/api/source.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// What `source` of our events begins with; the project's id follows.
inline constexpr std::string_view kSourcePrefix =
    "//disruptive-technologies.com/projects/";

// What a frame of the stream says.
struct Frame {
  enum class Kind { kEvent, kPing, kError, kMalformed };
  Kind kind = Kind::kMalformed;

  // kEvent: views into the decoder, valid until its next call.
  //   id               eventId
  //   source           "//disruptive-technologies.com/projects/<project>"
  //   type             eventType
  //   subject          the device's id; empty for an event of the project
  //   time_unix_nanos  timestamp, else the updateTime inside of data
  //   data             the bytes of `data` exactly as received
  //   labels           those the event carries (the stream sends none today);
  //                    of a push also deviceType and productNumber
  EventFields event;

  // kPing: the server's time, if it says it.
  std::optional<int64_t> ping_time_unix_nanos;

  // kError: an HTTP status, or a gRPC code below 100; 0 when neither is given.
  // kError and kMalformed: what is wrong, for a person.
  int error_code = 0;
  std::string message;
  // kMalformed: a short fixed word.
  std::string reason;
};

// A page of a device's history.
struct HistoryPage {
  // In the order of the page (newest first).
  EventBatchPtr events;
  // Entries that are no events.
  std::vector<MalformedInput> malformed;
  std::string next_page_token;
};

struct ListedDevice {
  std::string id;
  std::vector<std::pair<std::string, std::string>> labels;
  // The latest updateTime among what it reported; nullopt: not known.
  std::optional<int64_t> latest_report_unix_nanos;
};

struct DevicePage {
  std::vector<ListedDevice> devices;
  std::string next_page_token;
};

// Decodes frames and pages. Keeps its buffers from call to call.
//
// Thread-safety: none.
class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();
  EventDecoder(const EventDecoder&) = delete;
  EventDecoder& operator=(const EventDecoder&) = delete;

  // Decodes one frame. The result is valid until the next call.
  const Frame& DecodeFrame(std::string_view bytes);

  // The same for what a Data Connector pushes: {"event": {...}, "labels":
  // {...}, "metadata": {...}}, without anything around it. The device's type
  // and product number become labels of these names (deviceType,
  // productNumber), unless the device has labels that are called so.
  // https://docs.developer.disruptive-technologies.com/data-connectors/receiving-events
  const Frame& DecodePush(std::string_view bytes);

  //   kInvalidArgument: the page as a whole cannot be understood.
  absl::StatusOr<HistoryPage> DecodeHistoryPage(std::string_view body);
  absl::StatusOr<DevicePage> DecodeDevicePage(std::string_view body);

 private:
  struct Parsers;

  // The frame, once `read` has taken it apart.
  template <typename Read>
  const Frame& Decode(Read read);

  std::unique_ptr<Parsers> parsers_;
  Frame frame_;
};

// The message of an error answer, {"error": "...", ...} or
// {"error": {"message": "..."}}; else an excerpt of `body`.
std::string ErrorMessage(std::string_view body);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_EVENT_DECODER_H_
