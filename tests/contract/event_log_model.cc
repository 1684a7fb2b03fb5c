// Random actions on a log, compared after each with a model of it.

#include "tests/model/event_log_model.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

// One run of random actions.
class ModelRun {
 public:
  ModelRun(EventLogContract& test, uint32_t seed)
      : test_(test), log_(test.log_), random_(seed) {}

  void Run() {
    constexpr int kSteps = 60;
    test_.options_.tail_bytes = random_() % 2 ? 0 : 3000;
    test_.Open();
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) {
      Step();
      Check();
    }
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  void Step() {
    switch (Below(14)) {
      case 0:
        return DoOpenCursor();
      case 1:
        return DoPark();
      case 2:
        return DoTrim();
      case 3:
        return DoFlush();
      case 4:
        return DoDeleteDeadLetters();
      case 5:
        return Below(3) == 0 ? DoReopen() : DoFlush();
      case 6:
        return Below(3) == 0 ? DoRemove() : DoRewind();
      case 7:
      case 8:
      case 9:
        return DoCommit();
      default:
        return DoAppend();
    }
  }

  // Every write takes along what was committed, and what all have passed goes.
  void Written(bool reclaims) {
    if (reclaims) model_.RemoveBelow(model_.Horizon());
    written_ = model_;
  }

  std::string RandomCursor() { return absl::StrCat("cursor", Below(3)); }

  void DoAppend() {
    AppendRequest request;
    model_.RemoveBelow(model_.Horizon());
    const Sequence expected = model_.next;
    if (Below(3) == 0) {
      for (const auto& [name, cursor] : model_.cursors) {
        if (Below(2) == 0) request.only_cursors.push_back(name);
      }
    }
    for (uint64_t batches = Below(4); batches > 0; --batches) {
      EventLogContract::Ids ids;
      for (uint64_t events = 1 + Below(8); events > 0; --events) {
        ids.push_back(absl::StrCat("event ", model_.next + ids.size()));
      }
      model_.AddBatch(ids, request.only_cursors);
      request.batches.push_back(EventLogContract::Batch(ids));
    }
    SourceUpdate update;
    update.name = "in";
    update.added.set_received(7);
    ModelSource& source = model_.sources["in"];
    source.received += 7;
    if (Below(2)) {
      update.checkpoint = absl::StrCat("checkpoint ", random_());
      source.checkpoint = update.checkpoint;
    }
    request.sources.push_back(update);
    for (uint64_t letters = Below(2); letters > 0; --letters) {
      request.dead_letters.push_back(NewDeadLetter());
    }
    const auto result =
        log_->Append(std::move(request), Below(4) == 0 ? Durability::kDurable
                                                       : Durability::kBuffered);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->first_sequence, expected);
    Written(/*reclaims=*/false);
  }

  void DoFlush() {
    test_.Flush();
    Written(/*reclaims=*/true);
  }

  void DoOpenCursor() {
    const std::string name = RandomCursor();
    const bool from_start = Below(2) == 0;
    ASSERT_TRUE(log_->OpenCursor(name, from_start).ok());
    const auto known = model_.cursors.find(name);
    if (known != model_.cursors.end() && !known->second.parked) {
      return;  // Nothing is written.
    }
    model_.OpenCursor(name, from_start);
    Written(/*reclaims=*/false);
  }

  void DoRewind() {
    const std::string name = RandomCursor();
    const Sequence to = 1 + Below(model_.next + 1);
    const absl::Status status = log_->RewindCursor(name, to).status();
    const bool known = model_.cursors.contains(name);
    EXPECT_EQ(status.code(), !known ? absl::StatusCode::kNotFound
                             : to > model_.next
                                 ? absl::StatusCode::kInvalidArgument
                                 : absl::StatusCode::kOk);
    if (!status.ok()) return;
    model_.Rewind(name, std::max(to, model_.first));
    Written(/*reclaims=*/false);
  }

  void DoRemove() {
    const std::string name = RandomCursor();
    const absl::Status status = log_->RemoveCursor(name);
    const auto known = model_.cursors.find(name);
    if (known == model_.cursors.end()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
      return;
    }
    EXPECT_EQ(status.code(), known->second.parked
                                 ? absl::StatusCode::kOk
                                 : absl::StatusCode::kFailedPrecondition);
    if (!status.ok()) return;
    model_.cursors.erase(known);
    Written(/*reclaims=*/false);
  }

  void DoPark() {
    const std::string name = RandomCursor();
    const absl::Status status = log_->ParkCursor(name);
    const auto known = model_.cursors.find(name);
    EXPECT_EQ(status.ok(), known != model_.cursors.end());
    if (known == model_.cursors.end() || known->second.parked) return;
    known->second.parked = true;
    Written(/*reclaims=*/false);
  }

  void DoCommit() {
    const std::string name = RandomCursor();
    CursorCommit commit;
    commit.cursor = name;
    const auto known = model_.cursors.find(name);
    if (known == model_.cursors.end() || model_.next == 1) return;
    for (uint64_t ranges = Below(4); ranges > 0; --ranges) {
      CompletedRange range;
      range.first = 1 + Below(model_.next - 1);
      range.last = std::min(range.first + Below(12), model_.next - 1);
      range.completion = static_cast<Completion>(Below(5));
      commit.completed.push_back(range);
      model_.Complete(name, range);
    }
    if (Below(3) == 0) commit.dead_letters.push_back(NewDeadLetter());
    ASSERT_TRUE(log_->Commit(std::move(commit)).ok());
  }

  // How many bytes records take is the log's own affair: the model follows it,
  // and only requires that no more goes than is asked for.
  void DoTrim() {
    const uint64_t used = log_->stats().stored_bytes;
    const uint64_t bytes = test_.options_.max_bytes - used / (1 + Below(3));
    const auto removed = log_->TrimOldest(bytes);
    ASSERT_TRUE(removed.ok()) << removed.status();
    if (*removed == 0) return;
    const Sequence first = log_->stats().first_sequence;
    EXPECT_EQ(first, model_.first + *removed);
    model_.RemoveBelow(first);
    EXPECT_EQ(model_.first, first) << "only whole batches go";
    Written(/*reclaims=*/false);
  }

  void DoDeleteDeadLetters() {
    const auto letters = log_->ListDeadLetters(0, 1000);
    ASSERT_TRUE(letters.ok());
    std::vector<uint64_t> ids = {uint64_t{1} << 60};  // And one that is not.
    for (const auto& letter : *letters) {
      if (Below(4) > 0) continue;
      ids.push_back(letter.id());
      std::erase(model_.dead_letters, letter.message());
    }
    const bool any = ids.size() > 1;
    ASSERT_TRUE(log_->DeleteDeadLetters(ids).ok());
    if (any) Written(/*reclaims=*/false);
  }

  void DoReopen() {
    if (!test_.harness_->persists()) return;
    if (Below(2)) test_.harness_->Crash();
    test_.Open();
    model_ = written_;
  }

  storage::v1::DeadLetter NewDeadLetter() {
    const std::string message = absl::StrCat("letter ", next_letter_++);
    model_.dead_letters.push_back(message);
    return EventLogContract::DeadLetter(message);
  }

  void Check() {
    ASSERT_EQ(FindDifference(model_, *log_, 1 + Below(model_.next + 2),
                             absl::InfinitePast()),
              "");
    test_.ExpectConservation();
  }

  EventLogContract& test_;
  std::unique_ptr<EventLog>& log_;
  std::mt19937_64 random_;
  EventLogModel model_;
  // As it was when something was last written.
  EventLogModel written_;
  uint64_t next_letter_ = 0;
};

TEST_P(EventLogContract, AgreesWithAModelUnderRandomActions) {
  for (uint32_t seed = 0; seed < 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    StartAnew();
    ModelRun(*this, seed).Run();
  }
}

}  // namespace
}  // namespace sluice
