#include "plugins/disruptive/event_decoder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/raw_json.h"
#include "plugins/disruptive/text.h"
#include "simdjson.h"
#include "storage/base/rfc3339.h"

namespace sluice::disruptive {
namespace {

namespace ondemand = simdjson::ondemand;

// "projects/P/devices/D" in parts; ids are empty where there are none.
struct TargetName {
  explicit TargetName(std::string_view name) {
    constexpr std::string_view kProjects = "projects/";
    constexpr std::string_view kDevices = "/devices/";
    if (!name.starts_with(kProjects)) return;
    name.remove_prefix(kProjects.size());
    const size_t slash = name.find('/');
    project = name.substr(0, slash);
    const size_t devices = name.find(kDevices);
    if (devices != std::string_view::npos) {
      device = name.substr(devices + kDevices.size());
    }
  }
  std::string_view project;
  std::string_view device;
};

// The name of a field, without escapes, and its value.
simdjson::error_code TakeField(
    simdjson::simdjson_result<ondemand::field>& field, std::string_view* key,
    ondemand::value* value) {
  if (auto error = field.unescaped_key().get(*key)) return error;
  return field.value().get(*value);
}

}  // namespace

// A parser's document ends with its next use, so what is read while another
// document is open has its own.
struct EventDecoder::Parsers {
  ondemand::parser outer;
  ondemand::parser data;
  // Copies with the padding that simdjson reads behind its input.
  std::string outer_buffer;
  std::string data_buffer;
  // What Frame::event has views into, beside outer_buffer.
  std::string source;
  std::vector<LabelView> labels;
  // What a push says about the device besides its labels.
  std::vector<LabelView> metadata;

  static simdjson::error_code Iterate(ondemand::parser& parser,
                                      std::string& buffer,
                                      std::string_view bytes,
                                      ondemand::document& document) {
    buffer.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
    buffer.assign(bytes);
    return parser.iterate(buffer.data(), buffer.size(), buffer.capacity())
        .get(document);
  }

  simdjson::error_code ReadLabels(ondemand::value value);
  simdjson::error_code ReadEvent(ondemand::value value, Frame* frame);
  simdjson::error_code ReadError(ondemand::value value, Frame* frame);
  simdjson::error_code ReadResult(ondemand::value value, Frame* frame);
  simdjson::error_code ReadFrame(std::string_view bytes, Frame* frame);
  simdjson::error_code ReadListed(std::string_view bytes, Frame* frame);
  simdjson::error_code ReadMetadata(ondemand::value value);
  simdjson::error_code ReadPush(std::string_view bytes, Frame* frame);
  void AddMetadataToLabels();
  std::optional<int64_t> UpdateTime(std::string_view data);
  void Finish(Frame* frame);

  simdjson::error_code ReadReported(ondemand::value value,
                                    ListedDevice* device);
  simdjson::error_code ReadDevice(ondemand::object object, DevicePage* page);

  // The fields of the event under way, before they are checked.
  bool has_event = false;
  bool has_timestamp = false;
  std::string_view target_name;
  std::string_view timestamp;
};

simdjson::error_code EventDecoder::Parsers::ReadLabels(ondemand::value value) {
  labels.clear();
  ondemand::object object;
  if (value.get(object)) return simdjson::SUCCESS;
  for (auto field : object) {
    std::string_view key;
    std::string_view text;
    ondemand::value label;
    if (auto error = TakeField(field, &key, &label)) return error;
    if (label.get_string().get(text)) continue;
    labels.push_back({key, text});
  }
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadEvent(ondemand::value event,
                                                      Frame* frame) {
  ondemand::object object;
  if (auto error = event.get(object)) return error;
  has_event = true;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return error;
    simdjson::error_code error = simdjson::SUCCESS;
    if (key == "eventId") {
      error = value.get_string().get(frame->event.id);
    } else if (key == "targetName") {
      error = value.get_string().get(target_name);
    } else if (key == "eventType") {
      error = value.get_string().get(frame->event.type);
    } else if (key == "timestamp") {
      error = value.get_string().get(timestamp);
      has_timestamp = true;
    } else if (key == "data") {
      error = RawJson(value, &frame->event.data);
    } else if (key == "labels") {
      error = ReadLabels(value);
    }
    if (error) return error;
  }
  return simdjson::SUCCESS;
}

// {"code", "message"}, the older {"grpcCode", "httpCode", "message"}, or a
// text.
simdjson::error_code EventDecoder::Parsers::ReadError(ondemand::value value,
                                                      Frame* frame) {
  frame->kind = Frame::Kind::kError;
  std::string_view text;
  ondemand::object object;
  if (value.get(object)) {
    if (!value.get_string().get(text)) frame->message = text;
    return simdjson::SUCCESS;
  }
  int64_t code = 0;
  int64_t http_code = 0;
  int64_t grpc_code = 0;
  for (auto field : object) {
    std::string_view key;
    ondemand::value item;
    if (auto error = TakeField(field, &key, &item)) return error;
    // A field of an unexpected type is passed over.
    if (key == "code") {
      if (item.get_int64().get(code)) code = 0;
    } else if (key == "httpCode") {
      if (item.get_int64().get(http_code)) http_code = 0;
    } else if (key == "grpcCode") {
      if (item.get_int64().get(grpc_code)) grpc_code = 0;
    } else if (key == "message") {
      if (!item.get_string().get(text)) frame->message = text;
    }
  }
  const int64_t best =
      code != 0 ? code : (http_code != 0 ? http_code : grpc_code);
  frame->error_code = static_cast<int>(std::clamp<int64_t>(best, 0, 1 << 20));
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadResult(ondemand::value value,
                                                       Frame* frame) {
  ondemand::object result;
  if (auto error = value.get(result)) return error;
  for (auto field : result) {
    std::string_view key;
    ondemand::value item;
    if (auto error = TakeField(field, &key, &item)) return error;
    if (key == "event") {
      if (auto error = ReadEvent(item, frame)) return error;
    } else if (key == "labels") {
      if (auto error = ReadLabels(item)) return error;
    }
  }
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadFrame(std::string_view bytes,
                                                      Frame* frame) {
  ondemand::document document;
  ondemand::object object;
  if (auto error = Iterate(outer, outer_buffer, bytes, document)) return error;
  if (auto error = document.get_object().get(object)) return error;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return error;
    if (key == "result") {
      if (auto error = ReadResult(value, frame)) return error;
    } else if (key == "error") {
      if (auto error = ReadError(value, frame)) return error;
    }
  }
  return AtEnd(document) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

// An event of a history page.
simdjson::error_code EventDecoder::Parsers::ReadListed(std::string_view bytes,
                                                       Frame* frame) {
  ondemand::document document;
  ondemand::value event;
  if (auto error = Iterate(outer, outer_buffer, bytes, document)) return error;
  if (auto error = document.get_value().get(event)) return error;
  return ReadEvent(event, frame);
}

simdjson::error_code EventDecoder::Parsers::ReadMetadata(
    ondemand::value value) {
  // Events that are not of devices may come to have other fields.
  metadata.clear();
  ondemand::object object;
  if (value.get(object)) return simdjson::SUCCESS;
  for (auto field : object) {
    std::string_view key;
    std::string_view text;
    ondemand::value item;
    if (auto error = TakeField(field, &key, &item)) return error;
    if (key != "deviceType" && key != "productNumber") continue;
    if (item.get_string().get(text) || text.empty()) continue;
    metadata.push_back({key, text});
  }
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadPush(std::string_view bytes,
                                                     Frame* frame) {
  ondemand::document document;
  ondemand::object object;
  if (auto error = Iterate(outer, outer_buffer, bytes, document)) return error;
  if (auto error = document.get_object().get(object)) return error;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return error;
    if (key == "event") {
      if (auto error = ReadEvent(value, frame)) return error;
    } else if (key == "labels") {
      if (auto error = ReadLabels(value)) return error;
    } else if (key == "metadata") {
      if (auto error = ReadMetadata(value)) return error;
    }
  }
  if (!AtEnd(document)) return simdjson::TRAILING_CONTENT;
  AddMetadataToLabels();
  return simdjson::SUCCESS;
}

void EventDecoder::Parsers::AddMetadataToLabels() {
  for (const LabelView& item : metadata) {
    const bool taken = std::any_of(
        labels.begin(), labels.end(),
        [&item](const LabelView& label) { return label.key == item.key; });
    if (!taken) labels.push_back(item);
  }
}

// data.<type>.updateTime, for events without a timestamp of their own.
std::optional<int64_t> EventDecoder::Parsers::UpdateTime(
    std::string_view bytes) {
  ondemand::document document;
  ondemand::object object;
  if (Iterate(data, data_buffer, bytes, document)) return std::nullopt;
  if (document.get_object().get(object)) return std::nullopt;
  for (auto field : object) {
    ondemand::object inner;
    std::string_view time;
    if (field.error()) return std::nullopt;
    if (field.value().get_object().get(inner)) continue;
    if (inner["updateTime"].get_string().get(time)) continue;
    return ParseRfc3339(time);
  }
  return std::nullopt;
}

// Checks and completes what ReadEvent() found.
void EventDecoder::Parsers::Finish(Frame* frame) {
  const auto malformed = [&](std::string reason, std::string message) {
    frame->kind = Frame::Kind::kMalformed;
    frame->reason = std::move(reason);
    frame->message = std::move(message);
  };
  std::optional<int64_t> time;
  if (has_timestamp) time = ParseRfc3339(timestamp);
  if (frame->event.type == "ping") {
    frame->kind = Frame::Kind::kPing;
    frame->ping_time_unix_nanos = time;
    return;
  }
  if (frame->event.id.empty()) {
    return malformed("no_event_id", "the event has no eventId");
  }
  if (frame->event.type.empty()) {
    return malformed("no_event_type", "the event has no eventType");
  }
  const TargetName target(target_name);
  if (target.project.empty()) {
    return malformed("bad_target_name",
                     absl::StrCat("the event's targetName is \"",
                                  Excerpt(target_name), "\""));
  }
  if (has_timestamp && !time.has_value()) {
    return malformed(
        "bad_timestamp",
        absl::StrCat("the event's timestamp is \"", Excerpt(timestamp), "\""));
  }
  if (!has_timestamp) time = UpdateTime(frame->event.data);
  source.assign(kSourcePrefix);
  source.append(target.project);
  frame->kind = Frame::Kind::kEvent;
  frame->event.source = source;
  frame->event.subject = target.device;
  frame->event.datacontenttype = "application/json";
  frame->event.time_unix_nanos = time.value_or(0);
  frame->event.labels = labels;
}

EventDecoder::EventDecoder() : parsers_(std::make_unique<Parsers>()) {}
EventDecoder::~EventDecoder() = default;

const Frame& EventDecoder::DecodeFrame(std::string_view bytes) {
  return Decode([&] { return parsers_->ReadFrame(bytes, &frame_); });
}

const Frame& EventDecoder::DecodePush(std::string_view bytes) {
  return Decode([&] { return parsers_->ReadPush(bytes, &frame_); });
}

template <typename Read>
const Frame& EventDecoder::Decode(Read read) {
  Parsers& parsers = *parsers_;
  frame_ = Frame();
  parsers.has_event = false;
  parsers.has_timestamp = false;
  parsers.target_name = {};
  parsers.timestamp = {};
  parsers.labels.clear();
  parsers.metadata.clear();
  const simdjson::error_code error = read();
  if (error) {
    frame_.kind = Frame::Kind::kMalformed;
    frame_.reason =
        error == simdjson::UTF8_ERROR ? "invalid_utf8" : "malformed_json";
    frame_.message = simdjson::error_message(error);
  } else if (frame_.kind == Frame::Kind::kError) {
    return frame_;
  } else if (!parsers.has_event) {
    frame_.reason = "unknown_frame";
    frame_.message = "the frame holds neither an event nor an error";
  } else {
    parsers.Finish(&frame_);
  }
  return frame_;
}

absl::StatusOr<HistoryPage> EventDecoder::DecodeHistoryPage(
    std::string_view body) {
  // Each event is decoded on its own, so that a bad one spoils no other.
  const auto failed = [](simdjson::error_code error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a history page is not as expected: ", simdjson::error_message(error)));
  };
  ondemand::parser parser;
  std::string buffer;
  ondemand::document document;
  ondemand::object object;
  if (auto error = Parsers::Iterate(parser, buffer, body, document)) {
    return failed(error);
  }
  if (auto error = document.get_object().get(object)) return failed(error);
  HistoryPage page;
  EventBatchBuilder events;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return failed(error);
    if (key == "nextPageToken") {
      std::string_view token;
      if (!value.get_string().get(token)) page.next_page_token = token;
    } else if (key == "events") {
      ondemand::array array;
      if (auto error = value.get(array)) return failed(error);
      for (auto item : array) {
        ondemand::value event;
        std::string_view raw;
        if (auto error = item.get(event)) return failed(error);
        if (auto error = RawJson(event, &raw)) return failed(error);
        const Frame& frame =
            Decode([&] { return parsers_->ReadListed(raw, &frame_); });
        if (frame.kind == Frame::Kind::kEvent) {
          events.Add(frame.event);
        } else if (frame.kind == Frame::Kind::kMalformed) {
          page.malformed.push_back(
              {std::string(raw), frame.reason, frame.message});
        }
      }
    }
  }
  if (!AtEnd(document)) return failed(simdjson::TRAILING_CONTENT);
  page.events = events.Build();
  return page;
}

simdjson::error_code EventDecoder::Parsers::ReadReported(ondemand::value value,
                                                         ListedDevice* device) {
  ondemand::object reported;
  if (value.get(reported)) return simdjson::SUCCESS;
  for (auto field : reported) {
    ondemand::value item;
    ondemand::object report;
    std::string_view text;
    if (field.error()) return field.error();
    if (auto error = field.value().get(item)) return error;
    if (item.get(report)) continue;
    if (report["updateTime"].get_string().get(text)) continue;
    const std::optional<int64_t> time = ParseRfc3339(text);
    if (!time.has_value()) continue;
    device->latest_report_unix_nanos =
        std::max(*time, device->latest_report_unix_nanos.value_or(*time));
  }
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadDevice(ondemand::object object,
                                                       DevicePage* page) {
  ListedDevice device;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return error;
    if (key == "name") {
      std::string_view name;
      if (auto error = value.get_string().get(name)) return error;
      device.id = TargetName(name).device;
    } else if (key == "reported") {
      if (auto error = ReadReported(value, &device)) return error;
    } else if (key == "labels") {
      if (auto error = ReadLabels(value)) return error;
      for (const LabelView& label : labels) {
        device.labels.emplace_back(label.key, label.value);
      }
    }
  }
  if (!device.id.empty()) page->devices.push_back(std::move(device));
  return simdjson::SUCCESS;
}

absl::StatusOr<DevicePage> EventDecoder::DecodeDevicePage(
    std::string_view body) {
  const auto failed = [](simdjson::error_code error) {
    return absl::InvalidArgumentError(
        absl::StrCat("a page of devices is not as expected: ",
                     simdjson::error_message(error)));
  };
  ondemand::document document;
  ondemand::object object;
  if (auto error = Parsers::Iterate(parsers_->outer, parsers_->outer_buffer,
                                    body, document)) {
    return failed(error);
  }
  if (auto error = document.get_object().get(object)) return failed(error);
  DevicePage page;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = TakeField(field, &key, &value)) return failed(error);
    if (key == "nextPageToken") {
      std::string_view token;
      if (!value.get_string().get(token)) page.next_page_token = token;
    } else if (key == "devices") {
      ondemand::array array;
      if (auto error = value.get(array)) return failed(error);
      for (auto item : array) {
        ondemand::object device;
        if (auto error = item.get_object().get(device)) return failed(error);
        if (auto error = parsers_->ReadDevice(device, &page)) {
          return failed(error);
        }
      }
    }
  }
  if (!AtEnd(document)) return failed(simdjson::TRAILING_CONTENT);
  return page;
}

std::string ErrorMessage(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element error;
  std::string_view text;
  const simdjson::padded_string padded(body);
  if (!parser.parse(padded)["error"].get(error)) {
    if (!error.get(text) || !error["message"].get(text)) {
      return Excerpt(text);
    }
  }
  return body.empty() ? "no explanation" : Excerpt(body);
}

}  // namespace sluice::disruptive
