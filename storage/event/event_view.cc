#include "storage/event/event_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/event/event_wire.h"

namespace sluice {
namespace {

// Reads the fields of one Label. False: not well formed.
bool ParseLabel(std::string_view wire, LabelView* label) {
  *label = LabelView();
  const char* at = wire.data();
  const char* const end = at + wire.size();
  while (at < end) {
    uint32_t tag = 0;
    at = wire::ReadTag(at, end, &tag);
    if (at == nullptr) return false;
    if (tag == event_wire::kLabelKey) {
      at = wire::ReadBytes(at, end, &label->key);
    } else if (tag == event_wire::kLabelValue) {
      at = wire::ReadBytes(at, end, &label->value);
    } else if (tag >> 3 <= event_wire::kLastLabelField) {
      return false;
    } else {
      at = wire::SkipValue(at, end, tag);
    }
    if (at == nullptr) return false;
  }
  return true;
}

std::string_view BytesAt(std::string_view wire, EventLayout::Bytes bytes) {
  return {wire.data() + bytes.offset, bytes.size};
}

}  // namespace

template <EventView::Labels labels>
const char* EventView::ParseInto(std::string_view wire, EventView* view) {
  view->wire_ = wire;
  view->first_label_ = wire.size();
  view->ingest_time_at_ = wire.size();
  const char* at = wire.data();
  const char* const end = at + wire.size();
  while (at < end) {
    const char* const field = at;
    uint32_t tag = 0;
    at = wire::ReadTag(at, end, &tag);
    if (at == nullptr) return "bad field tag";
    std::string_view label_wire;
    LabelView label;
    switch (tag) {
      case event_wire::kId:
        at = wire::ReadBytes(at, end, &view->id_);
        break;
      case event_wire::kSource:
        at = wire::ReadBytes(at, end, &view->source_);
        break;
      case event_wire::kType:
        at = wire::ReadBytes(at, end, &view->type_);
        break;
      case event_wire::kSubject:
        at = wire::ReadBytes(at, end, &view->subject_);
        break;
      case event_wire::kTime:
        at = wire::ReadFixed64(at, end, &view->time_unix_nanos_);
        break;
      case event_wire::kDataContentType:
        at = wire::ReadBytes(at, end, &view->datacontenttype_);
        break;
      case event_wire::kData:
        at = wire::ReadBytes(at, end, &view->data_);
        break;
      case event_wire::kLabel:
        view->first_label_ = std::min(view->first_label_,
                                      static_cast<size_t>(field - wire.data()));
        at = wire::ReadBytes(at, end, &label_wire);
        if (labels == Labels::kUnchecked && at != nullptr &&
            !ParseLabel(label_wire, &label)) {
          return "malformed label";
        }
        break;
      case event_wire::kIngestTime:
        at = wire::ReadFixed64(at, end, &view->ingest_time_unix_nanos_);
        if (at == end) {
          view->ingest_time_at_ = static_cast<size_t>(field - wire.data());
        }
        break;
      case event_wire::kPast:
        at = wire::ReadBytes(at, end, &view->past_);
        break;
      default:
        if (tag >> 3 <= event_wire::kLastField) {
          return "known field with a wrong wire type";
        }
        at = wire::SkipValue(at, end, tag);
    }
    if (at == nullptr) return "field cut off or of an unknown wire type";
  }
  return nullptr;
}

template const char* EventView::ParseInto<EventView::Labels::kUnchecked>(
    std::string_view wire, EventView* view);
template const char* EventView::ParseInto<EventView::Labels::kKnownGood>(
    std::string_view wire, EventView* view);

std::string_view EventView::SubjectOf(std::string_view wire) {
  std::string_view subject;
  const char* at = wire.data();
  const char* const end = at + wire.size();
  while (at != nullptr && at < end) {
    uint32_t tag = 0;
    at = wire::ReadTag(at, end, &tag);
    if (at == nullptr) break;
    at = tag == event_wire::kSubject ? wire::ReadBytes(at, end, &subject)
                                     : wire::SkipValue(at, end, tag);
  }
  return subject;
}

EventView::EventView(std::string_view wire, const EventLayout& layout)
    : wire_(wire),
      id_(BytesAt(wire, layout.id)),
      source_(BytesAt(wire, layout.source)),
      type_(BytesAt(wire, layout.type)),
      subject_(BytesAt(wire, layout.subject)),
      datacontenttype_(BytesAt(wire, layout.datacontenttype)),
      data_(BytesAt(wire, layout.data)),
      time_unix_nanos_(layout.time_unix_nanos),
      ingest_time_unix_nanos_(layout.ingest_time_unix_nanos),
      first_label_(layout.first_label),
      ingest_time_at_(layout.ingest_time_at) {}

EventLayout EventView::layout() const {
  if (wire_.size() > EventLayout::kMaxBytes || !past_.empty()) return {};
  const auto place = [this](std::string_view bytes) -> EventLayout::Bytes {
    if (bytes.empty()) return {};
    return {static_cast<uint16_t>(bytes.data() - wire_.data()),
            static_cast<uint16_t>(bytes.size())};
  };
  return EventLayout{.known = true,
                     .id = place(id_),
                     .source = place(source_),
                     .type = place(type_),
                     .subject = place(subject_),
                     .datacontenttype = place(datacontenttype_),
                     .data = place(data_),
                     .first_label = static_cast<uint16_t>(first_label_),
                     .ingest_time_at = static_cast<uint16_t>(ingest_time_at_),
                     .time_unix_nanos = time_unix_nanos_,
                     .ingest_time_unix_nanos = ingest_time_unix_nanos_};
}

absl::StatusOr<EventView> EventView::Parse(std::string_view wire) {
  EventView view;
  if (const char* error = ParseInto<Labels::kUnchecked>(wire, &view)) {
    return absl::InvalidArgumentError(
        absl::StrCat("malformed event of ", wire.size(), " bytes: ", error));
  }
  return view;
}

// The bytes were checked by Parse(), so nothing can be cut off here.
bool EventView::NextLabel(size_t* at, LabelView* label) const {
  const char* from = wire_.data() + *at;
  const char* const end = wire_.data() + wire_.size();
  while (from != nullptr && from < end) {
    uint32_t tag = 0;
    from = wire::ReadTag(from, end, &tag);
    if (from == nullptr) break;
    if (tag != event_wire::kLabel) {
      from = wire::SkipValue(from, end, tag);
      continue;
    }
    std::string_view label_wire;
    from = wire::ReadBytes(from, end, &label_wire);
    if (from == nullptr || !ParseLabel(label_wire, label)) break;
    *at = static_cast<size_t>(from - wire_.data());
    return true;
  }
  return false;
}

std::optional<std::string_view> EventView::label(std::string_view key) const {
  LabelView label;
  for (size_t at = first_label_; NextLabel(&at, &label);) {
    if (label.key == key) return label.value;
  }
  return std::nullopt;
}

event::v1::Event EventView::ToProto() const {
  event::v1::Event event;
  event.set_id(std::string(id_));
  event.set_source(std::string(source_));
  event.set_type(std::string(type_));
  event.set_subject(std::string(subject_));
  event.set_time_unix_nanos(time_unix_nanos_);
  event.set_datacontenttype(std::string(datacontenttype_));
  event.set_data(std::string(data_));
  ForEachLabel([&event](LabelView label) {
    event::v1::Label* added = event.add_labels();
    added->set_key(std::string(label.key));
    added->set_value(std::string(label.value));
  });
  event.set_ingest_time_unix_nanos(ingest_time_unix_nanos_);
  event.set_past(std::string(past_));
  return event;
}

}  // namespace sluice
