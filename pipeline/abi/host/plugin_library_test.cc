#include "pipeline/abi/host/plugin_library.h"

#include <cstddef>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/fake_plugin.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PluginLibraryTest : public testing::Test {
 protected:
  PluginLibraryTest() { current_ = this; }

  // A source, a transform and a sink, all called "fake".
  void DescribeAll() {
    described_ = {plugin_.Describe(SLUICE_KIND_SOURCE),
                  plugin_.Describe(SLUICE_KIND_TRANSFORM),
                  plugin_.Describe(SLUICE_KIND_SINK)};
  }

  static SluiceCode Open(const SluiceHost* host, const SluicePluginList** list,
                         const SluiceErrorReceiver* error) {
    PluginLibraryTest& self = *current_;
    EXPECT_EQ(host->abi_major, SLUICE_ABI_MAJOR);
    if (self.open_code_ != SLUICE_OK) {
      error->receive(error->context, {}, ToBytes("no licence"));
      return self.open_code_;
    }
    self.pointers_.clear();
    for (const SluicePlugin& plugin : self.described_) {
      self.pointers_.push_back(&plugin);
    }
    self.list_ = {sizeof(self.list_), self.pointers_.data(),
                  self.pointers_.size()};
    *list = &self.list_;
    return SLUICE_OK;
  }

  absl::Status Add() { return AddPluginsOf(library_, "a.so", registry_); }
  std::string Error() {
    const absl::Status status = Add();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(registry_.source_names(), IsEmpty());
    return std::string(status.message());
  }
  // Of a library with the one plugin.
  std::string ErrorOf(const SluicePlugin& plugin) {
    described_ = {plugin};
    return Error();
  }

  static PluginLibraryTest* current_;
  FakePlugin plugin_;
  std::vector<SluicePlugin> described_;
  std::vector<const SluicePlugin*> pointers_;
  SluicePluginList list_ = {};
  SluiceCode open_code_ = SLUICE_OK;
  SluicePluginLibrary library_ = {sizeof(SluicePluginLibrary), SLUICE_ABI_MAJOR,
                                  SLUICE_ABI_MINOR, 0, Open};
  PluginRegistry registry_;
};

PluginLibraryTest* PluginLibraryTest::current_ = nullptr;

TEST_F(PluginLibraryTest, AddsAPluginOfEachKind) {
  DescribeAll();
  ASSERT_TRUE(Add().ok());
  EXPECT_THAT(registry_.source_names(), ElementsAre("fake"));
  EXPECT_THAT(registry_.transform_names(), ElementsAre("fake"));
  EXPECT_THAT(registry_.sink_names(), ElementsAre("fake"));
  const PluginEntry<Sink>& sink = *registry_.sink("fake");
  EXPECT_EQ(sink.summary, "does nothing by itself");
  EXPECT_EQ(sink.library, "a.so");
  EXPECT_EQ(sink.config->GetDescriptor()->full_name(),
            "sluice.config.v1.Secret");
}

TEST_F(PluginLibraryTest, MakesComponentsFromTheirConfiguration) {
  DescribeAll();
  ASSERT_TRUE(Add().ok());
  const auto config = registry_.source("fake")->NewConfig();
  config::v1::Secret secret;
  secret.set_env("HOME");
  ASSERT_TRUE(config->ParseFromString(secret.SerializeAsString()));
  EXPECT_TRUE(registry_.source("fake")->create(*config).ok());
  EXPECT_EQ(plugin_.created_with, secret.SerializeAsString());
  EXPECT_TRUE(registry_.transform("fake")->create(*config).ok());
  EXPECT_TRUE(registry_.sink("fake")->create(*config).ok());
  EXPECT_EQ(plugin_.destroyed, 3);
}

TEST_F(PluginLibraryTest, PassesOnWhatIsWrongWithAConfiguration) {
  DescribeAll();
  ASSERT_TRUE(Add().ok());
  plugin_.create_code = SLUICE_INVALID_ARGUMENT;
  const auto made =
      registry_.sink("fake")->create(*registry_.sink("fake")->config);
  EXPECT_EQ(ConfigErrorField(made.status()), "env");
  EXPECT_EQ(made.status().message(), "is not good");
}

TEST_F(PluginLibraryTest, NoticesThatNothingWasMade) {
  described_ = {plugin_.Describe(SLUICE_KIND_SINK)};
  described_[0].create = [](void*, SluiceBytes, void**,
                            const SluiceErrorReceiver*) { return SLUICE_OK; };
  ASSERT_TRUE(Add().ok());
  const auto made =
      registry_.sink("fake")->create(*registry_.sink("fake")->config);
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInternal);
}

TEST_F(PluginLibraryTest, RefusesOtherMajorVersions) {
  library_.abi_major = SLUICE_ABI_MAJOR - 1;
  library_.struct_size = 16;
  EXPECT_THAT(Error(), HasSubstr("a.so is built for version 0."));
  EXPECT_THAT(Error(), HasSubstr("build the library anew"));
  library_.abi_major = SLUICE_ABI_MAJOR + 1;
  EXPECT_THAT(Error(), HasSubstr("run a newer sluice"));
}

TEST_F(PluginLibraryTest, TakesNewerMinorVersions) {
  DescribeAll();
  library_.abi_minor = SLUICE_ABI_MINOR + 7;
  EXPECT_TRUE(Add().ok());
}

TEST_F(PluginLibraryTest, RefusesALibraryThatNeedsMoreThanThereIs) {
  library_.needs = uint64_t{1} << 63;
  EXPECT_THAT(Error(), HasSubstr("(capabilities 0x8000000000000000)"));
}

TEST_F(PluginLibraryTest, RefusesALibraryThatDoesNotOpen) {
  open_code_ = SLUICE_FAILED_PRECONDITION;
  EXPECT_EQ(Error(), "a.so refuses: no licence");
  library_.open = nullptr;
  EXPECT_THAT(Error(), HasSubstr("has no open"));
}

TEST_F(PluginLibraryTest, RefusesAnEmptyList) {
  EXPECT_THAT(Error(), HasSubstr("a.so lists 0 plugins; allowed: 1 to 1000"));
}

TEST_F(PluginLibraryTest, RefusesAPluginTwice) {
  described_ = {plugin_.Describe(SLUICE_KIND_SINK),
                plugin_.Describe(SLUICE_KIND_SINK)};
  EXPECT_EQ(Error(), "a.so lists the plugin fake twice");
}

TEST_F(PluginLibraryTest, NamesWhatAPluginLacks) {
  SluicePlugin plugin = plugin_.Describe(SLUICE_KIND_SINK);
  plugin.create = nullptr;
  EXPECT_THAT(ErrorOf(plugin), HasSubstr("plugin fake of a.so has no create"));
  plugin = plugin_.Describe(SLUICE_KIND_SINK);
  plugin.destroy = nullptr;
  EXPECT_THAT(ErrorOf(plugin), HasSubstr("has no destroy"));
  plugin = plugin_.Describe(SLUICE_KIND_SOURCE);
  plugin.source = nullptr;
  EXPECT_THAT(ErrorOf(plugin), HasSubstr("has no start"));
  plugin_.source.struct_size = offsetof(SluiceSourceFunctions, stop);
  EXPECT_THAT(ErrorOf(plugin_.Describe(SLUICE_KIND_SOURCE)),
              HasSubstr("has no stop"));
  plugin_.sink.deliver = nullptr;
  EXPECT_THAT(ErrorOf(plugin_.Describe(SLUICE_KIND_SINK)),
              HasSubstr("has no deliver"));
  plugin_.transform.apply = nullptr;
  EXPECT_THAT(ErrorOf(plugin_.Describe(SLUICE_KIND_TRANSFORM)),
              HasSubstr("has no apply"));
  EXPECT_THAT(ErrorOf(plugin_.Describe(9)), HasSubstr("is of kind 9"));
}

TEST_F(PluginLibraryTest, RefusesNamesThatCannotBeKeys) {
  for (const char* name : {"", "a b", "-a", "A",
                           "a23456789012345678901234567890123456789012345678901"
                           "2345678901234"}) {
    SluicePlugin plugin = plugin_.Describe(SLUICE_KIND_SINK);
    plugin.name = ToBytes(name);
    EXPECT_THAT(ErrorOf(plugin), HasSubstr("a plugin of a.so has the name"))
        << name;
  }
  SluicePlugin plugin = plugin_.Describe(SLUICE_KIND_SINK);
  plugin.name = {nullptr, 4};
  EXPECT_THAT(ErrorOf(plugin), HasSubstr("has the name \"\""));
}

TEST_F(PluginLibraryTest, RefusesBytesThatAreNowhere) {
  SluicePlugin plugin = plugin_.Describe(SLUICE_KIND_SINK);
  plugin.summary = {nullptr, 4};
  EXPECT_THAT(ErrorOf(plugin), HasSubstr("bytes that are nowhere"));
}

TEST_F(PluginLibraryTest, RefusesAConfigurationThatIsNotDescribed) {
  SluicePlugin plugin = plugin_.Describe(SLUICE_KIND_SINK);
  plugin.config_message = ToBytes("no.Such");
  EXPECT_THAT(ErrorOf(plugin),
              HasSubstr("plugin fake of a.so: the description of its "
                        "configuration has no message \"no.Such\""));
}

TEST_F(PluginLibraryTest, AddsAllOrNothing) {
  DescribeAll();
  PluginRegistry other;
  ASSERT_TRUE(AddPluginsOf(library_, "b.so", other).ok());
  ASSERT_TRUE(
      registry_
          .Add("fake", PluginEntry<Sink>{nullptr, nullptr, nullptr, "", ""})
          .ok());
  const absl::Status status = Add();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a.so has a sink fake, and there is one"));
  EXPECT_THAT(registry_.source_names(), IsEmpty());
}

TEST(LoadPluginLibraryTest, LoadsNothingNewOncePipelinesRun) {
  PluginRegistry registry;
  // Any shared object of the system will do: it must not be loaded.
  const std::string path = testing::internal::GetArgvs().at(1);
  EXPECT_THAT(std::string(LoadPluginLibrary(path, registry).message()),
              HasSubstr("is no plugin library"));
  ForbidNewLibraries();
  EXPECT_THAT(std::string(LoadPluginLibrary(path, registry).message()),
              HasSubstr("is no plugin library"));
  const std::string other = testing::internal::GetArgvs().at(2);
  EXPECT_EQ(LoadPluginLibrary(other, registry).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::abi
