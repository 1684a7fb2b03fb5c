#include "tools/sluice/dead_letters_command.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/runtime/data_directory.h"
#include "proto/event/v1/event.pb.h"
#include "storage/base/clock.h"
#include "storage/log/rocksdb_event_log.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;

class DeadLettersCommandTest : public testing::Test {
 protected:
  DeadLettersCommandTest() {
    options_.data_dir = absl::StrCat(
        testing::TempDir(), "/",
        testing::UnitTest::GetInstance()->current_test_info()->name());
  }

  // A log with the sinks "feed" and "archive", and these dead letters:
  //   1 ..  of "feed", events e1 .. with `data`
  //   the last: malformed input of the source "sensors"
  void MakeLog(const std::string& pipeline, int of_feed = 3,
               const std::string& data = "{}") {
    auto directory = DataDirectory::Open(options_.data_dir);
    ASSERT_TRUE(directory.ok()) << directory.status();
    auto log = RocksDbEventLog::Open(*(*directory)->LogPath(pipeline), {},
                                     Clock::Real());
    ASSERT_TRUE(log.ok()) << log.status();
    for (const char* sink : {"feed", "archive"}) {
      ASSERT_TRUE((*log)->OpenCursor(sink, true).ok());
    }
    AppendRequest request;
    for (int i = 1; i <= of_feed; ++i) {
      event::v1::Event event;
      event.set_id(absl::StrCat("e", i));
      event.set_subject("device");
      event.set_data(data);
      storage::v1::DeadLetter letter;
      letter.set_component("feed");
      letter.set_reason("rejected");
      letter.set_message("400: \x1b[31mno such feed\nreally");
      letter.set_attempts(2);
      letter.set_sequence(static_cast<uint64_t>(i));
      letter.set_dead_unix_nanos(1'700'000'000'000'000'000);
      letter.set_event(event.SerializeAsString());
      request.dead_letters.push_back(std::move(letter));
    }
    storage::v1::DeadLetter input;
    input.set_component("sensors");
    input.set_reason("malformed");
    input.set_input(std::string("\x00\xff{oops", 7));
    request.dead_letters.push_back(std::move(input));
    ASSERT_TRUE((*log)->Append(request, Durability::kDurable).ok());
  }

  using Run = int (*)(const DeadLettersOptions&, std::ostream&, std::ostream&);
  int Do(Run run) {
    out_.str("");
    err_.str("");
    return run(options_, out_, err_);
  }
  boost::json::value DoJson(Run run, int code = kExitOk) {
    options_.output = OutputFormat::kJson;
    EXPECT_EQ(Do(run), code) << err_.str();
    return boost::json::parse(out_.str());
  }

  DeadLettersOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(DeadLettersCommandTest, ListsEveryPipelineInATable) {
  MakeLog("office");
  MakeLog("lab", 1);
  ASSERT_EQ(Do(&RunDeadLettersList), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: 4 dead letters, "));
  EXPECT_THAT(out_.str(), HasSubstr("pipeline lab: 2 dead letters, "));
  EXPECT_THAT(out_.str(), HasSubstr("2023-11-14 22:13:20  feed"));
  EXPECT_THAT(out_.str(), HasSubstr("e3"));
  EXPECT_THAT(out_.str(), HasSubstr("malformed"));
}

TEST_F(DeadLettersCommandTest, WhatOthersSentDoesNotSteerTheTerminal) {
  MakeLog("office", 1);
  ASSERT_EQ(Do(&RunDeadLettersList), kExitOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(out_.str(), HasSubstr("400:  [31mno such feed really"));
  options_.id = 1;
  ASSERT_EQ(Do(&RunDeadLettersShow), kExitOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
}

TEST_F(DeadLettersCommandTest, ListGoesOnFromPageToPage) {
  MakeLog("office", 5);
  options_.limit = 4;
  ASSERT_EQ(Do(&RunDeadLettersList), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("--pipeline office --after 4\n"));
  boost::json::value page = DoJson(&RunDeadLettersList);
  EXPECT_EQ(page.at("pipelines").at(0).at("next_after").as_int64(), 4);
  options_.after = 4;
  page = DoJson(&RunDeadLettersList);
  EXPECT_EQ(page.at("pipelines").at(0).at("dead_letters").as_array().size(),
            2u);
  EXPECT_FALSE(page.at("pipelines").at(0).as_object().contains("next_after"));
}

TEST_F(DeadLettersCommandTest, ShowsOneWholeAndItsPayloadByteForByte) {
  MakeLog("office", 1, "{\"t\":21}");
  options_.id = 1;
  ASSERT_EQ(Do(&RunDeadLettersShow), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("event id"));
  EXPECT_THAT(out_.str(), HasSubstr("{\"t\":21}"));
  const boost::json::value letter = DoJson(&RunDeadLettersShow);
  EXPECT_EQ(letter.at("pipeline").as_string(), "office");
  EXPECT_EQ(letter.at("kind").as_string(), "sink");
  EXPECT_EQ(letter.at("attempts").as_int64(), 2);
  EXPECT_EQ(letter.at("event").at("data").as_string(), "{\"t\":21}");
  options_.id = 2;
  const boost::json::value input = DoJson(&RunDeadLettersShow);
  EXPECT_EQ(input.at("kind").as_string(), "source");
  EXPECT_EQ(input.at("input_base64").as_string(), "AP97b29wcw==");
  options_.raw = true;
  ASSERT_EQ(Do(&RunDeadLettersShow), kExitOk);
  EXPECT_EQ(out_.str(), std::string("\x00\xff{oops", 7));
  options_.id = 3;
  EXPECT_EQ(Do(&RunDeadLettersShow), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("no dead letter 3"));
}

TEST_F(DeadLettersCommandTest, IdsNeedAPipelineWhenThereAreMany) {
  MakeLog("office");
  MakeLog("lab");
  options_.id = 1;
  EXPECT_EQ(Do(&RunDeadLettersShow), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--pipeline: lab, office"));
  options_.pipelines = {"lab"};
  EXPECT_EQ(Do(&RunDeadLettersShow), kExitOk);
}

TEST_F(DeadLettersCommandTest, ExportsALinePerLetter) {
  MakeLog("office", 40);
  ASSERT_EQ(Do(&RunDeadLettersExport), kExitOk) << err_.str();
  const std::vector<std::string> lines =
      absl::StrSplit(out_.str(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 41u);
  EXPECT_EQ(boost::json::parse(lines[39]).at("event").at("id").as_string(),
            "e40");
}

TEST_F(DeadLettersCommandTest, AnOutputThatCannotBeWrittenIsAFailure) {
  MakeLog("office");
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(RunDeadLettersExport(options_, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("could not be written"));
}

TEST_F(DeadLettersCommandTest, RedrivesWhatMatchesAndSaysWhatStays) {
  MakeLog("office");
  EXPECT_EQ(Do(&RunDeadLettersRedrive), kExitUsage) << "all of them?";
  EXPECT_THAT(err_.str(), HasSubstr("--all"));
  options_.filter.components = {"feed"};
  ASSERT_EQ(Do(&RunDeadLettersRedrive), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("redrove 3 dead letters: 3 to feed"));
  options_.filter = {};
  options_.all = true;
  EXPECT_EQ(Do(&RunDeadLettersRedrive), kExitFindings);
  EXPECT_THAT(out_.str(), HasSubstr("4 stays: "));
  const boost::json::value json = DoJson(&RunDeadLettersRedrive, kExitFindings);
  EXPECT_EQ(json.at("pipelines").at(0).at("refused").as_int64(), 1);
  options_.to = {"nowhere"};
  EXPECT_EQ(Do(&RunDeadLettersRedrive), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("sinks in use: archive, feed"));
}

TEST_F(DeadLettersCommandTest, EditsAndPurges) {
  MakeLog("office");
  options_.id = 4;
  options_.edit.set = {{"id", "fixed"}};
  ASSERT_EQ(Do(&RunDeadLettersEdit), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("edited: id"));
  options_.edit.set = {{"colour", "red"}};
  EXPECT_EQ(Do(&RunDeadLettersEdit), kExitUsage);
  options_.id = 0;
  EXPECT_EQ(Do(&RunDeadLettersPurge), kExitUsage);
  options_.filter.reasons = {"rejected"};
  options_.dry_run = true;
  ASSERT_EQ(Do(&RunDeadLettersPurge), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("would purge 3 dead letters"));
  options_.dry_run = false;
  ASSERT_EQ(Do(&RunDeadLettersPurge), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("purged 3 dead letters"));
  options_.filter = {};
  ASSERT_EQ(Do(&RunDeadLettersList), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: 1 dead letter, "));
}

TEST_F(DeadLettersCommandTest, AProcessThatUsesTheDirectoryIsAsked) {
  // The path of a socket is short.
  char folder[] = "/tmp/dead_letters.XXXXXX";
  options_.data_dir = mkdtemp(folder);
  MakeLog("office");
  auto directory = DataDirectory::Open(options_.data_dir);
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(Do(&RunDeadLettersList), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat(
                              "nobody answers at unix:", options_.data_dir,
                              "/admin.sock")));
  directory->reset();
  std::filesystem::remove_all(options_.data_dir);
}

TEST_F(DeadLettersCommandTest, WhatIsNotThereIsSaid) {
  EXPECT_EQ(Do(&RunDeadLettersList), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("no data directory"));
  MakeLog("office");
  options_.pipelines = {"lab"};
  EXPECT_EQ(Do(&RunDeadLettersList), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("no log of a pipeline"));
}

}  // namespace
}  // namespace sluice
