#include "pipeline/foreign/foreign_config.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "proto/config/v1/config.pb.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;
using ::testing::HasSubstr;

void AddWithImports(const FileDescriptor& file, FileDescriptorSet* set) {
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddWithImports(*file.dependency(i), set);
  }
  file.CopyTo(set->add_file());
}

std::string FilesOf(const FileDescriptor& file) {
  FileDescriptorSet set;
  AddWithImports(file, &set);
  return set.SerializeAsString();
}

std::string Error(std::string_view files, std::string_view message) {
  const auto config = ForeignConfig::Create(files, message);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ForeignConfigTest, MakesMessagesThatReadWhatTheCompiledOnesWrote) {
  const auto config =
      ForeignConfig::Create(FilesOf(*config::v1::Config::descriptor()->file()),
                            "sluice.config.v1.Retry");
  ASSERT_TRUE(config.ok()) << config.status();
  config::v1::Retry retry;
  retry.set_max_attempts(7);
  retry.mutable_initial()->set_seconds(3);
  const std::unique_ptr<Message> read((*config)->prototype().New());
  ASSERT_TRUE(read->ParseFromString(retry.SerializeAsString()));
  EXPECT_EQ(read->ShortDebugString(), retry.ShortDebugString());
  EXPECT_NE(read->GetDescriptor(), config::v1::Retry::descriptor());
}

TEST(ForeignConfigTest, LivesAsLongAsAConfigurationOfIt) {
  std::shared_ptr<Message> made;
  {
    auto config = ForeignConfig::Create(
        FilesOf(*config::v1::Secret::descriptor()->file()),
        "sluice.config.v1.Secret");
    ASSERT_TRUE(config.ok());
    const PluginEntry<Sink> entry =
        MakeForeignEntry<Sink>(*std::move(config), "a sink");
    EXPECT_EQ(entry.summary, "a sink");
    made = entry.NewConfig();
  }
  EXPECT_EQ(made->GetDescriptor()->full_name(), "sluice.config.v1.Secret");
  EXPECT_EQ(made->SerializeAsString(), "");
}

TEST(ForeignConfigTest, RefusesWhatIsNoDescription) {
  EXPECT_THAT(Error("nonsense", "a.B"), HasSubstr("no FileDescriptorSet"));
}

TEST(ForeignConfigTest, RefusesAMessageThatIsNotThere) {
  EXPECT_THAT(Error(FilesOf(*config::v1::Secret::descriptor()->file()), "a.B"),
              HasSubstr("no message \"a.B\""));
}

TEST(ForeignConfigTest, NamesTheFileThatLacksAnImport) {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("a.proto");
  file.add_dependency("b.proto");
  EXPECT_THAT(Error(set.SerializeAsString(), "A"),
              ::testing::AllOf(HasSubstr("a.proto"), HasSubstr("b.proto")));
}

TEST(ForeignConfigTest, RefusesRequiredFieldsHoweverDeepTheyAre) {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("a.proto");
  auto& outer = *file.add_message_type();
  outer.set_name("Outer");
  auto& inner = *file.add_message_type();
  inner.set_name("Inner");
  auto* field = outer.add_field();
  field->set_name("inner");
  field->set_number(1);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field->set_type_name(".Inner");
  field = inner.add_field();
  field->set_name("key");
  field->set_number(1);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_REQUIRED);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  EXPECT_THAT(Error(set.SerializeAsString(), "Outer"),
              HasSubstr("Inner.key is a required field"));
}

TEST(ForeignConfigTest, RefusesADurationThatIsNone) {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("google/protobuf/duration.proto");
  file.set_package("google.protobuf");
  file.add_message_type()->set_name("Duration");
  EXPECT_THAT(Error(set.SerializeAsString(), "google.protobuf.Duration"),
              HasSubstr("otherwise than Protobuf has it"));
}

}  // namespace
}  // namespace sluice
