#include "tools/sluice/plugin_workspace.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A new folder of its own for each test.
class PluginWorkspaceTest : public testing::Test {
 protected:
  PluginWorkspaceTest() {
    std::string path = testing::TempDir() + "workspace-XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  ~PluginWorkspaceTest() override { fs::remove_all(folder_); }

  std::vector<std::string> Entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  fs::path folder_;
};

TEST_F(PluginWorkspaceTest, EachKindHasItsFilesAndNoGapIsLeft) {
  for (const std::string kind : {"source", "transform", "sink"}) {
    const auto files = PluginWorkspaceFiles(
        {.kind = kind, .name = "acme_door", .sluice_path = "/opt/sluice"});
    ASSERT_TRUE(files.ok()) << files.status();
    for (const char* path :
         {".bazelrc", ".gitignore", "BUILD.bazel", "README.md", "WORKSPACE",
          "sluice.yaml", "acme_door/BUILD.bazel", "acme_door/config.proto",
          "acme_door/conformance_fixture.cc", "acme_door/library.cc",
          "acme_door/plugin.cc", "acme_door/plugin.h"}) {
      EXPECT_EQ(files->count(path), 1u) << kind << " has no " << path;
    }
    EXPECT_EQ(files->count("receiver.py"), kind == "sink" ? 1u : 0u);
    // A transform cannot be a process.
    EXPECT_EQ(files->count("acme_door/process.cc"),
              kind == "transform" ? 0u : 1u);
    for (const auto& [path, text] : *files) {
      EXPECT_FALSE(text.empty()) << path;
      for (const char* gap :
           {"%name%", "%Name%", "%NAME%", "%kind%", "%sluice_path%"}) {
        EXPECT_FALSE(absl::StrContains(text, gap)) << path << " has " << gap;
      }
    }
    EXPECT_TRUE(
        absl::StrContains(files->at("WORKSPACE"), "path = \"/opt/sluice\""));
    EXPECT_TRUE(absl::StrContains(files->at("acme_door/plugin.cc"),
                                  "RegisterAcmeDoor"));
    EXPECT_TRUE(absl::StrContains(files->at("acme_door/plugin.h"),
                                  "ACME_DOOR_PLUGIN_H_"));
    EXPECT_TRUE(absl::StrContains(files->at("acme_door/BUILD.bazel"),
                                  "sluice_" + kind + "_test("));
  }
}

TEST_F(PluginWorkspaceTest, RefusesKindsAndNamesThatCannotBe) {
  EXPECT_FALSE(PluginWorkspaceFiles({.kind = "lake", .name = "acme"}).ok());
  EXPECT_FALSE(PluginWorkspaceFiles({.kind = "common", .name = "acme"}).ok());
  EXPECT_FALSE(PluginWorkspaceFiles(
                   {.kind = "transform", .name = "acme", .language = "python"})
                   .ok());
  EXPECT_FALSE(
      PluginWorkspaceFiles({.kind = "sink", .name = "acme", .language = "rust"})
          .ok());
  for (const char* name : {"a", "acme", "acme2", "acme_door_2"}) {
    EXPECT_TRUE(CheckPluginName(name).ok()) << name;
  }
  for (const char* name :
       {"", "2acme", "_acme", "acme_", "acme__door", "Acme", "acme-door",
        "acme.door", "../acme", "acme door", "\xc3\xa9",
        "a2345678901234567890123456789012345678901"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPluginName(name))) << name;
  }
  for (const char* name : {"sluice", "std", "storage", "plugins", "class",
                           "template", "namespace", "message", "v1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPluginName(name))) << name;
  }
}

TEST_F(PluginWorkspaceTest, WritesAllFilesForWhomTheUserAllows) {
  const std::string target = folder_ / "new";
  const Files files = {{"a", "1\n"}, {"b/c/d", "2\n"}, {"e", "#!/bin/sh\n"}};
  const absl::Status status = WriteNewFolder(files, target + "/");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadAll(target + "/a"), "1\n");
  EXPECT_EQ(ReadAll(target + "/b/c/d"), "2\n");
  struct stat of_target;
  ASSERT_EQ(::stat(target.c_str(), &of_target), 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(of_target.st_mode & 0777, 0777 & ~mask);
  EXPECT_NE(::access((target + "/a").c_str(), X_OK), 0);
  EXPECT_EQ(::access((target + "/e").c_str(), X_OK), 0);
  EXPECT_EQ(Entries(), std::vector<std::string>{"new"});
}

TEST_F(PluginWorkspaceTest, TakesAnEmptyFolderAndNoOther) {
  const fs::path target = folder_ / "there";
  fs::create_directory(target);
  ASSERT_TRUE(WriteNewFolder({{"a", "1"}}, target).ok());
  const absl::Status again = WriteNewFolder({{"a", "2"}, {"b", "2"}}, target);
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
  EXPECT_TRUE(absl::StrContains(again.message(), target.string()));
  EXPECT_EQ(ReadAll(target / "a"), "1");
  EXPECT_FALSE(fs::exists(target / "b"));
  EXPECT_EQ(Entries(), std::vector<std::string>{"there"});

  std::ofstream(folder_ / "file") << "mine";
  EXPECT_TRUE(
      absl::IsAlreadyExists(WriteNewFolder({{"a", "1"}}, folder_ / "file")));
  EXPECT_EQ(ReadAll(folder_ / "file"), "mine");
}

TEST_F(PluginWorkspaceTest, LeavesNothingWhenItCannotWriteAll) {
  // "a" cannot be a file and a folder.
  const absl::Status status =
      WriteNewFolder({{"a", "1"}, {"a/b", "2"}}, folder_ / "new");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(Entries().empty());
  EXPECT_TRUE(absl::IsUnavailable(
      WriteNewFolder({{"a", "1"}}, folder_ / "no" / "such" / "folder")));
  EXPECT_TRUE(Entries().empty());
}

TEST_F(PluginWorkspaceTest, FindsTheSourceOfSluiceFromAnywhereInIt) {
  fs::create_directories(folder_ / "sluice/tools/bazel");
  fs::create_directories(folder_ / "other");
  std::ofstream(folder_ / "sluice/WORKSPACE");
  std::ofstream(folder_ / "sluice/tools/bazel/plugin_test.bzl");
  const std::string root = fs::canonical(folder_ / "sluice");
  EXPECT_EQ(*FindSluice(folder_ / "sluice"), root);
  EXPECT_EQ(*FindSluice(folder_ / "sluice/tools/bazel"), root);
  EXPECT_EQ(*FindSluice(folder_ / "other/../sluice"), root);
  EXPECT_TRUE(absl::IsNotFound(FindSluice(folder_ / "other").status()));
  EXPECT_TRUE(absl::IsNotFound(FindSluice(folder_ / "nowhere").status()));
}

// Those of examples/python_plugin, and with them the protocol as it is.
TEST_F(PluginWorkspaceTest, TheExampleIsWhatIsWrittenInPython) {
  for (const auto& [kind, name] :
       Files{{"sink", "lines"}, {"source", "count"}}) {
    const auto files = PluginWorkspaceFiles(
        {.kind = kind, .name = name, .language = "python"});
    ASSERT_TRUE(files.ok()) << files.status();
    EXPECT_EQ(files->size(), 10u);
    for (const auto& [path, text] : *files) {
      // The example has one of each for both plugins.
      if (path == "README.md" || path == "sluice.yaml") continue;
      const bool is_protocol = absl::StartsWith(path, "proto/");
      EXPECT_EQ(text,
                ReadAll(is_protocol ? path : "examples/python_plugin/" + path))
          << path << " is not what `sluice plugin new " << kind << " " << name
          << " --out-of-process --language python` writes";
    }
  }
}

TEST_F(PluginWorkspaceTest, TheGuideShowsWhatIsWritten) {
  const std::string guide = ReadAll("docs/plugin_guide.md");
  ASSERT_FALSE(guide.empty());
  const auto files = PluginWorkspaceFiles({.kind = "sink", .name = "webhook"});
  ASSERT_TRUE(files.ok()) << files.status();
  for (const char* path : {"webhook/config.proto", "webhook/plugin.cc",
                           "webhook/conformance_fixture.cc"}) {
    EXPECT_TRUE(absl::StrContains(guide, "\n" + files->at(path) + "```"))
        << "docs/plugin_guide.md shows another " << path;
  }
  const auto python = PluginWorkspaceFiles(
      {.kind = "sink", .name = "lines", .language = "python"});
  ASSERT_TRUE(python.ok()) << python.status();
  const std::string& plugin = python->at("lines_plugin.py");
  const size_t begin = plugin.find("class ");
  const std::string shown =
      plugin.substr(begin, plugin.find("\n\n\nif __name__") - begin);
  EXPECT_TRUE(absl::StrContains(guide, "```python\n" + shown + "\n```"))
      << "docs/plugin_guide.md shows another lines_plugin.py";
}

}  // namespace
}  // namespace sluice
