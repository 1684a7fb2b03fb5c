#include "pipeline/service/sink_cursor.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/event/event_batch.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

using testing::HasSubstr;

class SinkCursorTest : public testing::Test {
 protected:
  static LogOptions Retaining() {
    LogOptions options;
    options.retain_time = absl::Hours(1);
    return options;
  }

  // Ten events, a second apart, of which `done` are delivered.
  void Fill(Sequence done) {
    ASSERT_TRUE(log_.OpenCursor("out", true).ok());
    for (int i = 1; i <= 10; ++i) {
      clock_.Advance(absl::Seconds(1));
      const std::string id = absl::StrCat("e", i);
      EventFields fields;
      fields.id = id;
      EventBatchBuilder builder;
      builder.Add(fields);
      AppendRequest request;
      request.batches.push_back(builder.Build());
      ASSERT_TRUE(log_.Append(request, Durability::kBuffered).ok());
    }
    if (done > 0) {
      ASSERT_TRUE(
          log_.Commit({.cursor = "out", .completed = {{1, done}}}).ok());
    }
  }

  absl::Status Rewind(const admin::v1::LogPlace& to, bool dry_run = false) {
    admin::v1::RewindSinkRequest request;
    request.set_sink("out");
    *request.mutable_to() = to;
    request.set_dry_run(dry_run);
    rewound_.Clear();
    return RewindSink(log_, request, rewound_);
  }
  absl::Status Skip(const admin::v1::LogPlace& to, bool dry_run = false) {
    admin::v1::SkipSinkRequest request;
    request.set_sink("out");
    *request.mutable_to() = to;
    request.set_dry_run(dry_run);
    skipped_.Clear();
    return SkipSink(log_, request, skipped_);
  }
  static admin::v1::LogPlace At(Sequence sequence) {
    admin::v1::LogPlace place;
    place.set_sequence(sequence);
    return place;
  }

  SettableClock clock_;
  const absl::Time begin_ = clock_.Now();
  MemoryEventLog log_{Retaining(), &clock_};
  admin::v1::RewindSinkResponse rewound_;
  admin::v1::SkipSinkResponse skipped_;
};

TEST_F(SinkCursorTest, TellsWhereASinkStands) {
  Fill(4);
  ASSERT_TRUE(log_.Commit({.cursor = "out", .completed = {{7, 8}}}).ok());
  const auto cursor = DescribeSinkCursor(log_, "out");
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  EXPECT_EQ(cursor->next_sequence(), 5u);
  EXPECT_EQ(cursor->waiting(), 4u);
  ASSERT_EQ(cursor->done_ahead_size(), 1);
  EXPECT_EQ(cursor->done_ahead(0).first(), 7u);
  EXPECT_EQ(cursor->delivered(), 6u);
  EXPECT_EQ(cursor->log_next_sequence(), 11u);
  EXPECT_EQ(cursor->next_appended().seconds(), absl::ToUnixSeconds(begin_) + 5);
  EXPECT_EQ(cursor->log_first_appended().seconds(),
            absl::ToUnixSeconds(begin_) + 1);
  EXPECT_EQ(DescribeSinkCursor(log_, "no").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(SinkCursorTest, TellsOfAnEmptyLog) {
  ASSERT_TRUE(log_.OpenCursor("out", true).ok());
  const auto cursor = DescribeSinkCursor(log_, "out");
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  EXPECT_FALSE(cursor->has_next_appended());
  EXPECT_FALSE(cursor->has_log_first_appended());
}

TEST_F(SinkCursorTest, GoesBackToASequenceATimeOrTheOldest) {
  Fill(10);
  ASSERT_TRUE(Rewind(At(8)).ok());
  EXPECT_EQ(rewound_.rewound(), 3u);
  EXPECT_EQ(rewound_.cursor().waiting(), 3u);
  EXPECT_EQ(rewound_.cursor().rewound(), 3u);
  admin::v1::LogPlace time;
  time.mutable_time()->set_seconds(absl::ToUnixSeconds(begin_) + 5);
  ASSERT_TRUE(Rewind(time).ok());
  EXPECT_EQ(rewound_.to_sequence(), 5u);
  EXPECT_EQ(rewound_.rewound(), 3u);
  admin::v1::LogPlace oldest;
  oldest.set_oldest(true);
  ASSERT_TRUE(Rewind(oldest).ok());
  EXPECT_EQ(rewound_.cursor().next_sequence(), 1u);
  EXPECT_EQ(rewound_.cursor().waiting(), 10u);
}

TEST_F(SinkCursorTest, ADryRunChangesNothing) {
  Fill(10);
  ASSERT_TRUE(Rewind(At(8), /*dry_run=*/true).ok());
  EXPECT_EQ(rewound_.rewound(), 3u);
  EXPECT_EQ(rewound_.cursor().waiting(), 0u);
  ASSERT_TRUE(Rewind(At(3)).ok());
  ASSERT_TRUE(Skip(At(9), /*dry_run=*/true).ok());
  EXPECT_EQ(skipped_.skipped(), 6u);
  EXPECT_EQ(skipped_.cursor().waiting(), 8u);
}

TEST_F(SinkCursorTest, SkipsWhatWaitsBeforeAPlace) {
  Fill(2);
  ASSERT_TRUE(log_.Commit({.cursor = "out", .completed = {{5, 6}}}).ok());
  ASSERT_TRUE(Skip(At(8)).ok());
  EXPECT_EQ(skipped_.skipped(), 3u);
  EXPECT_EQ(skipped_.cursor().next_sequence(), 8u);
  EXPECT_EQ(skipped_.cursor().skipped(), 3u);
  admin::v1::LogPlace end;
  end.set_end(true);
  ASSERT_TRUE(Skip(end).ok());
  EXPECT_EQ(skipped_.cursor().waiting(), 0u);
  ASSERT_TRUE(Skip(end).ok());
  EXPECT_EQ(skipped_.skipped(), 0u);
}

TEST_F(SinkCursorTest, SaysWhichCallGoesTheOtherWay) {
  Fill(5);
  const absl::Status forward = Rewind(At(9));
  EXPECT_EQ(forward.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(forward.message()), HasSubstr("use SkipSink"));
  const absl::Status back = Skip(At(3));
  EXPECT_EQ(back.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(back.message()), HasSubstr("use RewindSink"));
  EXPECT_EQ(Skip(At(12)).message(),
            "to: the log ends before event 11; 12 is behind that");
}

}  // namespace
}  // namespace sluice
