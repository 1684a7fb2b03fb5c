#include "tests/model/event_log_model.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {
namespace {

template <typename Is, typename Should>
std::string Differs(const std::string& what, const Is& is,
                    const Should& should) {
  return absl::StrCat(what, " is ", is, ", should be ", should);
}

std::string CompareExtent(const EventLogModel& model, const LogStats& stats) {
  if (stats.first_sequence != model.first) {
    return Differs("the first sequence", stats.first_sequence, model.first);
  }
  if (stats.next_sequence != model.next) {
    return Differs("the next sequence", stats.next_sequence, model.next);
  }
  if (stats.dead_letters != model.dead_letters.size()) {
    return Differs("the number of dead letters", stats.dead_letters,
                   model.dead_letters.size());
  }
  if (stats.corrupt_events != 0) {
    return Differs("the number of corrupt events", stats.corrupt_events, 0);
  }
  if ((stats.stored_bytes == 0) != model.batches.empty()) {
    return Differs("stored_bytes", stats.stored_bytes,
                   model.batches.empty() ? "0" : "more");
  }
  return "";
}

using Names = std::vector<std::string>;

std::string CompareEvents(const EventLogModel& model, EventLog& log,
                          Sequence from) {
  std::map<Sequence, const ModelBatch*> known;
  for (const ModelBatch& batch : model.batches) known[batch.first] = &batch;
  // The batch that holds `from` is read as a whole.
  const std::vector<std::string> expected = model.IdsFrom(from);
  std::vector<std::string> ids;
  for (Sequence next = from;;) {
    const auto batches = log.Read(next, 64 << 10);
    if (!batches.ok()) {
      return absl::StrCat("reading fails: ",
                          std::string(batches.status().message()));
    }
    if (batches->empty()) break;
    for (const LogBatch& batch : *batches) {
      const auto only =
          batch.only_cursors == nullptr ? Names() : *batch.only_cursors;
      const auto should = known.find(batch.first_sequence);
      if (should != known.end() && only != should->second->only_cursors) {
        return Differs(absl::StrCat("for whom event ", batch.first_sequence),
                       absl::StrJoin(only, ", "),
                       absl::StrJoin(should->second->only_cursors, ", "));
      }
      for (size_t i = 0; i < batch.events->size(); ++i) {
        if (batch.first_sequence + i < from) continue;
        ids.emplace_back(batch.events->event(i).id());
      }
      next = batch.first_sequence + batch.events->size();
    }
  }
  if (ids == expected) return "";
  size_t same = 0;
  while (same < std::min(ids.size(), expected.size()) &&
         ids[same] == expected[same]) {
    ++same;
  }
  return absl::StrCat("reading from ", from, " gives ", ids.size(),
                      " events, should be ", expected.size(),
                      "; the first that differs is \"",
                      same < ids.size() ? ids[same] : "", "\", should be \"",
                      same < expected.size() ? expected[same] : "", "\"");
}

std::string CompareCursor(const EventLogModel& model, const CursorInfo& info) {
  const auto known = model.cursors.find(info.name);
  if (known == model.cursors.end()) {
    return absl::StrCat("cursor ", info.name, " should not be there");
  }
  const ModelCursor& cursor = known->second;
  const auto& counters = info.state.counters();
  const std::pair<uint64_t, uint64_t> numbers[] = {
      {info.state.start_sequence(), cursor.start},
      {info.state.next_sequence(), cursor.next()},
      {counters.delivered(), cursor.Count(Completion::kDelivered)},
      {counters.dead_lettered(), cursor.Count(Completion::kDeadLettered)},
      {counters.filtered(), cursor.Count(Completion::kFiltered)},
      {counters.dropped(), cursor.Count(Completion::kDropped)},
      {counters.skipped(), cursor.Count(Completion::kSkipped)},
      {counters.rewound(), cursor.rewound},
      {counters.corrupt(), 0},
      {info.waiting, model.next - cursor.start - cursor.done.size()},
      {info.state.parked(), cursor.parked}};
  for (size_t i = 0; i < std::size(numbers); ++i) {
    if (numbers[i].first == numbers[i].second) continue;
    return Differs(
        absl::StrCat("cursor ", info.name, " (", info.state.ShortDebugString(),
                     "), number ", i, ","),
        numbers[i].first, numbers[i].second);
  }
  return "";
}

std::string CompareSource(const EventLogModel& model, const SourceInfo& info) {
  const auto known = model.sources.find(info.name);
  if (known == model.sources.end()) {
    return absl::StrCat("source ", info.name, " should not be there");
  }
  const ModelSource& source = known->second;
  if (info.state.has_checkpoint() != source.checkpoint.has_value() ||
      info.state.checkpoint() != source.checkpoint.value_or("")) {
    return Differs("a checkpoint", info.state.checkpoint(),
                   source.checkpoint.value_or("absent"));
  }
  if (info.state.counters().received() != source.received) {
    return Differs("a source's `received`", info.state.counters().received(),
                   source.received);
  }
  return "";
}

std::string CompareDeadLetters(const EventLogModel& model,
                               const EventLog& log) {
  const auto letters = log.ListDeadLetters(0, 1'000'000);
  if (!letters.ok()) return std::string(letters.status().message());
  // Ids are the log's own affair, but they ascend.
  std::vector<std::string> found;
  uint64_t last_id = 0;
  for (const auto& letter : *letters) {
    if (letter.id() <= last_id) return "ids of dead letters do not ascend";
    last_id = letter.id();
    found.push_back(letter.message());
  }
  if (found == model.dead_letters) return "";
  return Differs("the list of dead letters", absl::StrJoin(found, ", "),
                 absl::StrJoin(model.dead_letters, ", "));
}

std::string CompareDedupe(const EventLogModel& model, const EventLog& log,
                          absl::Time oldest) {
  std::vector<std::pair<int64_t, uint64_t>> expected;
  for (const ModelDedupeKey& key : model.dedupe) {
    if (key.unix_nanos < absl::ToUnixNanos(oldest)) continue;
    expected.emplace_back(key.unix_nanos, key.key.low);
  }
  std::vector<std::pair<int64_t, uint64_t>> found;
  const absl::Status status =
      log.ForEachDedupeKey([&found](absl::Time time, DedupeKey key) {
        found.emplace_back(absl::ToUnixNanos(time), key.low);
      });
  if (!status.ok()) return std::string(status.message());
  if (found == expected) return "";
  return Differs("the number of dedupe keys, or one of them,", found.size(),
                 expected.size());
}

}  // namespace

Sequence ModelCursor::next() const {
  Sequence next = start;
  while (done.contains(next)) ++next;
  return next;
}

uint64_t ModelCursor::Count(Completion completion) const {
  return counts.at(static_cast<size_t>(completion));
}

void ModelCursor::Complete(Sequence first, Sequence end,
                           Completion completion) {
  for (Sequence s = std::max(first, start); s < end; ++s) {
    if (done.insert(s).second) ++counts.at(static_cast<size_t>(completion));
  }
}

bool ModelBatch::IsFor(const std::string& cursor) const {
  return only_cursors.empty() ||
         std::find(only_cursors.begin(), only_cursors.end(), cursor) !=
             only_cursors.end();
}

void EventLogModel::AddBatch(std::vector<std::string> ids,
                             std::vector<std::string> only_cursors) {
  batches.push_back({next, std::move(ids), std::move(only_cursors)});
  next = batches.back().end();
  for (const auto& [name, cursor] : cursors) FilterFor(name);
}

void EventLogModel::FilterFor(const std::string& name) {
  for (const ModelBatch& batch : batches) {
    if (batch.IsFor(name)) continue;
    cursors.at(name).Complete(batch.first, batch.end(), Completion::kFiltered);
  }
}

void EventLogModel::OpenCursor(const std::string& name, bool from_start) {
  const auto [cursor, added] = cursors.try_emplace(name);
  cursor->second.parked = false;
  if (!added) return;
  cursor->second.start = from_start ? first : next;
  FilterFor(name);
}

void EventLogModel::Rewind(const std::string& cursor, Sequence to) {
  ModelCursor& progress = cursors.at(cursor);
  progress.start = std::min(progress.start, to);
  const auto from = progress.done.lower_bound(to);
  progress.rewound +=
      static_cast<uint64_t>(std::distance(from, progress.done.end()));
  progress.done.erase(from, progress.done.end());
  FilterFor(cursor);
}

void EventLogModel::AddDedupeKey(absl::Time now, const DedupeKey& key) {
  int64_t nanos = absl::ToUnixNanos(now);
  if (!dedupe.empty()) nanos = std::max(nanos, dedupe.back().unix_nanos + 1);
  dedupe.push_back({nanos, key});
}

void EventLogModel::Complete(const std::string& cursor,
                             const CompletedRange& range) {
  cursors.at(cursor).Complete(range.first, range.last + 1, range.completion);
}

Sequence EventLogModel::Horizon() const {
  std::optional<Sequence> horizon;
  for (const auto& [name, cursor] : cursors) {
    if (cursor.parked) continue;
    horizon = std::min(horizon.value_or(next), cursor.next());
  }
  return horizon.value_or(first);
}

void EventLogModel::RemoveBelow(Sequence sequence) {
  while (!batches.empty() && batches.front().end() <= sequence) {
    first = batches.front().end();
    batches.pop_front();
  }
  for (auto& [name, cursor] : cursors) {
    cursor.Complete(cursor.start, first, Completion::kDropped);
  }
}

std::vector<std::string> EventLogModel::IdsFrom(Sequence from) const {
  std::vector<std::string> ids;
  for (const ModelBatch& batch : batches) {
    for (size_t i = 0; i < batch.ids.size(); ++i) {
      if (batch.first + i >= from) ids.push_back(batch.ids[i]);
    }
  }
  return ids;
}

const std::string* EventLogModel::IdOf(Sequence sequence) const {
  for (const ModelBatch& batch : batches) {
    if (sequence >= batch.first && sequence < batch.end()) {
      return &batch.ids[sequence - batch.first];
    }
  }
  return nullptr;
}

std::string FindDifference(const EventLogModel& model, EventLog& log,
                           Sequence from, absl::Time oldest_key) {
  std::string difference = CompareExtent(model, log.stats());
  if (!difference.empty()) return difference;
  const auto cursors = log.Cursors();
  if (cursors.size() != model.cursors.size()) {
    return Differs("the number of cursors", cursors.size(),
                   model.cursors.size());
  }
  for (const CursorInfo& info : cursors) {
    difference = CompareCursor(model, info);
    if (!difference.empty()) return difference;
  }
  const auto sources = log.Sources();
  if (sources.size() != model.sources.size()) {
    return Differs("the number of sources", sources.size(),
                   model.sources.size());
  }
  for (const SourceInfo& info : sources) {
    difference = CompareSource(model, info);
    if (!difference.empty()) return difference;
  }
  difference = CompareDeadLetters(model, log);
  if (!difference.empty()) return difference;
  difference = CompareDedupe(model, log, oldest_key);
  if (!difference.empty()) return difference;
  return CompareEvents(model, log, from);
}

}  // namespace sluice
