#include "plugins/replay/replay_reader.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

using Ids = std::vector<std::string>;

class ReplayReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/replay_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    options_.path = folder_ + "/day";
    options_.type = "record";
    options_.source = "//replay/day";
    options_.fields.id = "id";
    options_.fields.time = "t";
  }

  void Append(const std::string& text) {
    std::ofstream(options_.path, std::ios::binary | std::ios::app) << text;
  }
  std::unique_ptr<ReplayReader> Make(
      std::optional<std::string> checkpoint = std::nullopt) {
    auto reader = ReplayReader::Create(options_, checkpoint);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  // Reads until there is no more for now.
  static std::vector<Piece> ReadAll(ReplayReader& reader,
                                    int max_reads = 1000) {
    std::vector<Piece> pieces;
    for (int i = 0; i < max_reads; ++i) {
      auto ahead = reader.Read();
      EXPECT_TRUE(ahead.ok()) << ahead.status();
      if (!ahead.ok()) break;
      std::move(ahead->pieces.begin(), ahead->pieces.end(),
                std::back_inserter(pieces));
      if (ahead->state != ReadAhead::State::kMore) break;
    }
    return pieces;
  }
  static Ids IdsOf(const std::vector<Piece>& pieces) {
    Ids ids;
    for (const Piece& piece : pieces) {
      for (size_t i = 0; piece.events && i < piece.events->size(); ++i) {
        ids.emplace_back(piece.events->event(i).id());
      }
    }
    return ids;
  }

  std::string folder_;
  ReplayOptions options_;
};

TEST_F(ReplayReaderTest, FillsInWhatARecordDoesNotSay) {
  Append("{\"v\":1}\n{\"id\":\"own\"}\n");
  auto pieces = ReadAll(*Make());
  ASSERT_EQ(pieces.size(), 1);
  const EventView event = pieces[0].events->event(0);
  EXPECT_EQ(event.id(), "day:0");
  EXPECT_EQ(event.source(), "//replay/day");
  EXPECT_EQ(event.type(), "record");
  EXPECT_EQ(event.data(), "{\"v\":1}");
  EXPECT_EQ(event.time_unix_nanos(), 0);
  EXPECT_EQ(IdsOf(pieces), (Ids{"day:0", "own"}));
}

TEST_F(ReplayReaderTest, EveryCheckpointLeadsToExactlyTheRest) {
  Ids all;
  for (int i = 0; i < 5000; ++i) {
    all.push_back("e" + std::to_string(i));
    Append("{\"id\":\"" + all.back() + "\"}\n");
    if (i % 7 == 0) Append("\nbad line\n");
  }
  auto pieces = ReadAll(*Make());
  EXPECT_EQ(IdsOf(pieces), all);
  EXPECT_GT(pieces.size(), 3);
  Ids seen;
  for (Piece& piece : pieces) {
    std::vector<Piece> one;
    const std::string checkpoint = piece.checkpoint;
    one.push_back(std::move(piece));
    for (std::string& id : IdsOf(one)) seen.push_back(std::move(id));
    Ids whole = seen;
    for (std::string& id : IdsOf(ReadAll(*Make(checkpoint)))) {
      whole.push_back(std::move(id));
    }
    ASSERT_EQ(whole, all) << checkpoint;
  }
}

TEST_F(ReplayReaderTest, BadLinesAreHandedOnWithTheirBytesAndTheRestGoesOn) {
  options_.max_line_bytes = 1024;
  Append("{\"id\":\"a\"}\nnot json\n{\"t\":\"soon\"}\n" +
         std::string(2000, 'x') + "\n{\"id\":\"b\"}\n");
  auto pieces = ReadAll(*Make());
  EXPECT_EQ(IdsOf(pieces), (Ids{"a", "b"}));
  ASSERT_EQ(pieces.size(), 1);
  const auto& malformed = pieces[0].malformed;
  ASSERT_EQ(malformed.size(), 3);
  EXPECT_EQ(malformed[0].bytes, "not json");
  EXPECT_EQ(malformed[0].reason, "malformed_json");
  EXPECT_NE(malformed[0].message.find("at byte 11"), std::string::npos);
  EXPECT_EQ(malformed[1].bytes, "{\"t\":\"soon\"}");
  EXPECT_EQ(malformed[1].reason, "malformed_event");
  EXPECT_EQ(malformed[2].bytes, std::string(1024, 'x'));
  EXPECT_EQ(malformed[2].reason, "line_too_long");
}

TEST_F(ReplayReaderTest, ACsvFileIsReadByItsHeaderAfterAResumeToo) {
  options_.is_csv = true;
  Append("t,id,temp\n2010-01-01,a,3.9\n2010-01-02,b,4.1\n");
  options_.rate = 1;  // One event per piece.
  auto pieces = ReadAll(*Make());
  ASSERT_EQ(pieces.size(), 2);
  EXPECT_EQ(pieces[0].events->event(0).data(), "{\"temp\":3.9}");
  auto rest = ReadAll(*Make(pieces[0].checkpoint));
  ASSERT_EQ(rest.size(), 1);
  EXPECT_EQ(rest[0].events->event(0).id(), "b");
  EXPECT_EQ(rest[0].events->event(0).data(), "{\"temp\":4.1}");
}

TEST_F(ReplayReaderTest, AHeaderThatDoesNotFitTheFieldsNeedsAPerson) {
  options_.is_csv = true;
  Append("date,temp\n");
  auto ahead = Make()->Read();
  EXPECT_EQ(ahead.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(ahead.status().message().find("fields.id"), std::string::npos);
}

TEST_F(ReplayReaderTest, AnotherFileAtThePathIsReadFromItsBeginning) {
  Append("{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
  const std::string checkpoint = ReadAll(*Make()).back().checkpoint;
  EXPECT_TRUE(ReadAll(*Make(checkpoint)).empty());
  std::filesystem::rename(options_.path, folder_ + "/old");
  Append("{\"id\":\"c\"}\n{\"id\":\"d\"}\n{\"id\":\"e\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*Make(checkpoint))), (Ids{"c", "d", "e"}));
}

TEST_F(ReplayReaderTest, AShorterFileIsReadFromItsBeginning) {
  Append("{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
  const std::string checkpoint = ReadAll(*Make()).back().checkpoint;
  std::filesystem::resize_file(options_.path, 0);
  Append("{\"id\":\"c\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*Make(checkpoint))), Ids{"c"});
}

TEST_F(ReplayReaderTest, RefusesACheckpointOfAnotherKind) {
  for (const char* checkpoint :
       {"", "17", "1 2 3 4", "2 1 2 3 1", "1 1 2 3 0", "1 1 2 3 1x"}) {
    EXPECT_EQ(ReplayReader::Create(options_, checkpoint).status().code(),
              absl::StatusCode::kInvalidArgument)
        << checkpoint;
  }
}

TEST_F(ReplayReaderTest, ARateSpreadsEventsEvenly) {
  options_.rate = 4;
  Append("{}\n{}\n{}\n");
  auto pieces = ReadAll(*Make());
  ASSERT_EQ(pieces.size(), 3);
  EXPECT_EQ(pieces[2].due, absl::Milliseconds(500));
}

TEST_F(ReplayReaderTest, AHighRateGathersWhatIsDueWithinAMillisecond) {
  options_.rate = 100'000;
  for (int i = 0; i < 1000; ++i) Append("{}\n");
  auto pieces = ReadAll(*Make());
  EXPECT_NEAR(pieces.size(), 10, 1);
}

TEST_F(ReplayReaderTest, ASpeedFollowsTheTimesOfTheEvents) {
  options_.speed = 60;
  Append("{\"t\":1000}\n{\"t\":1060}\n{}\n{\"t\":1030}\n{\"t\":1180}\n");
  auto pieces = ReadAll(*Make());
  ASSERT_EQ(pieces.size(), 3);
  EXPECT_EQ(pieces[0].due, absl::ZeroDuration());
  // The one without time and the one that goes back do not wait.
  EXPECT_EQ(pieces[1].due, absl::Seconds(1));
  EXPECT_EQ(pieces[1].events->size(), 3);
  EXPECT_EQ(pieces[2].due, absl::Seconds(3));
}

TEST_F(ReplayReaderTest, ALoopGoesRoundWithNewIds) {
  options_.loop = true;
  Append("{\"id\":\"a\"}\n{}\n");
  auto reader = Make();
  auto pieces = ReadAll(*reader, 3);
  EXPECT_EQ(IdsOf(pieces),
            (Ids{"a", "day:11", "a#2", "day:11#2", "a#3", "day:11#3"}));
  EXPECT_EQ(IdsOf(ReadAll(*Make(pieces[1].checkpoint), 2)),
            (Ids{"a#3", "day:11#3"}));
}

TEST_F(ReplayReaderTest, ALoopOverNothingEnds) {
  options_.loop = true;
  Append("");
  EXPECT_TRUE(ReadAll(*Make(), 3).empty());
  auto ahead = Make()->Read();
  ASSERT_TRUE(ahead.ok());
  EXPECT_EQ(ahead->state, ReadAhead::State::kEnd);
}

TEST_F(ReplayReaderTest, FollowsAppendsReplacementsAndTruncation) {
  options_.follow = true;
  Append("{\"id\":\"a\"}\n{\"id\":");
  auto reader = Make();
  EXPECT_EQ(IdsOf(ReadAll(*reader)), Ids{"a"});
  Append("\"b\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*reader)), Ids{"b"});

  // A last line that nobody will end any more is taken as it is.
  Append("{\"id\":\"c\"}");
  std::filesystem::rename(options_.path, folder_ + "/day.1");
  Append("{\"id\":\"d\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*reader)), (Ids{"c", "d"}));

  std::filesystem::resize_file(options_.path, 0);
  EXPECT_TRUE(ReadAll(*reader).empty());
  Append("{\"id\":\"e\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*reader)), Ids{"e"});

  std::filesystem::remove(options_.path);
  auto none = reader->Read();
  if (none.ok()) none = reader->Read();
  EXPECT_EQ(none.status().code(), absl::StatusCode::kNotFound);
  Append("{\"id\":\"f\"}\n");
  EXPECT_EQ(IdsOf(ReadAll(*reader)), Ids{"f"});
}

TEST_F(ReplayReaderTest, AMissingFileIsNotFound) {
  EXPECT_EQ(Make()->Read().status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice::replay
