#include "plugins/template/template_transform.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::template_transform {
namespace {

// The one event that was put out.
class LastEvent final : public TransformOutput {
 public:
  void Pass(const EventView&) override { FAIL() << "a copy is made"; }
  void Emit(const EventFields& fields) override {
    event.Clear();
    event.set_id(std::string(fields.id));
    event.set_source(std::string(fields.source));
    event.set_type(std::string(fields.type));
    event.set_subject(std::string(fields.subject));
    event.set_datacontenttype(std::string(fields.datacontenttype));
    event.set_data(std::string(fields.data));
    event.set_time_unix_nanos(fields.time_unix_nanos);
    event.set_ingest_time_unix_nanos(fields.ingest_time_unix_nanos);
    for (const LabelView& label : fields.labels) {
      event::v1::Label* copy = event.add_labels();
      copy->set_key(std::string(label.key));
      copy->set_value(std::string(label.value));
    }
    ++count;
  }

  event::v1::Event event;
  int count = 0;
};

class TemplateTransformTest : public ::testing::Test {
 protected:
  TemplateTransformTest() {
    event_.set_id("e1");
    event_.set_source("//example.com/p1");
    event_.set_type("temperature");
    event_.set_subject("projects/p1/devices/d7");
    event_.set_time_unix_nanos(7);
    event_.set_ingest_time_unix_nanos(8);
    event_.set_datacontenttype("application/json");
    event_.set_data(R"({"temperature":{"value":24.90}})");
    SetLabel("room", "99");
    SetLabel("floor", "2");
  }

  void SetLabel(std::string_view key, std::string_view value) {
    event::v1::Label* label = event_.add_labels();
    label->set_key(std::string(key));
    label->set_value(std::string(value));
  }

  absl::Status Apply() {
    if (transform_ == nullptr) {
      auto transform = TemplateTransform::Create(config_);
      if (!transform.ok()) return transform.status();
      transform_ = *std::move(transform);
    }
    const std::string wire = event_.SerializeAsString();
    return transform_->Apply(*EventView::Parse(wire), output_);
  }

  event::v1::Event event_;
  v1::TemplateConfig config_;
  std::unique_ptr<Transform> transform_;
  LastEvent output_;
};

TEST_F(TemplateTransformTest, SetsFieldsFromTemplates) {
  config_.set_type("{{ type | upper }}");
  config_.set_subject("{{ subject | last('/') }}");
  config_.set_data(R"({"celsius":{{ data.temperature.value }}})");
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(output_.event.type(), "TEMPERATURE");
  EXPECT_EQ(output_.event.subject(), "d7");
  EXPECT_EQ(output_.event.data(), R"({"celsius":24.90})");
  EXPECT_EQ(output_.event.id(), "e1");
  EXPECT_EQ(output_.event.source(), "//example.com/p1");
  EXPECT_EQ(output_.event.time_unix_nanos(), 7);
  EXPECT_EQ(output_.event.ingest_time_unix_nanos(), 8);
  EXPECT_EQ(output_.event.labels_size(), 2);
}

TEST_F(TemplateTransformTest, LeavesTheRestAsItIs) {
  config_.set_type("reading");
  ASSERT_TRUE(Apply().ok());
  event_.set_type("reading");
  EXPECT_EQ(output_.event.SerializeAsString(), event_.SerializeAsString());
}

TEST_F(TemplateTransformTest, ReplacesLabelsOfTheSameNameAndAddsOthers) {
  (*config_.mutable_labels())["room"] = "R{{ labels.room }}";
  (*config_.mutable_labels())["device"] = "{{ subject | last('/') }}";
  ASSERT_TRUE(Apply().ok());
  ASSERT_EQ(output_.event.labels_size(), 3);
  EXPECT_EQ(output_.event.labels(0).key(), "room");
  EXPECT_EQ(output_.event.labels(0).value(), "R99");
  EXPECT_EQ(output_.event.labels(1).value(), "2");
  EXPECT_EQ(output_.event.labels(2).key(), "device");
  EXPECT_EQ(output_.event.labels(2).value(), "d7");
}

TEST_F(TemplateTransformTest, SetsTheMediaTypeOfANewPayload) {
  config_.set_data("{{ data.temperature.value }}");
  event_.set_datacontenttype("");
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(output_.event.datacontenttype(), "application/json");
  config_.set_datacontenttype("text/plain");
  transform_ = nullptr;
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(output_.event.datacontenttype(), "text/plain");
}

TEST_F(TemplateTransformTest, FailsNamingTheFieldAndTheMissingValue) {
  (*config_.mutable_labels())["x"] = "{{ labels.y }}";
  const absl::Status status = Apply();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "labels.x: labels.y is missing and has no default");
  EXPECT_EQ(output_.count, 0);
}

TEST_F(TemplateTransformTest, RefusesAnEmptyOrBrokenConfiguration) {
  EXPECT_EQ(ConfigErrorField(Apply()), "type");
  config_.set_subject("{{ subjcet }}");
  absl::Status status = Apply();
  EXPECT_EQ(ConfigErrorField(status), "subject");
  EXPECT_TRUE(std::string(status.message()).starts_with("column 4: "));
  config_.clear_subject();
  (*config_.mutable_labels())["a"] = "{{";
  EXPECT_EQ(ConfigErrorField(Apply()), "labels.a");
}

}  // namespace
}  // namespace sluice::template_transform
