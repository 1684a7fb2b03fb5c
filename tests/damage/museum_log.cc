#include "tests/damage/museum_log.h"

#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

void AppendRound(RocksDbEventLog& log, int round) {
  constexpr Sequence kEvents = kMuseumEvents / kMuseumRounds;
  for (Sequence i = 0; i < kEvents; i += kMuseumBatchEvents) {
    const Sequence first = round * kEvents + i + 1;
    AppendRequest request;
    request.batches = {MuseumBatch(first)};
    request.sources.push_back({"in", absl::StrCat("behind ", first), {}});
    request.dedupe_keys = {{first, first + 1}};
    if (i == 0) {
      storage::v1::DeadLetter letter;
      letter.set_component("in");
      letter.set_reason("malformed");
      request.dead_letters.push_back(std::move(letter));
    }
    const auto appended = log.Append(request, Durability::kDurable);
    CHECK(appended.ok()) << appended.status();
    CHECK_EQ(appended->first_sequence, first);
  }
}

}  // namespace

EventBatchPtr MuseumBatch(Sequence first) {
  EventBatchBuilder builder;
  for (Sequence i = first; i < first + kMuseumBatchEvents; ++i) {
    std::mt19937_64 random(i);
    std::string data(200, ' ');  // Does not pack.
    for (char& c : data) c = static_cast<char>(random());
    const std::string id = absl::StrCat("event-", i);
    EventFields fields;
    fields.id = id;
    fields.source = "//museum";
    fields.type = "damaged";
    fields.data = data;
    builder.Add(fields);
  }
  return builder.Build();
}

void MakeMuseumLog(const std::string& folder) {
  SettableClock clock;
  for (int round = 0; round < kMuseumRounds; ++round) {
    // Opening moves what is in the write-ahead log to table files.
    auto log = RocksDbEventLog::Open(folder, RocksDbLogOptions(), &clock);
    CHECK(log.ok()) << log.status();
    CHECK((*log)->OpenCursor("out", true).ok());
    AppendRound(**log, round);
    if (round > 0) continue;
    CHECK((*log)
              ->Commit(
                  {"out", {{1, kMuseumDelivered, Completion::kDelivered}}, {}})
              .ok());
    CHECK((*log)->Flush(Durability::kDurable).ok());
  }
}

std::string ExhibitText(const Exhibit& exhibit) {
  std::string text = absl::StrCat("done: ", exhibit.done, "\n");
  absl::StrAppend(&text, "lost: ", absl::StrJoin(exhibit.lost, " "), "\n");
  for (const std::string& part : exhibit.says) {
    absl::StrAppend(&text, "says: ", part, "\n");
  }
  if (!exhibit.also_lost.empty()) {
    absl::StrAppend(&text, "also lost: entries of ", exhibit.also_lost, "\n");
  }
  return text;
}

Exhibit ParseExhibit(const std::string& name, const std::string& text) {
  Exhibit exhibit;
  exhibit.name = name;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&line, "done: ")) {
      exhibit.done = std::string(line);
    } else if (absl::ConsumePrefix(&line, "says: ")) {
      exhibit.says.emplace_back(line);
    } else if (absl::ConsumePrefix(&line, "also lost: entries of ")) {
      exhibit.also_lost = std::string(line);
    } else if (absl::ConsumePrefix(&line, "lost:")) {
      for (absl::string_view word :
           absl::StrSplit(line, ' ', absl::SkipEmpty())) {
        Sequence sequence = 0;
        CHECK(absl::SimpleAtoi(word, &sequence)) << name << ": " << word;
        exhibit.lost.insert(sequence);
      }
    } else {
      LOG(FATAL) << name << ": what is \"" << line << "\"?";
    }
  }
  return exhibit;
}

}  // namespace sluice
