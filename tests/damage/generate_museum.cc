// generate_museum <folder> [seed]: makes the damaged logs anew. What must come
// out of each is found out from the bytes that are damaged, without opening it.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/format/record.h"
#include "storage/kv/table_file.h"
#include "storage/kv/write_log_file.h"
#include "tests/damage/museum_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;

Files ReadFolder(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    // RocksDB's own notes, and room: no part of the format.
    if (absl::StartsWith(name, "LO") || absl::StartsWith(name, "OPTIONS") ||
        name == "reserve" || entry.is_directory()) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    files[name] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

std::string FamilyOf(const std::string& bytes) {
  return ReadTableFile(bytes, nullptr, [](const TableEntry&) {}).family;
}

// The events of the records in `bytes` that touch [begin, end).
std::set<Sequence> EventsIn(std::string_view bytes, size_t begin, size_t end) {
  std::set<Sequence> events;
  for (size_t at = 0; at < bytes.size(); ++at) {
    const size_t size = format::FindRecord(bytes.substr(at));
    if (size == 0) continue;
    const auto header = format::ParseRecordHeader(bytes.substr(at, size));
    CHECK(header.ok());
    for (uint32_t i = 0; i < header->event_count; ++i) {
      if (at < end && at + size > begin) {
        events.insert(header->first_sequence + i);
      }
    }
    at += size - 1;
  }
  return events;
}

class Museum {
 public:
  Museum(Files whole, fs::path folder, uint32_t seed)
      : whole_(std::move(whole)), folder_(std::move(folder)), random_(seed) {}

  void Make() {
    IndexFlipped();
    PropertiesFlipped();
    EventsFlipped();
    CursorsFlipped();
    TableMissing();
    ManifestCut();
    CurrentEmpty();
    WriteLogFlipped();
  }

 private:
  // The first table file of `family`.
  std::string Table(const std::string& family) const {
    for (const auto& [name, bytes] : whole_) {
      if (absl::EndsWith(name, ".sst") && FamilyOf(bytes) == family) {
        return name;
      }
    }
    LOG(FATAL) << "no table file of " << family;
  }
  std::string Ending(const std::string& ending) const {
    for (const auto& [name, bytes] : whole_) {
      if (absl::EndsWith(name, ending)) return name;
    }
    LOG(FATAL) << "no file " << ending;
  }
  std::string Manifest() const {
    const std::string& current = whole_.at("CURRENT");
    return current.substr(0, current.size() - 1);
  }

  // Flips a bit of byte `at` of `name`; returns what was done.
  std::string Flip(const std::string& name, size_t at, const std::string& in,
                   Files* files) {
    const auto bit = static_cast<int>(random_() % 8);
    (*files)[name][at] = static_cast<char>((*files)[name][at] ^ (1 << bit));
    return absl::StrCat("flipped bit ", bit, " of byte ", at, " of ", name,
                        ", which is in ", in);
  }

  void Write(const Exhibit& exhibit, const Files& files) {
    const fs::path folder = folder_ / exhibit.name;
    fs::remove_all(folder);
    fs::create_directories(folder / "log");
    for (const auto& [name, bytes] : files) {
      std::ofstream(folder / "log" / name, std::ios::binary) << bytes;
    }
    std::ofstream(folder / "expected.txt") << ExhibitText(exhibit);
  }

  // A byte of `name` that lies in its part `what`, a text that belongs to that
  // part alone, or right before it.
  size_t PlaceNear(const std::string& name, const std::string& what) const {
    const size_t at = whole_.at(name).rfind(what);
    CHECK(at != std::string::npos) << what;
    return at;
  }

  void IndexFlipped() {
    const std::string name = Table("events");
    // The index follows the last block of data, which ends with five bytes of
    // its own.
    const std::string& bytes = whole_.at(name);
    uint64_t end_of_data = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
      const size_t size =
          format::FindRecord(std::string_view(bytes).substr(at));
      if (size > 0) end_of_data = at + size;
      if (size > 0) at += size - 1;
    }
    Files files = whole_;
    // Behind the block's list of restarts, its length and its checksum.
    const std::string done =
        Flip(name, end_of_data + 4 + 4 + 5 + 2, "its index", &files);
    Write({"index_flipped", done, {}, {Says(name, "events")}, ""}, files);
  }

  void PropertiesFlipped() {
    const std::string name = Table("dedupe");
    Files files = whole_;
    const std::string done =
        Flip(name, PlaceNear(name, "rocksdb.block.based.table"),
             "its properties", &files);
    Write({"properties_flipped", done, {}, {Says(name, "dedupe")}, ""}, files);
  }

  void EventsFlipped() {
    const std::string name = Table("events");
    const std::string& bytes = whole_.at(name);
    size_t at = 0;
    while (EventsIn(bytes, at, at + 1).empty()) at = random_() % bytes.size();
    Files files = whole_;
    Exhibit exhibit;
    exhibit.name = "events_flipped";
    exhibit.done = Flip(name, at, "a block of events", &files);
    exhibit.lost = EventsIn(bytes, at, at + 1);
    Write(exhibit, files);
  }

  void CursorsFlipped() {
    const std::string name = Table("cursors");
    Files files = whole_;
    const std::string done = Flip(name, 3, "its only block of data", &files);
    Write({"cursors_flipped",
           done,
           {},
           {Says(name, "cursors"), "lost"},
           "cursors"},
          files);
  }

  void TableMissing() {
    const std::string name = Table("events");
    const std::string& bytes = whole_.at(name);
    Files files = whole_;
    files.erase(name);
    Write({"table_missing",
           absl::StrCat("removed ", name),
           EventsIn(bytes, 0, bytes.size()),
           {absl::StrCat("table file ", name, " (events) is missing")},
           ""},
          files);
  }

  void ManifestCut() {
    Files files = whole_;
    std::string& bytes = files[Manifest()];
    const size_t size = bytes.size();
    bytes.resize(size / 2);
    Write({"manifest_cut",
           absl::StrCat("cut ", Manifest(), " off at byte ", size / 2, " of ",
                        size),
           {},
           {"was built anew from all that its files hold"},
           ""},
          files);
  }

  void CurrentEmpty() {
    Files files = whole_;
    files["CURRENT"].clear();
    Write({"current_empty",
           "cut CURRENT off at byte 0",
           {},
           {absl::StrCat("the file CURRENT was damaged; it is written anew and "
                         "names ",
                         Manifest())},
           ""},
          files);
  }

  void WriteLogFlipped() {
    const std::string name = Ending(".log");
    const std::string& bytes = whole_.at(name);
    const auto records = ParseWriteLogFile(bytes).records;
    CHECK_GT(records.size(), 5u);
    const WriteLogRecord& hit = records[records.size() / 2];
    Files files = whole_;
    const size_t at = (hit.begin + hit.end) / 2;
    const std::string done =
        Flip(name, at, "a write in the middle of it", &files);
    Write({"write_log_flipped",
           done,
           EventsIn(hit.batch, 0, hit.batch.size()),
           {absl::StrCat("of the write log ", name), "are lost"},
           ""},
          files);
  }

  static std::string Says(const std::string& name, const std::string& family) {
    return absl::StrCat("table file ", name, " (", family, ") is damaged");
  }

  const Files whole_;
  const fs::path folder_;
  std::mt19937 random_;
};

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  google::InitGoogleLogging(argv[0]);
  CHECK(argc == 2 || argc == 3) << "usage: generate_museum <folder> [seed]";
  const uint32_t seed =
      argc == 3 ? static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10)) : 1;
  const std::filesystem::path made =
      std::filesystem::temp_directory_path() /
      absl::StrCat("museum-", static_cast<uint64_t>(::getpid()));
  sluice::MakeMuseumLog(made);
  const sluice::Files whole = sluice::ReadFolder(made);
  std::filesystem::remove_all(made);
  sluice::Museum(whole, argv[1], seed).Make();
  std::cout << "seed " << seed << "\n";
}
