#include "pipeline/topology/spec_changes.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice {
namespace {

using testing::ElementsAre;

// Any message does for a plugin's configuration.
std::shared_ptr<const google::protobuf::Message> Config(
    const std::string& value) {
  auto config = std::make_shared<config::v1::Secret>();
  config->set_env(value);
  return config;
}

SinkSpec Sink(const std::string& name, const std::string& value) {
  SinkSpec sink;
  sink.name = name;
  sink.plugin = "feed";
  sink.config = Config(value);
  return sink;
}

PipelineSpec Office() {
  PipelineSpec spec;
  spec.name = "office";
  SourceSpec source;
  source.name = "sensors";
  source.plugin = "disruptive";
  source.config = Config("s");
  spec.sources = {source};
  spec.sinks = {Sink("a", "1"), Sink("b", "2")};
  return spec;
}

TEST(SpecChangesTest, FindNothingBetweenTwoReadingsOfOneFile) {
  EXPECT_TRUE(Compare(Office(), Office()).empty());
}

TEST(SpecChangesTest, TellSinksThatCameWentAndChanged) {
  PipelineSpec after = Office();
  after.sinks = {Sink("b", "3"), Sink("c", "1")};
  const PipelineChanges changes = Compare(Office(), after);
  EXPECT_THAT(changes.added_sinks, ElementsAre("c"));
  EXPECT_THAT(changes.removed_sinks, ElementsAre("a"));
  EXPECT_THAT(changes.changed_sinks, ElementsAre("b"));
  EXPECT_FALSE(changes.intake);
  EXPECT_FALSE(changes.log);
}

// The same configuration, of a type that was described anew.
std::shared_ptr<const google::protobuf::Message> DescribedAnew(
    const google::protobuf::Message& config) {
  struct Type {
    google::protobuf::DescriptorPool pool;
    google::protobuf::DynamicMessageFactory factory;
  };
  auto type = std::make_shared<Type>();
  google::protobuf::FileDescriptorProto file;
  config.GetDescriptor()->file()->CopyTo(&file);
  const google::protobuf::Descriptor* described =
      type->pool.BuildFile(file)->FindMessageTypeByName(
          config.GetDescriptor()->name());
  std::shared_ptr<google::protobuf::Message> message(
      type->factory.GetPrototype(described)->New(),
      [type](google::protobuf::Message* made) { delete made; });
  EXPECT_TRUE(message->ParseFromString(config.SerializeAsString()));
  return message;
}

TEST(SpecChangesTest, TellAnotherProgramBehindAPlugin) {
  PipelineSpec after = Office();
  after.sinks[1].origin = "another command";
  EXPECT_THAT(Compare(Office(), after).changed_sinks, ElementsAre("b"));
}

TEST(SpecChangesTest, CompareWhatWasReadWithTwoDescriptionsOfOneType) {
  PipelineSpec after = Office();
  after.sinks[1].config = DescribedAnew(*Config("2"));
  EXPECT_TRUE(Compare(Office(), after).empty());
  after.sinks[1].config = DescribedAnew(*Config("3"));
  EXPECT_THAT(Compare(Office(), after).changed_sinks, ElementsAre("b"));
}

TEST(SpecChangesTest, TellAnotherPolicyOfASink) {
  PipelineSpec after = Office();
  after.sinks[0].retry.max_attempts = 3;
  after.sinks[1].on_unknown = config::v1::DEAD_LETTER;
  EXPECT_THAT(Compare(Office(), after).changed_sinks, ElementsAre("a", "b"));
}

TEST(SpecChangesTest, LeaveASinkAloneThatWouldBeginElsewhere) {
  PipelineSpec after = Office();
  after.sinks[0].start_from_oldest = false;
  EXPECT_TRUE(Compare(Office(), after).empty());
}

TEST(SpecChangesTest, TellWhateverConcernsTheIntake) {
  PipelineSpec source = Office();
  source.sources[0].config = Config("other");
  PipelineSpec level = Office();
  level.sources[0].acknowledge = config::v1::BUFFERED;
  PipelineSpec transform = Office();
  transform.transforms.emplace_back().plugin = "filter";
  PipelineSpec overflow = Office();
  overflow.overflow = config::v1::DROP_OLDEST;
  PipelineSpec size = Office();
  size.max_event_bytes = 10'000;
  for (const PipelineSpec& after : {source, level, transform, overflow, size}) {
    const PipelineChanges changes = Compare(Office(), after);
    EXPECT_TRUE(changes.intake);
    EXPECT_FALSE(changes.log);
    EXPECT_TRUE(changes.changed_sinks.empty());
  }
}

TEST(SpecChangesTest, TellWhateverConcernsTheLog) {
  PipelineSpec after = Office();
  after.log.retain_time = absl::Hours(1);
  EXPECT_TRUE(Compare(Office(), after).log);
  EXPECT_FALSE(Compare(Office(), after).intake);
}

TEST(SpecChangesTest, NameWhatOnlyAStartCanChange) {
  ProcessSpec before;
  before.data_dir = "/a";
  ProcessSpec after = before;
  EXPECT_THAT(FixedChanges(before, after), ElementsAre());
  after.data_dir = "/b";
  after.admin.listen = "127.0.0.1:1";
  after.memory_bytes = 1;
  after.monitoring.emplace().port = 9;
  EXPECT_THAT(FixedChanges(before, after),
              ElementsAre("admin", "data_dir", "memory_bytes", "monitoring"));
}

}  // namespace
}  // namespace sluice
