#include "plugins/disruptive/event_decoder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/http/excerpt.h"
#include "pipeline/json/raw_json.h"
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

// Hands the name of each field, without escapes, and its value to `visit`,
// until that fails.
template <typename Visit>
simdjson::error_code ForEachField(ondemand::object object, Visit visit) {
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (auto error = field.unescaped_key().get(key)) return error;
    if (auto error = field.value().get(value)) return error;
    if (auto error = visit(key, value)) return error;
  }
  return simdjson::SUCCESS;
}

template <typename Visit>
simdjson::error_code ForEachItem(ondemand::value list, Visit visit) {
  ondemand::array array;
  if (auto error = list.get(array)) return error;
  for (auto element : array) {
    ondemand::value item;
    if (auto error = element.get(item)) return error;
    if (auto error = visit(item)) return error;
  }
  return simdjson::SUCCESS;
}

// What is no text is passed over.
void ReadToken(ondemand::value value, std::string* token) {
  std::string_view text;
  if (!value.get_string().get(text)) *token = text;
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

  // ForEachField() of the object that is all of `bytes`.
  template <typename Visit>
  static simdjson::error_code ReadObject(ondemand::parser& parser,
                                         std::string& buffer,
                                         std::string_view bytes, Visit visit) {
    ondemand::document document;
    ondemand::object object;
    if (auto error = Iterate(parser, buffer, bytes, document)) return error;
    if (auto error = document.get_object().get(object)) return error;
    if (auto error = ForEachField(object, visit)) return error;
    return AtEnd(document) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
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
  simdjson::error_code ReadDevice(ondemand::value value, DevicePage* page);

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
  return ForEachField(object, [&](std::string_view key, ondemand::value label) {
    std::string_view text;
    if (!label.get_string().get(text)) labels.push_back({key, text});
    return simdjson::SUCCESS;
  });
}

simdjson::error_code EventDecoder::Parsers::ReadEvent(ondemand::value event,
                                                      Frame* frame) {
  ondemand::object object;
  if (auto error = event.get(object)) return error;
  has_event = true;
  return ForEachField(object, [&](std::string_view key, ondemand::value value) {
    if (key == "eventId") return value.get_string().get(frame->event.id);
    if (key == "targetName") return value.get_string().get(target_name);
    if (key == "eventType") return value.get_string().get(frame->event.type);
    if (key == "timestamp") {
      has_timestamp = true;
      return value.get_string().get(timestamp);
    }
    if (key == "data") return RawJson(value, &frame->event.data);
    if (key == "labels") return ReadLabels(value);
    return simdjson::SUCCESS;
  });
}

// {"code", "message"}, the older {"grpcCode", "httpCode", "message"}, or a
// text.
simdjson::error_code EventDecoder::Parsers::ReadError(ondemand::value value,
                                                      Frame* frame) {
  frame->kind = Frame::Kind::kError;
  ondemand::object object;
  if (value.get(object)) {
    ReadToken(value, &frame->message);
    return simdjson::SUCCESS;
  }
  int64_t code = 0;
  int64_t http_code = 0;
  int64_t grpc_code = 0;
  const auto error =
      ForEachField(object, [&](std::string_view key, ondemand::value item) {
        // A field of an unexpected type is passed over.
        if (key == "code") {
          if (item.get_int64().get(code)) code = 0;
        } else if (key == "httpCode") {
          if (item.get_int64().get(http_code)) http_code = 0;
        } else if (key == "grpcCode") {
          if (item.get_int64().get(grpc_code)) grpc_code = 0;
        } else if (key == "message") {
          ReadToken(item, &frame->message);
        }
        return simdjson::SUCCESS;
      });
  if (error) return error;
  const int64_t best =
      code != 0 ? code : (http_code != 0 ? http_code : grpc_code);
  frame->error_code = static_cast<int>(std::clamp<int64_t>(best, 0, 1 << 20));
  return simdjson::SUCCESS;
}

simdjson::error_code EventDecoder::Parsers::ReadResult(ondemand::value value,
                                                       Frame* frame) {
  ondemand::object result;
  if (auto error = value.get(result)) return error;
  return ForEachField(result, [&](std::string_view key, ondemand::value item) {
    if (key == "event") return ReadEvent(item, frame);
    if (key == "labels") return ReadLabels(item);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code EventDecoder::Parsers::ReadFrame(std::string_view bytes,
                                                      Frame* frame) {
  return ReadObject(outer, outer_buffer, bytes,
                    [&](std::string_view key, ondemand::value value) {
                      if (key == "result") return ReadResult(value, frame);
                      if (key == "error") return ReadError(value, frame);
                      return simdjson::SUCCESS;
                    });
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
  return ForEachField(object, [&](std::string_view key, ondemand::value item) {
    std::string_view text;
    if (key != "deviceType" && key != "productNumber") return simdjson::SUCCESS;
    if (item.get_string().get(text) || text.empty()) return simdjson::SUCCESS;
    metadata.push_back({key, text});
    return simdjson::SUCCESS;
  });
}

simdjson::error_code EventDecoder::Parsers::ReadPush(std::string_view bytes,
                                                     Frame* frame) {
  const auto error =
      ReadObject(outer, outer_buffer, bytes,
                 [&](std::string_view key, ondemand::value value) {
                   if (key == "event") return ReadEvent(value, frame);
                   if (key == "labels") return ReadLabels(value);
                   if (key == "metadata") return ReadMetadata(value);
                   return simdjson::SUCCESS;
                 });
  if (error) return error;
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
  HistoryPage page;
  EventBatchBuilder events;
  // Each event is decoded on its own, so that a bad one spoils no other.
  const auto add = [&](ondemand::value event) {
    std::string_view raw;
    if (auto error = RawJson(event, &raw)) return error;
    const Frame& frame =
        Decode([&] { return parsers_->ReadListed(raw, &frame_); });
    if (frame.kind == Frame::Kind::kEvent) {
      events.Add(frame.event);
    } else if (frame.kind == Frame::Kind::kMalformed) {
      page.malformed.push_back({std::string(raw), frame.reason, frame.message});
    }
    return simdjson::SUCCESS;
  };
  ondemand::parser parser;
  std::string buffer;
  const auto error = Parsers::ReadObject(
      parser, buffer, body, [&](std::string_view key, ondemand::value value) {
        if (key == "nextPageToken") ReadToken(value, &page.next_page_token);
        if (key == "events") return ForEachItem(value, add);
        return simdjson::SUCCESS;
      });
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a history page is not as expected: ", simdjson::error_message(error)));
  }
  page.events = events.Build();
  return page;
}

simdjson::error_code EventDecoder::Parsers::ReadReported(ondemand::value value,
                                                         ListedDevice* device) {
  ondemand::object reported;
  if (value.get(reported)) return simdjson::SUCCESS;
  return ForEachField(reported, [&](std::string_view, ondemand::value item) {
    ondemand::object report;
    std::string_view text;
    if (item.get(report)) return simdjson::SUCCESS;
    if (report["updateTime"].get_string().get(text)) return simdjson::SUCCESS;
    if (const std::optional<int64_t> time = ParseRfc3339(text)) {
      device->latest_report_unix_nanos =
          std::max(*time, device->latest_report_unix_nanos.value_or(*time));
    }
    return simdjson::SUCCESS;
  });
}

simdjson::error_code EventDecoder::Parsers::ReadDevice(ondemand::value value,
                                                       DevicePage* page) {
  ondemand::object object;
  if (auto error = value.get(object)) return error;
  ListedDevice device;
  labels.clear();
  const auto error =
      ForEachField(object, [&](std::string_view key, ondemand::value field) {
        std::string_view name;
        if (key == "reported") return ReadReported(field, &device);
        if (key == "labels") return ReadLabels(field);
        if (key != "name") return simdjson::SUCCESS;
        if (auto failed = field.get_string().get(name)) return failed;
        device.id = TargetName(name).device;
        return simdjson::SUCCESS;
      });
  if (error) return error;
  for (const LabelView& label : labels) {
    device.labels.emplace_back(label.key, label.value);
  }
  if (!device.id.empty()) page->devices.push_back(std::move(device));
  return simdjson::SUCCESS;
}

absl::StatusOr<DevicePage> EventDecoder::DecodeDevicePage(
    std::string_view body) {
  DevicePage page;
  const auto error = Parsers::ReadObject(
      parsers_->outer, parsers_->outer_buffer, body,
      [&](std::string_view key, ondemand::value value) {
        if (key == "nextPageToken") ReadToken(value, &page.next_page_token);
        if (key != "devices") return simdjson::SUCCESS;
        return ForEachItem(value, [&](ondemand::value device) {
          return parsers_->ReadDevice(device, &page);
        });
      });
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("a page of devices is not as expected: ",
                     simdjson::error_message(error)));
  }
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
