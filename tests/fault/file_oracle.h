// Judges what the sink `file` wrote.
#ifndef TESTS_FAULT_FILE_ORACLE_H_
#define TESTS_FAULT_FILE_ORACLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::fault {

// One line of the file, a CloudEvent. The views live as long as the line.
struct WrittenEvent {
  std::string id;
  std::string subject;
  std::string time;
  // The bytes of `data`.
  std::string_view data;
};

// Nullopt: the line is no CloudEvent as the sink `file` writes it.
std::optional<WrittenEvent> ParseWrittenEvent(std::string_view line);

// The lines of `path` and of its rotated files, in the order they were written.
std::vector<std::string> ReadWrittenLines(const std::string& path);

// A number that changes when something is written to `path` (rotation
// included); 0: there is no file. Cheap.
uint64_t WrittenMark(const std::string& path);

// What an event has to be.
struct ExpectedEvent {
  // Its number in the order of publishing, over all devices.
  uint64_t number = 0;
  std::string subject;
  std::string data;
};
// What the event with this id and time has to be; nullopt: nobody published it.
using Expectation =
    std::function<std::optional<ExpectedEvent>(const WrittenEvent&)>;

// In which order the events of a device have to stand.
enum class FileOrder {
  kOfDevices,  // as they were published
  kAny,
};

struct FileVerdict {
  uint64_t lines = 0;
  // Lines of events that stand in an earlier line.
  uint64_t repeated = 0;
  // Events of 0 to `count` - 1 that stand nowhere.
  uint64_t missing = 0;
  // First arrivals after a younger event of the same device; faults unless any
  // order will do.
  uint64_t misplaced = 0;
  // The first few of all that is wrong, for a person: missing events, wrong
  // contents, unknown events, first arrivals after a younger event of the same
  // device.
  std::vector<std::string> faults;
};

// Compares the lines with events 0 to `count` - 1.
FileVerdict JudgeFile(const std::vector<std::string>& lines, uint64_t count,
                      const Expectation& expectation,
                      FileOrder order = FileOrder::kOfDevices);

}  // namespace sluice::fault

#endif  // TESTS_FAULT_FILE_ORACLE_H_
