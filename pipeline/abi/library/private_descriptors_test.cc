#include "pipeline/abi/library/private_descriptors.h"

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice::abi {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::TextFormat;

// Everything that refers to a type, with absolute names as compiled descriptors
// have them.
constexpr char kBase[] = R"(
  name: "a/base.proto" package: "a.b"
  message_type {
    name: "Base"
    nested_type { name: "Inner" }
    enum_type { name: "Mood" value { name: "GOOD" number: 0 } }
    extension_range { start: 100 end: 200 }
  }
  enum_type { name: "Size" value { name: "SMALL" number: 0 } }
)";
constexpr char kUser[] = R"(
  name: "a/user.proto"
  dependency: "a/base.proto"
  dependency: "google/protobuf/descriptor.proto"
  message_type {
    name: "User"
    field { name: "base" number: 1 label: LABEL_OPTIONAL
            type: TYPE_MESSAGE type_name: ".a.b.Base" }
    field { name: "inner" number: 2 label: LABEL_REPEATED
            type: TYPE_MESSAGE type_name: ".a.b.Base.Inner" }
    field { name: "mood" number: 3 label: LABEL_OPTIONAL
            type: TYPE_ENUM type_name: ".a.b.Base.Mood" }
    field { name: "size" number: 4 label: LABEL_OPTIONAL
            type: TYPE_ENUM type_name: ".a.b.Size" }
    field { name: "self" number: 5 label: LABEL_OPTIONAL
            type: TYPE_MESSAGE type_name: ".User" }
    field { name: "foreign" number: 6 label: LABEL_OPTIONAL
            type: TYPE_MESSAGE
            type_name: ".google.protobuf.FileDescriptorProto" }
    extension { name: "more" number: 100 label: LABEL_OPTIONAL
                type: TYPE_MESSAGE type_name: ".User" extendee: ".a.b.Base" }
  }
  service {
    name: "Use"
    method { name: "Do" input_type: ".User" output_type: ".a.b.Base" }
  }
)";

std::string Bytes(const char* text) {
  FileDescriptorProto file;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &file));
  return file.SerializeAsString();
}

const FileDescriptor* Add(const std::string& bytes, DescriptorPool& pool) {
  FileDescriptorProto file;
  EXPECT_TRUE(file.ParseFromString(bytes));
  return pool.BuildFile(file);
}

class PrivateDescriptorsTest : public testing::Test {
 protected:
  PrivateDescriptorsTest() {
    FileDescriptorProto own;
    google::protobuf::FileDescriptorProto::descriptor()->file()->CopyTo(&own);
    pool_.BuildFile(own);
    // The process's own.
    Add(Bytes(kBase), pool_);
    Add(Bytes(kUser), pool_);
    // The library's.
    Add(descriptors_.Rename(Bytes(kBase)).bytes, pool_);
    user_ = Add(descriptors_.Rename(Bytes(kUser)).bytes, pool_);
  }

  DescriptorPool pool_;
  PrivateDescriptors descriptors_{"lib_1"};
  const FileDescriptor* user_ = nullptr;
};

TEST_F(PrivateDescriptorsTest, RegistersBesideTheSameFilesOfTheProcess) {
  ASSERT_NE(user_, nullptr);
  EXPECT_EQ(user_->name(), "lib_1/a/user.proto");
  EXPECT_EQ(user_->package(), "lib_1");
  EXPECT_EQ(user_->dependency(0)->name(), "lib_1/a/base.proto");
  EXPECT_EQ(user_->dependency(1)->name(), "google/protobuf/descriptor.proto");
}

TEST_F(PrivateDescriptorsTest, LeadsEveryReferenceToItsOwnTypes) {
  ASSERT_NE(user_, nullptr);
  const auto& user = *user_->FindMessageTypeByName("User");
  const auto type = [&](const char* field) {
    const auto& found = *user.FindFieldByName(field);
    return found.enum_type() != nullptr ? found.enum_type()->full_name()
                                        : found.message_type()->full_name();
  };
  EXPECT_EQ(type("base"), "lib_1.a.b.Base");
  EXPECT_EQ(type("inner"), "lib_1.a.b.Base.Inner");
  EXPECT_EQ(type("mood"), "lib_1.a.b.Base.Mood");
  EXPECT_EQ(type("size"), "lib_1.a.b.Size");
  EXPECT_EQ(type("self"), "lib_1.User");
  EXPECT_EQ(type("foreign"), "google.protobuf.FileDescriptorProto");
  EXPECT_EQ(user.extension(0)->containing_type()->full_name(),
            "lib_1.a.b.Base");
  EXPECT_EQ(user.extension(0)->message_type()->full_name(), "lib_1.User");
  EXPECT_EQ(user_->service(0)->method(0)->input_type()->full_name(),
            "lib_1.User");
  EXPECT_EQ(user_->service(0)->method(0)->output_type()->full_name(),
            "lib_1.a.b.Base");
}

TEST_F(PrivateDescriptorsTest, DescribesFilesAsTheirAuthorsWroteThem) {
  ASSERT_NE(user_, nullptr);
  const auto& user = *user_->FindMessageTypeByName("User");
  EXPECT_EQ(descriptors_.OriginalName(user), "User");
  FileDescriptorSet files;
  ASSERT_TRUE(files.ParseFromString(DescribeFiles(descriptors_, user)));
  ASSERT_EQ(files.file_size(), 3);
  EXPECT_EQ(files.file(0).SerializeAsString(), Bytes(kBase));
  EXPECT_EQ(files.file(1).name(), "google/protobuf/descriptor.proto");
  EXPECT_EQ(files.file(2).SerializeAsString(), Bytes(kUser));
}

TEST_F(PrivateDescriptorsTest, LeavesFilesOfOthersAsTheyAre) {
  const auto& others = *pool_.FindMessageTypeByName("a.b.Base");
  EXPECT_EQ(descriptors_.OriginalName(others), "a.b.Base");
  EXPECT_EQ(descriptors_.Original(*others.file()).name(), "a/base.proto");
}

}  // namespace
}  // namespace sluice::abi
