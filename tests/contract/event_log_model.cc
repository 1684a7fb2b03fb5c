// Random actions on a log, compared after each with a model that is plain
// enough to be right: a list of events, and for each cursor a list of what
// became of them.

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

struct ModelCursor {
  Sequence start = 1;
  bool parked = false;
  std::map<Sequence, Completion> done;

  Sequence next() const {
    Sequence next = start;
    while (done.contains(next)) ++next;
    return next;
  }
};

struct ModelBatch {
  Sequence first;
  Sequence end;
};

// What a log should be.
struct Model {
  Sequence first = 1;
  Sequence next = 1;
  std::vector<ModelBatch> batches;  // Held.
  std::map<std::string, ModelCursor> cursors;
  std::map<uint64_t, std::string> dead_letters;
  uint64_t next_dead_letter = 1;
  std::string checkpoint;
  uint64_t received = 0;

  Sequence Horizon() const {
    std::optional<Sequence> horizon;
    for (const auto& [name, cursor] : cursors) {
      if (cursor.parked) continue;
      horizon = std::min(horizon.value_or(next), cursor.next());
    }
    return horizon.value_or(first);
  }

  void RemoveBelow(Sequence sequence) {
    while (!batches.empty() && batches.front().end <= sequence) {
      first = batches.front().end;
      batches.erase(batches.begin());
    }
    for (auto& [name, cursor] : cursors) {
      for (Sequence s = cursor.start; s < first; ++s) {
        cursor.done.emplace(s, Completion::kDropped);
      }
    }
  }
};

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
    switch (Below(12)) {
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
      case 7:
      case 8:
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
    for (uint64_t batches = Below(4); batches > 0; --batches) {
      EventLogContract::Ids ids;
      const Sequence first = model_.next;
      for (uint64_t events = 1 + Below(8); events > 0; --events) {
        ids.push_back(absl::StrCat("event ", model_.next++));
      }
      model_.batches.push_back({first, model_.next});
      request.batches.push_back(EventLogContract::Batch(ids));
    }
    SourceUpdate update;
    update.name = "in";
    update.added.set_received(7);
    model_.received += 7;
    if (Below(2)) update.checkpoint = absl::StrCat("checkpoint ", random_());
    model_.checkpoint = update.checkpoint.value_or(model_.checkpoint);
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
    if (known != model_.cursors.end()) {
      if (!known->second.parked) return;  // Nothing is written.
      known->second.parked = false;
    } else {
      model_.cursors[name].start = from_start ? model_.first : model_.next;
    }
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
      range.completion = static_cast<Completion>(Below(4));
      commit.completed.push_back(range);
      for (Sequence s = std::max(range.first, known->second.start);
           s <= range.last; ++s) {
        known->second.done.emplace(s, range.completion);
      }
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
    std::vector<uint64_t> ids;
    bool any = false;
    for (uint64_t i = Below(3); i > 0; --i) {
      ids.push_back(1 + Below(model_.next_dead_letter));
      any |= model_.dead_letters.erase(ids.back()) > 0;
    }
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
    const uint64_t id = model_.next_dead_letter++;
    const std::string message = absl::StrCat("letter ", id);
    model_.dead_letters[id] = message;
    return EventLogContract::DeadLetter(message);
  }

  void Check() {
    const LogStats stats = log_->stats();
    ASSERT_EQ(stats.first_sequence, model_.first);
    ASSERT_EQ(stats.next_sequence, model_.next);
    ASSERT_EQ(stats.dead_letters, model_.dead_letters.size());
    ASSERT_EQ(stats.corrupt_events, 0u);
    ASSERT_EQ(stats.stored_bytes == 0, model_.batches.empty());
    CheckEvents();
    CheckCursors();
    CheckDeadLetters();
    for (const SourceInfo& source : log_->Sources()) {
      EXPECT_EQ(source.state.checkpoint(), model_.checkpoint);
      EXPECT_EQ(source.state.counters().received(), model_.received);
    }
    test_.ExpectConservation();
  }

  void CheckEvents() {
    const Sequence from = 1 + Below(model_.next + 2);
    EventLogContract::Ids expected;
    for (Sequence s = std::max(from, model_.first); s < model_.next; ++s) {
      expected.push_back(absl::StrCat("event ", s));
    }
    ASSERT_EQ(test_.Read(from), expected) << "from " << from;
  }

  void CheckCursors() {
    const auto cursors = log_->Cursors();
    ASSERT_EQ(cursors.size(), model_.cursors.size());
    for (const CursorInfo& info : cursors) {
      const ModelCursor& cursor = model_.cursors.at(info.name);
      const auto count = [&cursor](Completion completion) {
        return static_cast<uint64_t>(
            std::count_if(cursor.done.begin(), cursor.done.end(),
                          [completion](const auto& done) {
                            return done.second == completion;
                          }));
      };
      const auto& counters = info.state.counters();
      ASSERT_EQ(counters.delivered(), count(Completion::kDelivered));
      ASSERT_EQ(counters.dead_lettered(), count(Completion::kDeadLettered));
      ASSERT_EQ(counters.filtered(), count(Completion::kFiltered));
      ASSERT_EQ(counters.dropped(), count(Completion::kDropped));
      ASSERT_EQ(info.state.next_sequence(), cursor.next());
      ASSERT_EQ(info.state.parked(), cursor.parked);
      ASSERT_EQ(info.waiting, model_.next - cursor.start - cursor.done.size());
    }
  }

  void CheckDeadLetters() {
    const auto letters = log_->ListDeadLetters(0, 1000);
    ASSERT_TRUE(letters.ok());
    std::map<uint64_t, std::string> found;
    for (const auto& letter : *letters) found[letter.id()] = letter.message();
    ASSERT_EQ(found, model_.dead_letters);
  }

  EventLogContract& test_;
  std::unique_ptr<EventLog>& log_;
  std::mt19937_64 random_;
  Model model_;
  // As it was when something was last written.
  Model written_;
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
