#include "plugins/file/rotating_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::file {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class RotatingFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(
        testing::TempDir(), "/",
        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    options_.path = folder_ + "/a/b/events.jsonl";
    calls_ = FileCalls::Real();
  }

  std::unique_ptr<RotatingFile> Make() {
    return std::make_unique<RotatingFile>(options_, calls_);
  }
  std::string Text() { return ReadAll(options_.path); }
  std::string Text(int number) {
    return ReadAll(absl::StrCat(options_.path, ".", number));
  }
  void Prepare(const std::string& text) {
    std::filesystem::create_directories(folder_ + "/a/b");
    WriteAll(options_.path, text);
  }

  std::string folder_;
  RotatingFileOptions options_;
  FileCalls calls_;
};

TEST_F(RotatingFileTest, MakesFoldersAndAFileThatOthersCannotRead) {
  auto file = Make();
  ASSERT_TRUE(file->Append("one\n", kNow).ok());
  EXPECT_EQ(Text(), "one\n");
  struct stat info;
  ASSERT_EQ(stat(options_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777 & ~0640, 0);
  ASSERT_EQ(stat((folder_ + "/a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777 & ~0750, 0);
}

TEST_F(RotatingFileTest, AppendsToWhatIsThere) {
  Prepare("old\n");
  ASSERT_TRUE(Make()->Append("new\n", kNow).ok());
  EXPECT_EQ(Text(), "old\nnew\n");
}

TEST_F(RotatingFileTest, CutsOffALineThatACrashLeftHalfWritten) {
  Prepare("whole\nhal");
  ASSERT_TRUE(Make()->Append("next\n", kNow).ok());
  EXPECT_EQ(Text(), "whole\nnext\n");
}

TEST_F(RotatingFileTest, CutsOffATornLineOfAnyLength) {
  for (size_t torn : {1, 65'535, 65'536, 65'537, 300'000}) {
    Prepare("whole\n" + std::string(torn, 'x'));
    ASSERT_TRUE(Make()->Open(kNow).ok());
    EXPECT_EQ(Text(), "whole\n") << torn;
    Prepare(std::string(torn, '\0'));
    ASSERT_TRUE(Make()->Open(kNow).ok());
    EXPECT_EQ(Text(), "") << torn;
  }
}

TEST_F(RotatingFileTest, APartialWriteIsGoneOnFromWhereItEnded) {
  calls_.write = [](int fd, const void* bytes, size_t size) {
    return ::write(fd, bytes, std::min<size_t>(size, 3));
  };
  ASSERT_TRUE(Make()->Append("one\ntwo\nthree\n", kNow).ok());
  EXPECT_EQ(Text(), "one\ntwo\nthree\n");
}

TEST_F(RotatingFileTest, AFullDiskLeavesNothingHalfWritten) {
  int room = 6;
  calls_.write = [&room](int fd, const void* bytes, size_t size) -> ssize_t {
    if (room == 0) {
      errno = ENOSPC;
      return -1;
    }
    const ssize_t written = ::write(fd, bytes, std::min<size_t>(size, room));
    room -= static_cast<int>(written);
    return written;
  };
  auto file = Make();
  ASSERT_TRUE(file->Append("one\n", kNow).ok());
  const absl::Status full = file->Append("two\nthree\n", kNow);
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(full.message().find("No space left"), std::string::npos) << full;
  EXPECT_EQ(Text(), "one\n");
  room = 1000;
  ASSERT_TRUE(file->Append("two\nthree\n", kNow).ok());
  EXPECT_EQ(Text(), "one\ntwo\nthree\n");
}

TEST_F(RotatingFileTest, WhatCouldNotBeTakenBackIsTakenBackBeforeTheNext) {
  bool broken = true;
  calls_.write = [&](int fd, const void* bytes, size_t size) -> ssize_t {
    if (!broken) return ::write(fd, bytes, size);
    if (size <= 2) {
      errno = EIO;
      return -1;
    }
    return ::write(fd, bytes, size - 2);
  };
  calls_.ftruncate = [&](int fd, off_t size) {
    if (!broken) return ::ftruncate(fd, size);
    errno = EIO;
    return -1;
  };
  auto file = Make();
  EXPECT_EQ(file->Append("lost\n", kNow).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Text(), "los");
  EXPECT_EQ(file->Append("kept\n", kNow).code(),
            absl::StatusCode::kUnavailable);
  broken = false;
  ASSERT_TRUE(file->Append("kept\n", kNow).ok());
  EXPECT_EQ(Text(), "kept\n");
}

TEST_F(RotatingFileTest, AFailedSyncTakesItsLinesBack) {
  bool broken = true;
  calls_.fdatasync = [&](int fd) {
    if (!broken) return ::fdatasync(fd);
    errno = EIO;
    return -1;
  };
  auto file = Make();
  EXPECT_EQ(file->Append("one\n", kNow).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Text(), "");
  broken = false;
  ASSERT_TRUE(file->Append("one\n", kNow).ok());
  EXPECT_EQ(Text(), "one\n");
}

TEST_F(RotatingFileTest, SyncsEachAppendOrOnlyWhenAsked) {
  int syncs = 0;
  calls_.fdatasync = [&](int) { return ++syncs, 0; };
  auto file = Make();
  ASSERT_TRUE(file->Append("one\n", kNow).ok());
  ASSERT_TRUE(file->Append("two\n", kNow).ok());
  EXPECT_EQ(syncs, 2);
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(syncs, 2);
  file.reset();

  options_.sync_each_append = false;
  file = Make();
  ASSERT_TRUE(file->Append("three\n", kNow).ok());
  ASSERT_TRUE(file->Append("four\n", kNow).ok());
  EXPECT_EQ(syncs, 2);
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(syncs, 3);
}

TEST_F(RotatingFileTest, RotatesBeforeItWouldGrowOverItsBound) {
  options_.max_bytes = 8;
  options_.keep_files = 2;
  auto file = Make();
  for (const char* line :
       {"aaa\n", "bbb\n", "ccc\n", "ddd\n", "eeeeeeeeee\n", "fff\n", "ggg\n"}) {
    ASSERT_TRUE(file->Append(line, kNow).ok());
  }
  EXPECT_EQ(Text(), "fff\nggg\n");
  EXPECT_EQ(Text(1), "eeeeeeeeee\n");
  EXPECT_EQ(Text(2), "ccc\nddd\n");
  EXPECT_FALSE(std::filesystem::exists(options_.path + ".3"));
  EXPECT_EQ(file->rotations(), 3);
}

TEST_F(RotatingFileTest, KeepsNoRotatedFileWhenToldSo) {
  options_.max_bytes = 4;
  options_.keep_files = 0;
  auto file = Make();
  ASSERT_TRUE(file->Append("aaa\n", kNow).ok());
  ASSERT_TRUE(file->Append("bbb\n", kNow).ok());
  EXPECT_EQ(Text(), "bbb\n");
  EXPECT_FALSE(std::filesystem::exists(options_.path + ".1"));
}

TEST_F(RotatingFileTest, RotatesByAgeButNeverAnEmptyFile) {
  options_.max_age = absl::Hours(1);
  auto file = Make();
  ASSERT_TRUE(file->Open(kNow).ok());
  ASSERT_TRUE(file->Append("a\n", kNow + absl::Hours(2)).ok());
  EXPECT_EQ(file->rotations(), 0);
  ASSERT_TRUE(file->Append("b\n", kNow + absl::Hours(3)).ok());
  EXPECT_EQ(file->rotations(), 1);
  EXPECT_EQ(Text(1), "a\n");
  EXPECT_EQ(Text(), "b\n");
  ASSERT_TRUE(
      file->Append("c\n", kNow + absl::Hours(4) - absl::Seconds(1)).ok());
  EXPECT_EQ(Text(), "b\nc\n");
}

TEST_F(RotatingFileTest, TakesTheFreeNumberThatACrashInRotationLeft) {
  Prepare("now\n");
  WriteAll(options_.path + ".2", "old\n");
  options_.max_bytes = 4;
  ASSERT_TRUE(Make()->Append("new\n", kNow).ok());
  EXPECT_EQ(Text(), "new\n");
  EXPECT_EQ(Text(1), "now\n");
  EXPECT_EQ(Text(2), "old\n");
}

TEST_F(RotatingFileTest, MakesTheFileAnewWhenSomebodyMovedItAway) {
  auto file = Make();
  ASSERT_TRUE(file->Append("one\n", kNow).ok());
  std::filesystem::rename(options_.path, folder_ + "/moved");
  ASSERT_TRUE(file->Append("two\n", kNow).ok());
  EXPECT_EQ(ReadAll(folder_ + "/moved"), "one\n");
  EXPECT_EQ(Text(), "two\n");
  std::filesystem::remove_all(folder_ + "/a");
  ASSERT_TRUE(file->Append("three\n", kNow).ok());
  EXPECT_EQ(Text(), "three\n");
}

TEST_F(RotatingFileTest, RefusesAFileThatAnotherWriterHas) {
  auto first = Make();
  ASSERT_TRUE(first->Append("one\n", kNow).ok());
  auto second = Make();
  const absl::Status refused = second->Append("two\n", kNow);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("another sink or process"),
            std::string::npos);
  first.reset();
  EXPECT_TRUE(second->Append("two\n", kNow).ok());
  EXPECT_EQ(Text(), "one\ntwo\n");
}

TEST_F(RotatingFileTest, APathThatCannotBeAFileNeedsAPerson) {
  std::filesystem::create_directories(options_.path);
  EXPECT_EQ(Make()->Open(kNow).code(), absl::StatusCode::kFailedPrecondition);
  options_.path = "/dev/null";
  const absl::Status device = Make()->Open(kNow);
  EXPECT_EQ(device.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(device.message().find("not a regular file"), std::string::npos);
  options_.path = "/dev/null/events";
  EXPECT_EQ(Make()->Open(kNow).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::file
