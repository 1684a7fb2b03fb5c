#include "storage/event/event_view.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "storage/event/event_wire.h"

namespace sluice {
namespace {

using event::v1::Event;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;
using google::protobuf::util::MessageDifferencer;

using Random = std::mt19937_64;

std::string RandomText(Random& random, size_t max_size) {
  std::string text(random() % (max_size + 1), 'x');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

Event RandomEvent(Random& random) {
  Event event;
  if (random() % 8) event.set_id(RandomText(random, 30));
  if (random() % 8) event.set_source(RandomText(random, 60));
  if (random() % 4) event.set_type(RandomText(random, 20));
  if (random() % 4) event.set_subject(RandomText(random, 20));
  if (random() % 4) event.set_time_unix_nanos(static_cast<int64_t>(random()));
  if (random() % 4) event.set_datacontenttype("application/json");
  if (random() % 4) event.set_data(RandomText(random, 400));
  for (uint64_t i = random() % 5; i > 0; --i) {
    auto* label = event.add_labels();
    label->set_key(RandomText(random, 10));
    label->set_value(RandomText(random, 200));
  }
  if (random() % 4) event.set_ingest_time_unix_nanos(-1 - (random() >> 3));
  if (random() % 4 == 0) event.set_past(RandomText(random, 50));
  return event;
}

// The Event message with bytes for strings: Protobuf's parser without its check
// of UTF-8, which EventView leaves to admission.
class UncheckedEvent {
 public:
  UncheckedEvent() : factory_(&pool_) {
    FileDescriptorProto file;
    Event::descriptor()->file()->CopyTo(&file);
    for (auto& message : *file.mutable_message_type()) {
      for (auto& field : *message.mutable_field()) {
        if (field.type() == FieldDescriptorProto::TYPE_STRING) {
          field.set_type(FieldDescriptorProto::TYPE_BYTES);
        }
      }
    }
    message_.reset(
        factory_
            .GetPrototype(pool_.BuildFile(file)->FindMessageTypeByName("Event"))
            ->New());
  }

  bool Parse(const std::string& wire) {
    return message_->ParseFromString(wire);
  }

  std::string bytes(const char* field) const {
    return message_->GetReflection()->GetString(*message_, Field(field));
  }
  int64_t number(const char* field) const {
    return message_->GetReflection()->GetInt64(*message_, Field(field));
  }
  std::vector<std::pair<std::string, std::string>> labels() const {
    std::vector<std::pair<std::string, std::string>> labels;
    for (int i = 0; i < LabelCount(); ++i) {
      const Message& label = Label(i);
      const auto* reflection = label.GetReflection();
      const auto* type = label.GetDescriptor();
      labels.emplace_back(
          reflection->GetString(label, type->FindFieldByName("key")),
          reflection->GetString(label, type->FindFieldByName("value")));
    }
    return labels;
  }

  // True when the last message has what EventView refuses on purpose and
  // Protobuf keeps as unknown: groups, known fields of another wire type.
  bool HasRefusedFields() const {
    if (Refused(*message_, event_wire::kLastField)) return true;
    for (int i = 0; i < LabelCount(); ++i) {
      if (Refused(Label(i), event_wire::kLastLabelField)) return true;
    }
    return false;
  }

 private:
  static bool Refused(const Message& message, uint32_t last_known) {
    const UnknownFieldSet& unknown =
        message.GetReflection()->GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); ++i) {
      const UnknownField& field = unknown.field(i);
      if (static_cast<uint32_t>(field.number()) <= last_known) return true;
      if (field.type() == UnknownField::TYPE_GROUP) return true;
    }
    return false;
  }

  const FieldDescriptor* Field(const char* name) const {
    return message_->GetDescriptor()->FindFieldByName(name);
  }
  int LabelCount() const {
    return message_->GetReflection()->FieldSize(*message_, Field("labels"));
  }
  const Message& Label(int index) const {
    return message_->GetReflection()->GetRepeatedMessage(
        *message_, Field("labels"), index);
  }

  DescriptorPool pool_;
  DynamicMessageFactory factory_;
  std::unique_ptr<Message> message_;
};

std::vector<std::pair<std::string, std::string>> Labels(const EventView& view) {
  std::vector<std::pair<std::string, std::string>> labels;
  view.ForEachLabel([&labels](LabelView label) {
    labels.emplace_back(std::string(label.key), std::string(label.value));
  });
  return labels;
}

void ExpectRefused(std::string_view wire) {
  const auto view = EventView::Parse(wire);
  EXPECT_EQ(view.status().code(), absl::StatusCode::kInvalidArgument)
      << testing::PrintToString(wire);
}

TEST(EventViewTest, TagsAreThoseOfTheMessageDefinition) {
  const std::map<std::string, uint32_t> expected = {
      {"id", event_wire::kId},
      {"source", event_wire::kSource},
      {"type", event_wire::kType},
      {"subject", event_wire::kSubject},
      {"time_unix_nanos", event_wire::kTime},
      {"datacontenttype", event_wire::kDataContentType},
      {"data", event_wire::kData},
      {"labels", event_wire::kLabel},
      {"ingest_time_unix_nanos", event_wire::kIngestTime},
      {"past", event_wire::kPast},
  };
  const auto* type = Event::descriptor();
  ASSERT_EQ(type->field_count(), static_cast<int>(expected.size()));
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    const bool fixed = field->type() == FieldDescriptor::TYPE_SFIXED64;
    EXPECT_EQ(expected.at(field->name()),
              wire::Tag(static_cast<uint32_t>(field->number()),
                        fixed ? wire::kFixed64 : wire::kBytes));
  }
}

TEST(EventViewTest, SeesWhatProtobufWrote) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const Event event = RandomEvent(random);
    const std::string wire = event.SerializeAsString();
    const auto view = EventView::Parse(wire);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->wire(), wire);
    EXPECT_EQ(EventView::SubjectOf(wire), event.subject());
    EXPECT_TRUE(MessageDifferencer::Equals(view->ToProto(), event))
        << event.ShortDebugString();
  }
}

TEST(EventViewTest, AnEmptyEventHasEmptyFields) {
  const auto view = EventView::Parse("");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->id(), "");
  EXPECT_FALSE(view->has_time());
  EXPECT_FALSE(view->label("any").has_value());
}

TEST(EventViewTest, FindsALabelByItsKey) {
  Event event;
  event.set_ingest_time_unix_nanos(5);
  for (const char* key : {"floor", "room", ""}) {
    auto* label = event.add_labels();
    label->set_key(key);
    label->set_value(absl::StrCat("value of ", key));
  }
  const std::string wire = event.SerializeAsString();
  const auto view = EventView::Parse(wire);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->label("room"), "value of room");
  EXPECT_EQ(view->label(""), "value of ");
  EXPECT_EQ(view->label("roo"), std::nullopt);
}

TEST(EventViewTest, TimesAreNanosecondsSinceTheEpoch) {
  Event event;
  event.set_time_unix_nanos(1'700'000'000'123'456'789);
  const std::string wire = event.SerializeAsString();
  const auto view = EventView::Parse(wire);
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE(view->has_time());
  EXPECT_EQ(view->time(), absl::FromUnixNanos(1'700'000'000'123'456'789));
}

TEST(EventViewTest, TheLastOfARepeatedSingularFieldCounts) {
  Event first;
  first.set_id("first");
  first.set_subject("kept");
  Event second;
  second.set_id("second");
  const std::string wire =
      first.SerializeAsString() + second.SerializeAsString();
  const auto view = EventView::Parse(wire);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->id(), "second");
  EXPECT_EQ(view->subject(), "kept");
}

TEST(EventViewTest, SkipsUnknownFieldsOfEveryWireType) {
  Event event;
  event.set_id("id");
  auto* unknown = event.GetReflection()->MutableUnknownFields(&event);
  unknown->AddVarint(13, UINT64_MAX);
  unknown->AddFixed32(11, 1);
  unknown->AddFixed64(12, 2);
  unknown->AddLengthDelimited(5000, "text");
  const std::string wire = event.SerializeAsString();
  const auto view = EventView::Parse(wire);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->id(), "id");
  EXPECT_EQ(view->wire(), wire);
}

TEST(EventViewTest, RefusesEveryTruncationThatCutsAField) {
  Random random(2);
  UncheckedEvent expected;
  for (int i = 0; i < 50; ++i) {
    const std::string wire = RandomEvent(random).SerializeAsString();
    for (size_t size = 0; size < wire.size(); ++size) {
      const std::string cut = wire.substr(0, size);
      // A copy of exactly this size lets the address sanitizer see overruns.
      EXPECT_EQ(EventView::Parse(cut).ok(), expected.Parse(cut));
    }
  }
}

TEST(EventViewTest, RefusesWhatIsNotWellFormed) {
  using std::string_literals::operator""s;
  ExpectRefused("\x0a"s);  // No length.
  ExpectRefused(
      "\x0a\x05"
      "abc"s);  // Length beyond the end.
  ExpectRefused("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  ExpectRefused("\x0a\x80\x80"s);  // Length cut off.
  ExpectRefused("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  ExpectRefused("\x29\x01\x02\x03"s);  // Time cut off.
  ExpectRefused("\x00"s);              // Field number 0.
  ExpectRefused("\x02\x00"s);
  ExpectRefused("\x80"s);                      // Tag cut off.
  ExpectRefused("\xff\xff\xff\xff\xff\x01"s);  // Tag over 32 bits.
  ExpectRefused("\x08\x01"s);                  // id as a varint.
  ExpectRefused("\x2a\x00"s);                  // time as bytes.
  ExpectRefused("\x41\0\0\0\0\0\0\0\0"s);      // labels as fixed64.
  ExpectRefused("\x53\x54"s);                  // A group.
  ExpectRefused("\x54"s);                      // The end of a group.
  ExpectRefused("\x56"s);                      // Wire types 6 and 7.
  ExpectRefused("\x57"s);
  ExpectRefused("\x50\x80"s);          // Unknown varint cut off.
  ExpectRefused("\x55\x01\x02\x03"s);  // Unknown fixed32 cut off.
  ExpectRefused("\x51\x01"s);          // Unknown fixed64 cut off.
  ExpectRefused(
      "\x52\x05"
      "abc"s);                         // Unknown bytes cut off.
  ExpectRefused("\x42\x02\x0a\x05"s);  // Label with a bad key.
  ExpectRefused("\x42\x02\x08\x01"s);  // Label key as a varint.
  ExpectRefused("\x42\x01\x80"s);      // Label with a cut tag.
  ExpectRefused("\x42\x02\x1b\x1c"s);  // Label with a group.
}

TEST(EventViewTest, AgreesWithProtobufOnDamagedEvents) {
  Random random(3);
  UncheckedEvent expected;
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string wire = RandomEvent(random).SerializeAsString();
    if (wire.empty()) continue;
    for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      // Mostly near the start of a field, where structure is.
      wire[random() % wire.size()] = static_cast<char>(random());
    }
    const auto view = EventView::Parse(wire);
    const bool protobuf_accepts = expected.Parse(wire);
    if (!view.ok()) {
      ++refused;
      // Protobuf drops the bits of a tag above 32; here that is an error.
      const bool bad_tag =
          absl::StrContains(view.status().message(), "bad field tag");
      EXPECT_TRUE(!protobuf_accepts || bad_tag || expected.HasRefusedFields())
          << view.status() << " " << testing::PrintToString(wire);
      continue;
    }
    ++accepted;
    ASSERT_TRUE(protobuf_accepts) << testing::PrintToString(wire);
    EXPECT_EQ(view->id(), expected.bytes("id"));
    EXPECT_EQ(view->source(), expected.bytes("source"));
    EXPECT_EQ(view->type(), expected.bytes("type"));
    EXPECT_EQ(view->subject(), expected.bytes("subject"));
    EXPECT_EQ(EventView::SubjectOf(wire), expected.bytes("subject"));
    EXPECT_EQ(view->data(), expected.bytes("data"));
    EXPECT_EQ(view->datacontenttype(), expected.bytes("datacontenttype"));
    EXPECT_EQ(view->time_unix_nanos(), expected.number("time_unix_nanos"));
    EXPECT_EQ(view->ingest_time_unix_nanos(),
              expected.number("ingest_time_unix_nanos"));
    EXPECT_EQ(Labels(*view), expected.labels());
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace sluice
